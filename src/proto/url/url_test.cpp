#include "proto/url/url.h"

#include <gtest/gtest.h>

namespace camfleet::url {
namespace {

Url must(std::string_view text) {
  auto parsed = parse(text);
  EXPECT_TRUE(parsed) << text;
  return parsed ? parsed->url : Url{};
}

TEST(Url, takes_an_address_apart_and_keeps_path_and_query_byte_for_byte) {
  const auto url = must("RTSP://Cam-1.Example:8554/Streaming/Channels/101?transportmode=unicast&a=%2F%zz");
  EXPECT_EQ(url,
            (Url{"rtsp", "cam-1.example", 8554, "/Streaming/Channels/101?transportmode=unicast&a=%2F%zz"}));
  EXPECT_EQ(url.text(), "rtsp://cam-1.example:8554/Streaming/Channels/101?transportmode=unicast&a=%2F%zz");
}

TEST(Url, knows_the_ports_of_its_schemes) {
  EXPECT_EQ(must("rtsp://a/").effective_port(), 554);
  EXPECT_EQ(must("rtsps://a").effective_port(), 322);
  EXPECT_EQ(must("http://a").effective_port(), 80);
  EXPECT_EQ(must("https://a:8443/").effective_port(), 8443);
  EXPECT_EQ(must("rtsp://a:/x").text(), "rtsp://a/x");
}

TEST(Url, moves_the_login_out_of_the_address) {
  const auto parsed = parse("rtsp://admin:p%40ss%3A%2F%3F%23%25@10.0.0.1/x");
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->url.text(), "rtsp://10.0.0.1/x");
  EXPECT_EQ(parsed->user, "admin");
  EXPECT_EQ(parsed->password.reveal(), "p@ss:/?#%");
}

struct Login {
  std::string text, user, password, rest;
};

TEST(Url, reads_passwords_that_were_typed_plainly_where_only_one_reading_is_left) {
  const Login logins[] = {
      {"rtsp://admin:p@ss@10.0.0.1/x", "admin", "p@ss", "rtsp://10.0.0.1/x"},
      {"rtsp://admin:a:b@10.0.0.1:554/x", "admin", "a:b", "rtsp://10.0.0.1:554/x"},
      {"rtsp://admin:a/b@10.0.0.1/x", "admin", "a/b", "rtsp://10.0.0.1/x"},
      {"rtsp://admin:a#b?c@10.0.0.1/x?y", "admin", "a#b?c", "rtsp://10.0.0.1/x?y"},
      {"rtsp://admin:100%@10.0.0.1/x", "admin", "100%", "rtsp://10.0.0.1/x"},
      {"rtsp://admin@10.0.0.1/x", "admin", "", "rtsp://10.0.0.1/x"},
      {"rtsp://:secret@10.0.0.1/x", "", "secret", "rtsp://10.0.0.1/x"},
      {"rtsp://@10.0.0.1/x", "", "", "rtsp://10.0.0.1/x"},
  };
  for (const auto& login : logins) {
    const auto parsed = parse(login.text);
    ASSERT_TRUE(parsed) << login.text;
    EXPECT_TRUE(parsed->has_login);
    EXPECT_EQ(parsed->user, login.user) << login.text;
    EXPECT_EQ(parsed->password.reveal(), login.password) << login.text;
    EXPECT_EQ(parsed->url.text(), login.rest);
  }
}

TEST(Url, an_at_sign_in_the_path_is_no_login) {
  const auto parsed = parse("rtsp://10.0.0.1/user@cam");
  ASSERT_TRUE(parsed);
  EXPECT_FALSE(parsed->has_login);
  EXPECT_EQ(parsed->url.target, "/user@cam");
}

TEST(Url, takes_ipv6_in_brackets_without_a_zone) {
  const auto url = must("rtsp://[FE80::1]:8554/x");
  EXPECT_EQ(url.host, "fe80::1");
  EXPECT_EQ(url.text(), "rtsp://[fe80::1]:8554/x");
  EXPECT_EQ(must("http://u:p@[::1]").authority(), "[::1]");
  EXPECT_FALSE(parse("rtsp://[fe80::1%25eth0]/x"));
  EXPECT_FALSE(parse("rtsp://[fe80::1/x"));
  EXPECT_FALSE(parse("rtsp://[::1]x/"));
}

TEST(Url, refuses_what_is_no_address_without_repeating_it) {
  const std::string bad[] = {"",
                             "*",
                             "rtsp://",
                             "rtsp:///x",
                             "rtsp://:554/x",
                             "10.0.0.1/x",
                             "file:///etc/passwd",
                             "gopher://a/",
                             "rtsp://a:0/",
                             "rtsp://a:65536/",
                             "rtsp://a:-1/",
                             "rtsp://a:5x/",
                             "rtsp://a b/",
                             "rtsp://a/b c",
                             "rtsp://a/\r\nX: y",
                             std::string("rtsp://a/\0b", 11),
                             "rtsp://u:%00@a/",
                             "rtsp://u%0d%0a:p@a/",
                             "rtsp://a/" + std::string(kMaxLength, 'x')};
  for (const auto& text : bad) {
    const auto parsed = parse(text);
    ASSERT_FALSE(parsed) << text;
    EXPECT_EQ(parsed.error().code, Code::url_invalid);
    EXPECT_EQ(parsed.error().place.find("10.0.0.1"), std::string::npos);
  }
  EXPECT_TRUE(parse("rtsp://a/" + std::string(kMaxLength - 9, 'x')));
}

TEST(Url, anjvision_leaves_the_scheme_out_of_its_content_base) {
  const auto parsed = parse_content_base("192.168.1.10:554/stream0/");
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->url.text(), "rtsp://192.168.1.10:554/stream0/");
  EXPECT_EQ(parse_content_base("rtsp://a/b/")->url.text(), "rtsp://a/b/");
  EXPECT_EQ(parse_content_base("//a/b")->url.text(), "rtsp://a/b");
  EXPECT_EQ(parse_content_base("a/b?u=http://c/")->url.text(), "rtsp://a/b?u=http://c/");
  EXPECT_FALSE(parse_content_base("file:///x"));
  EXPECT_FALSE(parse_content_base(""));
  EXPECT_FALSE(parse_content_base("/path/only/"));
}

