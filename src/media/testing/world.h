#pragma once
// Two loops, a fake fleet and the hubs of it.
#include <memory>
#include <string_view>

#include "media/hubs.h"
#include "media/testing/fake_source.h"
#include "media/testing/fake_video.h"

namespace camfleet::media::testing {

using namespace std::chrono_literals;

inline Settings quick_settings() {
  Settings settings;
  settings.linger = 100ms;
  settings.sweep = 5ms;
  settings.failure_memory = 0ms;
  settings.hold = 0ms;
  return settings;
}

class World {
 public:
  explicit World(Settings settings = quick_settings(), model::StreamInfo info = FakeVideo::info())
      : loops(2), source((loops.start(), loops)) {
    source.info = std::move(info);
    hubs = std::make_unique<Hubs>(source, loops, settings);
  }
  ~World() {
    hubs->stop_and_wait();
    loops.stop();
  }
  net::Loop& loop(std::string_view key) { return **source.loop_of(key_of(key).device); }

  // Opens a stream as an output would; the lease stays with the World until close().
  Code open(std::string_view key) {
    Code code = Code::ok;
    net::block_on(loop(key).executor(), open_task(*this, key_of(key), code));
    return code;
  }
  void close(std::string_view key) {
    on(loop(key), [&] { leases.erase(key_of(key)); });
  }
  // The hub of an open stream; on its loop only.
  Hub& hub(std::string_view key) { return *leases.find(key_of(key))->second; }
  HubState state(std::string_view key) const {
    const auto status = hubs->stream(key_of(key));
    return status ? status->state : HubState::idle;
  }

  net::Loops loops;
  FakeSource source;
  FakeGate gate;
  std::unique_ptr<Hubs> hubs;
  std::multimap<model::StreamKey, Lease> leases;  // each on its loop

 private:
  static net::Task<> open_task(World& world, model::StreamKey key, Code& code) {
    auto opened = co_await world.hubs->on(**world.source.loop_of(key.device)).open(key);
    if (opened) {
      world.leases.emplace(key, std::move(*opened));
    } else {
      code = opened.error().code;
    }
  }
};

}  // namespace camfleet::media::testing
