#pragma once
#include <atomic>
#include <chrono>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/random.h"
#include "device/discovery/limiter.h"
#include "device/discovery/table.h"
#include "model/discovery.h"
#include "net/address.h"
#include "net/event.h"
#include "net/loop.h"
#include "net/task_group.h"
#include "net/udp.h"

namespace camfleet::device::discovery {

struct ServiceOptions {
  bool enabled = true;
  // Between probes by ourselves, with a jitter of a quarter; 0: only where an operator asks.
  std::chrono::seconds interval{0};
  // By name; empty: every one that is up, can multicast, has an IPv4 address, and is not loopback.
  std::vector<std::string> interfaces;
  std::chrono::seconds probe_gap{5};       // between probes that operators ask for
  std::chrono::seconds look_again{10};     // at the interfaces, and for sockets that could not be opened
  std::chrono::milliseconds publish{500};  // between lists
  TableLimits table;
  // After each new list, on the loop; must not wait. May be empty.
  std::function<void(std::shared_ptr<const model::DiscoveredList>)> on_list;
};

// Listens for WS-Discovery and SADP over IPv4 multicast, asks when told to, and keeps the list of who was
// heard. It sends nothing but probes to the two groups: no connection, no login, no answer.
//
// While it only listens, its sockets are bound to the groups, so nothing sent to this machine alone reaches
// them. Answers to our probes come to a socket of their own; of WS-Discovery those alone are taken that
// relate to one of the last probes. Runs on one loop; made, started and stopped from a thread that is none.
class Service final : public model::Discovery {
 public:
  Service(net::Loop& loop, const net::AddressGuard& guard, ServiceOptions options,
          const Clock& clock = system_clock());
  Service(const Service&) = delete;
  Service& operator=(const Service&) = delete;
  ~Service() override;

  // Where sockets cannot be opened it says so in status() and the log, and tries again by itself.
  void start();
  void stop_and_wait();

  std::shared_ptr<const model::DiscoveredList> list() const override;
  model::DiscoveryStatus status() const override;
  Result<> probe() override;

 private:
  enum class Socket : std::uint8_t { wsd, sadp, asking };
  static constexpr std::size_t kSockets = 3;
  enum class Refusal : std::uint8_t { malformed, too_many, unasked, cut };

  net::Task<> look_after();  // sockets and interfaces
  net::Task<> listen(Socket which);
  net::Task<> ask();
  net::Task<> publish();
  net::Task<> stop_tasks();

  Result<> open_sockets();
  void follow_interfaces();
  net::Task<> ask_once();
  void take(Socket which, const net::UdpSocket::Datagram& datagram, std::string_view bytes);
  void see(Sighting sighting, unsigned interface);
  void refuse(Refusal why);
  void tell_problem(const Error& problem);
  bool is_ours(std::string_view uuid) const;
  std::string fresh_uuid();

  net::Loop& loop_;
  const net::AddressGuard& guard_;
  ServiceOptions options_;
  const Clock& clock_;
  Rng rng_;

  // Of the loop.
  Table table_;
  Limiter limiter_;
  std::optional<net::UdpSocket> sockets_[kSockets];
  std::vector<net::NetworkInterface> joined_;
  std::deque<std::string> asked_;  // the ids of the last probes
  std::uint64_t lost_told_ = 0;
  std::size_t found_ = 0;  // since the last list
  net::Event changed_;
  net::Event wish_;

  mutable std::mutex mutex_;  // of what follows
  std::shared_ptr<const model::DiscoveredList> list_ = std::make_shared<const model::DiscoveredList>();
  model::DiscoveryStatus status_;
  std::optional<SteadyTime> last_wish_;

  std::optional<net::TaskGroup> tasks_;
  bool running_ = false;
};

}  // namespace camfleet::device::discovery