TEST(Url, joins_a_control_as_rtsp_clients_do) {
  const auto base = must("rtsp://a:554/s");
  EXPECT_EQ(join(base, "trackID=1")->text(), "rtsp://a:554/s/trackID=1");
  EXPECT_EQ(join(base, "/trackID=1")->text(), "rtsp://a:554/s/trackID=1");
  EXPECT_EQ(join(must("rtsp://a/s/"), "trackID=1")->text(), "rtsp://a/s/trackID=1");
  EXPECT_EQ(join(must("rtsp://a"), "trackID=1")->text(), "rtsp://a/trackID=1");
  EXPECT_EQ(join(base, "*")->text(), base.text());
  EXPECT_EQ(join(base, "")->text(), base.text());
  EXPECT_EQ(join(base, "?ctype=video")->text(), "rtsp://a:554/s?ctype=video");
  EXPECT_EQ(join(base, "rtsp://b/c?d=e")->text(), "rtsp://b/c?d=e");
  EXPECT_EQ(join(base, "rtsp://u:p@b/c")->text(), "rtsp://b/c");
  EXPECT_FALSE(join(base, "file:///x"));
  EXPECT_FALSE(join(base, "a b"));
  EXPECT_FALSE(join(base, std::string(3000, 'x')));
}

TEST(Url, a_base_with_a_query_gets_the_control_behind_it) {
  // Dahua and GW Security expect this form.
  EXPECT_EQ(
      join(must("rtsp://192.168.5.111:554/cam/realmonitor?channel=1&subtype=1&unicast=true&proto=Onvif/"),
           "trackID=0")
          ->text(),
      "rtsp://192.168.5.111:554/cam/realmonitor?channel=1&subtype=1&unicast=true&proto=Onvif/trackID=0");
  EXPECT_EQ(join(must("rtsp://192.168.1.110:5050/H264?channel=1&subtype=0"), "video")->text(),
            "rtsp://192.168.1.110:5050/H264?channel=1&subtype=0/video");
}

TEST(Url, compares_hosts_only) {
  EXPECT_TRUE(same_host(must("rtsp://A/x"), must("http://a:80/y")));
  EXPECT_FALSE(same_host(must("rtsp://a/x"), must("rtsp://b/x")));
}

TEST(Url, percent_form_goes_both_ways) {
  std::string all;
  for (int i = 0; i < 256; ++i) all.push_back(static_cast<char>(i));
  EXPECT_EQ(percent_decode(percent_encode(all)), all);
  EXPECT_EQ(percent_encode("a b@c"), "a%20b%40c");
  EXPECT_EQ(percent_decode("%"), "%");
  EXPECT_EQ(percent_decode("%4"), "%4");
  EXPECT_EQ(percent_decode("%4x%41"), "%4xA");
}

}  // namespace
}  // namespace camfleet::url
