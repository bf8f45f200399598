#include "media/hub.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <span>

#include "base/log.h"
#include "media/media_metrics.h"
#include "media/outputs/audio_frames.h"
#include "proto/h26x/nal.h"
#include "proto/h26x/sps.h"
#include "proto/rtp/packet.h"

namespace camfleet::media {
namespace {

// How much may lie ready before the viewers are woken in the middle of a wake-up.
constexpr std::uint64_t kBatchBytes = 256 * 1024;
// After so many frames without a marker in a row, the end of a wake-up counts as the end of a frame.
constexpr std::uint32_t kMarkerless = 3;
constexpr std::chrono::milliseconds kUnfinished{500};
// Between attempts to get the source of held viewers back.
constexpr std::chrono::milliseconds kHoldBase{500};
constexpr std::chrono::milliseconds kHoldCap{5'000};
constexpr std::chrono::milliseconds kAskKeyBase{10'000};
constexpr std::chrono::milliseconds kAskKeyCap{60'000};

constexpr std::size_t kMostOfSet = 1'200;  // bytes: as much as one packet takes

SteadyTime now() { return system_clock().steady(); }

// Where both descriptions have parameter sets, and not the same.
bool other_sets(const model::StreamInfo& before, const model::StreamInfo& after) {
  const int video = after.video_track();
  if (video < 0) return false;
  const auto& was = before.tracks[static_cast<std::size_t>(video)];
  const auto& is = after.tracks[static_cast<std::size_t>(video)];
  return !is.sps.empty() && !is.pps.empty() && (was.vps != is.vps || was.sps != is.sps || was.pps != is.pps);
}

}  // namespace

Hub::Hub(const HubContext& context, std::shared_ptr<StatusCell> status)
    : Feed(std::move(status), context.settings.window),
      context_(context),
      since_(now()),
      idle_since_(since_),
      hold_backoff_(kHoldBase, kHoldCap, Rng{std::hash<model::StreamKey>{}(key())}) {}

Hub::~Hub() {
  enter(HubState::idle);
  tell_held(0);
}

net::Task<Result<>> Hub::ready() {
  if (state_ == HubState::live) co_return Result<>{};
  const auto asked = now();
  if (!holding() && remembers_failure(asked)) co_return fail(why_);
  // Who comes while viewers are held waits with them.
  if (!holding() && state_ != HubState::starting && !pull_) {
    auto begun = begin(asked);
    if (!begun) co_return fail(begun.error());
    if (state_ == HubState::live) co_return Result<>{};
    if (state_ == HubState::ended) co_return fail(why_);
  }
  // Where a former pull still unwinds, the sweep begins the new one.
  Waiter waiter{context_.executor};
  struct Listed {
    std::list<Waiter*>& list;
    std::list<Waiter*>::iterator at;
    ~Listed() { list.erase(at); }
  };
  const Listed listed{waiters_, waiters_.insert(waiters_.end(), &waiter)};
  const bool told = co_await waiter.event.wait(asked + context_.settings.start_limit);
  if (!told) co_return fail(Code::media_start_timeout, model::to_text(key()));
  if (waiter.error) co_return fail(waiter.error);
  co_return Result<>{};
}

Result<> Hub::begin(SteadyTime at) {
  if (closed_) return fail(Code::fleet_stopping, model::to_text(key()));
  // The quota covers the whole process, so that viewers of many dead cameras do not start a storm.
  if (context_.starting.fetch_add(1) >= context_.settings.max_starts) {
    context_.starting.fetch_sub(1);
    return fail(Error{Code::media_too_many_pulls, model::to_text(key()), 1});
  }
  context_.starting.fetch_sub(1);  // enter() takes the place
  since_ = at;
  if (!holding()) why_ = {};
  enter(HubState::starting);
  media_metrics().starts.add();
  status_->started_us = system_clock().wall().time_since_epoch().count();
  pull_ = std::make_unique<Pull>(context_.executor);
  pull_->tasks.spawn(run_pull(*this, *pull_));
  return {};
}

net::Task<> Hub::run_pull(Hub& hub, Pull& pull) {
  struct Over {
    Hub& hub;
    Pull& pull;
    ~Over() {
      pull.over = true;
      hub.context_.bell.set();
    }
  };
  const Over over{hub, pull};
  const Error why = co_await hub.context_.source.pull(hub.key(), hub);
  if (!pull.leaving)
    hub.end(HubState::ended, why ? why : Error{Code::media_ended, model::to_text(hub.key())});
}

net::Task<> Hub::settle() {
  if (!unsettled()) co_return;
  co_await pull_->tasks.stop();
  pull_.reset();
}

void Hub::enter(HubState state) {
  if (state_ == HubState::starting) {
    context_.starting.fetch_sub(1);
    media_metrics().starting.add(-1);
  }
  if (state_ == HubState::live) media_metrics().live.add(-1);
  state_ = state;
  live_ = state == HubState::live;
  if (state_ == HubState::starting) {
    context_.starting.fetch_add(1);
    media_metrics().starting.add(1);
  }
  if (state_ == HubState::live) media_metrics().live.add(1);
  tell_state();
}

void Hub::tell_state() {
  const bool away = holding() && state_ != HubState::live;
  status_->state = away ? HubState::reconnecting : state_;
}

// The stream is over for everybody who had it or waited for it.
void Hub::end(HubState state, const Error& why) {
  const auto at = now();
  const auto lasted = at - since_;
  const bool was_live = state_ == HubState::live;
  since_ = at;
  why_ = why;
  if (state == HubState::ended) {
    media_metrics().pull_failed(why.code);
    log::info("media.stream_ended", {{"stream", model::to_text(key())},
                                     {"code", name(why.code)},
                                     {"place", why.place},
                                     {"was", to_text(state_)}});
    if (why.code == Code::device_unknown) kept_ = false;  // the device was removed
    // A camera that closes as soon as it plays is no good start: the waits go on growing.
    if (backoff_ && was_live && lasted >= context_.settings.retry_stable) backoff_->reset();
    if (kept_ && backoff_) retry_at_ = since_ + backoff_->next();
    if (why.code == Code::media_flood)
      retry_at_ = std::max(retry_at_, since_ + context_.settings.flood_memory);
  }
  if (state == HubState::ended && may_hold(why, at)) return hold(why, at);
  held_since_ = {};
  enter(state);
  status_->reason = why.code;
  info_.reset();
  forget();
  frame_open_ = false;
  for (Waiter* waiter : waiters_) waiter->tell(why);
  viewers_.drain([&](Viewer& viewer) { viewer.ended(why); });
  if (!wanted()) idle_since_ = since_;
}

// What will not be otherwise in a minute ends at once.
bool Hub::may_hold(const Error& why, SteadyTime at) const {
  switch (why.code) {
    case Code::device_unknown:
    case Code::device_disabled:
    case Code::device_no_channel:
    case Code::device_bad_credentials:
    case Code::device_not_supported:
    case Code::media_flood:
    case Code::media_changed:
    case Code::fleet_stopping:
    case Code::api_internal:
      return false;
    default:
      break;
  }
  if (closed_ || viewers_.empty() || !info_) return false;
  if (holding()) return at - held_since_ < context_.settings.hold;
  return state_ == HubState::live && context_.settings.hold.count() > 0;
}

// Nobody is told: what viewers have of the stream stays good, and they get no more until it goes on.
void Hub::hold(const Error& why, SteadyTime at) {
  if (!holding()) {
    held_since_ = at;
    hold_backoff_.reset();
    media_metrics().holds.add();
    log::info("media.stream_held", {{"stream", model::to_text(key())}, {"code", name(why.code)}});
  }
  hold_retry_at_ = at + hold_backoff_.next();
  enter(HubState::ended);
  status_->reason = why.code;
  forget();
  frame_open_ = false;
}

bool Hub::same_layout(const model::StreamInfo& info) const {
  return info_ && std::ranges::equal(info.tracks, info_->tracks, [](const auto& a, const auto& b) {
           return a.media == b.media && a.codec == b.codec && a.clock_rate == b.clock_rate &&
                  a.payload_type == b.payload_type && a.audio_channels == b.audio_channels &&
                  a.audio_config == b.audio_config;
         });
}

void Hub::cancel_pull() {
  if (!pull_ || pull_->leaving) return;
  pull_->leaving = true;
  pull_->tasks.cancel();
  context_.bell.set();
}

void Hub::keep(bool on) {
  if (on == kept_) return;
  kept_ = on;
  if (on) {
    backoff_.emplace(context_.settings.retry_base, context_.settings.retry_cap,
                     Rng{std::hash<model::StreamKey>{}(key())});
    retry_at_ = now();
  } else if (!wanted()) {
    idle_since_ = now();
  }
  context_.bell.set();
}

void Hub::sweep(SteadyTime at) {
  if (pull_ && state_ == HubState::ended && why_.code == Code::media_flood) cancel_pull();
  // A pull that died of a bug must not leave its viewers waiting.
  if (!pull_ && (state_ == HubState::live || state_ == HubState::starting)) {
    end(HubState::ended, Error{Code::api_internal, model::to_text(key())});
  }
  if (state_ == HubState::starting && at - since_ >= context_.settings.start_limit) {
    end(HubState::ended, Error{Code::media_start_timeout, model::to_text(key())});
    cancel_pull();
  }
  if (!wanted() && (state_ == HubState::live || state_ == HubState::starting) &&
      at - idle_since_ >= context_.settings.linger) {
    end(HubState::idle, Error{Code::media_ended, model::to_text(key())});
    cancel_pull();
  }
  if (holding() && state_ == HubState::ended) {
    const bool late = at - held_since_ >= context_.settings.hold;
    if (late || viewers_.empty()) end(late ? HubState::ended : HubState::idle, why_);
  }
  if (!pull_) {
    const bool away = state_ != HubState::live && state_ != HubState::starting;
    const bool retry = away && (holding() ? at >= hold_retry_at_ : kept_ && at >= retry_at_);
    const bool awaited =
        !holding() && std::ranges::any_of(waiters_, [](const Waiter* waiter) { return !waiter->told; });
    if (retry || awaited) {
      auto begun = begin(at);
      if (!begun) {
        if (backoff_) retry_at_ = at + backoff_->next();
        if (holding()) hold_retry_at_ = at + hold_backoff_.next();
        for (Waiter* waiter : waiters_) waiter->tell(begun.error());
      }
    }
  }
  if (state_ == HubState::live) tell_health(at);
  if (state_ == HubState::live) look_for_key(at);
  if (state_ == HubState::live && watch_.encrypted() && context_.hooks.judged)
    context_.hooks.judged(key(), Error{Code::media_encrypted, model::to_text(key()), 0});
  if (state_ == HubState::live && complete_ != fanned_) fan_out();
  if (state_ == HubState::live && fanned_ != cache_.end() && at - cache_.newest() >= kUnfinished) {
    complete_ = cache_.end();  // a frame whose end never came must not be held for ever
    fan_out();
  }
}

// A failure that was a camera's answer; what the fleet says by itself costs nobody anything to ask again.
bool Hub::remembers_failure(SteadyTime at) const {
  const bool ours = why_.code == Code::device_unknown || why_.code == Code::device_disabled ||
                    why_.code == Code::device_offline;
  const auto memory =
      why_.code == Code::media_flood ? context_.settings.flood_memory : context_.settings.failure_memory;
  return state_ == HubState::ended && !ours && at - since_ < memory;
}

bool Hub::removable(SteadyTime at) const {
  if (remembers_failure(at)) return false;
  return !pull_ && leases_ == 0 && !kept_ && waiters_.empty() && viewers_.empty() &&
         state_ != HubState::live && state_ != HubState::starting;
}

void Hub::close(const Error& why) {
  kept_ = false;
  closed_ = true;
  if (state_ == HubState::live || state_ == HubState::starting) end(HubState::idle, why);
  for (Waiter* waiter : waiters_) waiter->tell(why);
  cancel_pull();
}

net::Task<> Hub::join() {
  if (!pull_) co_return;
  co_await pull_->tasks.stop();
  pull_.reset();
}

void Hub::start(model::StreamInfo info) {
  if (!pull_ || pull_->leaving || state_ != HubState::starting) return;
  const bool goes_on = holding() && same_layout(info);
  if (holding() && !goes_on) {
    const Error why{Code::media_changed, model::to_text(key()), 0};
    log::info("media.stream_changed", {{"stream", model::to_text(key())}});
    viewers_.drain([&](Viewer& viewer) { viewer.ended(why); });
  }
  renews_sets_ = false;
  if (goes_on) {
    seam_.cut();
    renews_sets_ = other_sets(*info_, info);
    log::info("media.stream_resumed",
              {{"stream", model::to_text(key())},
               {"away_ms",
                std::to_string(
                    std::chrono::duration_cast<std::chrono::milliseconds>(now() - held_since_).count())}});
  } else {
    seam_.start(info);
    ++generation_;
  }
  held_since_ = {};
  why_ = {};
  const int video = info.video_track();
  lead_track_ = static_cast<std::uint8_t>(std::max(video, 0));
  has_keys_ = video >= 0;
  const auto codec = video < 0 ? model::Codec::unknown : info.tracks[lead_track_].codec;
  marks_keys_ = codec == model::Codec::h264 || codec == model::Codec::h265;
  unmarked_ = 0;
  rate_since_ = now();
  rate_bytes_ = 0;
  info_ = std::make_shared<const model::StreamInfo>(std::move(info));
  since_ = now();
  awaits_key_ = goes_on && has_keys_ && marks_keys_;
  awaits_key_until_ = since_ + context_.settings.key_patience;
  enter(HubState::live);
  health_.start(*info_, lead_track_, since_);
  told_ = {};
  clock_.start(*info_);
  announce_audio();
  learner_ = has_keys_ ? SetLearner{info_->tracks[lead_track_]} : SetLearner{};
  watch_ = has_keys_ ? CipherWatch{info_->tracks[lead_track_]} : CipherWatch{};
  ask_key_at_ = since_ + context_.settings.key_patience;
  ask_key_again_ = kAskKeyBase;
  announce_video();
  log::info("media.stream_live", {{"stream", model::to_text(key())}, {"codec", model::to_text(codec)}});
  for (Waiter* waiter : waiters_) waiter->tell({});
}

// Viewers of forms that are made here are told; those who get the packets as they came may have the key.
void Hub::judge() {
  const Error why = watch_.encrypted() ? Error{Code::media_encrypted, model::to_text(key()), 0} : Error{};
  status_->reason = why.code;
  log::warn("media.stream_judged", {{"stream", model::to_text(key())}, {"code", name(why.code)}});
  if (context_.hooks.judged) context_.hooks.judged(key(), why);
}

// Some cameras send a key picture every ten minutes, or none.
void Hub::look_for_key(SteadyTime at) {
  if (!can_decode_keys() || watch_.encrypted()) return;
  if (cache_.key()) {
    if (status_->reason.load() == Code::media_no_key_frame) status_->reason = Code::ok;
    ask_key_at_ = at + context_.settings.key_patience;
    ask_key_again_ = kAskKeyBase;
    return;
  }
  if (at < ask_key_at_) return;
  ask_key_at_ = at + ask_key_again_;
  ask_key_again_ = std::min(ask_key_again_ * 2, kAskKeyCap);
  status_->reason = Code::media_no_key_frame;
  log::info("media.no_key_frame", {{"stream", model::to_text(key())}});
  if (context_.hooks.needs_key_frame) context_.hooks.needs_key_frame(key());
}

void Hub::announce_video() {
  status_->reason = Code::ok;
  status_->codec = model::Codec::unknown;
  status_->size = 0;
  status_->declared_millifps = 0;
  if (!has_keys_) return;
  const model::Track& track = info_->tracks[lead_track_];
  status_->codec = track.codec;
  const auto store = [&](const auto& sps) {
    if (!sps) return;
    status_->size = static_cast<std::uint32_t>(sps->width) << 16 | static_cast<std::uint32_t>(sps->height);
    if (sps->frames_per_second > 0 && sps->frames_per_second < 1'000)
      status_->declared_millifps = static_cast<std::uint32_t>(std::lround(sps->frames_per_second * 1'000));
  };
  if (track.codec == model::Codec::h264) {
    store(h26x::parse_h264_sps(track.sps));
  } else if (track.codec == model::Codec::h265) {
    store(h26x::parse_h265_sps(track.sps));
  }
}

void Hub::announce_audio() {
  status_->audio = model::Codec::unknown;
  status_->audio_note = Code::ok;
  status_->clock = ClockSource::none;
  status_->clock_offset_ms = StatusCell::kNoOffset;
  for (const auto& track : info_->tracks) {
    if (track.media != model::Media::audio) continue;
    status_->audio = track.codec;
    if (carries_audio(track)) return;
    status_->audio_note = Code::media_unsupported_codec;
  }
}

void Hub::tell_clock() {
  status_->clock = clock_.source(lead_track_);
  const auto offset = clock_.offset(lead_track_);
  status_->clock_offset_ms =
      offset ? std::chrono::round<std::chrono::milliseconds>(*offset).count() : StatusCell::kNoOffset;
}

void Hub::learn(const model::Packet& packet) {
  if (!learner_.take(packet)) return;
  auto info = std::make_shared<model::StreamInfo>(*info_);
  learner_.fill(info->tracks[lead_track_]);
  info_ = std::move(info);
  announce_video();
}

// Who is held knows the sets of the former description, and some cameras tell theirs nowhere else: they go
// in front of the key picture that does not bring them itself, as packets of the camera's own (RFC 6184 and
// RFC 7798: a NAL unit a packet).
void Hub::renew_sets(const model::Packet& key) {
  renews_sets_ = false;
  const model::Track& track = info_->tracks[lead_track_];
  const auto codec = track.codec == model::Codec::h265 ? h26x::Codec::h265 : h26x::Codec::h264;
  const auto rtp = rtp::parse(key.rtp());
  if (!rtp || h26x::classify(codec, rtp->payload).parameter_set) return;
  std::array<const Bytes*, 3> sets{&track.vps, &track.sps, &track.pps};
  const auto end = std::remove_if(sets.begin(), sets.end(),
                                  [](const Bytes* set) { return set->empty() || set->size() > kMostOfSet; });
  auto before = end - sets.begin();
  for (const Bytes* set : std::span(sets.begin(), end)) {
    const auto length = static_cast<std::uint16_t>(rtp::kHeaderSize + set->size());
    model::Packet packet = key;
    packet.slab = model::SlabRef{model::Slab::make(4U + length)};
    packet.offset = 0;
    packet.size = 4U + length;
    packet.marker = false;
    auto* at = packet.slab.get()->data();
    at[0] = '$';
    at[1] = static_cast<std::uint8_t>(2 * packet.track);
    store16(at + 2, length);
    rtp::write_header(at + 4, false, rtp->payload_type, static_cast<std::uint16_t>(rtp->sequence - before--),
                      key.timestamp, rtp->ssrc);
    std::memcpy(at + 4 + rtp::kHeaderSize, set->data(), set->size());
    seam_.packet(packet);
    push(std::move(packet));
  }
}

void Hub::packet(model::Packet packet) {
  if (state_ != HubState::live) return;
  unreported_ += packet.size;
  health_.packet(packet);
  const bool leads = !packet.rtcp && packet.track == lead_track_;
  if (awaits_key_) {
    if (leads && (packet.key_start || packet.arrival >= awaits_key_until_)) awaits_key_ = false;
    if (awaits_key_ && leads) return;
  }
  if (renews_sets_ && leads && packet.key_start) renew_sets(packet);
  if (!seam_.packet(packet)) return;
  clock_.packet(packet);
  if (packet.rtcp) tell_clock();
  if (!leads) {
    push(std::move(packet));
    if (!frame_open_) complete_ = cache_.end();
  } else {
    if (!learner_.done()) learn(packet);
    if (watch_.take(packet)) judge();
    const bool another = packet.timestamp != frame_timestamp_;
    if (frame_open_ && another) {
      complete_ = cache_.end();
      ++unmarked_;
    }
    if (!marks_keys_) packet.key_start = has_keys_ && (another || !frame_open_);
    frame_timestamp_ = packet.timestamp;
    frame_open_ = !packet.marker;
    if (packet.marker) unmarked_ = 0;
    const auto overflows = cache_.overflows();
    push(std::move(packet));
    if (const auto more = cache_.overflows() - overflows; more > 0) media_metrics().overflows.add(more);
    if (!frame_open_) complete_ = cache_.end();
  }
  if (complete_.byte - fanned_.byte >= kBatchBytes) hand_on();
}

void Hub::flush() {
  if (state_ != HubState::live) return;
  status_->bytes.fetch_add(unreported_, std::memory_order_relaxed);
  media_metrics().received.add(unreported_);
  rate_bytes_ += unreported_;
  unreported_ = 0;
  if (context_.settings.max_rate > 0 && end_flood()) return;
  status_->last_frame_ns.store(cache_.newest().time_since_epoch().count(), std::memory_order_relaxed);
  if (status_->clock.load(std::memory_order_relaxed) == ClockSource::none) tell_clock();
  if (unmarked_ >= kMarkerless) complete_ = cache_.end();
  if (status_->reason.load(std::memory_order_relaxed) == Code::media_quiet) status_->reason = Code::ok;
  if (complete_.item != fanned_.item) hand_on();
}

// Further merging: with frames that came a moment ago. Without a timer, so the next frame takes them along,
// or the sweep.
void Hub::hand_on() {
  const auto& settings = context_.settings;
  if (settings.merge.count() > 0) {
    const auto at = cache_.newest();
    if (at - handed_on_ < settings.merge && complete_.byte - fanned_.byte < kBatchBytes) return;
    handed_on_ = at;
  }
  fan_out();
}

bool Hub::end_flood() {
  const auto& settings = context_.settings;
  const std::chrono::duration<double> window = settings.rate_window;
  if (static_cast<double>(rate_bytes_) * 8 > static_cast<double>(settings.max_rate) * window.count()) {
    const auto megabits = rate_bytes_ * 8 / 1'000'000;
    end(HubState::ended,
        Error{Code::media_flood,
              model::to_text(key()) + ": " + std::to_string(megabits) + " Mbit in " +
                  std::to_string(
                      std::chrono::duration_cast<std::chrono::milliseconds>(now() - rate_since_).count()) +
                  " ms",
              static_cast<int>(std::chrono::ceil<std::chrono::seconds>(settings.flood_memory).count())});
    context_.bell.set();  // the pull is cancelled from outside of its own call
    return true;
  }
  const auto at = cache_.newest();
  if (at - rate_since_ >= settings.rate_window) {
    rate_since_ = at;
    rate_bytes_ = 0;
  }
  return false;
}

void Hub::tell_held(std::size_t bytes) {
  media_metrics().held.add(static_cast<std::int64_t>(bytes) - static_cast<std::int64_t>(told_held_));
  told_held_ = bytes;
}

void Hub::tell_health(SteadyTime at) {
  const auto figures = health_.look(at);
  media_metrics().packets.add(figures.packets - told_.packets);
  media_metrics().lost.add(figures.lost - told_.lost);
  told_ = figures;
  tell_held(cache_.bytes());
  status_->tell(figures, cache_.bytes());
  // It may have nothing to say: a camera that sends pictures only when something moves. Past the limit of its
  // driver it is media.stalled, and pulled again.
  const bool quiet = at - std::max(since_, cache_.newest()) >= context_.settings.quiet;
  if (quiet && status_->reason.load() == Code::ok) status_->reason = Code::media_quiet;
}

Lease::Lease(Hub& hub) : hub_(&hub) { ++hub.leases_; }

Lease::~Lease() {
  if (hub_ == nullptr) return;
  if (--hub_->leases_ == 0 && !hub_->wanted()) hub_->idle_since_ = now();
}

}  // namespace camfleet::media
