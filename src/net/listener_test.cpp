#include "net/listener.h"

#include <gmock/gmock.h>
#include <sys/resource.h>

#include <array>
#include <atomic>

#include "base/metrics.h"
#include "net/descriptor_limit.h"
#include "net/scratch.h"
#include "net/task_group.h"
#include "net/testing/pair.h"
#include "net/testing/run.h"
#include "net/within.h"

namespace camfleet::net {
namespace {

using namespace std::chrono_literals;
using testing::loopback;
using testing::TestLoop;

SteadyTime in(std::chrono::milliseconds ms) { return std::chrono::steady_clock::now() + ms; }

TEST(TcpListener, a_port_in_use_has_its_own_error) {
  TestLoop loop;
  auto first = TcpListener::bind(loop.executor(), loopback());
  ASSERT_TRUE(first);
  EXPECT_NE(first->local().port(), 0);
  const auto second = TcpListener::bind(loop.executor(), first->local());
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, Code::config_port_in_use);
}

TEST(TcpListener, a_foreign_address_is_a_wrong_setting) {
  TestLoop loop;
  const auto listener = TcpListener::bind(loop.executor(), {asio::ip::make_address("192.0.2.1"), 0});
  ASSERT_FALSE(listener);
  EXPECT_EQ(listener.error().code, Code::config_invalid);
  const auto device =
      TcpListener::bind(loop.executor(), loopback(), ListenerOptions{.device = "no-such-device"});
  ASSERT_FALSE(device);
  EXPECT_EQ(device.error().code, Code::config_invalid);
}

TEST(TcpListener, on_the_loopback_device_it_has_every_127_address_and_tells_which_was_dialled) {
  TestLoop loop;
  const Endpoint all{asio::ip::address_v4::any(), 0};
  auto bound = TcpListener::bind(loop.executor(), all, ListenerOptions{.device = "lo"});
  if (!bound) GTEST_SKIP() << "SO_BINDTODEVICE is not permitted here";
  const Endpoint there{asio::ip::make_address("127.3.2.1"), bound->local().port()};
  auto client = loop.run(TcpStream::connect(there, in(1s)));
  ASSERT_TRUE(client);
  auto accepted = loop.run(bound->accept());
  auto server = TcpStream::adopt(loop.executor(), std::move(accepted));
  ASSERT_TRUE(server);
  EXPECT_EQ(server->local(), there);
}

TEST(TcpListener, the_quota_of_one_address_closes_the_next_connection_and_comes_back) {
  TestLoop loop;
  ListenerOptions options;
  options.limits = {.total = 10, .per_address = 2};
  auto listener = TcpListener::bind(loop.executor(), loopback(), options).value();
  std::vector<TcpStream> clients;
  for (int i = 0; i < 3; ++i)
    clients.push_back(loop.run(TcpStream::connect(listener.local(), in(1s))).value());
  auto first = loop.run(listener.accept());
  auto second = TcpStream::adopt(loop.executor(), loop.run(listener.accept())).value();
  Descriptor fourth;
  TaskGroup group{loop.executor(), "g"};
  auto accept = [](TcpListener& from, Descriptor& into) -> Task<> { into = co_await from.accept(); };
  group.spawn(accept(listener, fourth));
  const auto closed = loop.run(clients[2].read_some(scratch(), in(1s)));
  ASSERT_FALSE(closed);  // the third is closed as it comes
  EXPECT_EQ(group.size(), 1u);
  second.close();
  auto late = loop.run(TcpStream::connect(listener.local(), in(1s)));
  ASSERT_TRUE(late);
  while (group.size() > 0) loop.run(sleep_for(1ms));
  EXPECT_TRUE(fourth);
}

TEST(ConnectionQuota, a_place_travels_and_is_given_back_once) {
  ConnectionQuota quota{{.total = 2, .per_address = 2}};
  const auto from = asio::ip::make_address("10.0.0.1");
  auto one = quota.take(from);
  ASSERT_TRUE(one);
  {
    Descriptor descriptor{-1, std::move(one)};
    auto place = descriptor.take_place();
    EXPECT_TRUE(place);
    EXPECT_EQ(quota.total(), 1u);
  }
  EXPECT_EQ(quota.total(), 0u);
  auto a = quota.take(from);
  auto b = quota.take(asio::ip::make_address("10.0.0.2"));
  EXPECT_FALSE(quota.take(asio::ip::make_address("10.0.0.3")));
  a = {};
  EXPECT_EQ(quota.total(), 1u);
}

// Takes away every descriptor that is left.
struct NoDescriptors {
  NoDescriptors() {
    ::getrlimit(RLIMIT_NOFILE, &before);
    const int next = ::dup(0);
    ::close(next);
    rlimit lower = before;
    lower.rlim_cur = static_cast<rlim_t>(next);
    ::setrlimit(RLIMIT_NOFILE, &lower);
  }
  ~NoDescriptors() { ::setrlimit(RLIMIT_NOFILE, &before); }
  rlimit before{};
};

TEST(TcpListener, without_descriptors_it_pauses_and_goes_on_later) {
  TestLoop loop;
  auto& pauses = metrics::counter("camfleet_listener_pauses_total",
                                  "Times a listener waited because no descriptor was left.");
  auto listener = TcpListener::bind(loop.executor(), loopback()).value();
  auto client = loop.run(TcpStream::connect(listener.local(), in(1s)));
  ASSERT_TRUE(client);
  Descriptor accepted;
  TaskGroup group{loop.executor(), "g"};
  auto accept = [](TcpListener& from, Descriptor& into) -> Task<> { into = co_await from.accept(); };
  const auto before = pauses.value();
  {
    NoDescriptors none;
    group.spawn(accept(listener, accepted));
    loop.run(sleep_for(30ms));
    EXPECT_EQ(pauses.value(), before + 1) << "a busy loop";
    const auto refused = loop.run(TcpStream::connect(listener.local(), in(1s)));
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, Code::net_no_descriptors);
  }
  while (group.size() > 0) loop.run(sleep_for(5ms));
  EXPECT_TRUE(accepted);
}

