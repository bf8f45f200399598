#include "fleet/numbers.h"

#include <algorithm>

namespace camfleet::fleet {
namespace {

constexpr std::size_t kMostTypes = 64;
std::size_t at(model::DeviceState state) { return static_cast<std::size_t>(state); }

bool is_word(std::string_view type) {
  return !type.empty() && type.size() <= 48 && std::ranges::all_of(type, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '-' || c == '.';
  });
}

}  // namespace

Numbers::Numbers()
    : logins_(metrics::counter("camfleet_logins_total", "Logins to devices that succeeded.")),
      login_seconds_(metrics::histogram(
          "camfleet_login_seconds", "From the start of an attempt to its login.", metrics::latency_bounds())),
      connecting_(metrics::gauge("camfleet_connecting_devices", "Devices that hold an admission slot.")),
      channel_gauge_(metrics::gauge("camfleet_channels", "Channels of the devices that were logged in to.")) {
  for (int i = 0; i < model::kDeviceStates; ++i)
    gauges_[static_cast<std::size_t>(i)] =
        &metrics::gauge("camfleet_devices", "Devices by state.",
                        {{"state", std::string{model::to_text(static_cast<model::DeviceState>(i))}}});
}

void Numbers::added(model::DeviceState state, Code reason) {
  states_[at(state)].fetch_add(1, std::memory_order_relaxed);
  reasons_[at(state)][static_cast<std::size_t>(reason)].fetch_add(1, std::memory_order_relaxed);
  gauges_[at(state)]->add(1);
}
void Numbers::removed(model::DeviceState state, Code reason) {
  states_[at(state)].fetch_sub(1, std::memory_order_relaxed);
  reasons_[at(state)][static_cast<std::size_t>(reason)].fetch_sub(1, std::memory_order_relaxed);
  gauges_[at(state)]->add(-1);
}
void Numbers::moved(model::DeviceState from, Code from_reason, model::DeviceState to, Code to_reason) {
  removed(from, from_reason);
  added(to, to_reason);
}
void Numbers::channels(std::int64_t difference) {
  channels_.fetch_add(difference, std::memory_order_relaxed);
  channel_gauge_.add(difference);
}
std::size_t Numbers::in(model::DeviceState state) const {
  // A reader may see a move half done.
  return static_cast<std::size_t>(
      std::max<std::int64_t>(states_[at(state)].load(std::memory_order_relaxed), 0));
}

std::size_t Numbers::in(model::DeviceState state, Code reason) const {
  const auto& count = reasons_[at(state)][static_cast<std::size_t>(reason)];
  return static_cast<std::size_t>(std::max<std::int64_t>(count.load(std::memory_order_relaxed), 0));
}

void Numbers::attempt(Code code, double seconds) {
  if (code == Code::ok) {
    logins_.add();
    login_seconds_.observe(seconds);
    return;
  }
  metrics::counter("camfleet_login_failures_total", "Attempts to log in that failed, by cause.",
                   {{"code", std::string{name(code)}}})
      .add();
}
void Numbers::connecting(std::int64_t difference) { connecting_.add(difference); }

void Numbers::event(std::string_view type) {
  const std::lock_guard lock{mutex_};
  std::string label{is_word(type) ? type : "other"};
  auto it = events_.find(label);
  if (it == events_.end()) {
    if (events_.size() >= kMostTypes) label = "other";
    auto& counter = metrics::counter("camfleet_device_events_total", "Events that devices reported, by type.",
                                     {{"type", label}});
    it = events_.insert_or_assign(label, &counter).first;
  }
  it->second->add();
}

}  // namespace camfleet::fleet
