#include "net/datagrams.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "net/address.h"
#include "net/datagram_pairs.h"
#include "net/testing/run.h"

namespace camfleet::net {
namespace {

Address local(std::string_view text = "127.0.0.1") { return *parse_address(text); }

std::vector<ByteView> views(const std::vector<std::string>& texts) {
  std::vector<ByteView> out;
  for (const auto& text : texts) out.push_back(as_bytes(text));
  return out;
}

// Until there are `count`.
Task<> collect(Datagrams& from, std::size_t count, std::vector<std::pair<std::string, Endpoint>>& into) {
  while (into.size() < count) {
    (void)co_await from.wait_readable();
    for (const auto& [bytes, sender] : from.receive()) into.emplace_back(as_text(bytes), sender);
  }
}

struct DatagramsTest : ::testing::Test {
  testing::TestLoop loop;
  Datagrams open(const Address& at, DatagramOptions options = {}) {
    options.at = {at, 0};
    auto opened = Datagrams::open(loop.executor(), options);
    EXPECT_TRUE(opened) << opened.error().text();
    return std::move(*opened);
  }
};

TEST_F(DatagramsTest, many_arrive_whole_in_order_and_say_from_whom) {
  auto sender = open(local());
  auto receiver = open(local());
  std::vector<std::string> texts;
  for (int i = 0; i < 100; ++i)
    texts.push_back(std::to_string(i) + std::string(static_cast<std::size_t>(i), 'x'));
  texts.emplace_back();  // an empty one opens the way through a NAT
  std::vector<std::pair<std::string, Endpoint>> got;
  const auto sent = sender.send(views(texts), receiver.local());
  ASSERT_TRUE(sent);
  EXPECT_EQ(*sent, texts.size());
  loop.run(collect(receiver, texts.size(), got));
  for (std::size_t i = 0; i < texts.size(); ++i) {
    EXPECT_EQ(got[i].first, texts[i]);
    EXPECT_EQ(got[i].second, sender.local());
  }
  EXPECT_TRUE(receiver.receive().empty());
}

TEST_F(DatagramsTest, the_largest_there_is_comes_whole_and_a_larger_one_is_an_error) {
  auto sender = open(local(), {.send_buffer = 1 << 20});
  auto receiver = open(local(), {.receive_buffer = 1 << 20});
  const std::vector<std::string> texts{std::string(65'507, 'm')};
  std::vector<std::pair<std::string, Endpoint>> got;
  ASSERT_TRUE(sender.send(views(texts), receiver.local()));
  loop.run(collect(receiver, 1, got));
  EXPECT_EQ(got[0].first, texts[0]);
  const auto refused = sender.send(views({std::string(65'508, 'm')}), receiver.local());
  ASSERT_FALSE(refused);
  const auto part = sender.send(views({"a", std::string(65'508, 'm'), "b"}), receiver.local());
  ASSERT_TRUE(part);
  EXPECT_EQ(*part, 1U) << "up to the one that cannot be sent";
}

TEST_F(DatagramsTest, comes_from_the_address_that_was_asked_for) {
  auto sender = open(*parse_address("0.0.0.0"), {.device = "lo"});
  auto receiver = open(local());
  std::vector<std::pair<std::string, Endpoint>> got;
  ASSERT_TRUE(sender.send(views({"x"}), receiver.local(), local("127.0.0.9")));
  loop.run(collect(receiver, 1, got));
  EXPECT_EQ(got[0].second.address(), local("127.0.0.9"));
  EXPECT_EQ(got[0].second.port(), sender.local().port());
}

TEST_F(DatagramsTest, over_ipv6_too) {
  auto opened = Datagrams::open(loop.executor(), {.at = {local("::1"), 0}});
  if (!opened) GTEST_SKIP() << "no IPv6 here";
  auto receiver = open(local("::1"));
  std::vector<std::pair<std::string, Endpoint>> got;
  ASSERT_TRUE(opened->send(views({"six"}), receiver.local(), local("::1")));
  loop.run(collect(receiver, 1, got));
  EXPECT_EQ(got[0].first, "six");
  EXPECT_EQ(got[0].second, opened->local());
}

TEST_F(DatagramsTest, nobody_there_is_no_error_of_the_receiver) {
  auto socket = open(local());
  Endpoint nobody;
  {
    auto gone = open(local());
    nobody = gone.local();
  }
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(socket.send(views({"x"}), nobody));
  EXPECT_TRUE(socket.receive().empty());
}

TEST_F(DatagramsTest, what_the_kernel_dropped_is_counted) {
  auto sender = open(local());
  auto receiver = open(local(), {.receive_buffer = 4096});
  const std::vector<std::string> texts(200, std::string(1000, 'x'));
  (void)sender.send(views(texts), receiver.local());
  while (!receiver.receive().empty()) {
  }
  (void)sender.send(views({"last"}), receiver.local());
  std::vector<std::pair<std::string, Endpoint>> got;
  loop.run(collect(receiver, 1, got));
  EXPECT_EQ(got[0].first, "last");
  EXPECT_GT(receiver.overrun(), 0U);
}

TEST_F(DatagramsTest, a_pair_is_an_even_port_and_the_next) {
  DatagramPairs pairs{{}, 2};
  auto first = pairs.open(loop.executor(), {.at = {local(), 0}});
  ASSERT_TRUE(first) << first.error().text();
  EXPECT_EQ(first->rtp.local().port() % 2, 0);
  EXPECT_EQ(first->rtcp.local().port(), first->rtp.local().port() + 1);
  auto second = pairs.open(loop.executor(), {.at = {local(), 0}});
  ASSERT_TRUE(second);
  const auto third = pairs.open(loop.executor(), {.at = {local(), 0}});
  ASSERT_FALSE(third);
  EXPECT_EQ(third.error().code, Code::rtsp_no_ports);
  second = DatagramPair{};
  EXPECT_EQ(pairs.taken(), 1U) << "its place is free again";
  EXPECT_TRUE(pairs.open(loop.executor(), {.at = {local(), 0}}));
}

TEST_F(DatagramsTest, a_range_is_kept_to_and_may_be_full) {
  // Where the system just gave a pair, there is a range that is free.
  std::uint16_t port = 0;
  {
    DatagramPairs any;
    auto pair = any.open(loop.executor(), {.at = {local("127.0.0.7"), 0}});
    ASSERT_TRUE(pair);
    port = pair->rtp.local().port();
  }
  const auto range = PortRange::parse(std::to_string(port - 1) + "-" + std::to_string(port + 1));
  ASSERT_TRUE(range);
  DatagramPairs pairs{*range};
  auto pair = pairs.open(loop.executor(), {.at = {local("127.0.0.7"), 0}});
  ASSERT_TRUE(pair) << pair.error().text();
  EXPECT_EQ(pair->rtp.local().port(), port);
  const auto none = pairs.open(loop.executor(), {.at = {local("127.0.0.7"), 0}});
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().code, Code::rtsp_no_ports);
  EXPECT_EQ(pairs.taken(), 1U);
}

TEST(PortRange, is_two_numbers_with_room_for_a_pair) {
  EXPECT_TRUE(PortRange::parse("")->any());
  EXPECT_EQ(*PortRange::parse("20000 - 20999"), (PortRange{20000, 20999}));
  for (const auto* wrong : {"20000", "20001-20002", "20002-20002", "20002-20000", "22-23", "1-65535", "x-y",
                            "20000-65536", "-", "20000-"})
    EXPECT_FALSE(PortRange::parse(wrong)) << wrong;
  EXPECT_TRUE(PortRange::parse("1024-1025"));
}

}  // namespace
}  // namespace camfleet::net
