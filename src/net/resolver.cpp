#include "net/resolver.h"

#include <algorithm>

#include "base/text.h"
#include "net/names.h"

namespace camfleet::net {
namespace {

// Tried by one dial: four that share three seconds have time enough each. The others have their turn at the
// next one.
constexpr std::size_t kMostTries = 4;

}  // namespace

Task<Result<std::vector<Endpoint>>> resolve(std::string_view host, std::uint16_t port, Deadline deadline) {
  const auto place = [&] { return clean_utf8(host.substr(0, 80)); };
  if (const auto address = parse_address(host)) co_return std::vector<Endpoint>{Endpoint{*address, port}};
  if (host.empty() || host.size() > 253 || host.find('\0') != host.npos || host.find(':') != host.npos)
    co_return fail(Code::net_resolve, place());
  if (is_odd_spelling(host)) co_return fail(Code::net_forbidden_address, place() + ": not a usual spelling");

  std::string name{host};
  auto finding = Names::shared().find(std::move(name), deadline);
  auto found = co_await std::move(finding);
  if (!found) co_return fail(std::move(found.error()));
  std::vector<Endpoint> out;
  out.reserve(found->size());
  for (const auto& address : *found) out.emplace_back(address, port);
  co_return out;
}

Task<Result<TcpStream>> dial(const AddressGuard& guard, const HostPort& to, Deadline deadline) {
  auto endpoints = co_await resolve(to.host, to.port, deadline);
  if (!endpoints) co_return fail(endpoints.error());

  Error refused;
  std::erase_if(*endpoints, [&](const Endpoint& endpoint) {
    auto allowed = guard.check(endpoint);
    if (!allowed) refused = allowed.error();
    return !allowed;
  });
  if (endpoints->empty()) co_return fail(refused);

  if (endpoints->size() > kMostTries) endpoints->resize(kMostTries);
  Error last;
  for (std::size_t i = 0; i < endpoints->size(); ++i) {
    const auto share = static_cast<int>(endpoints->size() - i);
    Deadline until = deadline;
    if (deadline != kNever && share > 1) {
      const auto now = std::chrono::steady_clock::now();
      until = now + (deadline - now) / share;
    }
    auto stream = co_await TcpStream::connect((*endpoints)[i], until);
    if (stream) {
      if (endpoints->size() > 1) Names::shared().worked(to.host, (*endpoints)[i].address());
      co_return stream;
    }
    last = stream.error();
  }
  co_return fail(std::move(last));
}

}  // namespace camfleet::net
