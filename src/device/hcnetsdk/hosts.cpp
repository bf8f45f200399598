#include "device/hcnetsdk/hosts.h"

#include <algorithm>
#include <future>

#include "base/log.h"
#include "base/metrics.h"
#include "base/random.h"
#include "net/loop_groups.h"
#include "net/within.h"

namespace camfleet::device::hcnetsdk {
namespace {

using namespace std::chrono_literals;

constexpr auto kLook = 200ms;
constexpr auto kFarewell = 2s;  // for hosts to log out; then they are ended

SteadyTime now() { return std::chrono::steady_clock::now(); }

std::uint64_t seed() {
  std::uint64_t out = 0;
  random_bytes({reinterpret_cast<std::uint8_t*>(&out), sizeof out});
  return out;
}

metrics::Gauge& gauge(const char* name, const char* help) { return metrics::gauge(name, help); }

}  // namespace

struct Hosts::Waiter {
  Waiter(net::Executor executor, std::shared_ptr<Line> l)
      : bell(executor), where(executor), line(std::move(l)) {}
  net::Event bell;
  net::Executor where;
  std::shared_ptr<Line> line;
  std::optional<Result<Place>> result;
};

Hosts::Hosts(HostsOptions options)
    : options_(std::move(options)),
      loop_(loops_.at(0)),
      together_{{options_.backoff_least, options_.backoff_most, Rng{seed()}, options_.backoff_least / 2}},
      apart_{{options_.backoff_least, options_.backoff_most, Rng{seed()}, options_.backoff_least / 2}} {}

Hosts::~Hosts() { stop_and_wait(); }

void Hosts::start() {
  loops_.start();
  tasks_.emplace(loop_.executor(), "sdk hosts");
  loop_.post([this] { tasks_->spawn(look()); });
}

void Hosts::stop_and_wait() {
  if (!tasks_ || std::exchange(stopped_, true)) return;
  net::block_on(loop_.executor(), [](Hosts& self) -> net::Task<> {
    self.stopping_ = true;
    // Devices count the sessions that nobody logged out of.
    for (const auto until = now() + kFarewell; !self.hosts_.empty() && now() < until;) {
      for (const auto& host : self.hosts_) host->farewell();
      co_await net::sleep_for(10ms);
    }
    auto ended = self.tasks_->stop();
    co_await std::move(ended);
    self.serve();
  }(*this));
  loops_.stop();
}

net::Task<Result<Place>> Hosts::take(std::shared_ptr<Line> line, Deadline deadline) {
  const auto executor = co_await net::asio::this_coro::executor;
  auto waiter = std::make_shared<Waiter>(executor, std::move(line));
  loop_.post([this, weak = std::weak_ptr<Waiter>(waiter)] {
    waiters_.push_back(weak);
    serve();
  });
  co_await waiter->bell.wait(deadline);
  if (waiter->result) co_return std::move(*waiter->result);
  co_return fail(Code::net_timeout, "a host of the SDK");
}

void Hosts::answer(const std::shared_ptr<Waiter>& waiter, Result<Place> result) {
  // A waiter that has gone meanwhile takes the place with it, and that gives it back.
  net::asio::post(waiter->where, [waiter, result = std::move(result)]() mutable {
    waiter->result = std::move(result);
    waiter->bell.set();
  });
}

std::size_t Hosts::room(const Host& host) const {
  auto most = std::min(options_.devices_per_host, host.most());
  // Less than what it says that it can hold: the rest is for what does not end at once.
  if (host.ready()) most = std::min<std::size_t>(most, std::size_t{host.library().logins} * 3 / 4);
  return most > host.devices() ? most - host.devices() : 0;
}

bool Hosts::may_start(bool apart) const {
  const auto there =
      std::ranges::count_if(hosts_, [apart](const auto& host) { return host->apart() == apart; });
  return static_cast<std::size_t>(there) < (apart ? 1 : options_.most_hosts);
}

bool Hosts::suspected(const std::string& device) const {
  const auto found = suspects_.find(device);
  return found != suspects_.end() && found->second > now();
}

void Hosts::suspect(const Host& host, const Error& why) {
  const auto& device = host.culprit();
  const bool known = suspects_.contains(device);
  // Only as many as the one host can hold.
  if (device.empty() || (!known && suspects_.size() >= options_.devices_per_host)) return;
  suspects_[device] = now() + options_.apart_for;
  log::warn("sdk.device_apart",
            {{"device", device},
             {"host", host.number()},
             {"reason", name(why.code)},
             {"seconds", std::chrono::ceil<std::chrono::seconds>(options_.apart_for).count()}});
}

// They stay where they are until they log in the next time.
void Hosts::forgive() {
  const auto at = now();
  std::erase_if(suspects_, [at](const auto& one) {
    if (one.second > at) return false;
    log::info("sdk.device_back_among_others", {{"device", one.first}});
    return true;
  });
}

void Hosts::serve() {
  std::size_t places[2] = {0, 0};  // in hosts that are starting
  for (const auto& host : hosts_)
    if (host->starting()) places[host->apart() ? 1 : 0] += room(*host);
  std::deque<std::weak_ptr<Waiter>> rest;
  for (auto& weak : std::exchange(waiters_, {})) {
    auto waiter = weak.lock();
    if (!waiter) continue;
    if (stopping_) {
      answer(waiter, fail(Code::fleet_stopping));
      continue;
    }
    const bool apart = suspected(waiter->line->device());
    auto& starts = apart ? apart_ : together_;
    auto& coming = places[apart ? 1 : 0];
    const auto found = std::ranges::find_if(hosts_, [this, apart](const auto& host) {
      return host->apart() == apart && host->ready() && room(*host) > 0;
    });
    if (found != hosts_.end()) {
      const auto device = (*found)->attach(waiter->line);
      answer(waiter, Place{*found, device});
      continue;
    }
    if (coming > 0) {
      --coming;
    } else if (!may_start(apart)) {
      answer(waiter, fail(Code::sdk_hosts_full, std::to_string(hosts_.size()) + " hosts of " +
                                                    std::to_string(options_.devices_per_host) + " devices"));
      continue;
    } else if (now() >= starts.not_before) {
      const auto host = hosts_.emplace_back(std::make_shared<Host>(loop_, options_.host, next_++, apart));
      coming += options_.devices_per_host - 1;
      // Not in here: one that fails at once answers those who wait.
      loop_.post([this, host] { tasks_->spawn(keep(host)); });
    } else if (starts.failed) {
      answer(waiter, fail(*starts.failed));
      continue;
    }
    rest.push_back(weak);
  }
  for (auto& weak : rest) waiters_.push_back(std::move(weak));
}

net::Task<> Hosts::keep(std::shared_ptr<Host> host) {
  static auto& ended = metrics::counter("camfleet_sdk_hosts_ended_total",
                                        "Processes of the vendor's library that ended, for whatever reason.");
  const auto began = now();
  auto& starts = host->apart() ? apart_ : together_;
  struct Listed {
    Hosts& hosts;
    std::shared_ptr<Host> host;
    ~Listed() { std::erase(hosts.hosts_, host); }
  };
  Error why;
  bool was_ready = false;
  {
    Listed listed{*this, host};
    auto running = host->run([this, host = host.get(), &starts, &was_ready] {
      was_ready = true;
      starts.failed.reset();
      const auto& library = host->library();
      log::info("sdk.host_ready", {{"host", host->number()},
                                   {"pid", host->pid()},
                                   {"apart", host->apart()},
                                   {"version", library.version},
                                   {"build", library.build},
                                   {"logins", library.logins},
                                   {"missing", library.missing}});
      serve();
    });
    why = co_await std::move(running);
  }
  ended.add();
  if (stopping_) co_return;
  const auto lasted = now() - began;
  const bool wanted = why.code == Code::sdk_host_recycled;
  log::warn("sdk.host_ended",
            {{"host", host->number()},
             {"pid", host->pid()},
             {"reason", name(why.code)},
             {"detail", why.place},
             {"device", host->culprit()},
             {"seconds", std::chrono::duration_cast<std::chrono::seconds>(lasted).count()}});
  if (!wanted) {
    suspect(*host, why);
    if (lasted >= options_.stable_after) starts.backoff.reset();
    starts.not_before = now() + starts.backoff.next();
  }
  if (!was_ready) {
    // Whoever waits for it hears why, and comes again by its own rules.
    starts.failed = why;
    for (auto& weak : std::exchange(waiters_, {})) {
      auto waiter = weak.lock();
      if (!waiter) continue;
      if (suspected(waiter->line->device()) == host->apart())
        answer(waiter, fail(why));
      else
        waiters_.push_back(weak);
    }
  }
  serve();
}

net::Task<> Hosts::look() {
  for (;;) {
    co_await net::sleep_for(kLook);
    forgive();
    serve();
    recycle();
    std::size_t devices = 0;
    std::uint64_t kib = 0;
    for (const auto& host : hosts_) {
      devices += host->devices();
      kib += host->state().resident_kib;
    }
    gauge("camfleet_sdk_hosts", "Processes of the vendor's library.")
        .set(static_cast<std::int64_t>(hosts_.size()));
    gauge("camfleet_sdk_suspects",
          "Devices that a process hung or crashed in a call of; one process holds them.")
        .set(static_cast<std::int64_t>(suspects_.size()));
    gauge("camfleet_sdk_devices", "Devices that have a place in one.")
        .set(static_cast<std::int64_t>(devices));
    gauge("camfleet_sdk_resident_bytes", "Memory of these processes together.")
        .set(static_cast<std::int64_t>(kib * 1024));
  }
}

// One at a time: the next when the devices of this one had time to come back.
void Hosts::recycle() {
  const auto at = now();
  for (const auto& host : hosts_)
    if (!host->apart() && (!host->ready() || at - host->since() < options_.recycle_pause)) return;
  for (const auto& host : hosts_) {
    if (!host->ready()) continue;
    const bool old = options_.recycle_after.count() > 0 && at - host->since() >= options_.recycle_after;
    const bool large = options_.recycle_kib > 0 && host->state().resident_kib >= options_.recycle_kib;
    const bool left = host->apart() && host->devices() == 0 && suspects_.empty();
    if (!old && !large && !left) continue;
    host->end({Code::sdk_host_recycled, old ? "after " + std::to_string(options_.recycle_after.count()) + " s"
                                        : left ? "no device is apart any more"
                                               : std::to_string(host->state().resident_kib / 1024) + " MiB"});
    return;
  }
}

std::vector<Hosts::State> Hosts::states() {
  std::promise<std::vector<State>> promise;
  loop_.post([this, &promise] {
    std::vector<State> out;
    for (const auto& host : hosts_)
      out.push_back({host->pid(), host->devices(), host->ready(), host->apart()});
    promise.set_value(std::move(out));
  });
  return promise.get_future().get();
}

}  // namespace camfleet::device::hcnetsdk
