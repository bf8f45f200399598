#include "net/tls.h"

#include <gmock/gmock.h>
#include <sys/socket.h>

#include <array>

#include "net/loop_groups.h"
#include "net/scratch.h"
#include "net/task_group.h"
#include "net/testing/certificates.h"
#include "net/testing/pair.h"
#include "net/testing/run.h"
#include "net/tls_server.h"
#include "net/within.h"

namespace camfleet::net {
namespace {

using namespace std::chrono_literals;
using testing::Certificates;
using testing::CertificateWish;
using testing::loopback;
using testing::Pair;
using testing::TestLoop;

SteadyTime in(std::chrono::milliseconds ms) { return std::chrono::steady_clock::now() + ms; }

const Certificates& made() {
  static const Certificates certificates;
  static const bool once = [] {
    certificates.make({});
    return true;
  }();
  (void)once;
  return certificates;
}

std::unique_ptr<TlsServer> server_with(const std::string& name) {
  auto server = TlsServer::load({made().certificate(name), made().key(name)});
  if (!server) throw std::runtime_error(server.error().text());
  return std::move(*server);
}

TlsClient trusting() {
  TlsClientOptions options;
  options.ca_file = made().authority();
  return TlsClient::make(options).value();
}

Task<> serve_one(const TlsServer& server, TcpStream& stream, Result<bool>& out) {
  const auto deadline = in(5s);
  auto doing = server.secure(stream, deadline);
  auto done = co_await std::move(doing);
  out = std::move(done);
}

struct Shaken {
  Pair pair;
  Result<> client;
  Result<bool> server = false;
};

Task<Shaken> shake(const TlsServer& server, const TlsClient& client, std::string host) {
  Shaken out;
  auto connecting = testing::connected_pair();
  out.pair = co_await std::move(connecting);
  const Executor executor = co_await asio::this_coro::executor;
  TaskGroup group{executor, "shake"};
  group.spawn(serve_one(server, out.pair.server, out.server));
  auto doing = client.secure(out.pair.client, host, in(5s));
  auto done = co_await std::move(doing);
  out.client = std::move(done);
  if (!out.client) out.pair.client.close();
  while (group.size() > 0) co_await sleep_for(1ms);
  co_await group.stop();
  co_return out;
}

struct TlsTest : ::testing::Test {
  TlsTest() : server(server_with("leaf")), client(trusting()) {
    shaken = loop.run(shake(*server, client, "localhost"));
    EXPECT_TRUE(shaken.client.has_value());
    EXPECT_TRUE(shaken.server.value_or(false));
  }
  Pair& pair() { return shaken.pair; }
  std::string read(TcpStream& from, Deadline deadline) {
    const auto got = loop.run(from.read_some(scratch(), deadline));
    return got ? std::string{as_text(scratch().first(*got))} : std::string{name(got.error().code)};
  }
  std::unique_ptr<TlsServer> server;
  TlsClient client;
  TestLoop loop;
  Shaken shaken;
};

TEST_F(TlsTest, bytes_go_both_ways) {
  EXPECT_TRUE(pair().client.secure());
  ASSERT_TRUE(loop.run(pair().client.write(std::string_view{"hello"}, in(1s))));
  EXPECT_EQ(read(pair().server, in(1s)), "hello");
  ASSERT_TRUE(loop.run(pair().server.write(std::string_view{"you"}, kNever)));
  EXPECT_EQ(read(pair().client, kNever), "you");
}

TEST_F(TlsTest, a_reader_with_little_room_gets_a_record_piece_by_piece) {
  ASSERT_TRUE(loop.run(pair().client.write(std::string_view{"abcdefgh"}, in(1s))));
  std::array<std::uint8_t, 3> room{};
  std::string got;
  while (got.size() < 8) {
    ASSERT_TRUE(loop.run(pair().server.wait_readable(in(1s))));  // also where all is decrypted already
    const auto n = pair().server.try_read(room);
    ASSERT_TRUE(n);
    got += as_text(std::span{room}.first(*n));
  }
  EXPECT_EQ(got, "abcdefgh");
  EXPECT_EQ(loop.run(pair().server.wait_readable(in(20ms))).error().code, Code::net_timeout);
}

TEST_F(TlsTest, many_parts_become_few_records) {
  std::vector<std::string> texts;
  std::vector<ByteView> parts;
  std::string whole;
  for (int i = 0; i < 20'000; ++i) texts.push_back(i % 7 == 0 ? std::string{} : std::to_string(i) + ",");
  for (const auto& text : texts) {
    parts.push_back(as_bytes(text));
    whole += text;
  }
  ASSERT_TRUE(loop.run(pair().client.write(parts, in(5s))));
  std::string got;
  std::size_t reads = 0;
  while (got.size() < whole.size()) {
    got += read(pair().server, in(1s));
    ++reads;
  }
  EXPECT_EQ(got, whole);
  EXPECT_LT(reads, 20U);
}

Task<> drain(TcpStream& from, std::size_t& seen, std::uint32_t& sum, Code& end) {
  for (;;) {
    const auto got = co_await from.read_some(scratch(), kNever);
    if (!got) {
      end = got.error().code;
      break;
    }
    for (const auto byte : scratch().first(*got)) sum = sum * 31 + byte;
    seen += *got;
  }
}

Bytes pattern(std::size_t size, std::uint32_t& sum) {
  Bytes big(size);
  for (std::size_t i = 0; i < big.size(); ++i)
    sum = sum * 31 + (big[i] = static_cast<std::uint8_t>(i * 7 + i / 251));
  return big;
}

TEST_F(TlsTest, a_write_larger_than_every_buffer_arrives_whole_and_ends_cleanly) {
  std::uint32_t want = 0;
  const auto big = pattern(6'000'000, want);
  std::size_t seen = 0;
  std::uint32_t sum = 0;
  Code end{};
  TaskGroup group{loop.executor(), "g"};
  group.spawn(drain(pair().server, seen, sum, end));
  const std::array<ByteView, 3> parts{ByteView{big}.first(1), ByteView{big}.subspan(1, 2'999'999),
                                      ByteView{big}.subspan(3'000'000)};
  ASSERT_TRUE(loop.run(pair().client.write(parts, in(10s))));
  pair().client.shutdown();
  loop.run(group.stop());
  while (end == Code{}) end = loop.run(pair().server.read_some(scratch(), in(1s))).error().code;
  EXPECT_EQ(end, Code::net_closed);
}

// What RtspViewer does: takes what the socket takes, and comes back when it can be written.
Task<> push(TcpStream& to, ByteView bytes, std::size_t step) {
  while (!bytes.empty()) {
    const std::array<ByteView, 2> parts{
        bytes.first(std::min<std::size_t>(7, bytes.size())),
        bytes.subspan(std::min<std::size_t>(7, bytes.size()))
            .first(std::min(step, bytes.size() - std::min<std::size_t>(7, bytes.size())))};
    const auto sent = to.try_write(parts);
    if (!sent) co_return;
    bytes = bytes.subspan(*sent);
    if (*sent > 0) continue;
    const auto ready = co_await to.wait_writable(kNever);
    if (!ready) co_return;
  }
}

TEST_F(TlsTest, pieces_that_the_socket_refuses_are_sent_once_and_in_order) {
  const int small = 4096;
  ::setsockopt(pair().client.native_handle(), SOL_SOCKET, SO_SNDBUF, &small, sizeof small);
  std::uint32_t want = 0;
  const auto big = pattern(2'000'000, want);
  for (const std::size_t step :
       {std::size_t{5}, std::size_t{16'377}, std::size_t{16'378}, std::size_t{100'000}}) {
    std::size_t seen = 0;
    std::uint32_t sum = 0;
    Code end{};
    const auto size = step == 5 ? std::size_t{20'000} : big.size();
    std::uint32_t part_sum = 0;
    for (std::size_t i = 0; i < size; ++i) part_sum = part_sum * 31 + big[i];
    TaskGroup group{loop.executor(), "g"};
    group.spawn(drain(pair().server, seen, sum, end));
    loop.run(push(pair().client, ByteView{big}.first(size), step));
    const auto until = in(5s);
    while (seen < size && std::chrono::steady_clock::now() < until) loop.run(sleep_for(1ms));
    EXPECT_EQ(seen, size) << step;
    EXPECT_EQ(sum, part_sum) << step;
    loop.run(group.stop());
  }
}

TEST_F(TlsTest, a_read_and_a_write_have_their_deadlines) {
  EXPECT_EQ(read(pair().server, in(20ms)), "net.timeout");
  Bytes big(20'000'000);
  EXPECT_EQ(loop.run(pair().client.write(ByteView{big}, in(50ms))).error().code, Code::net_timeout);
}

TEST_F(TlsTest, a_cancelled_read_leaves_the_stream_as_it_was) {
  std::size_t seen = 0;
  std::uint32_t sum = 0;
  Code end{};
  TaskGroup group{loop.executor(), "g"};
  group.spawn(drain(pair().server, seen, sum, end));
  loop.poll();
  loop.run(group.stop());
  ASSERT_TRUE(loop.run(pair().client.write(std::string_view{"still"}, in(1s))));
  EXPECT_EQ(read(pair().server, in(1s)), "still");
}

TEST_F(TlsTest, it_moves_between_loops_with_what_it_has_decrypted) {
  ASSERT_TRUE(loop.run(pair().client.write(std::string_view{"first and second"}, in(1s))));
  std::array<std::uint8_t, 5> room{};
  ASSERT_EQ(loop.run(pair().server.read_some(room, in(1s))).value_or(0), 5U);
  auto socket = pair().server.release();
  EXPECT_FALSE(pair().server.open());
  TestLoop other;
  auto moved = TcpStream::adopt(other.executor(), std::move(socket));
  ASSERT_TRUE(moved);
  EXPECT_TRUE(moved->secure());
  const auto got = other.run(moved->read_some(scratch(), in(1s)));
  ASSERT_TRUE(got);
  EXPECT_EQ(as_text(scratch().first(*got)), " and second");
  ASSERT_TRUE(other.run(moved->write(std::string_view{"back"}, in(1s))));
  EXPECT_EQ(read(pair().client, in(1s)), "back");
}

TEST_F(TlsTest, a_close_is_announced_and_a_cut_is_noticed) {
  pair().client.close();
  EXPECT_EQ(read(pair().server, in(1s)), "net.closed");
  auto cut = loop.run(shake(*server, client, "localhost"));
  ::shutdown(cut.pair.client.native_handle(), SHUT_RDWR);  // without a word of TLS
  EXPECT_EQ(read(cut.pair.server, in(1s)), "net.reset");
}

TEST_F(TlsTest, after_our_end_of_stream_we_still_read) {
  pair().client.shutdown();
  EXPECT_EQ(read(pair().server, in(1s)), "net.closed");
  ASSERT_TRUE(loop.run(pair().server.write(std::string_view{"late"}, in(1s))));
  EXPECT_EQ(read(pair().client, in(1s)), "late");
}

TEST_F(TlsTest, writing_to_a_peer_that_is_gone_is_an_error_and_no_signal) {
  pair().server.abort();
  Result<> sent;
  for (int i = 0; i < 100 && sent; ++i) sent = loop.run(pair().client.write(std::string_view{"x"}, in(1s)));
  EXPECT_FALSE(sent);
}

TEST_F(TlsTest, plain_text_is_told_from_tls_and_stays_unread) {
  auto plain = loop.run(testing::connected_pair());
  ASSERT_TRUE(loop.run(plain.client.write(std::string_view{"GET / HTTP/1.1\r\n\r\n"}, in(1s))));
  const auto first = loop.run(server->secure(plain.server, in(1s)));
  ASSERT_TRUE(first);
  EXPECT_FALSE(*first);
  EXPECT_EQ(read(plain.server, in(1s)), "GET / HTTP/1.1\r\n\r\n");
}

TEST_F(TlsTest, who_stalls_in_a_handshake_is_late_and_closed) {
  auto silent = loop.run(testing::connected_pair());
  EXPECT_EQ(loop.run(server->secure(silent.server, in(20ms))).error().code, Code::net_timeout);
  EXPECT_FALSE(silent.server.open());
  auto half = loop.run(testing::connected_pair());
  ASSERT_TRUE(loop.run(half.client.write(std::string_view{"\x16\x03\x01\x01\x00", 5}, in(1s))));
  EXPECT_EQ(loop.run(server->secure(half.server, in(20ms))).error().code, Code::net_timeout);
  EXPECT_FALSE(half.server.open());
}

TEST_F(TlsTest, garbage_instead_of_a_handshake_fails_it) {
  auto odd = loop.run(testing::connected_pair());
  const std::string hello = "\x16\x03\x01" + std::string(600, '\x7f');
  ASSERT_TRUE(loop.run(odd.client.write(hello, in(1s))));
  EXPECT_EQ(loop.run(server->secure(odd.server, in(1s))).error().code, Code::tls_handshake_failed);
  EXPECT_FALSE(odd.server.open());
}

Task<> stall(const TlsServer& server, TcpStream& stream, std::size_t& ended) {
  auto doing = server.secure(stream, kNever);
  const auto done = co_await std::move(doing);
  if (!done) ++ended;
}

TEST_F(TlsTest, past_the_bound_the_oldest_handshake_makes_room) {
  std::vector<Pair> stalled;
  std::size_t ended = 0;
  TaskGroup group{loop.executor(), "g"};
  for (int i = 0; i < 256; ++i) {
    auto pair = loop.run(testing::connected_pair());
    ASSERT_TRUE(loop.run(pair.client.write(std::string_view{"\x16\x03\x01\x01\x00", 5}, in(1s))));
    stalled.push_back(std::move(pair));
  }
  for (auto& pair : stalled) group.spawn(stall(*server, pair.server, ended));
  loop.run(sleep_for(10ms));
  EXPECT_EQ(ended, 0U);
  auto honest = loop.run(shake(*server, client, "localhost"));
  EXPECT_TRUE(honest.client);
  EXPECT_EQ(ended, 1U);
  loop.run(group.stop());
}

struct Verdict {
  const char* what;
  CertificateWish wish;
  std::string host;
  const char* reason;  // null: accepted
};

TEST(TlsClient, verifies_who_answers) {
  const std::vector<Verdict> table{
      {"right name", {.name = "v1"}, "localhost", nullptr},
      {"name with a dot at its end", {.name = "v2"}, "localhost.", nullptr},
      {"right address", {.name = "v3"}, "127.0.0.1", nullptr},
      {"IPv6 address", {.name = "v4", .hosts = {"IP:::1"}}, "::1", nullptr},
      {"wildcard", {.name = "v5", .hosts = {"DNS:*.example.org"}}, "cam.example.org", nullptr},
      {"another name", {.name = "v6"}, "example.org", "another host"},
      {"another address", {.name = "v7"}, "127.0.0.2", "another host"},
      {"an address that is there as a name only",
       {.name = "v8", .hosts = {"DNS:127.0.0.1"}},
       "127.0.0.1",
       "another host"},
      {"wildcard of another depth",
       {.name = "v9", .hosts = {"DNS:*.example.org"}},
       "a.b.example.org",
       "another host"},
      {"no names, and a common name that fits",
       {.name = "localhost", .hosts = {"DNS:other"}},
       "localhost",
       "another host"},
      {"expired", {.name = "v10", .from_s = -7200, .until_s = -60}, "localhost", "expired"},
      {"of tomorrow", {.name = "v11", .from_s = 3600, .until_s = 7200}, "localhost", "not valid yet"},
      {"self-signed", {.name = "v12", .self_signed = true}, "localhost", "self-signed"},
      {"RSA", {.name = "v13", .rsa_bits = 2048}, "localhost", nullptr},
  };
  const auto client = trusting();
  TlsClientOptions careless;
  careless.insecure_skip_verify = true;
  const auto trusts_all = TlsClient::make(careless).value();
  for (const auto& row : table) {
    SCOPED_TRACE(row.what);
    made().make(row.wish);
    const auto server = server_with(row.wish.name);
    TestLoop loop;
    const auto done = loop.run(shake(*server, client, row.host));
    if (row.reason == nullptr) {
      EXPECT_TRUE(done.client) << done.client.error().text();
    } else {
      ASSERT_FALSE(done.client);
      EXPECT_EQ(done.client.error().code, Code::tls_certificate_refused);
      EXPECT_THAT(done.client.error().place, ::testing::HasSubstr(row.reason));
      EXPECT_EQ(done.server.error().code, Code::tls_handshake_failed);
    }
    EXPECT_TRUE(loop.run(shake(*server, trusts_all, row.host)).client);
  }
}

TEST(TlsClient, an_authority_that_is_not_ours_is_not_trusted) {
  TlsClientOptions system;
  const auto client = TlsClient::make(system);
  ASSERT_TRUE(client);
  const auto server = server_with("leaf");
  TestLoop loop;
  const auto done = loop.run(shake(*server, *client, "localhost"));
  ASSERT_FALSE(done.client);
  EXPECT_EQ(done.client.error().code, Code::tls_certificate_refused);
}

TEST(TlsClient, a_file_of_authorities_that_cannot_be_used_is_told) {
  TlsClientOptions options;
  options.ca_file = made().directory() / "missing.pem";
  EXPECT_EQ(TlsClient::make(options).error().code, Code::tls_unreadable);
  options.ca_file = made().key();
  EXPECT_EQ(TlsClient::make(options).error().code, Code::tls_bad_certificate);
}

Task<> talk_plain(TcpStream& stream) {
  co_await stream.write(std::string_view{"HTTP/1.1 400 Bad Request\r\n\r\n"}, in(1s));
}

TEST(TlsClient, a_server_that_speaks_no_tls_fails_the_handshake) {
  const auto client = trusting();
  TestLoop loop;
  auto pair = loop.run(testing::connected_pair());
  loop.run(talk_plain(pair.server));
  const std::string host = "localhost";
  const auto done = loop.run(client.secure(pair.client, host, in(1s)));
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().code, Code::tls_handshake_failed);
}

}  // namespace
}  // namespace camfleet::net
