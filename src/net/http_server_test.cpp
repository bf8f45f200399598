#include "net/http_server.h"

#include <gmock/gmock.h>

#include <atomic>

#include "net/http_client.h"
#include "net/scratch.h"
#include "net/testing/pair.h"
#include "net/testing/run.h"
#include "net/websocket.h"
#include "net/within.h"

namespace camfleet::net {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;
using testing::loopback;
using ::testing::StartsWith;
using testing::TestLoop;

SteadyTime in(std::chrono::milliseconds ms) { return std::chrono::steady_clock::now() + ms; }

Task<> echo(HttpExchange& exchange) {
  HttpResponse response;
  response.body = exchange.request().method + " " + exchange.path() + " " + exchange.request().body;
  const auto sent = co_await exchange.respond(response);
  static_cast<void>(sent);
}

Task<> stream_numbers(HttpExchange& exchange) {
  HttpResponse head;
  head.headers.add("Content-Type", "text/plain");
  auto writer = co_await exchange.respond_stream(head);
  if (!writer) co_return;
  for (int i = 0; i < 3; ++i) {
    const std::string text = std::to_string(i) + ",";
    const auto sent = co_await writer->write(text, in(1s));
    if (!sent) co_return;
  }
  if (exchange.path() == "/cut") co_return;
  const auto sent = co_await writer->finish(in(1s));
  static_cast<void>(sent);
}

Task<> wait_for_ever(HttpExchange&) { co_await sleep_for(1h); }
Task<> does_nothing(HttpExchange&) { co_return; }
Task<> has_a_bug(HttpExchange&) {
  throw std::runtime_error{"bug"};
  co_return;
}

Task<> echo_websocket(HttpExchange& exchange) {
  const HttpRequest request = exchange.request();
  auto taken = exchange.take();
  WebSocket::Options options;
  options.limits.message = 1000;
  const Deadline deadline = in(5s);
  auto socket = co_await WebSocket::accept(std::move(taken.stream), request, std::move(taken.leftover),
                                           std::move(options), deadline);
  if (!socket) co_return;
  for (;;) {
    const auto message = co_await socket->receive(in(5s));
    if (!message) co_return;
    if (message->opcode == websocket::Opcode::text) {
      const auto sent = co_await socket->send_text(message->data, in(5s));
      if (!sent) co_return;
    } else {
      const std::array<ByteView, 2> parts{as_bytes("<"), as_bytes(message->data)};
      const auto sent = co_await socket->send_binary(parts, in(5s));
      if (!sent) co_return;
    }
  }
}

Task<> route(HttpExchange& exchange) {
  const auto& path = exchange.path();
  if (path == "/stream" || path == "/cut") return stream_numbers(exchange);
  if (path == "/wait") return wait_for_ever(exchange);
  if (path == "/nothing") return does_nothing(exchange);
  if (path == "/bug") return has_a_bug(exchange);
  if (path == "/ws") return echo_websocket(exchange);
  return echo(exchange);
}

struct HttpServerTest : ::testing::Test {
  HttpServerTest() {
    loops.start();
    begin({});
  }
  ~HttpServerTest() override {
    if (server) server->stop_and_wait();
  }
  void begin(HttpLimits limits, ListenerOptions options = {}) {
    if (server) server->stop_and_wait();
    server = std::make_unique<HttpServer>(loops, route, std::move(limits));
    at = server->listen(loopback(), options).value();
  }
  TcpStream connect() { return loop.run(TcpStream::connect(at, in(1s))).value(); }
  // Sends `wire`, cut in two at `cut`, and reads until the server closes.
  std::string talk(std::string_view wire, std::size_t cut = std::string_view::npos) {
    auto stream = connect();
    EXPECT_TRUE(loop.run(stream.write(wire.substr(0, cut), in(1s))));
    if (cut < wire.size()) {
      loop.run(sleep_for(200us));
      EXPECT_TRUE(loop.run(stream.write(wire.substr(cut), in(1s))));
    }
    return read_all(stream);
  }
  std::string read_all(TcpStream& stream) {
    std::string all;
    for (;;) {
      const auto got = loop.run(stream.read_some(scratch(), in(3s)));
      if (!got) {
        ended = got.error().code;
        return all;
      }
      all += as_text(scratch().first(*got));
    }
  }
  std::string read_until(TcpStream& stream, std::string_view end) {
    std::string all;
    while (!all.ends_with(end)) {
      const auto got = loop.run(stream.read_some(scratch(), in(3s)));
      if (!got) return all + "|" + std::string{name(got.error().code)};
      all += as_text(scratch().first(*got));
    }
    return all;
  }

