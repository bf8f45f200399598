#include "fleet/explain.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "fleet/device_state.h"

namespace camfleet::fleet {
namespace {

using namespace std::chrono_literals;
using model::DeviceState;

constexpr Code kCatalogue[] = {
#define CAMFLEET_ERROR(symbol, name, status, en, zh) Code::symbol,
#include "base/error_catalogue.inc"
#undef CAMFLEET_ERROR
};

// 2026-11-22T14:00:00Z
constexpr WallTime kNow{std::chrono::sys_days{std::chrono::year{2026} / 11 / 22} + 14h};

model::DeviceView device(DeviceState state, Code reason, std::chrono::seconds since = 5min,
                         std::uint32_t attempts = 0, std::optional<std::chrono::seconds> next = {}) {
  model::DeviceView view;
  view.spec.id = model::DeviceId{"gate-7"};
  view.state = state;
  view.reason = reason;
  view.since = kNow - since;
  view.attempts = attempts;
  if (next) view.next_attempt = kNow + *next;
  return view;
}

struct Golden {
  std::string what, why, next;
};
Golden told(const model::DeviceView& view, Language language = Language::en) {
  const auto out = explain(view, language, kNow);
  return {out.what, out.why, out.next ? out.next->text : ""};
}
void expect(const model::DeviceView& view, const std::string& what, const std::string& why,
            const std::string& next, Language language = Language::en) {
  const auto got = told(view, language);
  EXPECT_EQ(got.what, what);
  EXPECT_EQ(got.why, why);
  EXPECT_EQ(got.next, next);
}

TEST(Explain, a_device_that_is_switched_off) {
  const auto view = device(DeviceState::disabled, Code::fleet_operator, 26h);
  expect(view, "Switched off by an operator, since 2026-11-21 12:00:00 UTC.",
         "An operator asked for it. It was an operator's wish.", "");
  const auto out = explain(view, Language::en, kNow);
  ASSERT_EQ(out.advised.size(), 1U);
  EXPECT_EQ(out.advised[0].action, "enable");
  EXPECT_EQ(out.advised[0].how, "PATCH /api/v1/devices/gate-7 {\"enabled\":true}");
}

TEST(Explain, a_device_that_waits_for_its_turn) {
  expect(device(DeviceState::waiting, Code::fleet_retry_due, 3s, 4),
         "Waiting for 3 s for its turn to connect, after 4 failed attempts.",
         "The next attempt is due. It connects as soon as it is its turn; a bounded number of devices "
         "connects at once.",
         "It connects as soon as its turn comes.");
}

TEST(Explain, a_device_for_which_there_is_no_room) {
  auto view = device(DeviceState::waiting, Code::fleet_full, 2h);
  view.detail = "9872 devices run at once";
  expect(
      view, "Waiting for 2 h for a place: as many devices run as fit.",
      "The gateway has no room for more (9872 devices run at once). It starts by itself as soon as another "
      "device leaves or is switched off.",
      "It connects as soon as its turn comes.");
}

TEST(Explain, a_device_whose_password_another_one_refused) {
  auto view = device(DeviceState::waiting, Code::fleet_credential_suspect, 12s);
  view.detail = "gate-3 refused it";
  expect(
      view, "Waiting for 12 s: its user name and password are being tried on one device at a time.",
      "Waits, for another device has refused the same user name and password (gate-3 refused it). Another "
      "device has just refused the same user name and password, so the devices that share them are tried one "
      "at a time; the first success lets all others go.",
      "It connects as soon as its turn comes.");
  EXPECT_EQ(explain(view, Language::en, kNow).attempts_left, 1U);
}

TEST(Explain, a_device_that_is_logging_in) {
  expect(device(DeviceState::connecting, Code::fleet_admitted, 2s), "Logging in, for 2 s.",
         "Admission gave a slot. The attempt is under way.", "");
}

TEST(Explain, a_device_that_is_well) {
  auto view = device(DeviceState::online, Code::fleet_connected, 7'500s);
  view.last_heard = kNow - 4s;
  expect(view, "Connected for 2 h 5 min, last heard of 4 s ago.",
         "Logged in, and the alarm channel is armed. Alarms and pictures can come.", "");
  expect(view, "已连接 2 小时 5 分，最近一次通信在 4 秒前。", "已登录，报警通道已布防。可以接收报警和图像。",
         "", Language::zh);
}

TEST(Explain, a_device_that_lacks_its_alarm_channel) {
  auto view = device(DeviceState::degraded, Code::device_alarm_down, 100s, 0, 30s);
  view.detail = "net.reset";
  expect(view, "Logged in, but something has been missing for 1 min 40 s.",
         "The alarm channel is down (net.reset). Pictures can come, but alarms of this time do not reach us; "
         "the "
         "channel is asked for again and again.",
         "It is asked for again at 14:00:30 UTC, in 30 s.");
}

TEST(Explain, a_device_that_is_tried_again) {
  auto view = device(DeviceState::backoff, Code::net_timeout, 8s, 3, 12s);
  view.detail = "connect to 10.0.0.7:80";
  expect(view, "3 failed attempts; the next one in 12 s.",
         "No answer in time (connect to 10.0.0.7:80). Nothing comes back from this address: it is off, or a "
         "firewall swallows what we send, or the link is overloaded.",
         "The next attempt is made at 14:00:12 UTC, in 12 s.");
  EXPECT_EQ(explain(view, Language::en, kNow).attempts_left, std::nullopt);
  expect(view, "已失败 3 次，12 秒后重试。",
         "超时无应答（connect to 10.0.0.7:80）。该地址没有任何回应：设备断电、被防火墙丢弃，或链路过载。",
         "下次尝试时间：14:00:12 UTC（12 秒后）。", Language::zh);
  EXPECT_EQ(told(device(DeviceState::backoff, Code::net_reset, 8s, 1, -1s)).what,
            "1 failed attempt; the next one is due.");
}

TEST(Explain, a_device_that_refuses_the_password) {
  auto view = device(DeviceState::rejected, Code::device_bad_credentials, 3min, 1);
  view.detail = "/ISAPI/System/deviceInfo, 4 attempts left";
  expect(
      view, "Given up for 3 min, until somebody acts, after 1 failed attempt.",
      "The device refuses the user name or password (/ISAPI/System/deviceInfo, 4 attempts left). No further "
      "attempt is made with this user name and password, since cameras lock the account after five to seven "
      "wrong ones.",
      "");
  const auto out = explain(view, Language::en, kNow);
  EXPECT_EQ(out.attempts_left, 0U);
  ASSERT_EQ(out.advised.size(), 2U);
  EXPECT_EQ(out.advised[0].action, "fix_password");
  EXPECT_EQ(out.advised[1].how, "camfleet device reconnect gate-7 (POST /api/v1/devices/gate-7/reconnect)");
  expect(view, "已停止尝试 3 分，等待处理（已失败 1 次）。",
         "设备拒绝该用户名或密码（/ISAPI/System/deviceInfo, 4 attempts "
         "left）。不会再用此用户名和密码尝试，因为摄像机在五到"
         "七次错误后会锁定账号。",
         "", Language::zh);
}

TEST(Explain, another_device_at_the_address) {
  auto view = device(DeviceState::rejected, Code::device_identity_mismatch, 1h);
  view.detail = "serial SN-9 instead of SN-7";
  expect(
      view, "Given up for 1 h, until somebody acts.",
      "Another device answers at this address (serial SN-9 instead of SN-7). No picture and no alarm of the "
      "other device is taken for this one; addresses may have been exchanged, or the device replaced.",
      "");
  EXPECT_EQ(explain(view, Language::en, kNow).advised[0].action, "accept_identity");
}

TEST(Explain, a_device_that_has_locked_the_account) {
  const auto view = device(DeviceState::locked, Code::device_locked, 2s, 1, 1'829s);
  expect(
      view,
      "The device has locked the account; left alone until 14:30:29 UTC, for 30 min 29 s more; trying sooner "
      "would restart the lock.",
      "The device has locked the account or our address. Every attempt during the lock would begin the lock "
      "anew, so none is made before it is over, whoever asks.",
      "One attempt is made after the unlock, at 14:30:29 UTC, in 30 min 29 s.");
  const auto out = explain(view, Language::en, kNow);
  EXPECT_EQ(out.next->in_s, 1'829);
  EXPECT_EQ(out.attempts_left, 1U);
  EXPECT_EQ(told(view, Language::zh).what,
            "设备已锁定账号；在 14:30:29 UTC（30 分 29 秒后）之前不会尝试，提前尝试会重新锁定。");
}

TEST(Explain, durations_and_times_are_short) {
  EXPECT_EQ(duration_text(-3s, Language::en), "0 s");
  EXPECT_EQ(duration_text(60s, Language::en), "1 min");
  EXPECT_EQ(duration_text(100h, Language::en), "4 d 4 h");
  EXPECT_EQ(duration_text(100h, Language::zh), "4 天 4 小时");
}

bool is_chinese(std::string_view text) {
  // Three-byte characters of the CJK block: U+4E00 to U+9FFF.
  std::size_t found = 0;
  for (std::size_t i = 0; i + 2 < text.size(); ++i) {
    const auto a = static_cast<unsigned char>(text[i]);
    if (a >= 0xE4 && a <= 0xE9) ++found, i += 2;
  }
  return found >= 2;
}
bool is_ascii(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return c >= ' ' && c <= '~'; });
}

// What a device can never have as its reason: errors of callers, of viewers and of our own disk.
bool never_of_a_device(Code code) {
  static const std::set<std::string_view> areas{"api", "config", "storage", "media", "rtp", "h26x"};
  static const std::set<Code> codes{
      Code::device_unknown,  Code::device_exists,       Code::device_invalid,
      Code::device_offline,  Code::device_disabled,     Code::device_no_channel,
      Code::fleet_removed,   Code::fleet_batch_refused, Code::device_too_many_commands,
      Code::rtsp_udp_silent, Code::rtsp_no_ports,       Code::fleet_starting};
  const auto text = name(code);
  const auto area = text.substr(0, text.find('.'));
  if (area == "auth") return code != Code::auth_secret_unreadable;
  if (code == Code::media_encrypted) return false;  // of a stream, and its device is degraded by it
  return areas.contains(area) || codes.contains(code);
}

TEST(Explain, each_code_that_a_device_can_have_has_advice_in_both_languages) {
  const std::set<std::string_view> known{"device",    "fleet",  "net", "http", "rtsp",  "sdp",    "xml",
                                         "multipart", "digest", "url", "auth", "media", "driver", "sdk"};
  for (const auto code : kCatalogue) {
    const auto text = name(code);
    if (!known.contains(text.substr(0, text.find('.'))) || never_of_a_device(code)) continue;
    const auto* row = advice(code);
    ASSERT_NE(row, nullptr) << text;
    EXPECT_TRUE(is_ascii(row->en) && row->en.ends_with(".")) << text;
    EXPECT_TRUE(is_chinese(row->zh) && row->zh.ends_with("。")) << text;
    EXPECT_TRUE(is_chinese(info(code).zh)) << text;
    EXPECT_NE(row->actions[0], Action::none) << text;
    for (const auto action : row->actions) {
      if (action == Action::none) continue;
      EXPECT_TRUE(info(action).en.ends_with(".")) << info(action).name;
      EXPECT_TRUE(is_chinese(info(action).zh) && info(action).zh.ends_with("。")) << info(action).name;
    }
    for (int i = 0; i < model::kDeviceStates; ++i) {
      const auto view = device(static_cast<DeviceState>(i), code, 1min, 2, 10s);
      EXPECT_TRUE(is_ascii(explain(view, Language::en, kNow).what));
      EXPECT_TRUE(is_chinese(explain(view, Language::zh, kNow).what));
      EXPECT_TRUE(is_chinese(explain(view, Language::zh, kNow).why));
    }
  }
}

}  // namespace
}  // namespace camfleet::fleet
