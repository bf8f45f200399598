#include "device/hikvision/web_login.h"

#include <gtest/gtest.h>

#include "device/testing/hikvision_rig.h"

namespace camfleet::device {
namespace {

using namespace std::chrono_literals;
using namespace testing::hikvision_rig;

Site web_site() {
  auto site = camera_site();
  site.web.emplace();
  return site;
}

TEST(WebLogin, a_device_without_digest_is_logged_in_to_once_and_its_cookie_serves_both_connections) {
  for (const bool gives_cookie : {true, false}) {
    auto site = web_site();
    site.web->gives_cookie = gives_cookie;
    Device device{site};
    const auto why = device.open();
    ASSERT_FALSE(why) << why.text();
    EXPECT_EQ(device.session->facts().model, "DS-2CD2146G2-ISU");
    EXPECT_EQ(site.count(isapi::path::kAlertStream), 1);
    EXPECT_EQ(site.web->challenges, 1);
    EXPECT_EQ(site.web->logins, 1);
    EXPECT_EQ(site.with_credentials, 0) << "nothing went out in another form";
  }
}

TEST(WebLogin, answers_a_challenge_with_salts) {
  auto site = web_site();
  site.web->cap.irreversible = true;
  site.web->cap.salt = "22CF57B6ADE75214A4C87042B3272630C55EF5D782AB3BE4C9EC4DA1CD95AF3B";
  site.web->cap.salt2 = "7BEB8CA39D05B89CABC4003FDCBA5AE73556CB8008BCEE3CBCA48CABC3AC201B";
  site.web->cap.version = "2.1";
  Device device{site};
  EXPECT_FALSE(device.open());
}

TEST(WebLogin, a_wrong_password_is_shown_once) {
  auto site = web_site();
  site.password = "another";
  Device device{site};
  EXPECT_EQ(device.open().code, Code::device_bad_credentials);
  EXPECT_EQ(site.web->logins, 1);
  EXPECT_TRUE(site.log.empty());
}

TEST(WebLogin, a_lock_is_seen_before_a_password_is_shown) {
  auto site = web_site();
  site.web->locked = true;
  Device device{site};
  const auto why = device.open();
  EXPECT_EQ(why.code, Code::device_locked);
  EXPECT_EQ(why.retry_after_s, 600);
  EXPECT_EQ(site.web->logins, 0);
}

TEST(WebLogin, a_session_that_is_over_is_begun_anew) {
  auto site = web_site();
  Device device{site};
  device.options.heartbeat_least = 20ms;
  device.options.heartbeat_most = 40ms;
  ASSERT_FALSE(device.open());
  site.web->cookie.clear();
  const auto why = device.run([](Device& it) { return it.observer.times_heard > 2; });
  EXPECT_FALSE(why) << why.text();
  EXPECT_EQ(site.web->logins, 2);
}

TEST(WebLogin, a_device_that_knows_neither_way_says_so_and_sees_no_password) {
  auto site = camera_site();
  site.login = digest::Server{{.realm = "r", .md5 = false, .sha256 = false}, 1};
  Device device{site};
  EXPECT_EQ(device.open().code, Code::digest_unsupported);
  EXPECT_EQ(site.with_credentials, 0);
}

}  // namespace
}  // namespace camfleet::device
