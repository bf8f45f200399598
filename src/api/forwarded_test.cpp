#include "api/forwarded.h"

#include <gtest/gtest.h>

namespace camfleet::api {
namespace {

TrustedProxies proxies() {
  return TrustedProxies{{*net::Cidr::parse("10.0.0.0/8"), *net::Cidr::parse("fd00::/8")}};
}
std::string caller(const TrustedProxies& trusted, const char* peer,
                   std::initializer_list<const char*> lines) {
  net::HttpHeaders headers;
  for (const char* line : lines) headers.add("X-Forwarded-For", line);
  return trusted.caller(*net::parse_address(peer), headers).to_string();
}

TEST(TrustedProxies, without_any_the_peer_is_the_caller) {
  EXPECT_EQ(caller({}, "10.0.0.1", {"192.0.2.7"}), "10.0.0.1");
}

TEST(TrustedProxies, only_who_is_trusted_is_asked) {
  EXPECT_EQ(caller(proxies(), "192.0.2.1", {"10.0.0.7"}), "192.0.2.1");
  EXPECT_EQ(caller(proxies(), "10.0.0.1", {}), "10.0.0.1");
  EXPECT_EQ(caller(proxies(), "10.0.0.1", {"192.0.2.7"}), "192.0.2.7");
  EXPECT_EQ(caller(proxies(), "fd00::1", {"2001:db8::7"}), "2001:db8::7");
  EXPECT_EQ(caller(proxies(), "::ffff:10.0.0.1", {"192.0.2.7"}), "192.0.2.7");
}

TEST(TrustedProxies, the_last_that_is_no_proxy_of_ours_is_the_caller_whatever_stands_before) {
  EXPECT_EQ(caller(proxies(), "10.0.0.1", {"127.0.0.1, 198.51.100.9, 192.0.2.7"}), "192.0.2.7");
  EXPECT_EQ(caller(proxies(), "10.0.0.1", {"127.0.0.1, 192.0.2.7 , 10.9.9.9,10.0.0.2"}), "192.0.2.7");
  EXPECT_EQ(caller(proxies(), "10.0.0.1", {"127.0.0.1", "192.0.2.7, 10.0.0.2"}), "192.0.2.7");
  EXPECT_EQ(caller(proxies(), "10.0.0.1", {"127.0.0.1, 192.0.2.7", "10.0.0.2"}), "192.0.2.7");
  EXPECT_EQ(caller(proxies(), "10.0.0.1", {"10.0.0.9, 10.0.0.2"}), "10.0.0.9") << "one inside asks";
}

TEST(TrustedProxies, what_is_no_address_ends_at_who_said_it) {
  for (const char* bad :
       {"", "unknown", "a.example", ",", "192.0.2.300", "0x7f.1", "1 2", "[::1", "192.0.2.7;"}) {
    EXPECT_EQ(caller(proxies(), "10.0.0.1", {bad}), "10.0.0.1") << bad;
    EXPECT_EQ(caller(proxies(), "10.0.0.1", {(std::string{"192.0.2.7, "} + bad + ", 10.0.0.2").c_str()}),
              "10.0.0.2")
        << bad;
  }
  EXPECT_EQ(caller(proxies(), "10.0.0.1", {"192.0.2.7:4711"}), "192.0.2.7");
  EXPECT_EQ(caller(proxies(), "10.0.0.1", {"[2001:db8::7]:4711"}), "2001:db8::7");
}

TEST(TrustedProxies, a_long_chain_ends) {
  std::string line = "192.0.2.7";
  for (int i = 0; i < 1'000; ++i) line += ",10.0.0.2";
  EXPECT_EQ(caller(proxies(), "10.0.0.1", {line.c_str()}), "10.0.0.2");
}

}  // namespace
}  // namespace camfleet::api
