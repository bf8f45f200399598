#include "device/hcnetsdk/session.h"

#include <algorithm>

#include "base/log.h"
#include "base/metrics.h"
#include "device/hcnetsdk/errors.h"
#include "device/hcnetsdk/report.h"
#include "net/resolver.h"
#include "net/within.h"

namespace camfleet::device {
namespace {

using std::chrono::milliseconds;

constexpr std::uint32_t kHoldsNoMore = 46;  // the library's own limit, and not the device's
constexpr milliseconds kAlarmGrace{2'000};
constexpr milliseconds kStale{2'000};    // of an alarm that was read late
constexpr milliseconds kBlur{3'000};     // after an alarm that was lost on the way
constexpr milliseconds kLegacy{10'000};  // for what a host that is gone left behind

SteadyTime now() { return std::chrono::steady_clock::now(); }

}  // namespace

HcNetSdkSession::HcNetSdkSession(net::Executor executor, hcnetsdk::Hosts& hosts, model::DeviceTarget target,
                                 const HcNetSdkOptions& options)
    : executor_(executor),
      hosts_(hosts),
      target_(std::move(target)),
      options_(options),
      line_(std::make_shared<hcnetsdk::Line>(executor, target_.spec.id.str())),
      alarm_backoff_(options.alarm_retry_least, options.alarm_retry_most,
                     Rng{std::hash<model::DeviceId>{}(target_.spec.id)}, options.alarm_retry_least / 2),
      jitter_(std::hash<model::DeviceId>{}(target_.spec.id) + 2),
      pace_(options.heartbeat_least, options.heartbeat_most) {}

net::Task<Result<sdkhost::Answer>> HcNetSdkSession::ask(sdkhost::What what, const char* name,
                                                        Deadline deadline) {
  auto asking = place_.host().call(std::move(what), deadline);
  auto answer = co_await std::move(asking);
  if (!answer) co_return fail(std::move(answer.error()));
  if (answer->outcome != sdkhost::Outcome::ok) co_return fail(hcnetsdk::error_of(*answer, name));
  co_return std::move(*answer);
}

net::Task<Result<void>> HcNetSdkSession::open(Deadline deadline) {
  auto taking = hosts_.take(line_, deadline);
  auto place = co_await std::move(taking);
  if (!place) co_return fail(std::move(place.error()));
  place_ = std::move(*place);
  auto entering = login(deadline);
  auto told = co_await std::move(entering);
  if (!told) co_return fail(std::move(told.error()));
  login_ = std::move(*told);
  channels_ = hcnetsdk::Channels{login_};
  if (!target_.known_serial.empty() && !login_.serial.empty() &&
      !login_.serial.ends_with(target_.known_serial) && !target_.known_serial.ends_with(login_.serial))
    co_return fail(Code::device_identity_mismatch,
                   "serial " + login_.serial + " instead of " + target_.known_serial);
  auto learning = learn(deadline);
  if (auto learned = co_await std::move(learning); !learned) co_return learned;
  auto arming = ask(sdkhost::Arm{place_.device()}, "alarm channel", deadline);
  auto armed = co_await std::move(arming);
  armed_ = armed.has_value();
  if (!armed) alarm_down_ = std::move(armed.error());
  heard();
  co_return Result<void>{};
}

// The address is decided by us, and by the same rules as everywhere: the library gets a number.
net::Task<Result<std::string>> HcNetSdkSession::resolve(std::uint16_t port, Deadline deadline) {
  auto resolving =
      net::resolve(target_.spec.address, port, std::min(deadline, now() + target_.calls.connect));
  auto endpoints = co_await std::move(resolving);
  if (!endpoints) co_return fail(std::move(endpoints.error()));
  Error why{Code::net_resolve, target_.spec.address};
  for (const auto& endpoint : *endpoints) {
    const auto allowed = target_.guard->check(endpoint);
    if (allowed) co_return endpoint.address().to_string();
    why = allowed.error();
  }
  co_return fail(std::move(why));
}

// `auto` is ours, and not the library's: the vendor's protocol first, and ISAPI where nothing speaks that. A
// password that one of them refused is not shown to the other.
net::Task<Result<sdkhost::LoginResult>> HcNetSdkSession::login(Deadline deadline) {
  const auto& wish = target_.spec.sdk_login;
  const bool any = wish != "private" && wish != "isapi";
  if (wish != "isapi") {
    // Half of the time is for the other.
    const auto until = any ? std::min(deadline, now() + (deadline - now()) / 2) : deadline;
    auto entering = login_as(sdkhost::Mode::native, until);
    auto told = co_await std::move(entering);
    if (told || !any || hcnetsdk::decides_login(told.error().code)) co_return told;
    log::debug(
        "hcnetsdk.not_native",
        {{"device", target_.spec.id.str()}, {"why", told.error().text()}, {"trace_id", target_.trace_id}});
  }
  auto entering = login_as(sdkhost::Mode::isapi, deadline);
  co_return co_await std::move(entering);
}

net::Task<Result<sdkhost::LoginResult>> HcNetSdkSession::login_as(sdkhost::Mode mode, Deadline deadline) {
  const auto& spec = target_.spec;
  const auto http = spec.sdk_tls ? spec.https_port : spec.http_port;
  const auto port = mode == sdkhost::Mode::isapi ? http : spec.sdk_port;
  auto resolving = resolve(port, deadline);
  auto address = co_await std::move(resolving);
  if (!address) co_return fail(std::move(address.error()));
  sdkhost::Login login;
  login.device = place_.device();
  login.address = std::move(*address);
  login.port = port;
  login.mode = mode;
  login.tls = spec.sdk_tls;
  login.user = spec.username;
  if (target_.password) {
    const auto password = target_.password->open();
    if (!password) co_return fail(password.error());
    login.password = password->reveal();
  }
  sdkhost::What what{std::move(login)};
  auto calling = place_.host().call(std::move(what), deadline);
  auto answer = co_await std::move(calling);
  if (!answer) co_return fail(std::move(answer.error()));
  if (answer->outcome == sdkhost::Outcome::library && answer->error == kHoldsNoMore) place_.host().full();
  if (answer->outcome != sdkhost::Outcome::ok) co_return fail(hcnetsdk::login_error(*answer));
  auto told = sdkhost::decode_body<sdkhost::LoginResult>(answer->body);
  if (!told) co_return fail(Code::sdk_bad_data, "the answer to a login");
  told->mode = mode;  // not all fill it in
  co_return std::move(*told);
}

bool HcNetSdkSession::has_channel(std::uint16_t channel) const {
  return facts_.channels.empty() ||
         std::ranges::find(facts_.channels, channel, &model::Channel::number) != facts_.channels.end();
}

// --- its life

void HcNetSdkSession::heard() { next_beat_ = pace_.next(now(), jitter_.unit()); }

net::Task<Error> HcNetSdkSession::run(model::SessionObserver& observer) {
  observer.heard();
  judge_clock(observer);
  if (armed_)
    observer.armed();
  else
    alarm_down(std::exchange(alarm_down_, {}), observer);
  // Whatever ends it, what was heard until then comes first.
  std::optional<Error> over;
  SteadyTime left_until = kNever;
  for (;;) {
    if (!over && line_->over) over = *line_->over;
    if (over && left_until == kNever) left_until = now() + kLegacy;
    if (over && (line_->alarms.empty() || now() >= left_until)) {
      if (!line_->alarms.empty()) observer.disarmed({Code::blind_congested, "its host is gone", 0});
      co_return std::move(*over);
    }
    tell_notices(observer);
    if (!line_->alarms.empty()) {
      auto telling = tell_alarms(observer, over.has_value());
      if (co_await std::move(telling)) continue;
    }
    if (over) continue;
    if (!armed_ && now() >= next_arm_) {
      auto arming = arm_again(observer);
      co_await std::move(arming);
    }
    if (now() >= show_lost_) {
      show_lost_ = kNever;
      show_alarm_down({Code::device_alarm_down, "the library arms it again", 0}, observer);
    }
    if (now() >= clear_at_) clear_again(observer);
    if (now() >= next_beat_) {
      auto beating = beat(observer);
      over = co_await std::move(beating);
    }
    if (over || !line_->alarms.empty()) continue;
    auto wake = std::min(next_beat_, clear_at_);
    if (!armed_) wake = std::min({wake, next_arm_, show_lost_});
    co_await line_->bell.wait(wake);
  }
}

net::Task<bool> HcNetSdkSession::tell_alarms(model::SessionObserver& observer, bool last) {
  static auto& left_out = metrics::counter("camfleet_sdk_pictures_left_out_total",
                                           "Pictures of alarms that were too large or too many.");
  bool spoke = false, room = true;
  for (int i = 0; i < 32 && !line_->alarms.empty(); ++i) {
    auto asking = observer.room(last ? now() + milliseconds{500} : next_beat_);
    room = co_await std::move(asking);
    if (!room) break;  // it waits, and the ring behind it
    auto [alarm, size] = std::move(line_->alarms.front());
    line_->alarms.pop_front();
    line_->taken(size);
    // What lay in the ring for long says when it was heard, and nothing of now: where others found no room
    // behind it, the time that is blind begins there.
    const auto age = system_clock().wall() - WallTime{std::chrono::microseconds{alarm.received_us}};
    spoke = spoke || age < kStale;
    left_out.add(alarm.pictures_left_out);
    if (auto event = hcnetsdk::to_event(std::move(alarm), target_.spec.id, kind_)) {
      if (!event->from_document) event->event.channel = channels_.from_library(event->channel);
      observer.event(std::move(event->event));
    }
  }
  if (spoke && !last) {
    observer.heard();
    heard();
  }
  co_await net::asio::post(net::use_task);
  co_return room;
}

void HcNetSdkSession::blur(Error why, model::SessionObserver& observer) {
  clear_at_ = now() + kBlur;
  if (!armed_ || blurred_by_ == why.code) return;
  blurred_by_ = why.code;
  observer.disarmed(std::move(why));
}

void HcNetSdkSession::clear_again(model::SessionObserver& observer) {
  clear_at_ = kNever;
  if (std::exchange(blurred_by_, Code::ok) != Code::ok && armed_) observer.armed();
}

void HcNetSdkSession::tell_notices(model::SessionObserver& observer) {
  using sdkhost::NoticeKind;
  for (const auto& notice : std::exchange(line_->notices, {})) {
    switch (notice.kind) {
      case NoticeKind::device_lost:
        // It says so of one heart-beat: is it gone for us too?
        next_beat_ = now();
        break;
      case NoticeKind::device_back:
        observer.heard();
        break;
      case NoticeKind::alarm_lost:
        // It goes on trying by itself, and says so each time. Some recorders end the alarm stream every 40 s:
        // one that is back in a moment is not worth a word, but for that moment nothing could be heard.
        if (!armed_) break;
        armed_ = false;
        next_arm_ = kNever;
        show_lost_ = now() + kAlarmGrace;
        observer.disarmed({Code::device_alarm_down, "the library arms it again", 0});
        break;
      case NoticeKind::alarm_back:
        alarm_back(observer);
        break;
      case NoticeKind::alarm_closed:
        alarm_down({Code::device_alarm_down, "the library gave its alarm channel up", 0}, observer);
        break;
      case NoticeKind::alarms_dropped:
        blur({Code::blind_congested, std::to_string(notice.error) + " alarms found no room", 0}, observer);
        break;
      case NoticeKind::alarms_unreadable:
        blur({Code::blind_unreadable, std::to_string(notice.error) + " alarms could not be understood", 0},
             observer);
        break;
      default:
        break;
    }
  }
}

void HcNetSdkSession::alarm_down(Error why, model::SessionObserver& observer) {
  observer.disarmed(why);
  armed_ = false;
  const auto wait = std::chrono::duration_cast<milliseconds>(alarm_backoff_.next() * (1.0 + jitter_.unit()));
  next_arm_ = now() + wait;
  show_alarm_down({why.code == Code::device_forbidden ? why.code : Code::device_alarm_down, why.text(),
                   static_cast<int>(std::chrono::ceil<std::chrono::seconds>(wait).count())},
                  observer);
}

void HcNetSdkSession::show_alarm_down(Error told, model::SessionObserver& observer) {
  if (alarm_down_ && alarm_down_.code != told.code) observer.restored(alarm_down_.code);
  alarm_down_ = told;
  observer.impaired(std::move(told));
}

void HcNetSdkSession::alarm_back(model::SessionObserver& observer) {
  armed_ = true;
  next_arm_ = show_lost_ = kNever;
  alarm_backoff_.reset();
  observer.armed();
  if (alarm_down_) observer.restored(std::exchange(alarm_down_, {}).code);
}

net::Task<> HcNetSdkSession::arm_again(model::SessionObserver& observer) {
  // What was opened before, if anything, is closed by the host.
  auto arming = ask(sdkhost::Arm{place_.device()}, "alarm channel", now() + 2 * target_.calls.call);
  auto armed = co_await std::move(arming);
  if (armed)
    alarm_back(observer);
  else if (!line_->over)
    alarm_down(std::move(armed.error()), observer);
}

// It has been silent: ask it. What goes wrong twice is the end.
net::Task<std::optional<Error>> HcNetSdkSession::beat(model::SessionObserver& observer) {
  Error why;
  for (int i = 0; i < 2; ++i) {
    const auto deadline = now() + target_.calls.call + target_.calls.connect;
    if (!speaks_isapi_) {
      auto asking = ask(sdkhost::Check{place_.device()}, "heart-beat", deadline);
      const auto answer = co_await std::move(asking);
      // Old ones do not know this question; their clock tells as much.
      if (!answer && answer.error().code != Code::device_not_supported) why = answer.error();
    }
    if (!why) {
      auto asking = ask_clock(deadline);
      auto clock = co_await std::move(asking);
      if (clock) {
        if (*clock) facts_.clock_offset_ms = *clock;
        judge_clock(observer);
      } else {
        why = std::move(clock.error());
      }
    }
    if (line_->over) co_return *line_->over;
    if (!why) {
      pace_.answered();
      // What was told before this answer comes first: it may be of alarms that were lost until now.
      tell_notices(observer);
      observer.heard();
      heard();
      co_return std::nullopt;
    }
    if (i == 0 && !hcnetsdk::decides_login(why.code)) why = {};
    if (why) break;
    pace_.failed();
  }
  if (why.code == Code::net_timeout) why.code = Code::device_heartbeat_late;
  co_return why;
}

void HcNetSdkSession::judge_clock(model::SessionObserver& observer) {
  if (!facts_.clock_offset_ms) return;
  const auto off = *facts_.clock_offset_ms;
  const bool wrong = std::abs(off) > options_.clock_tolerance.count();
  if (wrong == clock_off_) return;
  clock_off_ = wrong;
  if (wrong)
    observer.impaired({Code::device_clock_off, std::to_string(off) + " ms", 0});
  else
    observer.restored(Code::device_clock_off);
}

}  // namespace camfleet::device
