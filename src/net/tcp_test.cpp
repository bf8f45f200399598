#include "net/tcp.h"

#include <gmock/gmock.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <array>

#include "net/loop_groups.h"
#include "net/scratch.h"
#include "net/task_group.h"
#include "net/testing/pair.h"
#include "net/testing/run.h"
#include "net/within.h"

namespace camfleet::net {
namespace {

using namespace std::chrono_literals;
using testing::loopback;
using testing::Pair;
using testing::TestLoop;

SteadyTime in(std::chrono::milliseconds ms) { return std::chrono::steady_clock::now() + ms; }

struct TcpTest : ::testing::Test {
  TcpTest() : pair(loop.run(testing::connected_pair())) {}
  std::string read(TcpStream& from, Deadline deadline) {
    const auto got = loop.run(from.read_some(scratch(), deadline));
    return got ? std::string{as_text(scratch().first(*got))} : std::string{name(got.error().code)};
  }
  TestLoop loop;
  Pair pair;
};

TEST_F(TcpTest, bytes_go_both_ways) {
  ASSERT_TRUE(loop.run(pair.client.write(std::string_view{"hello"}, in(1s))));
  EXPECT_EQ(read(pair.server, in(1s)), "hello");
  ASSERT_TRUE(loop.run(pair.server.write(std::string_view{"you"}, kNever)));
  EXPECT_EQ(read(pair.client, kNever), "you");
  EXPECT_EQ(pair.client.local(), pair.server.remote());
  EXPECT_EQ(pair.client.remote(), pair.server.local());
}

TEST_F(TcpTest, many_parts_leave_as_one_text) {
  std::vector<std::string> texts;
  std::vector<ByteView> parts;
  std::string whole;
  for (int i = 0; i < 200; ++i) texts.push_back(i % 7 == 0 ? std::string{} : std::to_string(i) + ",");
  for (const auto& text : texts) {
    parts.push_back(as_bytes(text));
    whole += text;
  }
  ASSERT_TRUE(loop.run(pair.client.write(parts, in(1s))));
  std::string got;
  while (got.size() < whole.size()) got += read(pair.server, in(1s));
  EXPECT_EQ(got, whole);
}

Task<> drain(TcpStream& from, std::size_t& seen, std::uint32_t& sum) {
  for (;;) {
    const auto got = co_await from.read_some(scratch(), kNever);
    if (!got) break;
    for (const auto byte : scratch().first(*got)) sum = sum * 31 + byte;
    seen += *got;
  }
}

TEST_F(TcpTest, a_write_larger_than_every_buffer_arrives_whole) {
  Bytes big(6'000'000);
  std::uint32_t want = 0;
  for (std::size_t i = 0; i < big.size(); ++i)
    want = want * 31 + (big[i] = static_cast<std::uint8_t>(i * 7 + i / 251));
  std::size_t seen = 0;
  std::uint32_t sum = 0;
  TaskGroup group{loop.executor(), "g"};
  group.spawn(drain(pair.server, seen, sum));
  const std::array<ByteView, 3> parts{ByteView{big}.first(1), ByteView{big}.subspan(1, 2'999'999),
                                      ByteView{big}.subspan(3'000'000)};
  ASSERT_TRUE(loop.run(pair.client.write(parts, in(10s))));
  pair.client.shutdown();
  while (group.size() > 0) loop.run(sleep_for(1ms));
  EXPECT_EQ(seen, big.size());
  EXPECT_EQ(sum, want);
}

TEST_F(TcpTest, a_read_is_late_and_the_stream_goes_on) {
  EXPECT_EQ(read(pair.client, in(5ms)), "net.timeout");
  EXPECT_EQ(read(pair.client, in(-1s)), "net.timeout");
  ASSERT_TRUE(loop.run(pair.server.write(std::string_view{"late"}, in(1s))));
  EXPECT_EQ(read(pair.client, in(1s)), "late");
}

TEST_F(TcpTest, bytes_that_are_there_are_read_even_past_the_deadline) {
  ASSERT_TRUE(loop.run(pair.server.write(std::string_view{"there"}, in(1s))));
  ASSERT_TRUE(loop.run(pair.client.wait_readable(in(1s))));
  EXPECT_EQ(read(pair.client, in(-1s)), "there");
}

TEST_F(TcpTest, a_write_that_nobody_reads_is_late) {
  const Bytes big(64'000'000);
  const auto sent = loop.run(pair.client.write(ByteView{big}, in(30ms)));
  ASSERT_FALSE(sent);
  EXPECT_EQ(sent.error().code, Code::net_timeout);
}

Task<> read_into(TcpStream& from, Deadline deadline, Result<std::size_t>& out) {
  out = co_await from.read_some(scratch(), deadline);
}

TEST_F(TcpTest, a_late_write_does_not_end_the_read_beside_it) {
  Result<std::size_t> got = 0;
  TaskGroup group{loop.executor(), "g"};
  group.spawn(read_into(pair.client, in(10s), got));
  const Bytes big(64'000'000);
  EXPECT_FALSE(loop.run(pair.client.write(ByteView{big}, in(20ms))));
  EXPECT_EQ(group.size(), 1u);
  ASSERT_TRUE(loop.run(pair.server.write(std::string_view{"x"}, in(1s))));
  while (group.size() > 0) loop.run(sleep_for(1ms));
  EXPECT_EQ(got, 1u);
}

TEST_F(TcpTest, an_earlier_deadline_after_a_later_one_is_kept) {
  Result<std::size_t> got = 0;
  TaskGroup group{loop.executor(), "g"};
  group.spawn(read_into(pair.client, in(10s), got));  // arms the timer far away
  loop.poll();
  const Bytes big(64'000'000);
  const auto began = std::chrono::steady_clock::now();
  EXPECT_FALSE(loop.run(pair.client.write(ByteView{big}, in(20ms))));
  EXPECT_LT(std::chrono::steady_clock::now() - began, 5s);
  loop.run(group.stop());
}

TEST_F(TcpTest, the_end_of_the_stream_is_closed_and_a_reset_is_reset) {
  pair.server.shutdown();
  EXPECT_EQ(read(pair.client, in(1s)), "net.closed");
  auto other = loop.run(testing::connected_pair());
  other.server.abort();
  EXPECT_EQ(read(other.client, in(1s)), "net.reset");
  EXPECT_EQ(read(pair.server, in(-1s)), "net.timeout");
  pair.server.close();
  EXPECT_EQ(read(pair.server, in(1s)), "net.closed");
  TcpStream empty;
  EXPECT_EQ(read(empty, in(1s)), "net.closed");
  EXPECT_FALSE(loop.run(empty.write(std::string_view{"x"}, in(1s))));
  EXPECT_FALSE(loop.run(empty.wait_readable(in(1s))));
  EXPECT_EQ(empty.remote(), Endpoint{});
}

// Row 34: a cable that is pulled sends nothing; the kernel has to find out.
TEST_F(TcpTest, a_peer_without_power_is_noticed_by_the_kernel_within_half_a_minute) {
  for (const auto* stream : {&pair.client, &pair.server}) {
    const auto option = [&](int level, int name) {
      int value = 0;
      socklen_t size = sizeof value;
      EXPECT_EQ(::getsockopt(stream->native_handle(), level, name, &value, &size), 0);
      return value;
    };
    EXPECT_EQ(option(IPPROTO_TCP, TCP_USER_TIMEOUT), 30'000);
    EXPECT_EQ(option(SOL_SOCKET, SO_KEEPALIVE), 1);
    EXPECT_LE(option(IPPROTO_TCP, TCP_KEEPIDLE) +
                  option(IPPROTO_TCP, TCP_KEEPINTVL) * option(IPPROTO_TCP, TCP_KEEPCNT),
              30);
  }
}

TEST_F(TcpTest, a_write_to_a_peer_that_is_gone_is_an_error_and_no_signal) {
  pair.server.abort();
  Result<> sent;
  for (int i = 0; i < 10 && sent; ++i) sent = loop.run(pair.client.write(std::string_view{"x"}, in(1s)));
  EXPECT_FALSE(sent);
}

TEST_F(TcpTest, close_ends_the_waiting_read) {
  Result<std::size_t> got = 0;
  TaskGroup group{loop.executor(), "g"};
  group.spawn(read_into(pair.client, kNever, got));
  loop.poll();
  pair.client.close();
  loop.poll();
  EXPECT_EQ(group.size(), 0u);
  ASSERT_FALSE(got);
  EXPECT_EQ(got.error().code, Code::net_closed);
}

Task<> write_forever(TcpStream& to) {
  const Bytes big(1'000'000);
  for (;;) {
    const auto sent = co_await to.write(ByteView{big}, in(1h));
    if (!sent) co_return;
  }
}

TEST_F(TcpTest, stop_ends_reads_and_writes_that_wait_and_leaves_no_timer_behind) {
  for (const auto deadline : {kNever, in(1h)}) {
    auto both = loop.run(testing::connected_pair());
    Result<std::size_t> got = 0;
    TaskGroup group{loop.executor(), "g"};
    group.spawn(read_into(both.client, deadline, got));
    group.spawn(write_forever(both.client));
    loop.poll();
    EXPECT_EQ(group.size(), 2u);
    loop.run(group.stop());
    // Cancelled, not closed: what comes later can still be read.
    ASSERT_TRUE(loop.run(both.server.write(std::string_view{"x"}, in(1s))));
    EXPECT_EQ(read(both.client, in(1s)), "x");
  }
}

TEST_F(TcpTest, a_stream_that_ends_with_its_timer_armed_is_forgotten_by_it) {
  EXPECT_EQ(read(pair.client, in(1ms)), "net.timeout");
  Result<std::size_t> got = 0;
  {
    TaskGroup group{loop.executor(), "g"};
    group.spawn(read_into(pair.client, in(20ms), got));
    loop.poll();
    loop.run(group.stop());
  }
  pair.client = TcpStream{};
  loop.run(sleep_for(40ms));
}

TEST(TcpConnect, refused_and_unreachable_are_told_apart) {
  TestLoop loop;
  Endpoint closed;
  {
    auto listener = TcpListener::bind(loop.executor(), loopback()).value();
    closed = listener.local();
  }
  const auto refused = loop.run(TcpStream::connect(closed, in(1s)));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Code::net_refused);
  EXPECT_THAT(refused.error().place, ::testing::HasSubstr("127.0.0.1:"));
  const auto unreachable =
      loop.run(TcpStream::connect({asio::ip::make_address("255.255.255.255"), 1}, in(1s)));
  ASSERT_FALSE(unreachable);
  EXPECT_EQ(unreachable.error().code, Code::net_unreachable);
}

// A listener whose queue is full answers no SYN: a black hole without a route.
struct BlackHole {
  BlackHole() {
    fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    Endpoint any = loopback();
    ::bind(fd, any.data(), static_cast<socklen_t>(any.size()));
    ::listen(fd, 0);
    socklen_t size = static_cast<socklen_t>(at.capacity());
    ::getsockname(fd, at.data(), &size);
    at.resize(size);
    for (int i = 0; i < 4; ++i) {
      const int filler = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
      ::connect(filler, at.data(), static_cast<socklen_t>(at.size()));
      fillers.emplace_back(filler);
    }
  }
  ~BlackHole() { ::close(fd); }
  int fd;
  Endpoint at;
  std::vector<Descriptor> fillers;
};

Task<> connect_to(Endpoint at, Deadline deadline, Result<TcpStream>& out) {
  out = co_await TcpStream::connect(at, deadline);
}

TEST(TcpConnect, a_black_hole_is_a_timeout_and_stop_ends_the_attempt) {
  TestLoop loop;
  BlackHole hole;
  const auto late = loop.run(TcpStream::connect(hole.at, in(20ms)));
  ASSERT_FALSE(late);
  EXPECT_EQ(late.error().code, Code::net_timeout);
  Result<TcpStream> out;
  TaskGroup group{loop.executor(), "g"};
  group.spawn(connect_to(hole.at, in(1h), out));
  loop.poll();
  EXPECT_EQ(group.size(), 1u);
  loop.run(group.stop());
}

Task<> echo_here(Descriptor descriptor, Loop& loop, bool& there) {
  auto stream = TcpStream::adopt(loop.executor(), std::move(descriptor)).value();
  there = Loop::current() == &loop;
  const auto got = co_await stream.read_some(scratch(), in(5s));
  const std::string text{as_text(scratch().first(got.value()))};
  const auto sent = co_await stream.write(text, in(5s));
  EXPECT_TRUE(sent);
}

TEST_F(TcpTest, a_socket_moves_to_another_loop) {
  Loops loops{1};
  loops.start();
  EXPECT_EQ(read(pair.server, in(1ms)), "net.timeout");  // it has waited here, with its timer
  auto descriptor = pair.server.release();
  ASSERT_TRUE(descriptor);
  EXPECT_FALSE(pair.server.open());
  ASSERT_TRUE(loop.run(pair.client.write(std::string_view{"moved"}, in(1s))));
  bool there = false;
  block_on(loops.at(0).executor(), echo_here(std::move(descriptor), loops.at(0), there));
  EXPECT_TRUE(there);
  EXPECT_EQ(read(pair.client, in(1s)), "moved");
  EXPECT_EQ(read(pair.client, in(1s)), "net.closed");
}

Task<> count_turns(Executor executor, const bool& done, std::size_t& turns) {
  while (true) {
    if (done) co_return;
    co_await asio::post(executor, use_task);
    ++turns;
  }
}

TEST_F(TcpTest, a_peer_that_always_has_bytes_leaves_turns_to_others) {
  const std::string bytes(100'000, 'x');
  ASSERT_TRUE(loop.run(pair.server.write(bytes, in(1s))));
  auto read_singly = [](TcpStream& from, bool& done) -> Task<std::size_t> {
    std::size_t seen = 0;
    for (; seen < 10'000; ++seen) {
      std::array<std::uint8_t, 1> byte{};
      const auto got = co_await from.read_some(byte, in(1s));
      if (!got) break;
    }
    done = true;
    co_return seen;
  };
  std::size_t turns = 0;
  bool done = false;
  TaskGroup group{loop.executor(), "g"};
  group.spawn(count_turns(loop.executor(), done, turns));
  EXPECT_EQ(loop.run(read_singly(pair.client, done)), 10'000u);
  EXPECT_GT(turns, 100u);
}

TEST_F(TcpTest, try_read_and_try_write_never_wait) {
  std::array<std::uint8_t, 8> into{};
  EXPECT_EQ(pair.client.try_read(into), 0u);
  const Bytes big(64'000'000);
  const ByteView part{big};
  std::size_t total = 0;
  for (;;) {
    const auto sent = pair.client.try_write({&part, 1});
    ASSERT_TRUE(sent);
    if (*sent == 0) break;
    total += *sent;
  }
  EXPECT_GT(total, 0u);
  EXPECT_LT(total, big.size());
}

}  // namespace
}  // namespace camfleet::net
