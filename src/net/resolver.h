#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "net/address.h"
#include "net/tcp.h"

namespace camfleet::net {

// Every address of `host`, IPv4-mapped ones as IPv4, at most 16. A numeric host is answered at once. Odd
// numeric spellings are net.forbidden_address, others net.resolve or net.timeout: a lookup that is late is
// abandoned.
Task<Result<std::vector<Endpoint>>> resolve(std::string_view host, std::uint16_t port, Deadline deadline);

// Resolves, asks the guard for each address, and connects to the first that is allowed and answers; the
// addresses share the time that is left. net.forbidden_address where none is allowed. Both arguments outlive
// the call.
Task<Result<TcpStream>> dial(const AddressGuard& guard, const HostPort& to, Deadline deadline);

}  // namespace camfleet::net
