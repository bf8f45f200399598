#pragma once
#include "net/tcp.h"
#include "sim/device.h"

namespace camfleet::sim {

// Returns when the device is no longer silent, at once where it is not; counts where it is. False: the client
// has gone meanwhile, or the connection was reset.
net::Task<bool> wait_out_silence(Device& device, net::TcpStream& client);

// Whether the other side has closed the connection.
bool has_gone(const net::TcpStream& client);

}  // namespace camfleet::sim
