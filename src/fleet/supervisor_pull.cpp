// What viewers ask of a device: streams and pictures, through the session that its supervisor keeps.
#include <algorithm>

#include "fleet/supervisor.h"

namespace camfleet::fleet {
namespace {
constexpr auto kWantedFor = std::chrono::seconds{60};
constexpr std::size_t kMostSickStreams = 256;
// A stream that lasted so long was taken by the device.
constexpr auto kPlayed = std::chrono::seconds{5};
}  // namespace

// One stream under way; in the frame of its pull().
struct Supervisor::Pull {
  explicit Pull(net::Executor executor) : bell(executor) {}
  net::Event bell;
  std::optional<Error> why;

  static net::Task<> play(Pull& pull, std::shared_ptr<model::Session> session, std::uint16_t channel,
                          model::Profile profile, model::Publisher& to) {
    auto playing = session->pull(channel, profile, to);
    auto why = co_await std::move(playing);
    if (!pull.why) pull.why = std::move(why);
    pull.bell.set();
  }
  static net::Task<> watch(net::TaskGroup& group, Pull& pull, std::shared_ptr<model::Session> session,
                           std::uint16_t channel, model::Profile profile, model::Publisher& to) {
    group.spawn(play(pull, std::move(session), channel, profile, to));
    while (!pull.why) co_await pull.bell.wait();
  }
};

Result<std::shared_ptr<model::Session>> Supervisor::session_now() {
  if (stopping_) return fail(*stopping_);
  const auto state = status_.state();
  if (state == DeviceState::disabled || !record_.spec.enabled) return fail(Code::device_disabled);
  if (!session_ || outcome_ || (state != DeviceState::online && state != DeviceState::degraded)) {
    wanted_until_ = context_.clock.steady() + kWantedFor;
    const auto last = status_.last();
    std::string why{model::to_text(state)};
    why.append(": ").append(name(last.reason));
    if (!last.detail.empty()) why.append(": ").append(last.detail);
    return fail(Code::device_offline, std::move(why));
  }
  return session_;
}

Result<std::shared_ptr<model::Session>> Supervisor::session_for(std::uint16_t channel) {
  auto session = session_now();
  if (!session) return session;
  const auto& channels = session_->facts().channels;
  if (!channels.empty() && std::ranges::find(channels, channel, &model::Channel::number) == channels.end())
    return fail(Code::device_no_channel, "channel " + std::to_string(channel));
  return session;
}

// The device takes no more: it is not asked for what it refused.
Result<void> Supervisor::room_for_stream() const {
  const bool armed =
      std::ranges::find(impairments_, Code::device_alarm_down, &Error::code) == impairments_.end();
  if (streams_.allows(pulls_.size(), armed, context_.clock.steady())) return {};
  std::string why =
      "takes " + std::to_string(*streams_.limit()) + " streams at once, one of them is kept for playback";
  if (!armed) why += " and one for its alarm channel";
  return fail(Code::device_sessions_full, std::move(why));
}

net::Task<Error> Supervisor::pull(std::uint16_t channel, model::Profile profile, model::Publisher& to) {
  auto session = session_for(channel);
  if (!session) co_return session.error();
  if (const auto room = room_for_stream(); !room) co_return room.error();
  const auto began = context_.clock.steady();
  const auto reach = reach_;
  Pull pull{loop_.executor()};
  struct Listed {
    Supervisor& owner;
    Pull* pull;
    Listed(Supervisor& o, Pull* p) : owner(o), pull(p) { owner.pulls_.push_back(p); }
    ~Listed() {
      std::erase(owner.pulls_, pull);
      if (owner.pulls_.empty()) owner.pulls_gone_.set();
    }
  } listed{*this, &pull};
  net::TaskGroup group{loop_.executor(), "pull"};
  const auto at_first = pulls_.size();
  auto body = Pull::watch(group, pull, std::move(*session), channel, profile, to);
  co_await net::scoped(group, std::move(body));
  const auto code = pull.why->code;
  const auto known = streams_.limit();
  // 503 beside other streams of ours is the same in other words.
  if (code == Code::device_sessions_full || (code == Code::device_busy && pulls_.size() > 1)) {
    streams_.refused(pulls_.size() - 1, context_.clock.steady());
  } else if (context_.clock.steady() - began >= kPlayed) {
    streams_.played(std::min(at_first, pulls_.size()));
  }
  if (streams_.limit() != known) keep_lesson();
  heard_of_refusal(*pull.why, reach);
  co_return std::move(*pull.why);
}

void Supervisor::keep_lesson() {
  const auto limit = static_cast<std::uint16_t>(std::min<std::size_t>(*streams_.limit(), 0xFFFF));
  status_.stream_limit(limit);
  if (context_.lessons != nullptr) context_.lessons->note({record_.spec.id, limit, context_.clock.wall()});
}

void Supervisor::recall(const model::Lesson& lesson) {
  const auto age = std::max(context_.clock.wall() - lesson.at, WallTime::duration{0});
  streams_.recall(lesson.streams,
                  context_.clock.steady() - std::min<WallTime::duration>(age, StreamBudget::kDoubt));
  status_.stream_limit(lesson.streams);
}

net::Task<Result<model::Picture>> Supervisor::snapshot(std::uint16_t channel, model::Profile profile,
                                                       Deadline deadline) {
  auto session = session_for(channel);
  if (!session) co_return fail(session.error());
  const auto reach = reach_;
  auto taking = (*session)->snapshot(channel, profile, deadline);
  auto picture = co_await std::move(taking);
  if (!picture) heard_of_refusal(picture.error(), reach);
  co_return picture;
}

net::Task<Result<PtzOutcome>> Supervisor::ptz(PtzCommand command, Deadline deadline) {
  auto session = session_for(command.channel);
  if (!session) co_return fail(session.error());
  if (!ptz_) ptz_ = std::make_unique<PtzDesk>(loop_.executor(), tasks_);
  const auto reach = reach_;
  auto ordering = ptz_->order(std::move(*session), command, deadline);
  auto done = co_await std::move(ordering);
  if (!done) heard_of_refusal(done.error(), reach);
  co_return done;
}

net::Task<Result<>> Supervisor::request_key_frame(std::uint16_t channel, model::Profile profile,
                                                  Deadline deadline) {
  auto session = session_for(channel);
  if (!session) co_return fail(session.error());
  const auto reach = reach_;
  auto asking = (*session)->request_key_frame(channel, profile, deadline);
  auto asked = co_await std::move(asking);
  if (!asked) heard_of_refusal(asked.error(), reach);
  co_return asked;
}

void Supervisor::judge_stream(std::uint16_t channel, model::Profile profile, Error why) {
  if (!session_) return;  // it is told again
  const auto stream = std::pair{channel, profile};
  const auto known = std::ranges::find(sick_streams_, stream, [](const auto& one) { return one.first; });
  const auto was = known == sick_streams_.end() ? Code::ok : known->second;
  if (was == why.code) return;
  if (was != Code::ok) sick_streams_.erase(known);
  if (why && sick_streams_.size() < kMostSickStreams) sick_streams_.emplace_back(stream, why.code);
  if (was != Code::ok) tell_streams(was);
  if (why) tell_streams(why.code);
}

// One reason of the device for all of its streams that are sick in the same way.
void Supervisor::tell_streams(Code code) {
  std::string which;
  std::size_t more = 0;
  for (const auto& [stream, reason] : sick_streams_) {
    if (reason != code) continue;
    if (!which.empty() && ++more > 0) continue;
    which = "channel " + std::to_string(stream.first) + ' ' + std::string{model::to_text(stream.second)};
  }
  if (which.empty()) return restored(code);
  if (more > 0) which += " and " + std::to_string(more) + " more";
  impaired({code, std::move(which), 0});
}

void Supervisor::end_pulls(const Error& why) {
  for (auto* pull : pulls_) {
    if (pull->why) continue;
    pull->why = why;
    pull->bell.set();
  }
}

void Supervisor::begin_stop(Error why) {
  if (!stopping_) stopping_ = std::move(why);
  end_pulls(*stopping_);
  tasks_.cancel();
}

net::Task<> Supervisor::stop(Error why) {
  begin_stop(std::move(why));
  auto ended = tasks_.stop();
  co_await std::move(ended);
  session_.reset();
  seat_ = Seat{};
  while (!pulls_.empty()) co_await pulls_gone_.wait();
}

}  // namespace camfleet::fleet
