#pragma once
// A camera farm without cameras: what hubs pull from in tests.
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <functional>
#include <future>
#include <map>
#include <mutex>
#include <thread>

#include "model/ports.h"
#include "net/event.h"
#include "net/loop.h"
#include "net/loop_groups.h"
#include "net/within.h"

namespace camfleet::media::testing {

// Runs `fn` on the loop and waits for it.
template <class Fn>
auto on(net::Loop& loop, Fn fn) -> decltype(fn()) {
  std::packaged_task<decltype(fn())()> task{std::move(fn)};
  auto future = task.get_future();
  loop.post([&task] { task(); });
  return future.get();
}

// Until `fn` is true; fails the test after a few seconds.
inline bool eventually(const std::function<bool()>& fn,
                       std::chrono::seconds limit = std::chrono::seconds{5}) {
  const auto until = std::chrono::steady_clock::now() + limit;
  while (!fn()) {
    if (std::chrono::steady_clock::now() > until) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds{1});
  }
  return true;
}

class FakeSource final : public model::StreamSource {
 public:
  explicit FakeSource(net::Loops& loops) : loops_(loops) {}

  Result<net::Loop*> loop_of(const model::DeviceId& device) override {
    if (device.str().starts_with("unknown")) return fail(Code::device_unknown, device.str());
    return &loops_.for_key(device.str());
  }

  // Announces `info` at once where there is some; then whatever the test publishes, until it says stop or the
  // pull is cancelled.
  net::Task<Error> pull(model::StreamKey key, model::Publisher& to) override {
    ++pulls;
    if (refuse != Code::ok) co_return Error{refuse.load(), model::to_text(key), 0};
    const net::Executor executor = co_await net::asio::this_coro::executor;
    Pull pull{to, executor};
    struct Listed {
      FakeSource& source;
      model::StreamKey key;
      Listed(FakeSource& s, model::StreamKey k, Pull& p) : source(s), key(std::move(k)) {
        const std::lock_guard lock{source.mutex_};
        source.active_[key] = &p;
        source.most_ = std::max(source.most_, source.active_.size());
      }
      ~Listed() {
        const std::lock_guard lock{source.mutex_};
        source.active_.erase(key);
      }
    };
    const Listed listed{*this, key, pull};
    if (!info.tracks.empty()) to.start(info);
    bool cancelled = false;
    try {
      co_await pull.over.wait();
    } catch (...) {
      cancelled = true;
    }
    if (cancelled) {  // as a TEARDOWN takes its time
      co_await net::asio::this_coro::reset_cancellation_state();
      co_await net::sleep_for(goodbye);
      net::throw_cancelled();
    }
    co_return pull.why;
  }

  std::size_t active() const {
    const std::lock_guard lock{mutex_};
    return active_.size();
  }
  // On the device's loop, with the publisher of the pull that goes on there.
  void publish(const model::StreamKey& key, const std::function<void(model::Publisher&)>& fn) {
    ASSERT_TRUE(eventually([&] { return find(key) != nullptr; }));
    on(**loop_of(key.device), [&] {
      if (Pull* pull = find(key)) fn(pull->to);
    });
  }
  void stop(const model::StreamKey& key, Code why) {
    on(**loop_of(key.device), [&] {
      if (Pull* pull = find(key)) {
        pull->why = Error{why, "the test", 0};
        pull->over.set();
      }
    });
  }

  model::StreamInfo info;  // set before the first pull
  std::atomic<Code> refuse{Code::ok};
  std::atomic<int> pulls{0};
  std::chrono::milliseconds goodbye{0};
  std::size_t most_active() const {
    const std::lock_guard lock{mutex_};
    return most_;
  }

 private:
  struct Pull {
    Pull(model::Publisher& t, net::Executor executor) : to(t), over(executor) {}
    model::Publisher& to;
    net::Event over;
    Error why;
  };
  Pull* find(const model::StreamKey& key) const {
    const std::lock_guard lock{mutex_};
    const auto at = active_.find(key);
    return at == active_.end() ? nullptr : at->second;
  }
  net::Loops& loops_;
  mutable std::mutex mutex_;
  std::map<model::StreamKey, Pull*> active_;
  std::size_t most_ = 0;
};

// Knows "good" for every stream, "other" for another one; forgets when told.
class FakeGate final : public model::LiveGate {
 public:
  Result<model::Grant> admit(const model::StreamKey& stream, std::string_view token) const override {
    if (token.empty()) return fail(Code::auth_missing);
    if (token == "other") return fail(Code::auth_wrong_stream);
    if (token != "good" || revoked) return fail(Code::auth_invalid);
    return model::Grant{"token-1", stream, {}};
  }
  bool still_good(const model::Grant&) const override { return !revoked; }
  std::atomic<bool> revoked{false};
};

inline model::StreamKey key_of(std::string_view text) { return *model::parse_stream_key(text); }

}  // namespace camfleet::media::testing
