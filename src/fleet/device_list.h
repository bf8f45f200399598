#pragma once
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "fleet/device_filter.h"
#include "fleet/device_order.h"
#include "fleet/move_log.h"
#include "model/device.h"

namespace camfleet::fleet {

// What a page of the fleet is asked for by, and what it is.

struct DeviceQuery {
  DeviceFilter filter;
  DeviceOrder order;
  std::string cursor;  // the `next` of the page before; empty: from the first
  std::size_t limit = 100;
};
struct DevicePage {
  std::vector<model::DeviceViewPtr> items;  // their history is empty
  std::optional<std::string> next;          // nothing: this was the last page
  // How many the filter means; of the first page, and of every page of an empty filter.
  std::optional<std::size_t> total;
  // Taken before the items were looked at: who follows the log from here misses no change of them.
  LogCursor log;
};

struct ChannelQuery {
  DeviceFilter filter;         // of their devices
  std::string text;            // a part of the channel's name, or of what DeviceFilter's q looks at
  std::optional<bool> online;  // as its recorder says
  std::string cursor;
  std::size_t limit = 100;
};
struct ChannelRow {
  model::DeviceId device;
  std::string device_name;
  model::DeviceState state = model::DeviceState::waiting;
  std::shared_ptr<const model::DeviceFacts> facts;  // holds the channel
  const model::Channel* channel = nullptr;
};
struct ChannelPage {
  std::vector<ChannelRow> items;  // by the id of the device, then by number
  std::optional<std::string> next;
  LogCursor log;
};

}  // namespace camfleet::fleet
