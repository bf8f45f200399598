#pragma once
#include <atomic>
#include <cstddef>
#include <memory>
#include <utility>
#include <vector>

#include "media/cursor.h"
#include "media/feed.h"
#include "media/hub.h"
#include "net/event.h"
#include "net/loop.h"

namespace camfleet::media {

class Mirror;
class Reflection;

// What a reflection and its mirror share; both hold it.
struct MirrorPipe {
  MirrorPipe(model::StreamKey k, net::Loop& f, net::Loop& t) : key(std::move(k)), from(f), to(t) {}
  const model::StreamKey key;
  net::Loop& from;                        // of the hub
  net::Loop& to;                          // of the mirror
  std::atomic<std::size_t> in_flight{0};  // bytes that the mirror has not taken yet
  Mirror* mirror = nullptr;               // on `to`; null: gone
  Reflection* reflection = nullptr;       // on `from`; null: not begun, or over
  bool unwanted = false;                  // on `from`: nobody watches over there any more
};

// The other end of a mirror, on the hub's loop: a viewer like others, that sends what is whole across, once a
// frame. A loop that does not keep up loses pictures up to the next key picture, as a slow viewer does.
class Reflection final : public Viewer {
 public:
  // The hub outlives it.
  Reflection(Hub& hub, std::shared_ptr<MirrorPipe> pipe, const Settings& settings);
  ~Reflection() override;
  Reflection(const Reflection&) = delete;
  Reflection& operator=(const Reflection&) = delete;

  // Until the stream is over or nobody wants it over there.
  net::Task<> done();
  void leave() { over_.set(); }

  void wake() override;
  void ended(const Error& why) override;
  Place place() const override { return cursor_.place(); }
  // Tells the mirror that there is nothing more to come, and why.
  static void tell_end(const std::shared_ptr<MirrorPipe>& pipe, const Error& why);

 private:
  void cross(bool always);

  Hub& hub_;
  std::shared_ptr<MirrorPipe> pipe_;
  const Settings& settings_;
  Cursor cursor_;
  net::Event over_;
};

// A stream on another loop than its hub's, for streams with very many viewers: a packet crosses threads once
// a loop and not once a viewer. Its packets are the hub's own, by reference. Lives on its loop, in its
// LoopHubs.
class Mirror final : public Feed {
 public:
  Mirror(std::shared_ptr<StatusCell> status, const Settings& settings, std::shared_ptr<MirrorPipe> pipe);
  ~Mirror();

  // What crossed over; `info` and the rest as of the hub at that moment.
  struct Batch {
    std::vector<model::Packet> packets;
    std::shared_ptr<const model::StreamInfo> info;
    std::uint32_t generation = 0;
    bool has_keys = true;
    std::size_t bytes = 0;
  };
  void take(Batch batch);
  void end(const Error& why);
  // Why it is over; then it stays so.
  const Error& over() const { return over_; }

  // Until its first packets are there, or it is over.
  net::Task<Result<>> ready(Deadline deadline);

  void hold() { ++users_; }
  void let_go();
  bool idle(SteadyTime now, std::chrono::milliseconds limit) const {
    return users_ == 0 && waiting_ == 0 && now - idle_since_ >= limit;
  }

 private:
  std::shared_ptr<MirrorPipe> pipe_;
  net::Executor executor_;
  std::vector<net::Event*> waiters_;
  Error over_;
  std::size_t users_ = 0;
  std::size_t waiting_ = 0;
  SteadyTime idle_since_;
};

// Interest in a stream from wherever a viewer lives: the hub itself, or its mirror on this loop.
class Watch {
 public:
  Watch() = default;
  explicit Watch(Lease lease) : lease_(std::move(lease)), feed_(&*lease_) {}
  explicit Watch(std::shared_ptr<Mirror> mirror) : mirror_(std::move(mirror)), feed_(mirror_.get()) {
    mirror_->hold();
  }
  Watch(Watch&& other) noexcept
      : lease_(std::move(other.lease_)),
        mirror_(std::move(other.mirror_)),
        feed_(std::exchange(other.feed_, nullptr)) {}
  Watch& operator=(Watch&& other) noexcept {
    std::swap(lease_, other.lease_);
    std::swap(mirror_, other.mirror_);
    std::swap(feed_, other.feed_);
    return *this;
  }
  ~Watch() {
    if (mirror_) mirror_->let_go();
  }
  explicit operator bool() const { return feed_ != nullptr; }
  Feed* operator->() const { return feed_; }
  Feed& operator*() const { return *feed_; }

 private:
  Lease lease_;
  std::shared_ptr<Mirror> mirror_;
  Feed* feed_ = nullptr;
};

}  // namespace camfleet::media
