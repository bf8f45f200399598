#pragma once
#include <atomic>
#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "media/cipher_watch.h"
#include "media/feed.h"
#include "media/seam.h"
#include "media/set_learner.h"
#include "media/settings.h"
#include "media/stream_clock.h"
#include "media/stream_health.h"
#include "model/ports.h"
#include "net/asio.h"
#include "net/backoff.h"
#include "net/event.h"
#include "net/task_group.h"

namespace camfleet::media {

// What a hub tells of its stream, and asks for. On its loop; must not wait. Either may be empty.
struct HubHooks {
  // media.encrypted: it cannot be decoded; ok: it can again. Told again and again while it is so.
  std::function<void(const model::StreamKey&, const Error&)> judged;
  // No key picture came for some seconds: the source may be asked for one.
  std::function<void(const model::StreamKey&)> needs_key_frame;
};

// What the hubs of one loop share; outlives them.
struct HubContext {
  net::Executor executor;
  model::StreamSource& source;
  const Settings& settings;
  std::atomic<std::size_t>& starting;  // of the whole process
  net::Event& bell;                    // a hub has something for the sweep to do at once
  const HubHooks& hooks;
};

// The meeting point of one stream's publisher and its viewers. Lives on the loop of its device, and so do all
// calls.
//
// The stream is pulled while somebody holds a Lease, or keep() says so, and for `linger` after that; one
// upstream however many viewers. Frames go to viewers when they are whole: at the marker bit, at another
// timestamp where the camera sets no marker, and then all that one wake-up of the source brought at once.
//
// Where the source breaks off while somebody watches, viewers are held and it is pulled again, for as long as
// Settings::hold. What comes then goes on where it stopped (Seam), with a key picture; viewers are told of
// nothing. Only where codec or tracks are others does it end for them, with media.changed.
class Hub final : public model::Publisher, public Feed {
 public:
  Hub(const HubContext& context, std::shared_ptr<StatusCell> status);
  ~Hub() override;

  HubState state() const { return state_; }

  // Returns when the stream is set up, for which it is pulled if it was not. Otherwise why not: what the pull
  // ended with, media.start_timeout, or at once media.too_many_pulls. The caller holds a Lease.
  net::Task<Result<>> ready();
  // When the moments were that the timestamps of the stream stand for.
  const StreamClock& clock() const { return clock_; }

  // Its key pictures are told apart: H.264 or H.265.
  bool can_decode_keys() const { return has_keys_ && marks_keys_; }
  // Its camera scrambles the pictures; whoever passes packets on may go on.
  bool encrypted() const { return watch_.encrypted(); }

  // Waits for its source to come back, for viewers that are held.
  bool holding() const { return held_since_ != SteadyTime{}; }

  // Pull without viewers, for ever, with a backoff between failures.
  void keep(bool on);

  // model::Publisher
  void start(model::StreamInfo info) override;
  void packet(model::Packet packet) override;
  void flush() override;

  // Whether a pull has ended and has to be buried by settle() before another can begin.
  bool unsettled() const { return pull_ && pull_->over; }
  net::Task<> settle();
  // Ends what is overdue, restarts what is wanted. Called by the owner when time has passed or the bell rang.
  void sweep(SteadyTime now);
  // Nothing runs, nobody is interested, and there is no failure to remember.
  bool removable(SteadyTime now) const;
  // Cancels the pull and tells everybody `why`; join() returns when it is gone. Nothing begins any more.
  void close(const Error& why);
  net::Task<> join();

 private:
  friend class Lease;
  struct Waiter {
    explicit Waiter(net::Executor executor) : event(executor) {}
    void tell(const Error& why) {
      if (told) return;
      told = true;
      error = why;
      event.set();
    }
    net::Event event;
    bool told = false;
    Error error;
  };
  // One pull; destroyed when its task is gone.
  struct Pull {
    explicit Pull(net::Executor executor) : tasks(executor, "pull") {}
    bool over = false;     // its coroutine has ended, in whatever way
    bool leaving = false;  // cancelled
    net::TaskGroup tasks;
  };

  static net::Task<> run_pull(Hub& hub, Pull& pull);
  Result<> begin(SteadyTime now);
  void end(HubState state, const Error& why);
  void cancel_pull();
  void enter(HubState state);
  bool remembers_failure(SteadyTime now) const;
  bool wanted() const { return leases_ > 0 || kept_; }
  void hand_on();
  bool may_hold(const Error& why, SteadyTime at) const;
  void hold(const Error& why, SteadyTime at);
  bool same_layout(const model::StreamInfo& info) const;
  void tell_state();
  void tell_health(SteadyTime now);
  void tell_held(std::size_t bytes);
  void announce_video();
  void announce_audio();
  void tell_clock();
  void learn(const model::Packet& packet);
  void renew_sets(const model::Packet& key);
  // The stream brings more than one may: it ends, and its packets are not looked at any more.
  bool end_flood();
  void judge();
  void look_for_key(SteadyTime now);

  HubContext context_;
  HubState state_ = HubState::idle;
  Error why_;
  SteadyTime since_{};       // of the state
  SteadyTime idle_since_{};  // nobody wants it
  std::uint32_t leases_ = 0;
  bool kept_ = false;
  bool closed_ = false;
  std::optional<net::Backoff> backoff_;
  SteadyTime retry_at_{};
  SteadyTime held_since_{};  // its source is away, and its viewers wait for it
  SteadyTime hold_retry_at_{};
  net::Backoff hold_backoff_;
  bool awaits_key_ = false;  // behind a seam: what comes before the first key picture is of no use
  SteadyTime awaits_key_until_{};
  bool renews_sets_ = false;  // behind a seam: the description has other parameter sets than the former

  SetLearner learner_;
  CipherWatch watch_;
  SteadyTime ask_key_at_{};  // a key picture, where none has come until then
  std::chrono::milliseconds ask_key_again_{};
  StreamClock clock_;
  std::uint8_t lead_track_ = 0;  // whose frames are counted: the first video track, else the first
  Seam seam_;
  StreamHealth health_;
  StreamHealth::Figures told_;  // to the metrics of all streams
  std::size_t told_held_ = 0;
  bool marks_keys_ = true;  // the source tells them
  bool frame_open_ = false;
  std::uint32_t frame_timestamp_ = 0;
  std::uint32_t unmarked_ = 0;  // frames in a row that ended without a marker
  SteadyTime handed_on_{};
  std::uint64_t unreported_ = 0;
  SteadyTime rate_since_{};  // what it brought since then:
  std::uint64_t rate_bytes_ = 0;

  std::list<Waiter*> waiters_;
  std::unique_ptr<Pull> pull_;
};

// Interest in a stream: while it is held, the stream is pulled. On the hub's loop.
class Lease {
 public:
  Lease() = default;
  explicit Lease(Hub& hub);
  Lease(Lease&& other) noexcept : hub_(std::exchange(other.hub_, nullptr)) {}
  Lease& operator=(Lease&& other) noexcept {
    std::swap(hub_, other.hub_);
    return *this;
  }
  ~Lease();
  explicit operator bool() const { return hub_ != nullptr; }
  Hub* operator->() const { return hub_; }
  Hub& operator*() const { return *hub_; }

 private:
  Hub* hub_ = nullptr;
};

}  // namespace camfleet::media