TEST(TcpListener, past_its_line_a_connection_is_closed_and_the_next_one_below_is_taken) {
  TestLoop loop;
  ListenerOptions options;
  int line = 0;
  options.line = [&line] { return line; };
  auto listener = TcpListener::bind(loop.executor(), loopback(), options).value();
  Descriptor accepted;
  TaskGroup group{loop.executor(), "g"};
  auto accept = [](TcpListener& from, Descriptor& into) -> Task<> { into = co_await from.accept(); };
  group.spawn(accept(listener, accepted));

  auto refused = loop.run(TcpStream::connect(listener.local(), in(1s))).value();
  std::array<std::uint8_t, 1> byte{};
  const auto end = loop.run(refused.read_some(byte, in(1s)));
  EXPECT_TRUE(!end || *end == 0) << "it is closed";
  EXPECT_FALSE(accepted);

  line = lowest_free_descriptor() + 8;
  auto taken = loop.run(TcpStream::connect(listener.local(), in(1s))).value();
  while (group.size() > 0) loop.run(sleep_for(5ms));
  EXPECT_TRUE(accepted);
}

TEST(TcpListener, serve_hands_connections_to_the_loops_in_turn) {
  Loops loops{2};
  loops.start();
  auto listener = TcpListener::bind(loops.at(0).executor(), loopback()).value();
  std::atomic<int> on[2] = {0, 0};
  TaskGroup group{loops.at(0).executor(), "g"};
  auto begin = [](TaskGroup& g, TcpListener& l, Loops& all, std::atomic<int>* counts) -> Task<> {
    g.spawn(l.serve(all, [counts](Loop& loop, TcpStream stream) {
      EXPECT_TRUE(loop.inside());
      EXPECT_TRUE(stream.open());
      ++counts[loop.index()];
    }));
    co_return;
  };
  block_on(loops.at(0).executor(), begin(group, listener, loops, on));
  TestLoop own;
  for (int i = 0; i < 6; ++i) {
    auto client = own.run(TcpStream::connect(listener.local(), in(1s)));
    ASSERT_TRUE(client);
    const auto end = own.run(client->read_some(scratch(), in(5s)));  // the handler let it go
    EXPECT_FALSE(end);
  }
  block_on(loops.at(0).executor(), group.stop());
  EXPECT_EQ(on[0], 3);
  EXPECT_EQ(on[1], 3);
}

}  // namespace
}  // namespace camfleet::net
