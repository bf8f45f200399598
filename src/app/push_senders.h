#pragma once
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "device/hikvision/push_receiver.h"
#include "fleet/fleet.h"

namespace camfleet::app {

// Which device of the fleet sends from an address. A list that is made anew every few seconds while somebody
// asks. Thread-safe.
class PushSenders {
 public:
  explicit PushSenders(const fleet::Fleet& fleet) : fleet_(fleet) {}

  // The one whose address it is; of several behind one address, the one whose MAC or serial number is said,
  // and nobody where they say another's.
  std::optional<model::DeviceId> find(const device::PushSender& sender);

 private:
  struct Known {
    model::DeviceId id;
    std::string mac;
    std::string serial;
  };
  void refresh();

  const fleet::Fleet& fleet_;
  std::mutex mutex_;
  SteadyTime made_at_{};
  std::unordered_map<std::string, std::vector<Known>> by_address_;
};

}  // namespace camfleet::app
