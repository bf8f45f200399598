#include "net/names.h"

#include <netdb.h>

#include <algorithm>

#include "base/text.h"
#include "net/address.h"
#include "net/event.h"

namespace camfleet::net {

struct Names::Waiter {
  explicit Waiter(Executor e) : executor(e), answered(e) {}
  Executor executor;
  Event answered;
  Result<Addresses> found = camfleet::fail(Code::net_dns_failed);
};

// Among the waiters of a name, until it ends: nobody rings for whom nobody waits any more.
struct Names::Place {
  Place(Names& n, std::string h, std::shared_ptr<Waiter> w)
      : names(n), host(std::move(h)), waiter(std::move(w)) {}
  Place(const Place&) = delete;
  Place& operator=(const Place&) = delete;
  ~Place() {
    const std::lock_guard lock{names.mutex_};
    if (const auto it = names.known_.find(host); it != names.known_.end()) it->second.waiters.remove(waiter);
  }
  Names& names;
  std::string host;
  std::shared_ptr<Waiter> waiter;
};

Names::Names(NameOptions options, Lookup lookup) : options_(options), lookup_(std::move(lookup)) {}

Names::~Names() {
  {
    const std::lock_guard lock{mutex_};
    stopping_ = true;
  }
  jobs_.notify_all();
  for (auto& thread : threads_) thread.join();
}

Names& Names::shared() {
  static auto* names = new Names;  // NOLINT: lives as long as the process
  return *names;
}

bool Names::usable(const Entry& entry) const {
  return !entry.good.empty() && std::chrono::steady_clock::now() - entry.good_at <= options_.last_good;
}

// The one that answered last goes first; the others take turns, so that in time each of a hundred is tried.
Names::Addresses Names::in_order(const Entry& entry) {
  Addresses out = entry.good;
  std::rotate(out.begin(), out.begin() + static_cast<std::ptrdiff_t>(turn_++ % out.size()), out.end());
  const auto best = std::ranges::find(out, entry.worked);
  if (best != out.end()) std::rotate(out.begin(), best, best + 1);
  return out;
}

Task<Result<Names::Addresses>> Names::find(std::string host, Deadline deadline) {
  const Executor executor = co_await asio::this_coro::executor;
  const auto now = std::chrono::steady_clock::now();
  auto waiter = std::make_shared<Waiter>(executor);
  {
    const std::lock_guard lock{mutex_};
    make_room();
    const auto at = known_.try_emplace(host).first;
    auto& entry = at->second;
    if (!entry.good.empty() && now - entry.good_at <= options_.fresh) co_return in_order(entry);
    if (unanswered_ >= options_.silent && usable(entry)) {
      if (!entry.under_way) begin(at);  // finds out when they speak again
      co_return in_order(entry);
    }
    entry.waiters.push_back(waiter);
    if (usable(entry)) deadline = std::min(deadline, now + options_.patience);
    if (!entry.under_way) begin(at);
  }
  const Place place{*this, host, waiter};
  auto waiting = waiter->answered.wait(deadline);
  const bool in_time = co_await std::move(waiting);
  if (in_time && (waiter->found || waiter->found.error().code == Code::net_resolve))
    co_return std::move(waiter->found);
  const std::lock_guard lock{mutex_};
  const auto at = known_.find(host);
  if (!in_time) ++unanswered_;
  if (at != known_.end() && usable(at->second)) co_return in_order(at->second);
  co_return camfleet::fail(Code::net_dns_failed,
                           clean_utf8(host.substr(0, 80)) + (in_time ? "" : ": no answer in time"));
}

void Names::begin(Known::iterator at) {
  at->second.under_way = true;
  (at->second.slow ? slow_ : fast_).push_back(at->first);
  // Those that stand in the queue count: nobody may wait here for them to be taken up.
  if (busy_ + fast_.size() + slow_.size() > threads_.size() && threads_.size() < options_.threads)
    threads_.emplace_back([this] { work(); });
  jobs_.notify_one();
}

std::string Names::next_job() {
  auto& queue = !fast_.empty() ? fast_ : slow_;
  auto host = std::move(queue.front());
  queue.pop_front();
  return host;
}

void Names::work() {
  std::unique_lock lock{mutex_};
  for (;;) {
    const auto ready = [&] {
      return !fast_.empty() || (!slow_.empty() && busy_slow_ < options_.slow_threads);
    };
    while (!stopping_ && !ready()) jobs_.wait(lock);
    if (stopping_) return;
    const bool slow = fast_.empty();
    const auto host = next_job();
    ++busy_;
    busy_slow_ += slow ? 1 : 0;
    lock.unlock();
    const auto began = std::chrono::steady_clock::now();
    auto found = lookup_(host);
    const auto took = std::chrono::steady_clock::now() - began;
    lock.lock();
    --busy_;
    busy_slow_ -= slow ? 1 : 0;
    finish(host, std::move(found), took);
    jobs_.notify_one();
  }
}

// With the lock: whoever stands among the waiters has a loop that runs.
void Names::finish(const std::string& host, Result<Addresses> found,
                   std::chrono::steady_clock::duration took) {
  const bool answered = found || found.error().code == Code::net_resolve;
  unanswered_ = answered ? 0 : unanswered_ + 1;
  const auto at = known_.find(host);
  if (at == known_.end()) return;
  auto& entry = at->second;
  entry.under_way = false;
  entry.slow = took >= options_.slow;
  if (found && found->empty()) found = camfleet::fail(Code::net_resolve, host);
  if (found) {
    if (found->size() > options_.addresses) found->resize(options_.addresses);
    entry.good = *found;
    entry.good_at = std::chrono::steady_clock::now();
  } else if (found.error().code == Code::net_resolve) {
    entry.good.clear();
  }
  for (auto& waiter : entry.waiters) {
    if (found)
      waiter->found = in_order(entry);
    else
      waiter->found = camfleet::fail(found.error());
    asio::post(waiter->executor, [waiter] { waiter->answered.set(); });
  }
  entry.waiters.clear();
}

void Names::make_room() {
  if (known_.size() < options_.names) return;
  auto oldest = known_.end();
  for (auto it = known_.begin(); it != known_.end(); ++it) {
    if (it->second.under_way || !it->second.waiters.empty()) continue;
    if (oldest == known_.end() || it->second.good_at < oldest->second.good_at) oldest = it;
  }
  if (oldest != known_.end()) known_.erase(oldest);
}

void Names::worked(const std::string& host, const asio::ip::address& address) {
  const std::lock_guard lock{mutex_};
  if (const auto at = known_.find(host); at != known_.end()) at->second.worked = address;
}

std::size_t Names::size() const {
  const std::lock_guard lock{mutex_};
  return known_.size();
}

Result<Names::Addresses> Names::system_lookup(const std::string& host) {
  ::addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  ::addrinfo* list = nullptr;
  const int error = ::getaddrinfo(host.c_str(), nullptr, &hints, &list);
  if (error != 0) {
    const bool none = error == EAI_NONAME || error == EAI_NODATA || error == EAI_ADDRFAMILY;
    return camfleet::fail(
        none ? Code::net_resolve : Code::net_dns_failed,
        clean_utf8(host.substr(0, 80)) + (none ? "" : std::string{": "} + ::gai_strerror(error)));
  }
  Addresses out;
  for (const auto* one = list; one != nullptr; one = one->ai_next) {
    asio::ip::tcp::endpoint endpoint;
    if (one->ai_addrlen > endpoint.capacity()) continue;
    endpoint.resize(one->ai_addrlen);
    std::copy_n(reinterpret_cast<const char*>(one->ai_addr), one->ai_addrlen,
                reinterpret_cast<char*>(endpoint.data()));
    const auto address = normalised(endpoint.address());
    if (std::ranges::find(out, address) == out.end()) out.push_back(address);
  }
  ::freeaddrinfo(list);
  return out;
}

}  // namespace camfleet::net
