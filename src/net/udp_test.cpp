#include "net/udp.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>

#include "net/address.h"
#include "net/testing/run.h"
#include "net/within.h"

namespace camfleet::net {
namespace {

using testing::TestLoop;
const Address kGroup = asio::ip::make_address("239.255.255.250");

Endpoint at(const char* address, std::uint16_t port = 0) { return {asio::ip::make_address(address), port}; }

unsigned loopback() {
  const auto interfaces = network_interfaces();
  const auto found = std::ranges::find_if(*interfaces, [](const auto& each) { return each.loopback; });
  return found == interfaces->end() ? 0 : found->index;
}

struct Got {
  UdpSocket::Datagram datagram;
  std::string text;
};

Task<Got> next(UdpSocket& socket, std::size_t room = 100) {
  std::vector<std::uint8_t> buffer(room);
  auto receiving = socket.receive(buffer);
  const auto datagram = co_await std::move(receiving);
  co_return Got{datagram, std::string{as_text(ByteView{buffer}.first(datagram.size))}};
}

Task<Result<Got>> next_result(UdpSocket& socket) {
  auto receiving = next(socket);
  co_return co_await std::move(receiving);
}

TEST(Udp, knows_the_interfaces) {
  const auto interfaces = network_interfaces();
  ASSERT_TRUE(interfaces) << interfaces.error().text();
  const auto lo = std::ranges::find_if(*interfaces, [](const auto& each) { return each.loopback; });
  ASSERT_NE(lo, interfaces->end());
  EXPECT_TRUE(lo->up);
  EXPECT_GT(lo->index, 0U);
  EXPECT_TRUE(std::ranges::count(lo->addresses, asio::ip::make_address("127.0.0.1")));
}

TEST(Udp, tells_from_whom_to_where_and_on_which_interface) {
  TestLoop loop;
  auto socket = UdpSocket::open(loop.executor(), {.at = at("0.0.0.0"), .device = "lo"});
  auto other = UdpSocket::open(loop.executor(), {.at = at("0.0.0.0")});
  ASSERT_TRUE(socket && other);
  // Any address of 127/8 is ours, as a sender and as a receiver.
  ASSERT_TRUE(other->send(as_bytes("hello"), at("127.3.2.1", socket->local().port()), 0,
                          asio::ip::make_address("127.7.7.7")));
  const auto got = loop.run(next(*socket));
  EXPECT_EQ(got.text, "hello");
  EXPECT_EQ(to_string(got.datagram.from), "127.7.7.7:" + std::to_string(other->local().port()));
  EXPECT_EQ(got.datagram.to.to_string(), "127.3.2.1");
  EXPECT_EQ(got.datagram.interface, loopback());
  EXPECT_FALSE(got.datagram.cut);
}

TEST(Udp, hears_a_group_only_where_it_joined) {
  TestLoop loop;
  auto receiver = UdpSocket::open(loop.executor(), {.at = at("239.255.255.250"), .share = true});
  ASSERT_TRUE(receiver) << receiver.error().text();
  const Endpoint group{kGroup, receiver->local().port()};
  auto second = UdpSocket::open(loop.executor(), {.at = group, .share = true});
  ASSERT_TRUE(second) << second.error().text();
  auto sender = UdpSocket::open(loop.executor(), {.at = at("0.0.0.0")});
  ASSERT_TRUE(sender);

  ASSERT_TRUE(sender->send(as_bytes("unheard"), group, loopback()));
  ASSERT_TRUE(receiver->join(kGroup, loopback()));
  ASSERT_TRUE(receiver->join(kGroup, loopback())) << "again";
  ASSERT_TRUE(second->join(kGroup, loopback()));
  ASSERT_TRUE(sender->send(as_bytes("one"), group, loopback(), asio::ip::make_address("127.1.2.3")));
  // Both that share the port have it.
  for (auto* socket : {&*receiver, &*second}) {
    const auto got = loop.run(next(*socket));
    EXPECT_EQ(got.text, "one");
    EXPECT_EQ(got.datagram.to, kGroup);
    EXPECT_EQ(got.datagram.from.address().to_string(), "127.1.2.3");
  }
  // What is sent to one machine alone does not come to a socket of the group.
  ASSERT_TRUE(sender->send(as_bytes("to you"), at("127.0.0.1", group.port())));
  second->leave(kGroup, loopback());
  ASSERT_TRUE(sender->send(as_bytes("two"), group, loopback()));
  EXPECT_EQ(loop.run(next(*receiver)).text, "two");
  const auto late = loop.run(
      within(std::chrono::steady_clock::now() + std::chrono::milliseconds{20}, next_result(*second)));
  EXPECT_FALSE(late);
}

TEST(Udp, says_where_a_datagram_was_cut_and_how_many_were_lost) {
  TestLoop loop;
  auto socket = UdpSocket::open(loop.executor(), {.at = at("127.0.0.1"), .receive_buffer = 4096});
  auto sender = UdpSocket::open(loop.executor(), {.at = at("127.0.0.1")});
  ASSERT_TRUE(socket && sender);
  EXPECT_GE(socket->receive_buffer(), 4096);
  const Bytes big(1000, 'x');
  unsigned sent = 0;
  for (; sent < 200; ++sent) ASSERT_TRUE(sender->send(big, socket->local()));
  const auto got = loop.run(next(*socket, 10));
  EXPECT_EQ(got.text, "xxxxxxxxxx");
  EXPECT_TRUE(got.datagram.cut);
  EXPECT_EQ(socket->lost(), 0U);
  // The kernel tells with what came after the loss.
  ASSERT_TRUE(sender->send(big, socket->local()));
  unsigned received = 1;
  while (socket->lost() == 0 && received < sent) {
    loop.run(next(*socket));
    ++received;
  }
  EXPECT_GT(socket->lost(), 100U);
}

TEST(Udp, refuses_what_cannot_be_bound) {
  TestLoop loop;
  auto first = UdpSocket::open(loop.executor(), {.at = at("127.0.0.1")});
  ASSERT_TRUE(first);
  const auto code = [&](UdpOptions options) {
    const auto socket = UdpSocket::open(loop.executor(), options);
    return socket ? Code::ok : socket.error().code;
  };
  EXPECT_EQ(code({.at = first->local()}), Code::config_port_in_use);
  EXPECT_EQ(code({.at = at("::1")}), Code::config_invalid);
  EXPECT_EQ(code({.at = at("203.0.113.77")}), Code::config_invalid);
  EXPECT_EQ(code({.at = at("0.0.0.0"), .device = "no-such-device"}), Code::config_invalid);
  EXPECT_FALSE(first->join(kGroup, 99'999));
}

}  // namespace
}  // namespace camfleet::net
