#include "net/http_client.h"

#include <gmock/gmock.h>

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

// What the fake device does after each request of a connection.
struct Answer {
  std::string bytes;
  std::size_t cut = std::string::npos;  // sent in two pieces, the reader turning between them
  bool close = false;
  bool reset = false;
  std::size_t dribble = 0;  // so many bytes at a time
};

// Answers connection after connection from its script: each inner list is one connection's answers.
struct Device {
  explicit Device(TestLoop& l)
      : loop(l),
        listener(TcpListener::bind(l.executor(), loopback()).value()),
        group(l.executor(), "device") {}
  ~Device() { loop.run(group.stop()); }

  void plays(std::vector<std::vector<Answer>> script) {
    lines = std::move(script);
    group.spawn(run());
  }
  HostPort at() const { return {"127.0.0.1", listener.local().port()}; }

  Task<> run() {
    for (auto& answers : lines) {
      auto descriptor = co_await listener.accept();
      auto stream = TcpStream::adopt(loop.executor(), std::move(descriptor)).value();
      ++connections;
      co_await serve(stream, answers);
    }
  }
  Task<> serve(TcpStream& stream, std::vector<Answer>& answers) {
    for (auto& answer : answers) {
      std::string head;
      while (!head.ends_with("\r\n\r\n")) {
        std::array<std::uint8_t, 1> byte{};
        const auto got = co_await stream.read_some(byte, in(5s));
        if (!got) co_return;
        head += static_cast<char>(byte[0]);
      }
      requests.push_back(head);
      for (std::size_t at = 0; at < answer.bytes.size();) {
        std::size_t piece = answer.bytes.size() - at;
        if (at < answer.cut) piece = std::min(piece, answer.cut - at);
        if (answer.dribble > 0) piece = std::min(piece, answer.dribble);
        const auto part = std::string_view{answer.bytes}.substr(at, piece);
        const auto sent = co_await stream.write(part, in(5s));
        if (!sent) co_return;
        at += piece;
        if (at < answer.bytes.size()) co_await sleep_for(100us);
      }
      if (answer.reset) stream.abort();
      if (answer.close || answer.reset) co_return;
    }
    const auto end = co_await stream.wait_readable(in(5s));  // open until the client goes
    static_cast<void>(end);
  }

  TestLoop& loop;
  TcpListener listener;
  std::vector<std::vector<Answer>> lines;
  std::vector<std::string> requests;
  int connections = 0;
  TaskGroup group;
};

struct HttpClientTest : ::testing::Test {
  AddressGuard guard = AddressGuard::parse({"127.0.0.0/8"}).value();
  TestLoop loop;
  Device device{loop};
  HttpConnection connection{guard, device.at()};

  Result<HttpResponse> get(std::string_view target = "/", std::string_view method = "GET",
                           std::size_t limit = kDefaultBodyLimit) {
    HttpRequest request;
    request.method = method;
    request.target = target;
    return loop.run(connection.request(request, in(2s), limit));
  }
};

const std::string kOk = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello";

TEST_F(HttpClientTest, one_connection_serves_many_requests) {
  device.plays({{{kOk}, {kOk}, {kOk}}});
  for (int i = 0; i < 3; ++i) EXPECT_EQ(get("/ISAPI/System/status")->body, "hello");
  EXPECT_EQ(connection.connects(), 1u);
  const std::string host = "Host: " + to_string(device.at());
  EXPECT_THAT(device.requests[0],
              ::testing::StartsWith("GET /ISAPI/System/status HTTP/1.1\r\n" + host + "\r\n"));
}

TEST_F(HttpClientTest, sends_a_body_with_its_length) {
  device.plays({{{kOk}}});
  HttpRequest request;
  request.method = "PUT";
  request.headers.add("Content-Length", "77");
  request.body = "<x/>";
  const auto response = loop.run(connection.request(request, in(2s)));
  EXPECT_TRUE(response);
  EXPECT_THAT(device.requests[0], ::testing::HasSubstr("Content-Length: 4\r\n"));
  EXPECT_THAT(device.requests[0], ::testing::Not(::testing::HasSubstr("Content-Length: 77")));
}

TEST_F(HttpClientTest, every_split_of_an_answer_is_the_same_answer) {
  const std::string answers[] = {
      kOk, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n",
      "HTTP/1.0 200 OK\r\n\r\nhello",
      "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"};
  std::vector<std::vector<Answer>> script;
  for (const auto& answer : answers)
    for (std::size_t cut = 1; cut < answer.size(); ++cut) script.push_back({{answer, cut, true}});
  const auto count = script.size();
  device.plays(std::move(script));
  for (std::size_t i = 0; i < count; ++i) {
    const auto response = get();
    ASSERT_TRUE(response) << i << " " << response.error().text();
    EXPECT_EQ(response->body, "hello") << i;
    connection.close();
  }
}

TEST_F(HttpClientTest, a_device_that_dribbles_is_understood) {
  device.plays({{{kOk, std::string::npos, false, false, 1}}});
  EXPECT_EQ(get()->body, "hello");
}

