#pragma once
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <functional>
#include <future>
#include <memory>
#include <optional>
#include <string>
#include <thread>

#include "fleet/fleet.h"
#include "fleet/testing/fakes.h"
#include "net/loop_groups.h"

namespace camfleet::fleet::testing {

using namespace std::chrono_literals;

// Polls: the fleet lives on other threads, and what is asserted is where it ends up.
inline bool eventually(const std::function<bool()>& holds) {
  const auto deadline = std::chrono::steady_clock::now() + 20s;
  while (!holds()) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    std::this_thread::sleep_for(1ms);
  }
  return true;
}

class FleetRig : public ::testing::Test {
 protected:
  FleetRig() {
    options.retry = {.base = 10ms,
                     .cap = 40ms,
                     .busy_cap = 80ms,
                     .stable_after = 60s,
                     .lock_default = 300ms,
                     .lock_margin = 20ms};
    options.attempt_budget = 2s;
    options.jitter_seed = 7;
    loops.start();
    restart();
  }
  ~FleetRig() override {
    if (fleet) fleet->stop_and_wait();
    fleet.reset();
  }

  void restart(bool start = true) {
    if (fleet) fleet->stop_and_wait();
    fleet.reset();
    fleet = std::make_unique<Fleet>(FleetParts{loops,
                                               store,
                                               box,
                                               guard,
                                               {&hikvision, &rtsp},
                                               [this](model::Event) { ++events; },
                                               {},
                                               &system_clock(),
                                               refusals,
                                               nullptr,
                                               lessons},
                                    options);
    ASSERT_TRUE(fleet->load());
    if (start) fleet->start();
  }

  template <class T>
  static net::Task<> keep(net::Task<T> task, std::optional<T>& out) {
    out.emplace(co_await std::move(task));
  }
  template <class T>
  T wait_for(net::Task<T> task) {
    std::optional<T> out;
    net::block_on(loops.at(1).executor(), keep(std::move(task), out));
    return std::move(*out);
  }
  static NewDevice device(const std::string& id, const std::string& address = "10.0.0.7") {
    NewDevice out;
    out.spec.id = model::DeviceId{id};
    out.spec.address = address;
    out.spec.username = "admin";
    out.password = Secret{"hik12345"};
    return out;
  }
  Result<model::DeviceViewPtr> add(NewDevice device) { return wait_for(fleet->add(std::move(device))); }
  Code add_code(NewDevice device) {
    const auto added = add(std::move(device));
    return added ? Code::ok : added.error().code;
  }
  model::DeviceViewPtr show(const std::string& id) {
    auto shown = fleet->show(model::DeviceId{id});
    return shown ? *shown : nullptr;
  }
  bool reaches(const std::string& id, model::DeviceState state) {
    return eventually([&] {
      const auto view = show(id);
      return view && view->state == state;
    });
  }
  // Runs `fn` on the device's loop and waits for it.
  void on_loop(const std::string& id, std::function<void()> fn) {
    auto loop = fleet->loop_of(model::DeviceId{id});
    ASSERT_TRUE(loop);
    std::promise<void> done;
    (*loop)->post([&] {
      fn();
      done.set_value();
    });
    done.get_future().get();
  }
  void end_session(const std::string& id, Error why) {
    on_loop(id, [&] { hikvision.session(id)->end(why); });
  }
  static model::StreamKey key(const char* text) { return *model::parse_stream_key(text); }
  Error pull(const char* text, model::Publisher& to) {
    std::optional<Error> out;
    auto loop = fleet->loop_of(key(text).device);
    const auto executor = loop ? (*loop)->executor() : loops.at(0).executor();
    net::block_on(executor, keep(fleet->pull(key(text), to), out));
    return *out;
  }

  net::Loops loops{2};
  FakeStore store;
  FakeBox box;
  net::AddressGuard guard;
  FakeDriver hikvision{"hikvision"};
  FakeDriver rtsp{"rtsp", false};
  std::atomic<int> events{0};
  FleetOptions options;
  model::RefusalStore* refusals = nullptr;
  model::LessonStore* lessons = nullptr;
  std::unique_ptr<Fleet> fleet;
};

}  // namespace camfleet::fleet::testing
