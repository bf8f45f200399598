#include "device/hikvision/session.h"

#include <algorithm>

#include "base/log.h"
#include "base/text.h"
#include "net/pace.h"
#include "net/within.h"
#include "proto/isapi/paths.h"
#include "proto/isapi/time.h"

namespace camfleet::device {
namespace {

using std::chrono::milliseconds;

constexpr std::size_t kPictureLimit = 8 * 1024 * 1024;
constexpr milliseconds kForbiddenRetry{300'000};
constexpr int kRefusedAlarmRetryS = 1'800;  // each try is a 401 that the device may count
constexpr std::size_t kMostPulls = 64;      // that wait for their turn to log in

SteadyTime now() { return std::chrono::steady_clock::now(); }

bool ends_login(Code code) {
  return code == Code::device_bad_credentials || code == Code::device_locked ||
         code == Code::digest_unsupported || code == Code::digest_basic_refused ||
         code == Code::auth_secret_unreadable || code == Code::device_not_activated;
}

bool is_connection(Code code) { return name(code).starts_with("net."); }

bool is_end(Code code) { return code == Code::net_closed || code == Code::net_reset; }

// Of all sessions of one loop.
struct AlarmPaces {
  net::Pace ends;
  net::Pace asks;
};
AlarmPaces& alarm_paces() {
  thread_local AlarmPaces paces;
  return paces;
}

}  // namespace

HikvisionSession::HikvisionSession(net::Executor executor, model::DeviceTarget target,
                                   std::shared_ptr<const HikvisionOptions> options)
    : options_(std::move(options)),
      target_(std::move(target)),
      login_(target_.spec.username, target_.password, options_->login),
      control_(executor, *target_.guard, net::HostPort{target_.spec.address, target_.spec.http_port}, login_),
      alarm_(executor, *target_.guard, net::HostPort{target_.spec.address, target_.spec.http_port}, login_,
             target_.spec.id),
      alarm_backoff_(options_->alarm_retry_least, options_->alarm_retry_most,
                     Rng{std::hash<model::DeviceId>{}(target_.spec.id)}, options_->alarm_retry_least / 2),
      jitter_(std::hash<model::DeviceId>{}(target_.spec.id) + 1),
      pace_(options_->heartbeat_least, options_->heartbeat_most),
      rtsp_standing_(std::make_shared<RtspStanding>(executor)),
      rtsp_turn_(executor, 1, kMostPulls) {
  request_ = options_->request.count() != 0 ? options_->request : target_.calls.call;
  alarm_head_ = request_;
  control_.connection().limit_connect(target_.calls.connect);
  alarm_.limit_connect(target_.calls.connect);
}

Deadline HikvisionSession::due(milliseconds from_now) const { return now() + from_now; }

template <class T>
net::Task<Result<std::optional<T>>> HikvisionSession::ask(std::string_view path,
                                                          Result<T> (*parse)(std::string_view),
                                                          Deadline deadline) {
  deadline = std::min(deadline, due(request_));
  std::string target{path};
  auto body = co_await control_.get(std::move(target), deadline);
  if (!body) {
    if (is_connection(body.error().code) || ends_login(body.error().code))
      co_return fail(std::move(body.error()));
    log::debug(
        "hikvision.not_told",
        {{"device", target_.spec.id.str()}, {"why", body.error().text()}, {"trace_id", target_.trace_id}});
    co_return std::optional<T>{};
  }
  auto parsed = parse(*body);
  if (!parsed) {
    log::debug("hikvision.not_understood", {{"device", target_.spec.id.str()},
                                            {"path", path},
                                            {"why", parsed.error().text()},
                                            {"trace_id", target_.trace_id}});
    co_return std::optional<T>{};
  }
  co_return std::optional<T>{std::move(*parsed)};
}

net::Task<Result<void>> HikvisionSession::open(Deadline deadline) {
  std::string path{isapi::path::kDeviceInfo};
  const auto first = std::min(deadline, due(request_));
  auto body = co_await control_.get(std::move(path), first);
  if (!body) co_return fail(std::move(body.error()));
  auto info = isapi::parse_device_info(*body);
  if (!info) {
    // A document that would harm is told apart from the login page of a web server.
    const bool page = istarts_with(trim(*body), "<!DOCTYPE html");
    const auto why = info.error().code;
    const bool harmful = !page && (why == Code::xml_dtd_refused || why == Code::xml_too_large);
    co_return fail(harmful ? why : Code::device_unexpected_answer, "deviceInfo: " + info.error().text());
  }
  // Before anything else is done to it: this may be somebody else's device.
  if (!target_.known_serial.empty() && !info->serial.empty() && info->serial != target_.known_serial)
    co_return fail(Code::device_identity_mismatch,
                   "serial " + info->serial + " instead of " + target_.known_serial);

  IsapiAnswers answers;
  answers.info = std::move(*info);
  if (auto asked = co_await ask_channels(answers, deadline); !asked) co_return asked;
  auto clock = co_await ask_clock(deadline);
  if (!clock) co_return fail(std::move(clock.error()));
  answers.clock_offset_ms = *clock;
  kind_ = answers.kind;
  facts_ = facts_of(std::move(answers));

  alarm_.set_kind(kind_);
  const auto last = std::min(deadline, due(request_));
  if (auto armed = co_await alarm_.arm(last); !armed) {
    auto why = std::move(armed.error());
    if (why.code == Code::device_bad_credentials) {
      auto judging = judge_alarm_refusal(std::move(why), deadline);
      why = co_await std::move(judging);
    }
    if (ends_login(why.code)) co_return fail(std::move(why));
    if (why.code == Code::net_timeout) alarm_head_ = std::min(alarm_head_ * 3, options_->alarm_head_most);
    alarm_down_ = std::move(why);
  }
  heard();
  co_return Result<void>{};
}

net::Task<Result<void>> HikvisionSession::ask_channels(IsapiAnswers& answers, Deadline deadline) {
  using isapi::DeviceKind;
  // What the device calls itself saves the questions that it would refuse.
  answers.kind = isapi::decide_kind(answers.info, std::nullopt, std::nullopt);
  const bool named = !answers.info.type.empty() && answers.kind != DeviceKind::unknown;
  if (!named || answers.kind == DeviceKind::recorder) {
    auto proxies = co_await ask(isapi::path::kInputProxies, &isapi::parse_input_proxies, deadline);
    if (!proxies) co_return fail(std::move(proxies.error()));
    answers.proxies = std::move(*proxies);
    auto inputs = co_await ask(isapi::path::kVideoInputs, &isapi::parse_video_inputs, deadline);
    if (!inputs) co_return fail(std::move(inputs.error()));
    answers.inputs = std::move(*inputs);
    const auto count = [](const auto& list) {
      return list ? std::optional<std::size_t>{list->size()} : std::nullopt;
    };
    answers.kind = isapi::decide_kind(answers.info, count(answers.proxies), count(answers.inputs));
    if (answers.proxies && !answers.proxies->empty()) {
      auto status = co_await ask(isapi::path::kInputProxyStatus, &isapi::parse_input_proxy_status, deadline);
      if (!status) co_return fail(std::move(status.error()));
      answers.proxy_status = std::move(*status);
    }
  }
  if (answers.kind == DeviceKind::access || answers.kind == DeviceKind::alarm_panel) co_return Result<void>{};
  auto streams = co_await ask(isapi::path::kStreamingChannels, &isapi::parse_streaming_channels, deadline);
  if (!streams) co_return fail(std::move(streams.error()));
  answers.streams = std::move(*streams);
  // A camera that keeps its streams to itself (no right to see them) has its inputs all the same.
  const bool told = answers.streams && !answers.streams->empty();
  if (!told && !answers.inputs) {
    auto inputs = co_await ask(isapi::path::kVideoInputs, &isapi::parse_video_inputs, deadline);
    if (!inputs) co_return fail(std::move(inputs.error()));
    answers.inputs = std::move(*inputs);
  }
  co_return Result<void>{};
}

net::Task<Result<std::optional<std::int64_t>>> HikvisionSession::ask_clock(Deadline deadline) {
  const auto before = system_clock().wall();
  auto time = co_await ask(isapi::path::kTime, &isapi::parse_time_settings, deadline);
  if (!time) co_return fail(std::move(time.error()));
  const auto device = *time ? (*time)->utc() : std::nullopt;
  if (!device) co_return std::optional<std::int64_t>{};
  const auto half_way = before + (system_clock().wall() - before) / 2;
  co_return std::optional<std::int64_t>{std::chrono::duration_cast<milliseconds>(*device - half_way).count()};
}

// --- the life of a session -----------------------------------------------------------------------------

void HikvisionSession::heard() {
  last_heard_ = now();
  // Asked for only where it falls silent, each device at moments of its own, the interval at the latest.
  next_beat_ = std::min(pace_.next(last_heard_, jitter_.unit()), next_clock_);
}

// A device whose alarm stream beats is never silent, and its clock may go wrong, or right, all the same.
void HikvisionSession::plan_clock() {
  const auto wait = clock_off_ ? options_->clock_off_again : options_->clock_again;
  next_clock_ = due(std::chrono::duration_cast<milliseconds>(wait * (0.8 + 0.2 * jitter_.unit())));
  next_beat_ = std::min(next_beat_, next_clock_);
}

net::Task<Error> HikvisionSession::run(model::SessionObserver& observer) {
  observer.heard();
  judge_clock(observer);
  plan_clock();
  if (alarm_.armed())
    observer.armed();
  else
    report_alarm(std::exchange(alarm_down_, {}), observer);
  for (unsigned pieces = 0;;) {
    if (!alarm_.armed() && now() >= next_arm_) {
      if (auto over = co_await arm_again(observer)) co_return std::move(*over);
    }
    if (now() >= next_beat_) {
      if (auto over = co_await beat(observer)) co_return std::move(*over);
    }
    if (!alarm_.armed()) {
      co_await net::sleep_until(std::min(next_beat_, next_arm_));
      continue;
    }
    // Events that cannot be written yet wait in the device.
    auto room = observer.room(next_beat_);
    if (!co_await std::move(room)) {
      alarm_.not_read();
      continue;
    }
    const auto silent = alarm_.silent_at(options_->alarm_silence);
    auto listened = co_await alarm_.listen(std::min(next_beat_, silent), observer);
    if (!listened) {
      auto losing = alarm_lost(std::move(listened.error()), observer);
      co_await std::move(losing);
    } else if (*listened) {
      heard();
      // A storm of events must not keep this loop from the other devices.
      if (++pieces % 32 == 0) co_await net::asio::post(net::use_task);
    } else if (now() >= silent) {
      // Its own heart-beats have stopped: a stream that hangs, whatever the control connection says.
      alarm_.give_up();
      Error why{Code::device_alarm_down, "no heart-beat in the alarm stream"};
      auto losing = alarm_lost(std::move(why), observer);
      co_await std::move(losing);
    }
  }
}

net::Task<> HikvisionSession::alarm_lost(Error why, model::SessionObserver& observer) {
  const auto turn = alarm_paces().ends.next(now(), options_->alarm_end_apart, options_->alarm_at_once);
  if (turn > now()) co_await net::sleep_until(turn);
  // Some recorders end the stream every 40 s: asking again at once is all they want. What ends right after it
  // began is a refusal.
  observer.disarmed(why);
  const bool short_lived = now() - alarm_.armed_at() < options_->alarm_stable;
  if (!short_lived) alarm_backoff_.reset();
  if (!is_end(why.code) || short_lived) co_return report_alarm(std::move(why), observer);
  // Nor do those that end all at once ask all at once: that would hold up everything else on this loop.
  next_arm_ = alarm_paces().asks.next(now(), options_->alarm_apart, options_->alarm_at_once);
  const auto wait = std::chrono::duration_cast<milliseconds>(next_arm_ - now());
  if (wait > options_->alarm_untold) tell_alarm({Code::device_alarm_down, why.text(), 0}, wait, observer);
}

void HikvisionSession::report_alarm(Error why, model::SessionObserver& observer) {
  observer.disarmed(why);
  auto wait = alarm_backoff_.next();
  Error told{Code::device_alarm_down, why.text()};
  if (why.code == Code::device_forbidden) {
    told.code = Code::device_forbidden;
    wait = kForbiddenRetry;
  } else if (why.code == Code::device_not_supported) {
    // Access terminals answer 404 while they hold the place of our last connection: no reason to give up.
    wait = options_->alarm_slot_taken;
  }
  // What it asks for is the least: one that is busy for hours is asked ever more seldom.
  if (why.retry_after_s > 0) wait = std::max<milliseconds>(wait, std::chrono::seconds{why.retry_after_s});
  // A fleet that lost its alarm channels in one moment does not ask for them in one moment.
  wait = std::chrono::duration_cast<milliseconds>(wait * (1.0 + jitter_.unit()));
  next_arm_ = now() + wait;
  tell_alarm(std::move(told), wait, observer);
}

void HikvisionSession::tell_alarm(Error told, milliseconds wait, model::SessionObserver& observer) {
  told.retry_after_s = static_cast<int>(std::chrono::ceil<std::chrono::seconds>(wait).count());
  if (alarm_down_ && alarm_down_.code != told.code) observer.restored(alarm_down_.code);
  alarm_down_ = told;
  observer.impaired(std::move(told));
}

// Nobody is at home: what another question would hear too. A connection that was made for this question and
// ended before its answer says so as well as one that was refused.
bool HikvisionSession::is_away(const Error& why, unsigned connects) {
  return why.code == Code::net_refused || why.code == Code::net_unreachable ||
         (is_end(why.code) && control_.connection().connects() > connects);
}

// A new connection may lead to another device at the old address (DHCP, a replacement): nothing of it counts
// before it has been recognised.
net::Task<std::optional<Error>> HikvisionSession::recognise() {
  const auto deadline = due(request_);
  auto info = co_await ask(isapi::path::kDeviceInfo, &isapi::parse_device_info, deadline);
  if (!info) co_return std::move(info.error());
  if (!*info || (*info)->serial.empty() || (*info)->serial == facts_.serial) co_return std::nullopt;
  co_return Error{Code::device_identity_mismatch,
                  "serial " + (*info)->serial + " instead of " + facts_.serial, 0};
}

net::Task<std::optional<Error>> HikvisionSession::arm_again(model::SessionObserver& observer) {
  if (control_.busy()) {
    next_arm_ = now() + request_ / 5;  // a snapshot is on its way
    co_return std::nullopt;
  }
  const auto connects = control_.connection().connects();
  if (auto stranger = co_await recognise()) {
    if (stranger->code == Code::device_identity_mismatch || ends_login(stranger->code) ||
        is_away(*stranger, connects))
      co_return std::move(*stranger);
    next_beat_ = now();
    report_alarm(std::move(*stranger), observer);
    co_return std::nullopt;
  }
  auto armed = co_await alarm_.arm(due(alarm_head_));
  if (armed) {
    alarm_head_ = request_;
    heard();
    observer.heard();
    observer.armed();
    if (alarm_down_) observer.restored(std::exchange(alarm_down_, {}).code);
    co_return std::nullopt;
  }
  if (armed.error().code == Code::device_bad_credentials) {
    auto judging = judge_alarm_refusal(std::move(armed.error()), due(2 * request_));
    armed = fail(co_await std::move(judging));
  }
  if (ends_login(armed.error().code)) co_return std::move(armed.error());
  if (armed.error().code == Code::net_timeout)
    alarm_head_ = std::min(alarm_head_ * 3, options_->alarm_head_most);
  // Where nothing answers, the control connection tells whether it is the device or the alarm channel alone.
  if (is_connection(armed.error().code)) next_beat_ = now();
  report_alarm(std::move(armed.error()), observer);
  co_return std::nullopt;
}

// Some answer 401 where they mean 403: this user may log in, but not listen. The same login is shown at
// another door, once: who is let in there has the right password, and loses the alarms alone.
net::Task<Error> HikvisionSession::judge_alarm_refusal(Error why, Deadline deadline) {
  login_.client().reset();
  std::string path{isapi::path::kDeviceInfo};
  auto asking = control_.get(std::move(path), std::min(deadline, due(request_)));
  const auto body = co_await std::move(asking);
  if (!body) co_return body.error();
  co_return Error{Code::device_forbidden, why.place + ": 401, though the login is right",
                  kRefusedAlarmRetryS};
}

// The device has been silent: ask it. What goes wrong twice, the second time on a connection of its own, is
// the end.
net::Task<std::optional<Error>> HikvisionSession::beat(model::SessionObserver& observer) {
  if (control_.busy()) {
    // A snapshot is on its way and will tell as much.
    next_beat_ = now() + request_ / 5;
    co_return std::nullopt;
  }
  Error why;
  for (int i = 0; i < 2; ++i) {
    const auto deadline = due(request_);
    auto clock = co_await ask_clock(deadline);
    if (clock) {
      pace_.answered();
      observer.heard();
      if (*clock) facts_.clock_offset_ms = *clock;
      judge_clock(observer);
      next_clock_ = kNever;
      heard();
      plan_clock();
      co_return std::nullopt;
    }
    why = std::move(clock.error());
    if (ends_login(why.code)) co_return why;
    pace_.failed();
    control_.connection().close();
  }
  if (why.code == Code::net_timeout) why.code = Code::device_heartbeat_late;
  co_return why;
}

void HikvisionSession::judge_clock(model::SessionObserver& observer) {
  if (!facts_.clock_offset_ms) return;
  const auto off = *facts_.clock_offset_ms;
  const bool wrong = std::abs(off) > options_->clock_tolerance.count();
  if (wrong == clock_off_) return;
  clock_off_ = wrong;
  if (wrong)
    observer.impaired({Code::device_clock_off, std::to_string(off) + " ms"});
  else
    observer.restored(Code::device_clock_off);
}

// --- pictures ------------------------------------------------------------------------------------------

bool HikvisionSession::has_channel(std::uint16_t channel) const {
  // A device that did not tell its channels may have any.
  return facts_.channels.empty() ||
         std::ranges::find(facts_.channels, channel, &model::Channel::number) != facts_.channels.end();
}

net::Task<Error> HikvisionSession::pull(std::uint16_t channel, model::Profile profile, model::Publisher& to) {
  if (refused_) co_return refused_;
  if (!has_channel(channel)) co_return Error{Code::device_no_channel, "channel " + std::to_string(channel)};
  RtspTarget stream;
  stream.guard = target_.guard;
  stream.url.scheme = "rtsp";
  stream.url.host = target_.spec.address;
  stream.url.port = target_.spec.rtsp_port;
  stream.url.target = isapi::rtsp_path(channel, static_cast<int>(profile));
  stream.username = target_.spec.username;
  stream.password = target_.password;
  stream.login = options_->login;
  stream.trace_id = target_.trace_id;
  stream.calls = target_.calls;
  stream.standing = rtsp_standing_;
  stream.carrier = carrier_of(target_.spec.transport);
  auto turn = co_await rtsp_turn_.acquire(due(2 * request_));
  if (!turn) co_return std::move(turn.error());
  if (refused_) co_return refused_;
  RtspClient client{std::move(stream), options_->rtsp};
  auto described = co_await client.describe();
  *turn = net::Slot{};
  Error why;
  if (described) {
    auto playing = client.play(to);
    why = co_await std::move(playing);
  } else {
    why = std::move(described.error());
  }
  // One wrong answer was enough; the next would lock the account for everybody.
  if (why.code == Code::device_bad_credentials || why.code == Code::device_locked) refused_ = why;
  co_return why;
}

net::Task<Result<model::Picture>> HikvisionSession::snapshot(std::uint16_t channel, model::Profile profile,
                                                             Deadline deadline) {
  if (refused_) co_return fail(refused_);
  if (!has_channel(channel)) co_return fail(Code::device_no_channel, "channel " + std::to_string(channel));
  const int stream = isapi::stream_id(channel, static_cast<int>(profile));
  Error why;
  // Recorders refuse one of the two for their IP channels (DS-7708NI-I4), and the one that works stays so.
  for (int i = 0; i < (kind_ == isapi::DeviceKind::recorder ? 2 : 1); ++i) {
    auto path = snapshot_by_proxy_ ? isapi::path::proxy_picture(stream) : isapi::path::picture(stream);
    auto taken = co_await picture(std::move(path), deadline);
    if (taken) co_return std::move(*taken);
    why = std::move(taken.error());
    if (is_connection(why.code) || ends_login(why.code) || why.code == Code::device_busy) co_return fail(why);
    if (kind_ == isapi::DeviceKind::recorder) snapshot_by_proxy_ = !snapshot_by_proxy_;
  }
  if (profile != model::Profile::sub) {
    auto path = isapi::path::picture(isapi::stream_id(channel, 2));
    auto taken = co_await picture(std::move(path), deadline);
    if (taken) co_return std::move(*taken);
  }
  co_return fail(std::move(why));
}

net::Task<Result<model::Picture>> HikvisionSession::picture(std::string path, Deadline deadline) {
  auto body = co_await control_.get_again(path, request_, deadline, kPictureLimit);
  if (!body) {
    if (is_connection(body.error().code)) next_beat_ = now();
    co_return fail(std::move(body.error()));
  }
  last_heard_ = now();
  const bool jpeg = body->size() > 4 && body->starts_with("\xFF\xD8");
  if (!jpeg) co_return fail(Code::device_unexpected_answer, path + ": no picture");
  const auto bytes = as_bytes(*body);
  co_return model::Picture{Bytes(bytes.begin(), bytes.end()), system_clock().wall()};
}

}  // namespace camfleet::device
