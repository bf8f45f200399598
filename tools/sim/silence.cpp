#include "sim/silence.h"

#include <poll.h>

#include "net/within.h"

namespace camfleet::sim {

bool has_gone(const net::TcpStream& client) {
  pollfd look{client.native_handle(), POLLRDHUP, 0};
  return !client.open() || (::poll(&look, 1, 0) > 0 && (look.revents & (POLLRDHUP | POLLHUP | POLLERR)) != 0);
}

net::Task<bool> wait_out_silence(Device& device, net::TcpStream& client) {
  constexpr std::chrono::milliseconds kLook{50};
  if (!device.faults().bites(Fault::silence)) co_return true;
  const Device::Presence presence{device, client};
  while (device.faults().on(Fault::silence)) {
    co_await net::sleep_for(kLook);
    if (has_gone(client)) co_return false;
  }
  co_return client.open();
}

}  // namespace camfleet::sim