  Loops loops{2, "http"};
  TestLoop loop;
  std::unique_ptr<HttpServer> server;
  Endpoint at;
  Code ended = Code::ok;
};

TEST_F(HttpServerTest, answers_and_closes_when_asked_to) {
  const auto answer = talk("GET /a?b HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 200 OK\r\nDate: "));
  EXPECT_THAT(answer, HasSubstr("\r\nContent-Length: 7\r\n\r\nGET /a "));
  EXPECT_EQ(ended, Code::net_closed);
}

TEST_F(HttpServerTest, every_split_of_requests_gives_the_same_answers) {
  const std::string wire =
      "POST /x HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nhello"
      "PUT /y HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n\r\n"
      "GET /z HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n";
  for (std::size_t cut = 1; cut < wire.size(); ++cut) {
    const auto answer = talk(wire, cut);
    EXPECT_THAT(answer, HasSubstr("\r\n\r\nPOST /x hello")) << cut;
    EXPECT_THAT(answer, HasSubstr("\r\n\r\nPUT /y abc")) << cut;
    EXPECT_THAT(answer, HasSubstr("\r\n\r\nGET /z ")) << cut;
  }
}

TEST_F(HttpServerTest, a_thousand_pipelined_requests_are_answered_in_order) {
  std::string wire;
  for (int i = 0; i < 1000; ++i)
    wire += "GET /" + std::to_string(i) + " HTTP/1.1\r\nHost: h\r\n" +
            (i == 999 ? "Connection: close\r\n" : "") + "\r\n";
  const auto answer = talk(wire);
  std::size_t from = 0;
  for (int i = 0; i < 1000; ++i) {
    from = answer.find("GET /" + std::to_string(i) + " ", from);
    ASSERT_NE(from, answer.npos) << i;
  }
}

