#include "net/address.h"

#include <gmock/gmock.h>

#include "net/resolver.h"
#include "net/testing/pair.h"
#include "net/testing/run.h"

namespace camfleet::net {
namespace {

using namespace std::chrono_literals;
using testing::run;

SteadyTime in(std::chrono::milliseconds ms) { return std::chrono::steady_clock::now() + ms; }

TEST(HostPort, reads_the_usual_forms) {
  EXPECT_EQ(parse_host_port("127.0.0.1:8080"), (HostPort{"127.0.0.1", 8080}));
  EXPECT_EQ(parse_host_port("[::1]:80"), (HostPort{"::1", 80}));
  EXPECT_EQ(parse_host_port("camera.example", 554), (HostPort{"camera.example", 554}));
  EXPECT_EQ(parse_host_port("[fe80::1]", 80), (HostPort{"fe80::1", 80}));
  EXPECT_EQ(to_string(HostPort{"::1", 80}), "[::1]:80");
  EXPECT_EQ(to_string(HostPort{"10.0.0.1", 80}), "10.0.0.1:80");
}

TEST(HostPort, refuses_the_rest) {
  for (const char* text :
       {"", ":80", "a", "a:", "a:b", "a:65536", "a:-1", "a: 80", "[::1", "[::1]80", "[::1]:", "::1:80",
        "a b:80", "a/b:80", "user@a:80", "[a]:80", "a:80:90", "a\n:80", "a?b:1"})
    EXPECT_FALSE(parse_host_port(text)) << text;
}

TEST(Cidr, holds_what_its_prefix_says) {
  const auto network = Cidr::parse("10.1.2.0/23");
  ASSERT_TRUE(network);
  EXPECT_TRUE(network->contains(*parse_address("10.1.3.255")));
  EXPECT_FALSE(network->contains(*parse_address("10.1.4.0")));
  EXPECT_FALSE(network->contains(*parse_address("fd00::1")));
  EXPECT_TRUE(Cidr::parse("0.0.0.0/0")->contains(*parse_address("8.8.8.8")));
  EXPECT_TRUE(Cidr::parse("fd00:1::/33")->contains(*parse_address("fd00:1:7fff::1")));
  EXPECT_FALSE(Cidr::parse("fd00:1::/33")->contains(*parse_address("fd00:1:8000::1")));
  EXPECT_TRUE(Cidr::parse("192.168.1.7")->contains(*parse_address("192.168.1.7")));
  for (const char* text :
       {"", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/", "10.0.0/8", "x/8", "::/129", "10.0.0.0/8/8"})
    EXPECT_FALSE(Cidr::parse(text)) << text;
}

// What a host of this spelling leads to, without a name server: resolve, then ask the guard.
bool allowed(const AddressGuard& guard, std::string_view host) {
  const auto found = run(resolve(host, 80, in(5s)));
  if (!found) return false;
  for (const auto& endpoint : *found)
    if (guard.check(endpoint)) return true;
  return false;
}

TEST(AddressGuard, lets_private_networks_pass) {
  const AddressGuard guard;
  for (const char* host : {"10.0.0.1", "10.255.255.254", "172.16.0.1", "172.31.255.1", "192.168.0.64",
                           "fd12:3456::1", "fc00::1", "::ffff:10.0.0.1", "::ffff:a00:1"})
    EXPECT_TRUE(allowed(guard, host)) << host;
}

constexpr const char* kNeverAllowed[] = {
    // this network, link-local, metadata, multicast, reserved, broadcast
    "0.0.0.0", "0.1.2.3", "169.254.0.1", "169.254.169.254", "224.0.0.1", "239.255.255.250", "240.0.0.1",
    "255.255.255.255", "::", "fe80::1", "fe80::1%1", "febf::1", "fec0::1", "ff02::1", "ff0e::1",
    "fd00:ec2::254",
    // loopback in all its spellings
    "127.0.0.1", "127.1.2.3", "127.255.255.254", "::1", "0:0:0:0:0:0:0:1", "localhost", "localhost.", "127.1",
    "127.0.1", "2130706433", "017700000001", "0177.0.0.1", "0x7f.1", "0x7f000001", "0x7F.0.0.1",
    "0x7f.0x0.0x0.0x1", "127.0.0.01", "127.0.0.1.", "127.0.0.0x1", "00000127.0.0.1",
    // wrapped in IPv6
    "::ffff:127.0.0.1", "::ffff:7f00:1", "::ffff:169.254.169.254", "::ffff:a9fe:a9fe", "::ffff:0.0.0.0",
    "::127.0.0.1", "::10.0.0.1", "::ffff:0:7f00:1", "64:ff9b::7f00:1", "64:ff9b::10.0.0.1", "64:ff9b:1::1",
    "2002:7f00:1::", "2002:a00:1::1", "2001::1", "2001:0:a9fe:a9fe::",
    // private addresses in spellings that only the C library understands
    "10.1", "0xa.0.0.1", "012.0.0.1", "167772161", "0x0a000001", "10.0.0.1.", "192.168.257",
    // public
    "8.8.8.8", "1.1.1.1", "172.15.255.255", "172.32.0.1", "192.169.0.1", "11.0.0.1", "100.64.0.1",
    "198.18.0.1", "2001:db8::1", "2606:4700::1111",
    // no hosts at all
    "", " ", "10.0.0.1 ", " 10.0.0.1", "10.0.0.1\n", "10.0.0.256", "10.0.0", "1.2.3.4.5", "[::1]", "::1]",
    "10.0.0.1:80", "..", ".", "10..0.1"};

TEST(AddressGuard, refuses_more_than_sixty_spellings_of_what_is_not_a_camera) {
  EXPECT_GE(std::size(kNeverAllowed), 60u);
  const AddressGuard guard;
  for (const char* host : kNeverAllowed) EXPECT_FALSE(allowed(guard, host)) << host;
}

TEST(AddressGuard, even_everything_allowed_does_not_open_loopback_or_link_local) {
  const auto guard = AddressGuard::parse({"0.0.0.0/0", "::/0"});
  ASSERT_TRUE(guard);
  EXPECT_TRUE(allowed(*guard, "8.8.8.8"));
  EXPECT_TRUE(allowed(*guard, "2606:4700::1111"));
  for (const char* host : {"127.0.0.1", "::1", "169.254.169.254", "0.0.0.0", "224.0.0.1", "::ffff:127.0.0.1",
                           "fe80::1", "64:ff9b::7f00:1", "fd00:ec2::254"})
    EXPECT_FALSE(allowed(*guard, host)) << host;
}

TEST(AddressGuard, loopback_only_where_a_loopback_network_was_named) {
  const auto guard = AddressGuard::parse({"127.1.0.0/16"});
  ASSERT_TRUE(guard);
  EXPECT_TRUE(allowed(*guard, "127.1.0.1"));
  EXPECT_TRUE(allowed(*guard, "::ffff:127.1.0.1"));
  EXPECT_FALSE(allowed(*guard, "127.0.0.1"));
  EXPECT_FALSE(allowed(*guard, "10.0.0.1"));
  EXPECT_TRUE(AddressGuard::parse({"::1"})->check({*parse_address("::1"), 80}));
}

TEST(AddressGuard, refuses_our_own_listeners_and_port_0) {
  auto guard = *AddressGuard::parse({"10.0.0.0/8", "127.0.0.0/8"});
  guard.refuse({*parse_address("0.0.0.0"), 8080});
  guard.refuse({*parse_address("10.0.0.5"), 8554});
  EXPECT_FALSE(guard.check({*parse_address("127.0.0.1"), 8080}));
  EXPECT_FALSE(guard.check({*parse_address("127.9.9.9"), 8080}));
  EXPECT_TRUE(guard.check({*parse_address("127.0.0.1"), 8081}));
  EXPECT_FALSE(guard.check({*parse_address("10.0.0.5"), 8554}));
  EXPECT_TRUE(guard.check({*parse_address("10.0.0.6"), 8554}));
  EXPECT_FALSE(guard.check({*parse_address("10.0.0.6"), 0}));
}

TEST(AddressGuard, says_why_and_names_the_address) {
  const auto refused = AddressGuard{}.check({*parse_address("169.254.169.254"), 80});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Code::net_forbidden_address);
  EXPECT_EQ(refused.error().place, "169.254.169.254: link-local");
  EXPECT_FALSE(AddressGuard::parse({"10.0.0.0/8", "nonsense"}));
}

TEST(Resolve, a_name_is_looked_up_and_a_late_answer_is_abandoned) {
  const auto found = run(resolve("localhost", 80, in(5s)));
  ASSERT_TRUE(found);
  EXPECT_THAT(*found, ::testing::Contains(testing::loopback(80)));
  const auto late = run(resolve("late.invalid", 80, in(-1s)));
  ASSERT_FALSE(late);
  EXPECT_EQ(late.error().code, Code::net_dns_failed);
  const auto none = run(resolve("no-such-host.invalid", 80, in(5s)));
  EXPECT_FALSE(none);
}

TEST(Dial, the_resolved_address_is_what_counts) {
  const AddressGuard guard;
  const HostPort to{"localhost", 80};
  const auto refused = run(dial(guard, to, in(5s)));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Code::net_forbidden_address);
}

Task<> dial_own(testing::TestLoop& loop) {
  const Endpoint any = testing::loopback();
  auto listener = TcpListener::bind(loop.executor(), any).value();
  const auto guard = AddressGuard::parse({"127.0.0.0/8"}).value();
  const HostPort to{"localhost", listener.local().port()};
  const auto stream = co_await dial(guard, to, in(5s));
  EXPECT_TRUE(stream && stream->remote() == listener.local());
}

TEST(Dial, connects_to_the_first_allowed_answer) {
  testing::TestLoop loop;
  loop.run(dial_own(loop));
}

}  // namespace
}  // namespace camfleet::net
