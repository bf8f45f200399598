#pragma once
// A scripted ISAPI device and a session with it.
#include "device/hikvision/session.h"

#include <deque>
#include <map>

#include "base/text.h"
#include "device/hikvision/driver.h"
#include "device/testing/fake_camera.h"
#include "net/testing/run.h"
#include "net/within.h"
#include "proto/digest/server.h"
#include "proto/isapi/paths.h"
#include "proto/isapi/session_login.h"
#include "proto/isapi/write.h"

namespace camfleet::device::testing::hikvision_rig {

using namespace std::chrono_literals;
using testing::FakeCamera;
using testing::PlainPassword;
using testing::Talk;

inline std::string fixture(std::string_view name) { return testing::testdata("hikvision", name); }

inline std::string answer(int status, std::string_view body,
                          std::string_view type = "application/xml; charset=\"UTF-8\"",
                          std::string_view more = {}) {
  return "HTTP/1.1 " + std::to_string(status) + " X\r\nContent-Type: " + std::string(type) + "\r\n" +
         std::string(more) + "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" +
         std::string(body);
}

inline std::string device_time(std::chrono::seconds off) {
  isapi::TimeSettings time;
  time.mode = "NTP";
  time.local_text = isapi::format_time(system_clock().wall() + off, std::chrono::minutes{0});
  time.zone_text = "CST-0:00:00";
  return isapi::write_time(time, {});
}

// What happens to one request for the alarm stream.
struct Alarm {
  std::string head = "HTTP/1.1 200 OK\r\nContent-Type: multipart/mixed; boundary=boundary\r\n\r\n";
  std::string body;
  bool hold = true;                   // until the client has gone
  std::chrono::milliseconds late{0};  // before the head
};

// The login of a device's web pages, in place of Digest.
struct Web {
  isapi::SessionLoginCap cap{.session_id = "5a83f230f00805b274b1",
                             .challenge = "20b1156d38f45c7975817085c6559456"};
  std::string user = "admin";
  std::string cookie;  // of the session; empty: there is none
  bool gives_cookie = true;
  bool locked = false;
  int challenges = 0;
  int logins = 0;  // answers to a challenge, right or wrong
};

// A device's web server with Digest.
struct Site {
  std::map<std::string, std::deque<std::string>> answers;  // of a path; the last one for ever; absent: 404
  std::deque<Alarm> alarms{Alarm{}};                       // the last one for ever
  std::string password = "secret";
  std::string refusal;  // in place of every answer to a request that is logged in
  digest::Server login{{.realm = "IP Camera(C2183)", .qop = true}, 3};
  std::vector<std::string> log;     // targets, of requests that were let in
  std::vector<std::string> bodies;  // of those of them that had one
  int with_credentials = 0;
  int wrong = 0;
  bool dead = false;                  // takes connections and says nothing
  bool gone = false;                  // ends every connection at once
  bool alarm_refuses = false;         // alertStream answers 401 to everybody
  std::chrono::milliseconds drip{0};  // every answer comes byte by byte

  std::optional<Web> web;

  // What the web login has to say to a request; empty: it may pass.
  std::string web_door(std::string_view request, std::string_view method, std::string_view target) {
    if (method == "GET" && target.starts_with("/ISAPI/Security/sessionLogin/capabilities?username=")) {
      ++web->challenges;
      return answer(200, isapi::write_session_login_cap(web->cap, {}));
    }
    isapi::UserCheck check{
        .status = 401, .status_text = "Unauthorized", .locked = web->locked, .unlock_s = 600};
    if (method == "POST" && target == "/ISAPI/Security/sessionLogin") {
      ++web->logins;
      const auto login = isapi::parse_session_login(request.substr(request.find("\r\n\r\n") + 4));
      const bool right = login && login->user == web->user && login->session_id == web->cap.session_id &&
                         login->password == isapi::session_password(web->cap, web->user, password);
      if (!right) return answer(401, isapi::write_user_check(check, {}));
      web->cookie = web->gives_cookie ? "WebSession_0a=" + std::to_string(web->logins)
                                      : "WebSession=" + web->cap.session_id;
      return answer(200, isapi::write_user_check({.status = 200, .status_text = "OK"}, {}), "application/xml",
                    web->gives_cookie ? "Set-Cookie: " + web->cookie + "; path=/; HttpOnly\r\n" : "");
    }
    if (!web->cookie.empty() && request.find("\r\nCookie: " + web->cookie + "\r\n") != std::string_view::npos)
      return {};
    return answer(401, isapi::write_user_check(check, {}));
  }

