#include "net/resolver.h"

#include <algorithm>
#include <boost/asio/ip/basic_resolver.hpp>

#include "base/text.h"
#include "net/event.h"

namespace camfleet::net {
namespace {

using Resolver = asio::ip::basic_resolver<asio::ip::tcp, Executor>;
constexpr std::size_t kMaxAnswers = 16;

// getaddrinfo cannot be interrupted, so whoever waits for it can walk away: the answer then falls into this
// and is gone.
struct Lookup {
  explicit Lookup(Executor executor) : resolver(executor), answered(executor) {}
  Resolver resolver;
  Event answered;
  ErrorCode error;
  std::vector<Endpoint> found;
};

}  // namespace

Task<Result<std::vector<Endpoint>>> resolve(std::string_view host, std::uint16_t port, Deadline deadline) {
  const auto place = [&] { return clean_utf8(host.substr(0, 80)); };
  if (const auto address = parse_address(host)) co_return std::vector<Endpoint>{Endpoint{*address, port}};
  if (host.empty() || host.size() > 253 || host.find('\0') != host.npos || host.find(':') != host.npos)
    co_return fail(Code::net_resolve, place());
  if (is_odd_spelling(host)) co_return fail(Code::net_forbidden_address, place() + ": not a usual spelling");

  const Executor executor = co_await asio::this_coro::executor;
  auto lookup = std::make_shared<Lookup>(executor);
  lookup->resolver.async_resolve(
      host, std::to_string(port), asio::ip::resolver_base::numeric_service,
      [lookup](const ErrorCode& error, const Resolver::results_type& results) {
        lookup->error = error;
        for (const auto& entry : results) {
          const auto at = entry.endpoint();
          const Endpoint one{normalised(at.address()), at.port()};
          auto& found = lookup->found;
          if (found.size() < kMaxAnswers && std::find(found.begin(), found.end(), one) == found.end())
            found.push_back(one);
        }
        lookup->answered.set();
      });
  const bool in_time = co_await lookup->answered.wait(deadline);
  if (!in_time) co_return fail(Code::net_timeout, "resolve " + place());
  if (lookup->error || lookup->found.empty()) co_return fail(Code::net_resolve, place());
  co_return std::move(lookup->found);
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

  Error last;
  for (std::size_t i = 0; i < endpoints->size(); ++i) {
    const auto share = static_cast<int>(endpoints->size() - i);
    Deadline until = deadline;
    if (deadline != kNever && share > 1) {
      const auto now = std::chrono::steady_clock::now();
      until = now + (deadline - now) / share;
    }
    auto stream = co_await TcpStream::connect((*endpoints)[i], until);
    if (stream) co_return stream;
    last = stream.error();
  }
  co_return fail(std::move(last));
}

}  // namespace camfleet::net
