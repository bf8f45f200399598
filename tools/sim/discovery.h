#pragma once
#include <cstdint>
#include <optional>
#include <queue>
#include <string>
#include <string_view>
#include <vector>

#include "base/random.h"
#include "net/event.h"
#include "net/task_group.h"
#include "net/udp.h"
#include "sim/device.h"

namespace camfleet::sim {

class Simulator;

// How the fleet is found: every device answers WS-Discovery and SADP on the loopback device, from its own
// address, after a delay of its own, and says hello at the start. A device without power is silent.
//
// Beside the fleet there are `discovery_others` more that nobody can connect to, at the addresses behind
// those of the fleet: in turn one of another brand, which knows WS-Discovery only, and one of Hikvision that
// is not activated, which knows SADP only. Lives on one loop.
class Discovery {
 public:
  Discovery(Simulator& simulator, net::Executor executor);

  // Binds both ports, shared with others on this machine. config.port_in_use, net.io.
  Result<> open();
  // Answers until cancelled.
  net::Task<> run_wsd();
  net::Task<> run_sadp();
  net::Task<> send_due();

 private:
  enum class Protocol : std::uint8_t { wsd, sadp };
  struct Due {
    SteadyTime at;
    std::uint32_t device = 0;
    Protocol protocol = Protocol::wsd;
    bool hello = false;
    net::Endpoint to;
    std::string about;  // the id of the question, and of SADP its type
    std::string types;
    bool operator>(const Due& other) const { return at > other.at; }
  };

  std::uint32_t count() const;
  // Whether it takes part in that protocol now.
  bool speaks(std::uint32_t device, Protocol protocol) const;
  bool is_other(std::uint32_t device) const;
  void answer_all(const net::Address& asked, Due due);
  void push(Due due, std::chrono::milliseconds within);
  void on_wsd(std::string_view bytes, const net::UdpSocket::Datagram& datagram);
  void on_sadp(std::string_view bytes, const net::UdpSocket::Datagram& datagram);
  std::string wsd_text(const Due& due);
  std::string sadp_text(const Due& due);
  std::string epr_of(const Identity& identity) const;
  net::Address address_of(std::uint32_t device) const;

  Simulator& simulator_;
  net::Executor executor_;
  Rng rng_;
  unsigned loopback_ = 0;  // index of the interface
  std::optional<net::UdpSocket> wsd_;
  std::optional<net::UdpSocket> sadp_;
  net::Event bell_;
  std::priority_queue<Due, std::vector<Due>, std::greater<>> due_;
};

}  // namespace camfleet::sim