  net::Task<> serve(Talk& talk, int) {
    while (!gone) {
      const auto request = co_await talk.http_request();
      if (request.empty() || gone) co_return;
      if (dead) continue;
      std::string_view rest = request;
      const std::string method{take_until(rest, ' ')};
      const std::string target{take_until(rest, ' ')};
      std::string authorization;
      if (const auto at = request.find("Authorization: "); at != std::string::npos)
        authorization = request.substr(at + 15, request.find("\r\n", at) - at - 15);
      with_credentials += authorization.empty() ? 0 : 1;
      if (web) {
        const auto said = web_door(request, method, target);
        if (!said.empty()) {
          co_await talk.send(said);
          continue;
        }
      }
      auto outcome = web ? digest::Server::Outcome::ok
                         : login.check(authorization, method, target, "admin", password, 5ms);
      if (alarm_refuses && target == isapi::path::kAlertStream && outcome == digest::Server::Outcome::ok)
        outcome = digest::Server::Outcome::wrong;
      if (outcome != digest::Server::Outcome::ok) {
        wrong += outcome == digest::Server::Outcome::wrong ? 1 : 0;
        std::string more;
        for (const auto& challenge : login.challenges(5ms, outcome == digest::Server::Outcome::stale))
          more += "WWW-Authenticate: " + challenge + "\r\n";
        const auto refused = answer(401, fixture("usercheck-4-left.xml"), "application/xml", more);
        if (drip.count() > 0) {
          for (std::size_t i = 0; i < refused.size(); ++i) {
            const auto byte = refused.substr(i, 1);
            co_await talk.send(byte);
            co_await net::sleep_for(drip);
          }
        }
        co_await talk.send(refused);
        continue;
      }
      log.push_back(target);
      if (const auto body = request.substr(request.find("\r\n\r\n") + 4); !body.empty())
        bodies.push_back(body);
      if (!refusal.empty()) {
        co_await talk.send(refusal);
        continue;
      }
      if (target == isapi::path::kAlertStream) {
        const auto alarm = alarms.front();
        if (alarms.size() > 1) alarms.pop_front();
        const auto stream = alarm.head + alarm.body;
        if (alarm.late.count() > 0) co_await net::sleep_for(alarm.late);
        co_await talk.send(stream);
        if (!alarm.head.starts_with("HTTP/1.1 200")) continue;
        if (alarm.hold) (void)co_await talk.http_request();
        co_return;
      }
      auto& queue = answers[target];
      auto reply = queue.empty() ? answer(404, fixture("notSupport-psialliance.xml")) : queue.front();
      if (queue.size() > 1) queue.pop_front();
      if (reply.empty()) co_return;
      co_await talk.send(reply);
    }
  }
  int count(std::string_view target) const { return static_cast<int>(std::ranges::count(log, target)); }
};

inline Site camera_site() {
  Site site;
  site.answers["/ISAPI/System/deviceInfo"] = {answer(200, fixture("deviceinfo-DS-2CD2146G2-ISU.xml"))};
  site.answers["/ISAPI/Streaming/channels"] = {answer(200, fixture("streaming-DS-2CD2146G2-ISU-101.xml"))};
  site.answers["/ISAPI/System/time"] = {answer(200, device_time(0s))};
  return site;
}

struct Observer : model::SessionObserver {
  explicit Observer(net::Executor executor) : bell(executor) {}
  void heard() override {
    ++times_heard;
    bell.set();
  }
  void impaired(Error reason) override {
    impairments.push_back(std::move(reason));
    bell.set();
  }
  void restored(Code reason) override {
    restorations.push_back(reason);
    bell.set();
  }
  void event(model::Event event) override {
    events.push_back(std::move(event));
    bell.set();
  }
  int times_heard = 0;
  std::vector<Error> impairments;
  std::vector<Code> restorations;
  std::vector<model::Event> events;
  net::Event bell;
};

struct Device {
  explicit Device(Site& s)
      : site(s),
        camera(loop.executor(), [this](Talk& talk, int n) { return site.serve(talk, n); }),
        observer(loop.executor()) {
    target.spec.id = model::DeviceId{"cam-1"};
    target.spec.address = "127.0.0.1";
    target.spec.http_port = camera.port();
    target.spec.username = "admin";
    target.password = std::make_shared<PlainPassword>("secret");
    target.guard = &testing::loopback_guard();
    options.request = 500ms;
    options.alarm_retry_least = 20ms;
    options.alarm_retry_most = 50ms;
    options.alarm_slot_taken = 60ms;
    options.alarm_stable = 0ms;
  }
  net::testing::TestLoop loop;
  Site& site;
  FakeCamera camera;
  Observer observer;
  model::DeviceTarget target;
  HikvisionOptions options;
  std::shared_ptr<model::Session> session;

  static net::Task<Error> open_task(Device& device) {
    HikvisionDriver driver{device.options};
    auto opened = co_await driver.open(device.target, std::chrono::steady_clock::now() + 3s);
    if (!opened) co_return std::move(opened.error());
    device.session = std::move(*opened);
    co_return Error{};
  }
  Error open() { return loop.run(open_task(*this)); }

  using Until = bool (*)(Device&);
  static net::Task<> run_session(Device& device, Error& why, bool& over) {
    why = co_await device.session->run(device.observer);
    over = true;
    device.observer.bell.set();
  }
  static net::Task<Error> run_until(Device& device, Until enough) {
    Error why;
    bool over = false;
    net::TaskGroup group{device.loop.executor(), "session"};
    group.spawn(run_session(device, why, over));
    const auto limit = std::chrono::steady_clock::now() + 5s;
    while (!over && !enough(device)) {
      if (std::chrono::steady_clock::now() > limit) {
        ADD_FAILURE() << "it did not come to that";
        break;
      }
      (void)co_await device.observer.bell.wait(std::chrono::steady_clock::now() + 20ms);
    }
    co_await group.stop();
    co_return why;
  }
  // Opens where it is not open, and runs until that is so, or the session is over: then why.
  Error run(Until enough) {
    if (!session)
      if (auto why = open()) return why;
    return loop.run(run_until(*this, enough));
  }
  ~Device() {
    session.reset();
    loop.run(camera.stop());
  }
};

inline std::vector<Code> codes(const std::vector<Error>& errors) {
  std::vector<Code> out;
  for (const auto& error : errors) out.push_back(error.code);
  return out;
}

// --- login ---------------------------------------------------------------------------------------------

}  // namespace camfleet::device::testing::hikvision_rig