TEST_F(HttpServerTest, http_1_0_and_head_are_served) {
  const auto old = talk("GET /a HTTP/1.0\r\n\r\n");
  EXPECT_THAT(old, HasSubstr("Connection: close\r\n"));
  const auto head = talk("HEAD /a HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
  EXPECT_THAT(head, HasSubstr("Content-Length: 8\r\n"));
  EXPECT_TRUE(head.ends_with("\r\n\r\n"));
  const auto stream_head = talk(
      "HEAD /stream HTTP/1.1\r\nHost: h\r\n\r\nHEAD /a HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
  EXPECT_THAT(stream_head, HasSubstr("Transfer-Encoding: chunked\r\n\r\nHTTP/1.1 200 OK"));
  const auto old_stream = talk("GET /stream HTTP/1.0\r\n\r\n");
  EXPECT_THAT(old_stream, HasSubstr("\r\n\r\n0,1,2,"));
}

TEST_F(HttpServerTest, an_endless_answer_is_chunked_and_a_cut_one_looks_cut) {
  const auto whole =
      talk("GET /stream HTTP/1.1\r\nHost: h\r\n\r\nGET /a HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
  EXPECT_THAT(whole, HasSubstr("2\r\n0,\r\n2\r\n1,\r\n2\r\n2,\r\n0\r\n\r\nHTTP/1.1 200 OK"));
  const auto cut = talk("GET /cut HTTP/1.1\r\nHost: h\r\n\r\n");
  EXPECT_THAT(cut, ::testing::Not(HasSubstr("\r\n0\r\n\r\n")));
  EXPECT_EQ(ended, Code::net_reset);
}

TEST_F(HttpServerTest, bad_requests_get_a_short_answer_and_the_door) {
  using namespace std::string_literals;
  const std::pair<std::string, int> table[] = {
      {"GET / HTTP/1.1\r\n\r\n", 400},
      {"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400},
      {"GET / HTTP/1.1\nHost: h\n\n", 400},
      {"GET / HTTP/1.1\r\nHost: h\r\nX: a\r\n b\r\n\r\n", 400},
      {"GET / HTTP/1.1\r\nHost: h\r\nX: \0\r\n\r\n"s, 400},
      {"GET / HTTP/3.0\r\nHost: h\r\n\r\n", 400},
      {"\x16\x03\x01\x02\x00\x01", 400},
      {"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400},
      {"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello", 400},
      {"POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n", 400},
      {"POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", 400},
      {"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 10737418240\r\n\r\n", 413},
      {"POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n7fffffff\r\n", 413},
      {"POST / HTTP/1.1\r\nHost: h\r\nContent-Encoding: gzip\r\nContent-Length: 1\r\n\r\nx", 415},
      {"GET /" + std::string(3000, 'a') + " HTTP/1.1\r\nHost: h\r\n\r\n", 414},
      {"GET / HTTP/1.1\r\nHost: h\r\nX: " + std::string(20'000, 'x') + "\r\n\r\n", 431},
      {"GET /../x HTTP/1.1\r\nHost: h\r\n\r\n", 400},
      {"GET /a%2fb HTTP/1.1\r\nHost: h\r\n\r\n", 400},
      {"GET //a HTTP/1.1\r\nHost: h\r\n\r\n", 400},
      {"GET http://evil/ HTTP/1.1\r\nHost: h\r\n\r\n", 400}};
  for (const auto& [wire, status] : table) {
    const auto answer = talk(wire);
    EXPECT_THAT(answer, StartsWith("HTTP/1.1 " + std::to_string(status) + " ")) << wire.substr(0, 80);
    EXPECT_THAT(answer, HasSubstr("Connection: close\r\n")) << wire.substr(0, 80);
    EXPECT_THAT(answer, HasSubstr("{\"type\":\"")) << wire.substr(0, 80);
    EXPECT_EQ(ended, Code::net_closed) << "a reset would lose the answer: " << wire.substr(0, 80);
  }
}

TEST_F(HttpServerTest, a_handler_that_answers_nothing_or_throws_is_a_500) {
  for (const char* path : {"/nothing", "/bug"}) {
    const auto answer = talk("GET " + std::string{path} + " HTTP/1.1\r\nHost: h\r\n\r\n");
    EXPECT_THAT(answer, StartsWith("HTTP/1.1 500 Internal Server Error\r\n"));
    EXPECT_THAT(answer, HasSubstr("api.internal"));
  }
}

TEST_F(HttpServerTest, slow_heads_slow_bodies_and_idle_connections_end) {
  HttpLimits limits;
  limits.head_timeout = 30ms;
  limits.idle_timeout = 30ms;
  limits.body_grace = 30ms;
  limits.body_rate = 1'000'000;
  begin(limits);
  EXPECT_THAT(talk("GET / HT"), StartsWith("HTTP/1.1 408 "));
  EXPECT_EQ(talk(""), "");
  EXPECT_THAT(talk("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 9\r\n\r\nhell"),
              StartsWith("HTTP/1.1 408 "));
  const auto idle = talk("GET /a HTTP/1.1\r\nHost: h\r\n\r\n");
  EXPECT_TRUE(idle.ends_with("GET /a ")) << idle;
}

TEST_F(HttpServerTest, the_body_limit_is_the_targets) {
  HttpLimits limits;
  limits.body_limit = [](const HttpRequest&, const http::Target& target) {
    return target.path == "/import" ? std::size_t{2'000'000} : std::size_t{10};
  };
  begin(limits);
  const std::string big(1'500'000, 'x');
  const auto post = [&](const char* path) {
    return talk("POST " + std::string{path} +
                " HTTP/1.1\r\nHost: h\r\nConnection: close\r\nContent-Length: " + std::to_string(big.size()) +
                "\r\n\r\n" + big.substr(0, path[1] == 'i' ? big.size() : 100));
  };
  EXPECT_THAT(post("/import"), HasSubstr("Content-Length: 1500013\r\n"));
  EXPECT_THAT(post("/other"), StartsWith("HTTP/1.1 413 "));
}

TEST_F(HttpServerTest, expect_100_continue_is_answered_before_the_body) {
  auto stream = connect();
  ASSERT_TRUE(loop.run(stream.write(
      std::string_view{"PUT /a HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n"},
      in(1s))));
  EXPECT_EQ(read_until(stream, "\r\n\r\n"), "HTTP/1.1 100 Continue\r\n\r\n");
  ASSERT_TRUE(loop.run(stream.write(std::string_view{"hi"}, in(1s))));
  EXPECT_THAT(read_until(stream, "hi"), HasSubstr("PUT /a hi"));
}

TEST_F(HttpServerTest, one_address_has_its_quota) {
  ListenerOptions options;
  options.limits.per_address = 2;
  begin({}, options);
  auto first = connect();
  auto second = connect();
  const std::string get = "GET /a HTTP/1.1\r\nHost: h\r\n\r\n";
  ASSERT_TRUE(loop.run(first.write(get, in(1s))));
  EXPECT_THAT(read_until(first, "GET /a "), HasSubstr("200"));
  ASSERT_TRUE(loop.run(second.write(get, in(1s))));
  EXPECT_THAT(read_until(second, "GET /a "), HasSubstr("200"));
  auto third = connect();
  EXPECT_EQ(read_all(third), "");
}

TEST_F(HttpServerTest, stop_ends_handlers_that_wait_and_idle_connections) {
  auto idle = connect();
  auto waiting = connect();
  ASSERT_TRUE(loop.run(waiting.write(std::string_view{"GET /wait HTTP/1.1\r\nHost: h\r\n\r\n"}, in(1s))));
  loop.run(sleep_for(5ms));
  server->stop_and_wait();
  server.reset();
  EXPECT_EQ(read_all(idle), "");
  EXPECT_EQ(read_all(waiting), "");
  EXPECT_FALSE(loop.run(TcpStream::connect(at, in(1s))));
}

TEST_F(HttpServerTest, our_client_and_our_server_understand_each_other) {
  const auto guard = AddressGuard::parse({"127.0.0.0/8"}).value();
  HttpConnection connection{guard, HostPort{"127.0.0.1", at.port()}};
  HttpRequest request;
  for (int i = 0; i < 3; ++i) {
    request.target = "/stream";
    EXPECT_EQ(loop.run(connection.request(request, in(1s)))->body, "0,1,2,");
    request.target = "/a";
    EXPECT_EQ(loop.run(connection.request(request, in(1s)))->body, "GET /a ");
  }
  EXPECT_EQ(connection.connects(), 1u);
}

// --- WebSocket ---

std::string frame(unsigned first, std::string_view payload) {
  std::string out;
  out += static_cast<char>(first);
  if (payload.size() < 126) {
    out += static_cast<char>(0x80 | payload.size());
  } else {
    out += static_cast<char>(0x80 | 126);
    out += static_cast<char>(payload.size() >> 8);
    out += static_cast<char>(payload.size());
  }
  out += "mask";
  for (std::size_t i = 0; i < payload.size(); ++i) out += static_cast<char>(payload[i] ^ "mask"[i % 4]);
  return out;
}

const std::string kUpgrade =
    "GET /ws HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: "
    "13\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";

std::string body_of(const std::string& answer) {
  return answer.substr(std::min(answer.find("\r\n\r\n"), answer.size() - 4) + 4);
}

TEST_F(HttpServerTest, a_websocket_echoes_pings_back_and_closes_in_good_order) {
  const std::string wire =
      kUpgrade + frame(0x81, "hello") + frame(0x89, "p") + frame(0x82, "bin") + frame(0x88, "\x03\xe8");
  for (std::size_t cut = kUpgrade.size() - 3; cut < wire.size(); ++cut) {
    const auto answer = talk(wire, cut);
    EXPECT_THAT(answer, StartsWith("HTTP/1.1 101 Switching Protocols\r\n"));
    EXPECT_THAT(answer, HasSubstr("Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo="));
    EXPECT_EQ(body_of(answer),
              "\x81\x05hello"
              "\x8a\x01p"
              "\x82\x04<bin"
              "\x88\x02\x03\xe8")
        << cut;
    EXPECT_EQ(ended, Code::net_closed);
  }
}

TEST_F(HttpServerTest, a_websocket_that_breaks_the_rules_is_told_which) {
  using namespace std::string_literals;
  std::string pings;
  for (int i = 0; i < 100; ++i) pings += frame(0x89, "");
  const std::pair<std::string, std::string> table[] = {
      {"\x81\x01x", "\x03\xea"},                                      // no mask: 1002
      {frame(0xc1, "x"), "\x03\xea"},                                 // RSV1: 1002
      {frame(0x81, "\xff"), "\x03\xef"},                              // UTF-8: 1007
      {frame(0x82, std::string(1001, 'x')), "\x03\xf1"},              // size: 1009
      {"\x82\xff\xff\xff\xff\xff\xff\xff\xff\xffmask"s, "\x03\xea"},  // top bit: 1002
      {pings, "\x03\xf0"}};                                           // ping flood: 1008
  for (const auto& [wire, code] : table) {
    const auto answer = body_of(talk(kUpgrade + wire));
    const auto close = answer.rfind('\x88');
    ASSERT_NE(close, answer.npos) << code;
    EXPECT_EQ(answer.substr(close + 2, 2), code);
    EXPECT_EQ(ended, Code::net_closed);
  }
}

TEST_F(HttpServerTest, a_websocket_request_that_is_none_gets_a_400) {
  EXPECT_THAT(talk("GET /ws HTTP/1.1\r\nHost: h\r\n\r\n"), StartsWith("HTTP/1.1 400 "));
}

TEST_F(HttpServerTest, stop_ends_websockets) {
  auto stream = connect();
  ASSERT_TRUE(loop.run(stream.write(kUpgrade, in(1s))));
  EXPECT_THAT(read_until(stream, "\r\n\r\n"), StartsWith("HTTP/1.1 101"));
  server->stop_and_wait();
  EXPECT_EQ(read_all(stream), "");
}

}  // namespace
}  // namespace camfleet::net