TEST_F(HttpClientTest, a_device_that_never_answers_is_a_timeout_and_closes) {
  device.plays({{{""}}});
  HttpRequest request;
  const auto response = loop.run(connection.request(request, in(20ms)));
  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().code, Code::net_timeout);
  EXPECT_FALSE(connection.connected());
}

TEST_F(HttpClientTest, a_kept_connection_that_died_is_replaced_unseen) {
  device.plays({{{kOk, std::string::npos, true}}, {{kOk}}});
  EXPECT_TRUE(get());
  loop.run(sleep_for(2ms));  // the end of the stream is there before we ask again
  EXPECT_TRUE(get());
  EXPECT_EQ(connection.connects(), 2u);
}

TEST_F(HttpClientTest, a_kept_connection_that_dies_on_our_request_is_tried_once_more_if_idempotent) {
  device.plays(
      {{{kOk}, {"", std::string::npos, false, true}}, {{kOk}, {"", std::string::npos, true}}, {{kOk}}});
  EXPECT_TRUE(get());
  EXPECT_TRUE(get());  // the reset, then the second connection
  EXPECT_EQ(connection.connects(), 2u);
  const auto post = get("/", "POST");
  ASSERT_FALSE(post);
  EXPECT_EQ(post.error().code, Code::net_closed);
  EXPECT_EQ(connection.connects(), 2u);
}

TEST_F(HttpClientTest, a_new_connection_that_dies_is_an_error_at_once) {
  device.plays({{{"", std::string::npos, true}}, {{kOk}}});
  EXPECT_FALSE(get());
  EXPECT_EQ(connection.connects(), 1u);
}

TEST_F(HttpClientTest, an_answer_that_had_begun_is_not_asked_for_again) {
  device.plays({{{kOk}, {"HTTP/1.1 20", std::string::npos, true}}, {{kOk}}});
  EXPECT_TRUE(get());
  EXPECT_FALSE(get());
  EXPECT_EQ(connection.connects(), 1u);
}

TEST_F(HttpClientTest, connection_close_is_honoured) {
  device.plays({{{"HTTP/1.1 401 Unauthorized\r\nConnection: close\r\nContent-Length: 1\r\n\r\nx"}}, {{kOk}}});
  EXPECT_EQ(get()->status, 401);
  EXPECT_FALSE(connection.connected());
  EXPECT_TRUE(get());
  EXPECT_EQ(connection.connects(), 2u);
}

TEST_F(HttpClientTest, a_redirect_is_returned_and_not_followed) {
  device.plays({{{"HTTP/1.1 302 Found\r\nLocation: http://169.254.169.254/\r\nContent-Length: 0\r\n\r\n"}}});
  const auto response = get();
  ASSERT_TRUE(response);
  EXPECT_EQ(response->status, 302);
  EXPECT_EQ(device.connections, 1);
}

