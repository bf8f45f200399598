#pragma once
#include <chrono>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "device/hcnetsdk/host.h"
#include "net/backoff.h"
#include "net/loop.h"
#include "net/task_group.h"

namespace camfleet::device::hcnetsdk {

struct HostsOptions {
  HostOptions host;
  std::size_t devices_per_host = 1'000;
  std::size_t most_hosts = 16;
  std::chrono::milliseconds backoff_least{500};  // after a host that ended by itself
  std::chrono::milliseconds backoff_most{60'000};
  std::chrono::milliseconds stable_after{60'000};   // a host that lasted so long starts the backoff over
  std::chrono::seconds recycle_after{0};            // replaced at this age, 0: never
  std::uint64_t recycle_kib = 0;                    // replaced when it holds so much memory, 0: never
  std::chrono::milliseconds recycle_pause{60'000};  // for its devices to come back, before another one is
  std::chrono::milliseconds apart_for{3'600'000};   // of a device that a host hung or crashed in a call of
};

// One device's place in a host; given back by the destructor, which logs the device out.
class Place {
 public:
  Place() = default;
  Place(std::shared_ptr<Host> host, std::uint32_t device) : host_(std::move(host)), device_(device) {}
  Place(Place&& other) noexcept : host_(std::move(other.host_)), device_(other.device_) {}
  Place& operator=(Place&& other) noexcept {
    std::swap(host_, other.host_);
    std::swap(device_, other.device_);
    return *this;
  }
  ~Place() {
    if (host_) host_->release(device_);
  }
  explicit operator bool() const { return host_ != nullptr; }
  Host& host() const { return *host_; }
  std::uint32_t device() const { return device_; }

 private:
  std::shared_ptr<Host> host_;
  std::uint32_t device_ = 0;
};

// The hosts of the gateway: starts them as devices come, each filled up to a line well below what the library
// can hold; ends those that hang, are old or have grown; waits longer and longer before it starts another
// after some that failed. A device in whose call a host hung or crashed comes back into a host that is apart
// from the others, one for all of these, until it was good for some time: what it does again it does to them
// alone. Whose host is over is told so and comes again as any other device does. On a loop
// and thread of its own; take() is for every loop. Outlives all sessions.
class Hosts {
 public:
  explicit Hosts(HostsOptions options);
  ~Hosts();
  void start();
  void stop_and_wait();  // from a thread that is no loop's; hosts end, whoever waits is refused

  // A place in a host whose library has started. sdk.unreadable, sdk.incompatible, sdk.init_failed where it
  // does not, sdk.hosts_full, net.timeout.
  net::Task<Result<Place>> take(std::shared_ptr<Line> line, Deadline deadline);

  // For tests and whoever watches: the processes that run now. From a thread that is no loop's.
  struct State {
    pid_t pid = -1;
    std::size_t devices = 0;
    bool ready = false;
    bool apart = false;
  };
  std::vector<State> states();

 private:
  struct Waiter;
  net::Task<> keep(std::shared_ptr<Host> host);
  net::Task<> look();
  void serve();
  std::size_t room(const Host& host) const;
  bool may_start(bool apart) const;
  bool suspected(const std::string& device) const;
  void suspect(const Host& host, const Error& why);
  void forgive();
  void recycle();
  void answer(const std::shared_ptr<Waiter>& waiter, Result<Place> result);

  HostsOptions options_;
  net::Loops loops_{1, "sdk"};
  net::Loop& loop_;
  std::vector<std::shared_ptr<Host>> hosts_;
  std::deque<std::weak_ptr<Waiter>> waiters_;
  // Of the hosts of everybody, and of the one that is apart.
  struct Starts {
    net::Backoff backoff;
    SteadyTime not_before{};
    std::optional<Error> failed{};  // the last one did not even start, by this
  };
  Starts together_, apart_;
  std::unordered_map<std::string, SteadyTime> suspects_;  // until then
  std::uint32_t next_ = 1;
  bool stopping_ = false;
  bool stopped_ = false;
  std::optional<net::TaskGroup> tasks_;
};

}  // namespace camfleet::device::hcnetsdk
