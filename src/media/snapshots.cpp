#include "media/snapshots.h"

#include <algorithm>
#include <list>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "base/metrics.h"
#include "media/key_picture.h"
#include "net/loop_groups.h"
#include "net/within.h"

namespace camfleet::media {
namespace {

SteadyTime now() { return system_clock().steady(); }

// FNV-1a, 64 bits: two pictures of one stream are told apart by it, nothing is proven.
std::string etag_of(ByteView bytes) {
  std::uint64_t hash = 0xCBF29CE484222325;
  for (const auto byte : bytes) hash = (hash ^ byte) * 0x100000001B3;
  Bytes raw(8);
  store32(raw.data(), static_cast<std::uint32_t>(hash >> 32));
  store32(raw.data() + 4, static_cast<std::uint32_t>(hash));
  return '"' + to_hex(raw) + '"';
}

SnapshotPtr finished(Bytes jpeg, PictureSize size, Snapshot::Source source, SteadyTime arrived) {
  auto out = std::make_shared<Snapshot>();
  out->etag = etag_of(jpeg);
  out->jpeg = std::move(jpeg);
  out->width = size.width;
  out->height = size.height;
  out->source = source;
  out->arrived = arrived;
  out->taken = system_clock().wall() - std::chrono::duration_cast<std::chrono::microseconds>(now() - arrived);
  return out;
}

// Of packets, on a thread of the pool.
Result<SnapshotPtr> picture_of(const KeyPicture& key, PictureBox box, Snapshot::Source source) {
  const auto coded = assemble(key);
  if (!coded) return fail(coded.error());
  auto jpeg = make_jpeg(*coded, box);
  if (!jpeg) return fail(jpeg.error());
  return finished(std::move(jpeg->data), {jpeg->width, jpeg->height}, source, key.arrival);
}

// What a device made, in the size that was asked for.
Result<SnapshotPtr> scaled(Bytes jpeg, PictureBox box, SteadyTime arrived) {
  auto made = make_jpeg({model::Codec::mjpeg, std::move(jpeg)}, box);
  if (!made) return fail(made.error());
  return finished(std::move(made->data), {made->width, made->height}, Snapshot::Source::device, arrived);
}

// Whether the answer of a device says that a stream will not come either.
bool final_refusal(Code code) {
  switch (code) {
    case Code::device_unknown:
    case Code::device_disabled:
    case Code::device_offline:
    case Code::device_no_channel:
    case Code::device_bad_credentials:
    case Code::device_locked:
    case Code::fleet_stopping:
      return true;
    default:
      return false;
  }
}

metrics::Counter& taken(Snapshot::Source source) {
  return metrics::counter("camfleet_snapshots_total", "Pictures made, by where they came from.",
                          {{"source", std::string{to_text(source)}}});
}

// Waits for whole frames of a hub.
class Waiting final : public Viewer {
 public:
  Waiting(Hub& hub, net::Executor executor) : hub_(hub), news_(executor) { hub_.attach(*this); }
  ~Waiting() override {
    if (!over_) hub_.detach(*this);
  }
  void wake() override { news_.set(); }
  void ended(const Error& why) override {
    over_ = why;
    news_.set();
  }
  Place place() const override { return hub_.cache().end(); }  // it holds nothing up

  net::Task<bool> wait(Deadline deadline) { return news_.wait(deadline); }
  const Error& over() const { return over_; }

 private:
  Hub& hub_;
  net::Event news_;
  Error over_;
};

}  // namespace

std::string_view to_text(Snapshot::Source source) {
  switch (source) {
    case Snapshot::Source::hub:
      return "hub";
    case Snapshot::Source::device:
      return "device";
    case Snapshot::Source::pull:
      return "pull";
  }
  return "hub";
}

struct Snapshots::Inner : std::enable_shared_from_this<Inner> {
  using Wish = std::pair<model::StreamKey, PictureBox>;
  // One picture that is being made, and who waits for it. On its loop.
  struct Flight {
    Wish wish;
    std::string who;
    Deadline deadline{};
    std::list<net::Event*> waiting;
    std::optional<Result<SnapshotPtr>> result;
    void land(Result<SnapshotPtr> with) {
      if (result) return;
      result = std::move(with);
      for (auto* event : waiting) event->set();
    }
  };
  struct Kept {
    SnapshotPtr picture;
    std::uint32_t generation = 0;  // of the hub; 0: the device made it
    std::uint64_t item = 0;
  };
  struct OnLoop {
    std::map<Wish, std::shared_ptr<Flight>> flights;
    std::map<Wish, Kept> kept;
    std::list<Wish> order;  // of kept, oldest first
    std::size_t bytes = 0;
  };

  Inner(net::Loops& l, Hubs& h, AskDevice ask, SnapshotSettings s)
      : hubs(h),
        ask_device(std::move(ask)),
        settings(s),
        pool(s.pool, "decode"),
        loops(l.size()),
        tasks(l, "snapshots") {}