TEST_F(HttpClientTest, refuses_what_is_ambiguous_compressed_too_large_or_no_http) {
  const std::pair<std::string, Code> table[] = {
      {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n",
       Code::http_bad_message},
      {"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello", Code::http_bad_message},
      {"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 5\r\n\r\nhello", Code::http_bad_message},
      {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nFFFFFFFFFFFFFFFF\r\n", Code::http_bad_message},
      {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n7fffffff\r\n", Code::http_too_large},
      {"HTTP/1.1 200 OK\r\nContent-Length: 1048577\r\n\r\n", Code::http_too_large},
      {"HTTP/1.1 200 OK\r\nX: " + std::string(40'000, 'x') + "\r\n\r\n", Code::http_too_large},
      {"HTTP/1.1 101 Switching Protocols\r\n\r\n", Code::http_bad_message},
      {"HTTP/1.1 999 What\r\n\r\n", Code::http_bad_message},
      {"<html>not found</html>\r\n\r\n", Code::http_bad_message},
      {"RTSP/1.0 200 OK\r\n\r\n", Code::http_bad_message},
      {"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhel", Code::net_closed}};
  std::vector<std::vector<Answer>> script;
  for (const auto& row : table) script.push_back({{row.first, std::string::npos, true}});
  device.plays(std::move(script));
  for (const auto& [answer, code] : table) {
    const auto response = get();
    ASSERT_FALSE(response) << answer.substr(0, 80);
    EXPECT_EQ(response.error().code, code) << answer.substr(0, 80);
    EXPECT_FALSE(connection.connected());
  }
}

TEST_F(HttpClientTest, bytes_after_an_answer_end_the_connection) {
  device.plays({{{kOk + "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil"}}, {{kOk}}});
  EXPECT_EQ(get()->body, "hello");
  EXPECT_EQ(get()->body, "hello");
  EXPECT_EQ(connection.connects(), 2u);
}

TEST_F(HttpClientTest, an_answer_without_a_body_keeps_the_connection) {
  device.plays(
      {{{"HTTP/1.1 204 No Content\r\n\r\n"}, {"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n"}, {kOk}}});
  EXPECT_EQ(get()->status, 204);
  EXPECT_EQ(get("/", "HEAD")->body, "");
  EXPECT_EQ(get()->body, "hello");
  EXPECT_EQ(connection.connects(), 1u);
}

TEST_F(HttpClientTest, the_guard_is_asked_before_connecting) {
  const AddressGuard strict;
  HttpConnection forbidden{strict, device.at()};
  HttpRequest request;
  const auto response = loop.run(forbidden.request(request, in(1s)));
  ASSERT_FALSE(response);
  EXPECT_EQ(response.error().code, Code::net_forbidden_address);
}

Task<> ask(HttpConnection& connection, bool& ended) {
  HttpRequest request;
  const auto response = co_await connection.request(request, in(1h));
  ended = true;
}

TEST_F(HttpClientTest, a_cancelled_request_closes_the_connection) {
  device.plays({{{"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhe"}}, {{kOk}}});
  bool ended = false;
  {
    TaskGroup group{loop.executor(), "g"};
    group.spawn(ask(connection, ended));
    loop.run(sleep_for(5ms));
    EXPECT_TRUE(connection.connected());
    loop.run(group.stop());
  }
  EXPECT_FALSE(ended);
  EXPECT_FALSE(connection.connected());
  EXPECT_EQ(get()->body, "hello");
}

TEST_F(HttpClientTest, an_endless_answer_comes_piece_by_piece) {
  device.plays(
      {{{"HTTP/1.1 200 OK\r\nContent-Type: multipart/mixed; boundary=b\r\nTransfer-Encoding: chunked\r\n\r\n"
         "5\r\nfirst\r\n",
         std::string::npos, false}},
       {{kOk}}});
  HttpRequest request;
  request.target = "/ISAPI/Event/notification/alertStream";
  const auto head = loop.run(connection.open_stream(request, in(1s)));
  ASSERT_TRUE(head);
  EXPECT_EQ(head->headers.get("content-type"), "multipart/mixed; boundary=b");
  const auto piece = loop.run(connection.read_body(in(1s)));
  ASSERT_TRUE(piece);
  EXPECT_EQ(as_text(*piece), "first");
  const auto late = loop.run(connection.read_body(in(5ms)));
  ASSERT_FALSE(late);
  EXPECT_EQ(late.error().code, Code::net_timeout);
  EXPECT_TRUE(connection.connected());  // a late heartbeat is the caller's to judge
  EXPECT_EQ(get()->body, "hello");      // and a half-read answer is no base for the next request
  EXPECT_EQ(connection.connects(), 2u);
}

TEST_F(HttpClientTest, every_split_of_a_stream_gives_the_same_bytes) {
  const std::string head = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
  const std::string wire = head + "4\r\nab\r\n\r\n1\r\nc\r\n0\r\n\r\n";
  std::vector<std::vector<Answer>> script;
  for (std::size_t cut = 1; cut < wire.size(); ++cut) script.push_back({{wire, cut, true}});
  device.plays(std::move(script));
  for (std::size_t cut = 1; cut < wire.size(); ++cut) {
    HttpRequest request;
    ASSERT_TRUE(loop.run(connection.open_stream(request, in(1s))));
    const auto body = loop.run(connection.finish_body(in(1s)));
    ASSERT_TRUE(body) << cut;
    EXPECT_EQ(*body, "ab\r\nc") << cut;
    connection.close();
  }
}

TEST_F(HttpClientTest, a_stream_that_the_device_ends_is_over_and_one_it_cuts_is_an_error) {
  device.plays({{{"HTTP/1.0 200 OK\r\n\r\nxy", std::string::npos, true}},
                {{"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\nx", std::string::npos, true}}});
  HttpRequest request;
  ASSERT_TRUE(loop.run(connection.open_stream(request, in(1s))));
  EXPECT_EQ(*loop.run(connection.finish_body(in(1s))), "xy");
  ASSERT_TRUE(loop.run(connection.open_stream(request, in(1s))));
  const auto cut = loop.run(connection.finish_body(in(1s)));
  ASSERT_FALSE(cut);
  EXPECT_EQ(cut.error().code, Code::net_closed);
}

TEST_F(HttpClientTest, a_refusal_instead_of_a_stream_is_read_and_the_connection_kept) {
  device.plays(
      {{{"HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: Digest x\r\nContent-Length: 2\r\n\r\nno"}, {kOk}}});
  HttpRequest request;
  const auto head = loop.run(connection.open_stream(request, in(1s)));
  ASSERT_TRUE(head);
  EXPECT_EQ(head->status, 401);
  EXPECT_EQ(*loop.run(connection.finish_body(in(1s))), "no");
  EXPECT_TRUE(loop.run(connection.open_stream(request, in(1s))));
  EXPECT_EQ(connection.connects(), 1u);
}

}  // namespace
}  // namespace camfleet::net
