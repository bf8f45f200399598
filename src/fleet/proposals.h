#pragma once
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "fleet/fleet.h"
#include "model/discovery.h"

namespace camfleet::fleet {

// What a discovered device is to the fleet, and what an operator can do about it.
struct Proposal {
  model::DiscoveredPtr found;
  std::optional<model::DeviceId> known;   // the device of the fleet that it is
  std::optional<std::string> moved_from;  // the address that the fleet has of that device: another one
  // What to add, but for the login: nothing where it is known, or cannot be added for `reason`.
  std::optional<model::DeviceSpec> suggest;
  Code reason = Code::ok;  // net.forbidden_address, device.not_activated, discovery.moved
};

// The devices of the fleet by what a discovered one may be known by: serial, MAC, address. A snapshot.
class FleetIndex {
 public:
  explicit FleetIndex(const Fleet& fleet);
  explicit FleetIndex(const std::vector<model::DeviceViewPtr>& devices);

  // The same serial or MAC is the same device, wherever it is; the same address is it where nothing says
  // otherwise. Addresses that are names are not resolved.
  Proposal judge(model::DiscoveredPtr found) const;

 private:
  struct Known {
    model::DeviceId id;
    std::string address;  // numeric, or empty
    std::uint16_t http_port = 0;
    std::string serial, mac;
  };
  void add(const model::DeviceView& view);
  const Known* by_address(const model::Discovered& found) const;
  std::string free_id(const model::Discovered& found) const;

  std::vector<Known> devices_;
  std::unordered_map<std::string, std::size_t> serials_, macs_, ids_;
  std::unordered_multimap<std::string, std::size_t> addresses_;
};

// Writes one log line for each device of the fleet that was heard at another address, each time that address
// changes. Nothing else is done about it: an address on the network is a claim, not a fact. Thread-safe;
// review() takes some milliseconds for 10,000 devices and belongs on a thread that may block.
class MoveWatch {
 public:
  explicit MoveWatch(const Fleet& fleet) : fleet_(fleet) {}
  void review(const model::DiscoveredList& list);

 private:
  const Fleet& fleet_;
  std::mutex mutex_;
  std::map<std::string, std::string> told_;  // device -> the address that was written
};

// "DS-2CD2320D-I 2018..." and "DS-2CD2320D-I2018..." are the same serial: letters and digits, upper case.
std::string normalised_serial(std::string_view text);

}  // namespace camfleet::fleet
