#include "proto/isapi/session_login.h"

#include "proto/isapi/testing/fixture.h"

namespace camfleet::isapi {
namespace {

// What the vendor's own library answered (the first two), and what public clients expect (the others).
struct Vector {
  SessionLoginCap cap;
  std::string_view user, password, hash;
};
SessionLoginCap cap(std::string challenge, std::string salt = {}, std::string salt2 = {}) {
  SessionLoginCap out;
  out.challenge = std::move(challenge);
  out.irreversible = !salt.empty();
  out.salt = std::move(salt);
  out.salt2 = std::move(salt2);
  return out;
}

TEST(SessionLogin, hashes_the_password_in_each_of_the_three_forms) {
  const std::string sdk = "9524eedd2912a46ef2c0fcfa27e412c1", other = "82360cd6ffd7beda4398cf67bfbd1ea9";
  const Vector vectors[]{
      {cap(sdk), "admin", "abcd1234", "83ca78c7b97cf9df0a4d3846cdc33ab3a94c3ca0065ac033899e6f3c9ed923fa"},
      {cap(sdk, "bef6d541aa0011223344556677889900aabbccddeeff00112233445566acb5ff"), "admin", "abcd1234",
       "9652b2d4b257d982ea271d469e2c949c23757881f9b4248a95b0e25c4ea92681"},
      {cap(sdk, "bef6d541c1ac37f74d90b9d3dc642ab6ea54b17d653b10f24464867b6dbeacb5"), "dalferin", "test123456",
       "86c59b2a28aafd52fccbd0a46f06200e50467cec0758eb32a8c5d5cce5b55abc"},
      {cap(other, "22CF57B6ADE75214A4C87042B3272630C55EF5D782AB3BE4C9EC4DA1CD95AF3B",
           "7BEB8CA39D05B89CABC4003FDCBA5AE73556CB8008BCEE3CBCA48CABC3AC201B"),
       "blabla@blabla.com", "blablabla", "777b95a40f8b5b9ca25101d3c73168adb340f2001b611a74104c34352962d647"},
      {cap(other), "blabla@blabla.com", "blablabla",
       "2b31a14ba59914a8e5e5510063e5d500ef322e76bc6c160df6a86b35c1e89ddd"},
  };
  for (const auto& vector : vectors)
    EXPECT_EQ(session_password(vector.cap, vector.user, vector.password), vector.hash);
}

TEST(SessionLogin, reads_what_devices_say_of_it) {
  const auto first = parse_session_login_cap(fixture("sessionlogin/cap-reversible-axhub.xml"));
  ASSERT_TRUE(first);
  EXPECT_FALSE(first->irreversible);
  EXPECT_EQ(first->session_id, "5a83f230f00805b274b1");
  EXPECT_EQ(first->iterations, 100);
  EXPECT_TRUE(first->rtsp_with_session);
  const auto second = parse_session_login_cap(fixture("sessionlogin/cap-v2.1-axpro.xml"));
  ASSERT_TRUE(second);
  EXPECT_TRUE(second->irreversible);
  EXPECT_EQ(second->version, "2.1");
  EXPECT_TRUE(second->salt2.starts_with("7BEB8CA39D"));
  EXPECT_EQ(parse_session_login_cap(write_session_login_cap(*second, {})), *second);
  EXPECT_EQ(parse_session_login_cap(fixture("sessionlogin/cap-v2-DS-PHA20-P.xml"))->version, "2");
}

TEST(SessionLogin, refuses_what_would_keep_us_hashing_and_what_is_no_challenge) {
  for (const auto* body :
       {"<SessionLoginCap><challenge>a</challenge><iterations>100000000</iterations></SessionLoginCap>",
        "<SessionLoginCap><challenge>a</challenge><iterations>1</iterations></SessionLoginCap>",
        "<SessionLoginCap><iterations>100</iterations></SessionLoginCap>", "<html/>", ""})
    EXPECT_EQ(parse_session_login_cap(body).error().code, Code::device_unexpected_answer) << body;
  const auto long_one =
      "<SessionLoginCap><challenge>" + std::string(600, 'a') + "</challenge></SessionLoginCap>";
  EXPECT_FALSE(parse_session_login_cap(long_one));
}

TEST(SessionLogin, is_written_as_it_is_read) {
  const SessionLogin login{"ad&min", "ab12", "cafe", "2"};
  EXPECT_EQ(parse_session_login(write_session_login(login)), login);
}

TEST(SessionLogin, takes_the_cookie_of_a_session_and_no_other) {
  EXPECT_EQ(session_cookie("WebSession_0a1b=c3d4; path=/; HttpOnly"), "WebSession_0a1b=c3d4");
  EXPECT_EQ(session_cookie("WebSession=631c98ab"), "WebSession=631c98ab");
  for (const auto* text :
       {"language=en", "WebSession=", "WebSession", "WebSession=a b", "", "WebSession=a\x01"})
    EXPECT_FALSE(session_cookie(text)) << text;
}

}  // namespace
}  // namespace camfleet::isapi
