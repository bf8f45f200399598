#include "proto/digest/authorization.h"

#include <gtest/gtest.h>

namespace camfleet::digest {
namespace {

Challenge rfc7616(Algorithm algorithm) {
  Challenge challenge;
  challenge.realm = "http-auth@example.org";
  challenge.nonce = "7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v";
  challenge.opaque = "FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS";
  challenge.algorithm = algorithm;
  challenge.algorithm_text = name(algorithm);
  challenge.qop = true;
  return challenge;
}
constexpr Request kMufasa{"GET", "/dir/index.html", "Mufasa", "Circle of Life"};
constexpr std::string_view kCnonce = "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ";

TEST(Authorization, vectors_of_rfc_7616_section_3_9_1) {
  EXPECT_EQ(response(rfc7616(Algorithm::md5), kMufasa, 1, kCnonce), "8ca523f5e9506fed4657c9700eebdbec");
  EXPECT_EQ(response(rfc7616(Algorithm::sha256), kMufasa, 1, kCnonce),
            "753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1");
  EXPECT_EQ(
      answer(rfc7616(Algorithm::sha256), kMufasa, 1, kCnonce),
      "Digest username=\"Mufasa\", realm=\"http-auth@example.org\", "
      "nonce=\"7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v\", uri=\"/dir/index.html\", "
      "response=\"753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1\", algorithm=SHA-256, "
      "opaque=\"FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS\", qop=auth, nc=00000001, "
      "cnonce=\"f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ\"");
}

TEST(Authorization, vectors_of_rfc_2617_and_rfc_2069) {
  Challenge challenge;
  challenge.realm = "testrealm@host.com";
  challenge.nonce = "dcd98b7102dd2f0e8b11d0f600bfb0c093";
  // RFC 2069 section 2.4 as its errata mend it.
  EXPECT_EQ(response(challenge, {"GET", "/dir/index.html", "Mufasa", "CircleOfLife"}, 0, {}),
            "1949323746fe6a43ef61f9606e7febea");
  challenge.qop = true;
  EXPECT_EQ(response(challenge, {"GET", "/dir/index.html", "Mufasa", "Circle Of Life"}, 1, "0a4f113b"),
            "6629fae49393a05397450978507c4ef1");
}

TEST(Authorization, the_old_form_names_nothing_that_was_not_offered) {
  Challenge challenge;
  challenge.realm = "IP Camera(51289)";
  challenge.nonce = "abc";
  const auto value =
      answer(challenge, {"DESCRIBE", "rtsp://10.0.0.7:554/Streaming/Channels/101", "admin", "x"}, 1, "c");
  for (const auto* absent : {"qop", "nc=", "cnonce", "opaque", "algorithm"}) {
    EXPECT_EQ(value.find(absent), std::string::npos) << absent;
  }
  challenge.opaque = "";
  EXPECT_NE(answer(challenge, {"GET", "/", "admin", "x"}, 1, "c").find("opaque=\"\""), std::string::npos);
}

TEST(Authorization, what_is_written_is_read) {
  auto challenge = rfc7616(Algorithm::md5);
  challenge.realm = "a \"b\" \\c, (d)";
  const auto read =
      parse_authorization(answer(challenge, {"GET", "/x?y=\"1\"", "quo\"te\\r", "p"}, 0xABCD, "cn"));
  ASSERT_TRUE(read);
  EXPECT_EQ(read->user, "quo\"te\\r");
  EXPECT_EQ(read->realm, challenge.realm);
  EXPECT_EQ(read->uri, "/x?y=\"1\"");
  EXPECT_EQ(read->nc, "0000abcd");
  EXPECT_EQ(read->qop, "auth");
  EXPECT_EQ(read->cnonce, "cn");
  EXPECT_EQ(read->opaque, challenge.opaque);

  Challenge basic;
  basic.scheme = Scheme::basic;
  EXPECT_EQ(answer(basic, {"GET", "/", "Aladdin", "open sesame"}, 0, {}),
            "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==");
  const auto login = parse_authorization("basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==");
  ASSERT_TRUE(login);
  EXPECT_EQ(login->user, "Aladdin");
  EXPECT_TRUE(login->password.equals("open sesame"));
}

TEST(Authorization, a_line_break_in_a_name_cannot_add_a_header) {
  const auto value = answer(rfc7616(Algorithm::md5), {"GET", "/", "a\r\nX-Evil: 1", "p"}, 1, "c");
  EXPECT_EQ(value.find_first_of("\r\n"), std::string::npos);
}

TEST(Authorization, garbage_is_nothing) {
  for (const auto* value :
       {"", "Basic", "Basic !!!", "Basic YWJj", "Bearer x", "Digest =", "Digest \"", "Digest a"}) {
    EXPECT_FALSE(parse_authorization(value)) << value;
  }
}

}  // namespace
}  // namespace camfleet::digest
