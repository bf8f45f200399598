#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "net/address.h"
#include "net/tcp.h"

namespace camfleet::net {

// Every address of `host` that is known (net/names.h), IPv4-mapped ones as IPv4. A numeric host is answered
// at once. Odd numeric spellings are net.forbidden_address, others net.resolve (there is no such name) or
// net.dns_failed (the name servers do not say, or not in time).
Task<Result<std::vector<Endpoint>>> resolve(std::string_view host, std::uint16_t port, Deadline deadline);

// Resolves, asks the guard for each address, and connects to the first that is allowed and answers; at most
// four are tried, which share the time that is left. net.forbidden_address where none is allowed. Both
// arguments outlive the call.
Task<Result<TcpStream>> dial(const AddressGuard& guard, const HostPort& to, Deadline deadline);

}  // namespace camfleet::net