  static net::Task<> take(std::shared_ptr<Inner> self, net::Loop& loop, Wish wish, std::string who,
                          std::shared_ptr<Result<SnapshotPtr>> out);
  static net::Task<> fly(std::shared_ptr<Inner> self, net::Loop& loop, std::shared_ptr<Flight> flight);
  net::Task<Result<SnapshotPtr>> make(net::Loop& loop, Flight& flight);
  net::Task<Result<SnapshotPtr>> from_device(net::Loop& loop, Flight& flight);
  net::Task<Result<SnapshotPtr>> from_pull(net::Loop& loop, Flight& flight, Snapshot::Source source);
  SnapshotPtr remembered(net::Loop& loop, const Wish& wish);
  void remember(net::Loop& loop, const Wish& wish, Kept kept);
  void forget(OnLoop& here, const Wish& wish);

  Hubs& hubs;
  AskDevice ask_device;
  const SnapshotSettings settings;
  FairPool pool;
  std::vector<OnLoop> loops;
  net::LoopGroups tasks;
};

SnapshotPtr Snapshots::Inner::remembered(net::Loop& loop, const Wish& wish) {
  auto& here = loops[loop.index()];
  const auto at = here.kept.find(wish);
  if (at == here.kept.end()) return nullptr;
  const auto& kept = at->second;
  const Hub* hub = hubs.on(loop).find(wish.first);
  const bool live = hub != nullptr && hub->state() == HubState::live;
  if (kept.generation == 0) {
    if (now() - kept.picture->arrived < settings.device_memory) return kept.picture;
  } else if (live && hub->generation() == kept.generation) {
    const auto newest = hub->cache().key();
    if (newest && newest->item == kept.item) return kept.picture;
    // The next one may not be whole yet; making it finds out.
    return nullptr;
  }
  forget(here, wish);
  return nullptr;
}

void Snapshots::Inner::remember(net::Loop& loop, const Wish& wish, Kept kept) {
  auto& here = loops[loop.index()];
  forget(here, wish);
  const auto size = kept.picture->jpeg.size();
  if (size > settings.kept_bytes / 2) return;
  while (!here.order.empty() &&
         (here.kept.size() >= settings.kept || here.bytes + size > settings.kept_bytes))
    forget(here, Wish{here.order.front()});
  here.bytes += size;
  here.order.push_back(wish);
  here.kept.emplace(wish, std::move(kept));
}

void Snapshots::Inner::forget(OnLoop& here, const Wish& wish) {
  const auto at = here.kept.find(wish);
  if (at == here.kept.end()) return;
  here.bytes -= at->second.picture->jpeg.size();
  here.order.remove(wish);
  here.kept.erase(at);
}

net::Task<> Snapshots::Inner::take(std::shared_ptr<Inner> self, net::Loop& loop, Wish wish, std::string who,
                                   std::shared_ptr<Result<SnapshotPtr>> out) {
  if (auto known = self->remembered(loop, wish)) {
    *out = std::move(known);
    co_return;
  }
  auto& group = self->tasks.on(loop);
  if (group.stopping()) {
    *out = fail(Code::fleet_stopping);
    co_return;
  }
  auto& slot = self->loops[loop.index()].flights[wish];
  auto flight = slot;
  if (!flight) {
    flight = slot = std::make_shared<Flight>();
    flight->wish = std::move(wish);
    flight->who = std::move(who);
    flight->deadline = now() + self->settings.limit;
    group.spawn(fly(self, loop, flight));
  }
  net::Event landed{loop.executor()};
  if (!flight->result) {
    struct Listed {
      std::list<net::Event*>& list;
      std::list<net::Event*>::iterator at;
      ~Listed() { list.erase(at); }
    };
    const Listed listed{flight->waiting, flight->waiting.insert(flight->waiting.end(), &landed)};
    (void)co_await landed.wait(flight->deadline + std::chrono::seconds{1});
  }
  if (flight->result)
    *out = *flight->result;
  else
    *out = fail(Code::net_timeout, "picture of " + model::to_text(flight->wish.first));
}

net::Task<> Snapshots::Inner::fly(std::shared_ptr<Inner> self, net::Loop& loop,
                                  std::shared_ptr<Flight> flight) {
  struct Landing {  // also where this is cancelled
    Inner& inner;
    net::Loop& loop;
    Flight& flight;
    ~Landing() {
      flight.land(fail(Code::fleet_stopping));
      inner.loops[loop.index()].flights.erase(flight.wish);
    }
  } const landing{*self, loop, *flight};
  auto making = self->make(loop, *flight);
  auto made = co_await std::move(making);
  if (made) taken((*made)->source).add();
  flight->land(std::move(made));
}

net::Task<Result<SnapshotPtr>> Snapshots::Inner::make(net::Loop& loop, Flight& flight) {
  const Wish& wish = flight.wish;
  Error why;
  const Hub* hub = hubs.on(loop).find(wish.first);
  const bool live = hub != nullptr && hub->state() == HubState::live;
  if (live && !hub->encrypted()) {
    if (auto key = newest_key_picture(*hub)) {
      const auto generation = key->generation;
      const auto item = key->item;
      auto decoding = pool.run(flight.who, [key = std::move(*key), box = wish.second] {
        return picture_of(key, box, Snapshot::Source::hub);
      });
      auto made = co_await std::move(decoding);
      if (made) {
        remember(loop, wish, {*made, generation, item});
        co_return made;
      }
      if (made.error().code == Code::media_decoders_busy) co_return made;
      why = std::move(made.error());
    }
  } else if (live) {
    why = Error{Code::media_encrypted, model::to_text(wish.first)};
  }
  auto asking = from_device(loop, flight);
  auto made = co_await std::move(asking);
  if (made || final_refusal(made.error().code) || made.error().code == Code::media_decoders_busy)
    co_return made;
  if (why.code == Code::media_encrypted) co_return fail(why);
  auto pulling = from_pull(loop, flight, live ? Snapshot::Source::hub : Snapshot::Source::pull);
  auto pulled = co_await std::move(pulling);
  // What was wrong with the picture that is there says more than that no other came.
  if (!pulled && why && pulled.error().code == Code::media_no_key_frame) co_return fail(why);
  co_return pulled;
}

net::Task<Result<SnapshotPtr>> Snapshots::Inner::from_device(net::Loop& loop, Flight& flight) {
  const Wish& wish = flight.wish;
  auto asking = ask_device(wish.first, std::min(flight.deadline, now() + settings.device_limit));
  auto picture = co_await std::move(asking);
  if (!picture) co_return fail(picture.error());
  const auto arrived = now();
  Result<SnapshotPtr> made;
  if (wish.second.any()) {
    auto scaling =
        pool.run(flight.who, [jpeg = std::move(picture->jpeg), box = wish.second, arrived]() mutable {
          return scaled(std::move(jpeg), box, arrived);
        });
    made = co_await std::move(scaling);
  } else {
    made = finished(std::move(picture->jpeg), {}, Snapshot::Source::device, arrived);
  }
  if (made) remember(loop, wish, {*made, 0, 0});
  co_return made;
}

net::Task<Result<SnapshotPtr>> Snapshots::Inner::from_pull(net::Loop& loop, Flight& flight,
                                                           Snapshot::Source source) {
  const Wish& wish = flight.wish;
  auto opening = hubs.on(loop).open(wish.first);
  auto lease = co_await std::move(opening);
  if (!lease) co_return fail(lease.error());
  Hub& hub = **lease;
  if (const auto info = hub.info(); !info || info->video_track() < 0)
    co_return fail(Code::media_no_video, model::to_text(wish.first));
  if (!hub.can_decode_keys()) co_return fail(Code::media_unsupported_codec, model::to_text(wish.first));
  Waiting waiting{hub, loop.executor()};
  std::optional<std::uint64_t> tried;
  Error why{Code::media_no_key_frame, model::to_text(wish.first)};
  for (;;) {
    if (waiting.over()) co_return fail(waiting.over());
    if (hub.encrypted()) co_return fail(Code::media_encrypted, model::to_text(wish.first));
    if (auto key = newest_key_picture(hub); key && tried != key->item) {
      tried = key->item;
      const auto generation = key->generation;
      auto decoding = pool.run(flight.who, [key = std::move(*key), box = wish.second, source] {
        return picture_of(key, box, source);
      });
      auto made = co_await std::move(decoding);
      if (made) {
        remember(loop, wish, {*made, generation, *tried});
        co_return made;
      }
      why = std::move(made.error());
      if (why.code != Code::media_undecodable) co_return fail(why);
      continue;  // the next one may be better
    }
    const bool news = co_await waiting.wait(flight.deadline);
    if (!news) co_return fail(why);
  }
}

Snapshots::Snapshots(net::Loops& loops, Hubs& hubs, AskDevice ask_device, SnapshotSettings settings)
    : inner_(std::make_shared<Inner>(loops, hubs, std::move(ask_device), settings)) {}

Snapshots::~Snapshots() = default;

net::Task<Result<SnapshotPtr>> Snapshots::take(model::StreamKey key, PictureBox box, std::string who) {
  const auto inner = inner_;
  const auto loop = inner->hubs.loop_of(key);
  if (!loop) co_return fail(loop.error());
  const auto ticket = inner->pool.enter(who);
  if (!ticket) co_return fail(ticket.error());
  auto out = std::make_shared<Result<SnapshotPtr>>(fail(Code::net_cancelled));
  auto taking = Inner::take(inner, **loop, {std::move(key), box}, std::move(who), out);
  co_await net::run_on((*loop)->executor(), std::move(taking));
  co_return std::move(*out);
}

net::Task<> Snapshots::stop() {
  const auto inner = inner_;
  co_await inner->tasks.stop();
}

void Snapshots::stop_and_wait() { inner_->tasks.stop_and_wait(); }

}  // namespace camfleet::media
