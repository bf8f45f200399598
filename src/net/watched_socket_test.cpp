#include "net/watched_socket.h"

#include <gtest/gtest.h>

#include <array>
#include <memory>
#include <string>

#include "net/testing/pair.h"
#include "net/testing/run.h"
#include "net/within.h"

namespace camfleet::net {
namespace {

using namespace std::chrono_literals;
using testing::connected_pair;

// Reads what comes, as told: all of it, or a byte a call.
struct Ear {
  static void heard(void* self) noexcept { static_cast<Ear*>(self)->hear(); }
  void hear() {
    ++calls;
    std::array<std::uint8_t, 64> room;
    const auto got = socket.try_read(std::span(room).first(step));
    if (!got) {
      over = got.error().code;
      return;
    }
    text.append(reinterpret_cast<const char*>(room.data()), *got);
    if (*got == step) socket.again();
    if (stop_at == text) socket = {};
  }
  WatchedSocket socket;
  std::size_t step = 64;
  std::string text;
  std::string stop_at = "-";
  int calls = 0;
  Code over = Code::ok;
};

Task<> until(const std::string& text, const std::string& wanted) {
  for (int i = 0; i < 2'000 && text != wanted; ++i) co_await sleep_for(1ms);
  EXPECT_EQ(text, wanted);
}

Task<> begin(Ear& ear, TcpStream& far) {
  auto pair = co_await connected_pair();
  const auto executor = pair.client.executor();
  ear.socket = WatchedSocket::start(executor, pair.client.release(), &Ear::heard, &ear).value();
  far = std::move(pair.server);
}

Task<> say(TcpStream& stream, std::string text) {
  const auto said = co_await stream.write(text, kNever);
  EXPECT_TRUE(said);
}

Task<> arrivals() {
  Ear ear;
  TcpStream far;
  co_await begin(ear, far);
  co_await sleep_for(5ms);
  const int idle = ear.calls;
  EXPECT_LE(idle, 1) << "it may look once, for what was there before";
  std::string all;
  for (int i = 0; i < 5; ++i) {
    co_await say(far, "abc");
    all += "abc";
    co_await until(ear.text, all);
  }
  EXPECT_LE(ear.calls, idle + 5) << "once for each piece";
  EXPECT_TRUE(ear.socket.try_write(as_bytes("hello")));
  std::array<std::uint8_t, 8> room;
  const auto got = co_await far.read_some(room, kNever);
  EXPECT_EQ(got.value(), 5U);
  far.close();
  for (int i = 0; i < 2'000 && ear.over == Code::ok; ++i) co_await sleep_for(1ms);
  EXPECT_EQ(ear.over, Code::net_closed);
}
TEST(WatchedSocketTest, its_owner_is_called_for_each_piece_and_for_the_end) { testing::run(arrivals()); }

Task<> pieces() {
  Ear ear;
  ear.step = 1;
  TcpStream far;
  co_await begin(ear, far);
  co_await say(far, "one at a time");
  co_await until(ear.text, "one at a time");
}
TEST(WatchedSocketTest, who_does_not_read_all_is_called_again_when_he_says_so) { testing::run(pieces()); }

Task<> ends_itself() {
  for (const bool more : {false, true}) {
    auto ear = std::make_unique<Ear>();
    ear->step = more ? 1 : 64;  // with a call that is on its way
    ear->stop_at = more ? "x" : "xyz";
    TcpStream far;
    co_await begin(*ear, far);
    co_await say(far, "xyz");
    co_await until(ear->text, ear->stop_at);
    const int calls = ear->calls;
    std::array<std::uint8_t, 8> room;
    const auto got = co_await far.read_some(room, kNever);
    EXPECT_FALSE(got) << "closed with its watch";
    EXPECT_EQ(ear->calls, calls);
    ear.reset();
    co_await sleep_for(1ms);
  }
}
TEST(WatchedSocketTest, a_call_may_end_the_watch) { testing::run(ends_itself()); }

Task<> goes_back() {
  Ear ear;
  TcpStream far;
  co_await begin(ear, far);
  co_await say(far, "a");
  co_await until(ear.text, "a");
  const auto executor = far.executor();
  auto stream = TcpStream::adopt(executor, ear.socket.release()).value();
  EXPECT_FALSE(ear.socket);
  co_await say(far, "b");
  std::array<std::uint8_t, 8> room;
  const auto got = co_await stream.read_some(room, kNever);
  EXPECT_EQ(got.value(), 1U);
  EXPECT_EQ(ear.text, "a") << "nobody is called any more";
}
TEST(WatchedSocketTest, the_stream_has_it_back_afterwards) { testing::run(goes_back()); }

TEST(WatchedSocketTest, no_socket_is_no_watch) {
  asio::io_context context;
  Ear ear;
  const auto started = WatchedSocket::start(context.get_executor(), Descriptor{}, &Ear::heard, &ear);
  EXPECT_EQ(started.error().code, Code::net_closed);
}

}  // namespace
}  // namespace camfleet::net
