#pragma once
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"

namespace camfleet::model {

// Where a discovered device says that it can be reached. We follow none of it by ourselves.
struct DiscoveredAddress {
  std::string address;  // numeric
  std::uint16_t port = 0;
  bool secure = false;
  bool allowed = false;  // inside the allowed networks, see net::AddressGuard
  friend bool operator==(const DiscoveredAddress&, const DiscoveredAddress&) = default;
};

// A device that was heard on the network. All of it is hearsay: whoever is on the network can say anything.
// Texts are valid UTF-8 without control characters, and bounded; immutable once published.
struct Discovered {
  std::string key;  // "mac-4419b6000011", "sn-...", "epr-...", "ip-..."; the same as long as it is listed
  bool wsd = false;
  bool sadp = false;
  std::string address;  // the likeliest of `addresses`
  bool allowed = false;
  bool address_shared = false;  // another device in the list says the same: factory settings, or a lie
  std::vector<DiscoveredAddress> addresses;  // at most 8
  std::optional<std::uint16_t> http_port, https_port, sdk_port;
  std::string name, model, serial, location, firmware, epr;
  std::string mac;                 // "44:19:b6:00:00:11"
  bool hikvision = false;          // by SADP, or by what it calls itself
  std::vector<std::string> types;  // of WS-Discovery
  std::optional<bool> activated;   // false: it has no password yet, and can only be activated
  std::optional<bool> dhcp;
  std::optional<std::uint16_t> channels;
  std::string source;     // from where the last datagram came
  std::string interface;  // on which it came
  WallTime first_seen{};
  WallTime last_seen{};
  std::uint64_t sightings = 0;
  bool gone = false;  // it said goodbye
  friend bool operator==(const Discovered&, const Discovered&) = default;
};
using DiscoveredPtr = std::shared_ptr<const Discovered>;
using DiscoveredList = std::vector<DiscoveredPtr>;  // by key

struct DiscoveryStatus {
  bool enabled = false;
  Error problem;                        // why nothing is heard; ok where all is well
  std::vector<std::string> interfaces;  // where we listen
  std::optional<WallTime> last_probe;
  std::uint64_t received = 0;  // datagrams
  std::uint64_t refused = 0;  // of them malformed, too many from one source, or answers that nobody asked for
  std::uint64_t lost = 0;     // dropped by the kernel because we were late
  std::uint64_t evicted = 0;  // devices that the full list had no room for
};

// Who listens for devices. Thread-safe; reading takes what was published last.
class Discovery {
 public:
  virtual ~Discovery() = default;
  virtual std::shared_ptr<const DiscoveredList> list() const = 0;
  virtual DiscoveryStatus status() const = 0;
  // Asks the network now; answers come in over some seconds. discovery.disabled, discovery.too_soon, or what
  // keeps us from asking.
  virtual Result<> probe() = 0;
};

}  // namespace camfleet::model
