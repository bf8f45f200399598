#include "proto/isapi/response_status.h"

#include <gtest/gtest.h>

#include "proto/isapi/testing/fixture.h"
#include "proto/isapi/user_check.h"
#include "proto/isapi/write.h"

namespace camfleet::isapi {
namespace {

ResponseStatus read(const std::string& file) {
  auto status = parse_response_status(fixture("responsestatus/" + file));
  EXPECT_TRUE(status) << file;
  return status ? *status : ResponseStatus{};
}

TEST(ResponseStatus, every_captured_one) {
  EXPECT_EQ(read("badXmlContent.xml"), (ResponseStatus{.url = "/ISAPI/Streaming/channels/101/picture",
                                                       .status_code = 6,
                                                       .status_text = "Invalid XML Content",
                                                       .sub_status = "badXmlContent"}));
  EXPECT_EQ(classify(read("badXmlContent.xml")), Answer::bad_request);
  EXPECT_EQ(classify(read("door-ok-intercom.xml")), Answer::ok);
  EXPECT_EQ(read("lowPrivilege.json"), (ResponseStatus{.status_code = 4,
                                                       .status_text = "Invalid Operation",
                                                       .sub_status = "lowPrivilege",
                                                       .error_code = 0x40000002,
                                                       .error_text = "lowPrivilege"}));
  EXPECT_EQ(classify(read("lowPrivilege.json")), Answer::forbidden);
  EXPECT_EQ(read("methodNotAllowed-intercom.xml").error_code, 0x40000004U);
  EXPECT_EQ(classify(read("methodNotAllowed-intercom.xml")), Answer::not_supported);
  EXPECT_EQ(read("notSupport.json").url, "/ISAPI/Security/email/parameter");
  EXPECT_EQ(classify(read("notSupport.json")), Answer::not_supported);
  EXPECT_EQ(classify(read("notSupport-psialliance.xml")), Answer::not_supported);
}

TEST(ResponseStatus, classes) {
  const auto of = [](int code, std::string sub_status, std::uint32_t error = 0) {
    return classify({.status_code = code, .sub_status = std::move(sub_status), .error_code = error});
  };
  EXPECT_EQ(of(1, "ok"), Answer::ok);
  EXPECT_EQ(of(0, "ok"), Answer::ok);
  EXPECT_EQ(of(7, "rebootRequired"), Answer::reboot_required);
  EXPECT_EQ(of(2, "deviceBusy"), Answer::busy);
  EXPECT_EQ(of(2, "somethingNew"), Answer::busy);
  EXPECT_EQ(of(3, "deviceError"), Answer::device_error);
  EXPECT_EQ(of(4, "badAuthorization"), Answer::bad_credentials);
  EXPECT_EQ(of(4, "SessionExpired"), Answer::session_expired);
  EXPECT_EQ(of(4, "notActivated"), Answer::not_activated);
  EXPECT_EQ(of(4, "NOTSUPPORT"), Answer::not_supported);
  EXPECT_EQ(of(4, "PTZLocked"), Answer::not_ready);
  EXPECT_EQ(of(6, "badParameters"), Answer::bad_request);
  EXPECT_EQ(of(0, "", 0x20000004), Answer::busy);
  EXPECT_EQ(of(99, "whatever"), Answer::unknown);
  EXPECT_EQ(code_of(Answer::busy), Code::device_busy);
  EXPECT_EQ(code_of(Answer::reboot_required), Code::ok);
  EXPECT_EQ(classify_http(503), Answer::busy);
  EXPECT_EQ(classify_http(404), Answer::not_supported);
  EXPECT_EQ(classify_http(200), Answer::ok);
  EXPECT_EQ(name(Answer::unknown), "unknown");
}

TEST(ResponseStatus, what_is_written_is_read) {
  for (const auto& status : {status_ok("/a"), status_not_supported("/b?c&d"), status_method_not_allowed("/"),
                             status_low_privilege("/"), status_busy("/"), status_bad_xml("/")}) {
    EXPECT_EQ(
        *parse_response_status(write_response_status(status, {.xml_namespace = std::string{kIsapiVer20}})),
        status);
  }
  EXPECT_EQ(http_status(status_ok("")), 200);
  EXPECT_EQ(http_status(status_busy("")), 503);
  EXPECT_EQ(http_status(status_low_privilege("")), 403);
}

TEST(ResponseStatus, limits_of_json) {
  std::string deep = "{\"statusCode\":1,\"x\":";
  for (int i = 0; i < 31; ++i) deep += "[";
  for (int i = 0; i < 31; ++i) deep += "]";
  EXPECT_TRUE(parse_response_status(deep + "}"));
  std::string deeper = "{\"statusCode\":1,\"x\":";
  for (int i = 0; i < 1'000'00; ++i) deeper += "[";
  EXPECT_FALSE(parse_response_status(deeper));
  EXPECT_FALSE(parse_response_status("{\"statusCode\":1,\"x\":\"" + std::string(1024 * 1024, 'x') + "\"}"));
  EXPECT_EQ(parse_response_status("\xEF\xBB\xBF{\"statusCode\":1,\"statusCode\":\"4\"}")->status_code,
            4);  // the last
  for (const auto* bad : {"{", "[]", "{}", "{\"statusCode\":1,}", "{\"statusCode\":NaN}", "null"}) {
    EXPECT_FALSE(parse_response_status(bad)) << bad;
  }
  EXPECT_EQ(parse_response_status("{\"statusCode\":-5,\"errorCode\":99999999999}")->status_code, 0);
}

TEST(UserCheck, every_captured_one) {
  const auto left = parse_user_check(fixture("http401/usercheck-4-left.xml"));
  ASSERT_TRUE(left);
  EXPECT_EQ(*left, (UserCheck{.status = 401,
                              .status_text = "Unauthorized",
                              .activated = true,
                              .locked = false,
                              .unlock_s = 0,
                              .attempts_left = 4}));
  EXPECT_EQ(*parse_user_check(write_user_check(*left, {})), *left);

  const auto good = parse_user_check(fixture("http401/usercheck-ok-short.xml"));
  ASSERT_TRUE(good);
  EXPECT_EQ(good->status, 200);
  EXPECT_EQ(good->risk_password, false);
  EXPECT_FALSE(good->attempts_left);

  EXPECT_EQ(parse_user_check(fixture("http401/usercheck.xml"))->status, 401);
}

TEST(LoginHints, of_a_locked_recorder) {
  const auto answer = fixture("http401/nvr-DS-9664NI-I8-locked.http");
  const auto hints = login_hints(std::string_view{answer}.substr(answer.find("\r\n\r\n") + 4));
  EXPECT_EQ(hints, (LoginHints{.locked = true, .unlock_s = 210, .attempts_left = 0}));
}

TEST(LoginHints, of_other_bodies) {
  EXPECT_EQ(login_hints(""), LoginHints{});
  EXPECT_EQ(login_hints("<!DOCTYPE html><html>401</html>"), LoginHints{});
  EXPECT_EQ(login_hints(fixture("http401/usercheck.xml")), LoginHints{});
  EXPECT_EQ(login_hints(fixture("http401/usercheck-4-left.xml")).attempts_left, 4);
  EXPECT_TRUE(
      login_hints("<ResponseStatus><statusCode>4</statusCode><subStatusCode>invalidOperation</subStatusCode>"
                  "</ResponseStatus>")
          .stale);
  const auto locked = login_hints(
      "{\"statusCode\":4,\"subStatusCode\":\"badAuthorization\",\"lockStatus\":\"locked\","
      "\"retryTimes\":0,\"resLockTime\":1799}");
  EXPECT_EQ(locked, (LoginHints{.locked = true, .unlock_s = 1799, .attempts_left = 0}));
  EXPECT_TRUE(login_hints("<userCheck><isActivated>false</isActivated></userCheck>").not_activated);
}

}  // namespace
}  // namespace camfleet::isapi
