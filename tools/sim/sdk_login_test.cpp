// What the vendor's library was seen to ask a device for in ISAPI mode, in its order.
#include <gtest/gtest.h>

#include "proto/isapi/session_login.h"
#include "proto/xml/document.h"
#include "sim/testing/rig.h"

namespace camfleet::sim::testing {
namespace {

struct SdkLogin : SimulatorTest {
  // Logs in as the library does; the header of the session.
  std::string log_in(Session& http, const std::string& password) {
    const auto cap = isapi::parse_session_login_cap(
        http.plain("GET", "/ISAPI/Security/sessionLogin/capabilities?username=admin&random=12345678").body);
    EXPECT_TRUE(cap && cap->version.empty()) << "the library checks the ids of later versions";
    const auto answer = http.plain(
        "POST", "/ISAPI/Security/sessionLogin?timeStamp=1", {},
        isapi::write_session_login({std::string{kUser}, isapi::session_password(*cap, kUser, password),
                                    cap->session_id, cap->version}));
    EXPECT_EQ(answer.status, 200) << answer.body;
    const auto document = xml::parse(answer.body);
    EXPECT_TRUE(document);
    const auto id = document->root().text("sessionID");
    EXPECT_FALSE(id.empty());
    return "Cookie: WebSession=" + id + ";\r\n";
  }
};

TEST_F(SdkLogin, every_question_of_a_login_has_an_answer) {
  settings.population.nvr_every = 1;
  start();
  auto http = session(0, false);
  const auto with = log_in(http, simulator->device(0)->identity().password);
  for (const auto* path :
       {"/ISAPI/Security/capabilities?username=admin", "/SDK/language", "/ISAPI/System/deviceInfo",
        "/ISAPI/System/IO/inputs", "/ISAPI/System/IO/outputs", "/ISAPI/ContentMgmt/InputProxy/channels",
        "/ISAPI/ContentMgmt/ZeroVideo/channels", "/ISAPI/System/TwoWayAudio/channels",
        "/ISAPI/ContentMgmt/Storage/hdd", "/ISAPI/Security/adminAccesses"}) {
    const auto answer = http.plain("GET", path, with);
    EXPECT_EQ(answer.status, 200) << path;
    EXPECT_TRUE(xml::parse(answer.body)) << path;
  }
  EXPECT_EQ(http.plain("PUT", "/ISAPI/Security/sessionHeartbeat", with + "Content-Length: 0\r\n").status,
            200);
  EXPECT_EQ(http.plain("PUT", "/ISAPI/Security/sessionLogout", with + "Content-Length: 0\r\n").status, 200);
  EXPECT_EQ(http.plain("GET", "/ISAPI/System/deviceInfo", with).status, 401) << "the session is over";
  EXPECT_EQ(stat(0, "logins"), 1u);
}

TEST_F(SdkLogin, the_ports_are_those_that_answer) {
  start();
  auto http = session(0, false);
  const auto document = xml::parse(http.ask("GET", "/ISAPI/Security/adminAccesses").body);
  ASSERT_TRUE(document);
  std::uint16_t rtsp = 0;
  for (const auto& entry : document->root().children("AdminAccessProtocol"))
    if (entry.text("protocol") == "RTSP") rtsp = entry.integer<std::uint16_t>("portNo");
  EXPECT_EQ(rtsp, ports.rtsp);
}

TEST_F(SdkLogin, a_wrong_password_counts_there_as_everywhere) {
  settings.lock_after = 2;
  start();
  auto http = session(0, false);
  for (int i = 0; i < 2; ++i) {
    const auto cap = isapi::parse_session_login_cap(
        http.plain("GET", "/ISAPI/Security/sessionLogin/capabilities?username=admin&random=1").body);
    EXPECT_EQ(
        http.plain("POST", "/ISAPI/Security/sessionLogin", {},
                   isapi::write_session_login({std::string{kUser}, "wrong", cap->session_id, cap->version}))
            .status,
        401);
  }
  EXPECT_EQ(http.ask("GET", "/ISAPI/System/deviceInfo").status, 401) << "locked for Digest too";
  EXPECT_EQ(stat(0, "locks"), 1u);
}

TEST_F(SdkLogin, live_view_in_the_words_of_the_library) {
  start();
  auto rtsp = session(0, true);
  const auto described =
      rtsp.ask("DESCRIBE", "/ISAPI/Streaming/channels/101", "User-Agent: NKPlayer-1.00.00.081112\r\n");
  ASSERT_EQ(described.status, 200);
  const auto at = described.body.find("m=video");
  ASSERT_NE(at, std::string::npos);
  auto control = std::string_view{described.body}.substr(described.body.find("a=control:", at) + 10);
  control = trim(control.substr(0, control.find('\n')));
  // An absolute control comes behind the address.
  EXPECT_EQ(
      rtsp.ask("SETUP", "/ISAPI/Streaming/channels/101/" + std::string{control}, std::string{kTcp}).status,
      200);
}

}  // namespace
}  // namespace camfleet::sim::testing
