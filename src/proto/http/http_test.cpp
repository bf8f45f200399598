#include <gmock/gmock.h>

#include "base/bytes.h"
#include "proto/http/body.h"
#include "proto/http/head.h"
#include "proto/http/message.h"
#include "proto/http/target.h"

namespace camfleet::http {
namespace {

using Kind = Framing::Kind;

TEST(Headers, compare_names_without_case_and_keep_their_order) {
  Headers headers{{"WWW-Authenticate", "Digest a"}, {"X", " b "}, {"www-authenticate", "Basic c"}};
  EXPECT_EQ(headers.get("Www-Authenticate"), "Digest a");
  EXPECT_EQ(headers.get("x"), "b");
  EXPECT_THAT(headers.get_all("WWW-Authenticate"), ::testing::ElementsAre("Digest a", "Basic c"));
  headers.set("X", "y");
  headers.remove("www-authenticate");
  EXPECT_EQ(headers.size(), 1u);
  EXPECT_TRUE((Headers{{"Connection", "Keep-Alive, Upgrade"}}.has_token("connection", "upgrade")));
  EXPECT_FALSE((Headers{{"Connection", "Upgrades"}}.has_token("connection", "upgrade")));
}

TEST(RequestHead, is_read) {
  const auto request =
      parse_request_head("PUT /a?b=c HTTP/1.1\r\nHost: h\r\nX-Empty:\r\nX-Tabs:\t v\tw \r\n\r\n");
  ASSERT_TRUE(request);
  EXPECT_EQ(request->method, "PUT");
  EXPECT_EQ(request->target, "/a?b=c");
  EXPECT_EQ(request->minor_version, 1);
  EXPECT_EQ(request->headers.get("x-empty"), "");
  EXPECT_EQ(request->headers.get("X-Tabs"), "v\tw");
}

TEST(RequestHead, takes_every_host_that_there_is) {
  for (const auto* host : {"h", "h:80", "h:", "", "127.0.0.1:8080", "[::1]", "[::ffff:127.0.0.1]:8080",
                           "cam-1.example_net.org:65535"})
    EXPECT_TRUE(parse_request_head("GET / HTTP/1.1\r\nHost: " + std::string{host} + "\r\n\r\n")) << host;
}

TEST(RequestHead, refuses_what_two_readers_could_read_differently) {
  using namespace std::string_literals;
  const std::string bad[] = {"GET / HTTP/1.1\nHost: h\r\n\r\n",
                             "GET / HTTP/1.1\r\nHost: h\n\r\n",
                             "GET / HTTP/1.1\r\nHost: h\r\n folded\r\n\r\n",
                             "GET / HTTP/1.1\r\nHost : h\r\n\r\n",
                             "GET / HTTP/1.1\r\nHost: h\r\nA\r\n\r\n",
                             "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
                             "GET / HTTP/1.1\r\nHost: h\r\nAuthorization: a\r\nauthorization: a\r\n\r\n",
                             "GET / HTTP/1.1\r\n\r\n",
                             "GET / HTTP/1.1\r\nHost: h\r\nX: a\0b\r\n\r\n"s,
                             "GET / HTTP/1.1\r\nHost: h\r\nX: a\rb\r\n\r\n",
                             "GET /\r\n\r\n",
                             "GET / HTTP/0.9\r\nHost: h\r\n\r\n",
                             "GET / HTTP/2.0\r\nHost: h\r\n\r\n",
                             "GET / http/1.1\r\nHost: h\r\n\r\n",
                             "GET  / HTTP/1.1\r\nHost: h\r\n\r\n",
                             "GET / HTTP/1.1 \r\nHost: h\r\n\r\n",
                             "GET /\0 HTTP/1.1\r\nHost: h\r\n\r\n"s,
                             "G ET / HTTP/1.1\r\nHost: h\r\n\r\n",
                             " GET / HTTP/1.1\r\nHost: h\r\n\r\n",
                             "GET / HTTP/1.1\r\n: v\r\nHost: h\r\n\r\n",
                             "GET / HTTP/1.1\r\nHost: h\r\nBad(name): v\r\n\r\n",
                             "\x16\x03\x01 / HTTP/1.1\r\nHost: h\r\n\r\n",
                             "GET / HTTP/1.1\r\nHost: a b\r\n\r\n",
                             "GET / HTTP/1.1\r\nHost: evil\"><x\r\n\r\n",
                             "GET / HTTP/1.1\r\nHost: a/b\r\n\r\n",
                             "GET / HTTP/1.1\r\nHost: user@h\r\n\r\n",
                             "GET / HTTP/1.1\r\nHost: a,b\r\n\r\n",
                             "GET / HTTP/1.1\r\nHost: a?b\r\n\r\n",
                             "GET / HTTP/1.1\r\nHost: [::1\r\n\r\n",
                             "GET / HTTP/1.1\r\nHost: [::1]x\r\n\r\n",
                             "GET / HTTP/1.1\r\nHost: ::1\r\n\r\n",
                             "GET / HTTP/1.1\r\nHost: h:80a\r\n\r\n",
                             "GET / HTTP/1.1\r\nHost: h:123456\r\n\r\n"};
  for (const auto& head : bad) {
    const auto request = parse_request_head(head);
    ASSERT_FALSE(request) << head;
    EXPECT_EQ(request.error().code, Code::http_bad_message) << head;
  }
}

TEST(RequestHead, has_limits_at_their_exact_size) {
  const HeadLimits limits{.head = 4096, .target = 100, .fields = 8, .name = 10, .value = 50};
  const auto with = [&](std::size_t target, std::size_t fields, std::size_t name, std::size_t value) {
    std::string head = "GET /" + std::string(target - 1, 'a') + " HTTP/1.0\r\n";
    for (std::size_t i = 0; i < fields; ++i)
      head += std::string(name, 'n') + ": " + std::string(value, 'v') + "\r\n";
    const auto request = parse_request_head(head + "\r\n", limits);
    return request ? Code::ok : request.error().code;
  };
  EXPECT_EQ(with(100, 8, 10, 50), Code::ok);
  EXPECT_EQ(with(101, 8, 10, 50), Code::http_too_large);
  EXPECT_EQ(with(100, 9, 10, 50), Code::http_too_large);
  EXPECT_EQ(with(100, 8, 11, 50), Code::http_too_large);
  EXPECT_EQ(with(100, 8, 10, 51), Code::http_too_large);
}

TEST(ResponseHead, takes_what_cameras_send) {
  for (const char* head :
       {"HTTP/1.1 200 OK\r\nA: b\r\n\r\n", "HTTP/1.1 200 OK\nA: b\n\n", "HTTP/1.0 200\r\nA: b\r\n\r\n",
        "HTTP/1.1 200 \r\nA : b\r\n\r\n", "HTTP/1.1 200 \xe6\x88\x90\r\nA:b\r\n\r\n"}) {
    const auto response = parse_response_head(head);
    ASSERT_TRUE(response) << head;
    EXPECT_EQ(response->status, 200);
    EXPECT_EQ(response->headers.get("a"), "b");
  }
}

TEST(ResponseHead, refuses_what_is_no_http) {
  using namespace std::string_literals;
  for (const std::string& head :
       {"HTTP/1.1 999 x\r\n\r\n"s, "HTTP/1.1 20 x\r\n\r\n"s, "HTTP/1.1 2000 x\r\n\r\n"s,
        "HTTP/1.1 -20 x\r\n\r\n"s, "HTTP/1.1 099 x\r\n\r\n"s, "HTTP/2 200 x\r\n\r\n"s,
        "RTSP/1.0 200 OK\r\n\r\n"s, "<html>\r\n\r\n"s, "\r\n\r\n"s, "HTTP/1.1 200 OK\r\nA: \0\r\n\r\n"s,
        "HTTP/1.1 200 OK\r\nA: b\r\n c\r\n\r\n"s, "HTTP/1.1 200 OK\r\nA\r\n\r\n"s})
    EXPECT_FALSE(parse_response_head(head)) << head;
}

Result<Framing> framing(std::string_view fields, int status = 200, std::string_view method = "GET",
                        int minor = 1) {
  const std::string head = "HTTP/1." + std::to_string(minor) + " " + std::to_string(status) + " x\r\n" +
                           std::string{fields} + "\r\n";
  return response_framing(parse_response_head(head).value(), method);
}

TEST(Framing, of_answers_follows_rfc_9112) {
  EXPECT_EQ(framing("Content-Length: 5\r\n"), (Framing{Kind::length, 5}));
  EXPECT_EQ(framing("Content-Length: 5\r\nContent-Length: 5\r\n"), (Framing{Kind::length, 5}));
  EXPECT_EQ(framing("Content-Length: 0\r\n"), (Framing{Kind::none, 0}));
  EXPECT_EQ(framing("Transfer-Encoding: Chunked\r\n"), (Framing{Kind::chunked, 0}));
  EXPECT_EQ(framing(""), (Framing{Kind::until_close, 0}));
  EXPECT_EQ(framing("Content-Length: 5\r\n", 204), Framing{});
  EXPECT_EQ(framing("Content-Length: 5\r\n", 304), Framing{});
  EXPECT_EQ(framing("Content-Length: 5\r\n", 200, "HEAD"), Framing{});
  EXPECT_EQ(framing("Content-Encoding: identity\r\nContent-Length: 1\r\n"), (Framing{Kind::length, 1}));
}

TEST(Framing, refuses_the_shapes_of_smuggling_and_what_was_not_asked_for) {
  for (const char* fields : {"Transfer-Encoding: chunked\r\nContent-Length: 5\r\n",
                             "Content-Length: 5\r\nContent-Length: 6\r\n",
                             "Content-Length: 5, 5\r\n",
                             "Content-Length: -1\r\n",
                             "Content-Length: +5\r\n",
                             "Content-Length: 0x10\r\n",
                             "Content-Length: 5 \x0b\r\n",
                             "Content-Length: \r\n",
                             "Content-Length: 1e3\r\n",
                             "Content-Length: 99999999999999999999\r\n",
                             "Content-Length: 9223372036854775808\r\n",
                             "Transfer-Encoding: xchunked\r\n",
                             "Transfer-Encoding: gzip, chunked\r\n",
                             "Transfer-Encoding: chunked, chunked\r\n",
                             "Transfer-Encoding: identity\r\n",
                             "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n",
                             "Transfer-Encoding: \r\n",
                             "Content-Encoding: gzip\r\nContent-Length: 5\r\n",
                             "Content-Encoding: deflate\r\nTransfer-Encoding: chunked\r\n",
                             "Content-Encoding: br\r\n"}) {
    const auto head = parse_response_head("HTTP/1.1 200 OK\r\n" + std::string{fields} + "\r\n");
    if (!head) continue;
    EXPECT_FALSE(response_framing(*head, "GET")) << fields;
    Request request;
    request.headers = head->headers;
    EXPECT_FALSE(request_framing(request)) << fields;
  }
  EXPECT_FALSE(framing("Transfer-Encoding: chunked\r\n", 200, "GET", 0));
}

// Feeds `wire` in two pieces cut at `cut`, gives what came out.
struct Decoded {
  std::string body;
  std::string rest;
  bool done = false;
  Code error = Code::ok;
};
Decoded decode(Framing how, std::string wire, std::size_t cut, std::uint64_t limit = 0) {
  BodyDecoder decoder{how, limit};
  Decoded out;
  for (auto piece : {wire.substr(0, cut), wire.substr(cut)}) {
    const auto step = decoder.decode({reinterpret_cast<std::uint8_t*>(piece.data()), piece.size()});
    if (!step) {
      out.error = step.error().code;
      return out;
    }
    out.body.append(piece, 0, step->body);
    out.rest.append(piece, step->used);
  }
  out.done = decoder.done();
  return out;
}

TEST(Body, every_split_gives_the_same_body) {
  const std::string wire =
      "5\r\nhello\r\n1A;name=\"v\"\r\nabcdefghijklmnopqrstuvwxyz\r\n01 \r\n!\r\n0\r\nTrailer: x\r\nY: "
      "z\r\n\r\nNEXT";
  for (std::size_t cut = 0; cut <= wire.size(); ++cut) {
    const auto out = decode({Kind::chunked, 0}, wire, cut);
    EXPECT_EQ(out.body, "helloabcdefghijklmnopqrstuvwxyz!") << cut;
    EXPECT_TRUE(out.done);
    EXPECT_EQ(out.rest, "NEXT");
  }
  for (std::size_t cut = 0; cut <= 9; ++cut) {
    const auto out = decode({Kind::length, 5}, "helloNEXT", cut);
    EXPECT_EQ(out.body, "hello");
    EXPECT_EQ(out.rest, "NEXT");
  }
}

TEST(Body, bad_chunks_are_refused_at_every_split) {
  const std::pair<std::string, Code> table[] = {{"FFFFFFFFFFFFFFFF\r\nx", Code::http_bad_message},
                                                {"-1\r\nx\r\n0\r\n\r\n", Code::http_bad_message},
                                                {"0x5\r\nhello\r\n", Code::http_bad_message},
                                                {"\r\nhello", Code::http_bad_message},
                                                {"5\nhello\r\n", Code::http_bad_message},
                                                {"5\r\nhello0\r\n\r\n", Code::http_bad_message},
                                                {"5\r\nhello\n0\r\n\r\n", Code::http_bad_message},
                                                {"5\rhello", Code::http_bad_message},
                                                {"g\r\n", Code::http_bad_message},
                                                {"5;" + std::string(2000, 'x'), Code::http_too_large},
                                                {"0\r\n" + std::string(9000, 't'), Code::http_too_large},
                                                {"0\r\nA: b\nX\r\n\r\n", Code::http_bad_message},
                                                {"5;a\nb\r\nhello\r\n0\r\n\r\n", Code::http_bad_message}};
  for (const auto& [wire, code] : table)
    for (std::size_t cut = 0; cut <= std::min<std::size_t>(wire.size(), 30); ++cut)
      EXPECT_EQ(decode({Kind::chunked, 0}, wire, cut).error, code) << wire.substr(0, 40) << " cut at " << cut;
}

TEST(Body, the_limit_is_exact_and_known_lengths_are_refused_before_their_bytes) {
  EXPECT_EQ(decode({Kind::length, 5}, "hello", 2, 5).body, "hello");
  EXPECT_EQ(decode({Kind::length, 6}, "", 0, 5).error, Code::http_too_large);
  EXPECT_EQ(decode({Kind::chunked, 0}, "5\r\nhello\r\n0\r\n\r\n", 4, 5).body, "hello");
  EXPECT_EQ(decode({Kind::chunked, 0}, "3\r\nhel\r\n3\r\n", 4, 5).error, Code::http_too_large);
  EXPECT_EQ(decode({Kind::chunked, 0}, "fffffffffffffff\r\n", 4, 5).error, Code::http_too_large);
  EXPECT_EQ(decode({Kind::until_close, 0}, "hello", 2, 5).body, "hello");
  EXPECT_EQ(decode({Kind::until_close, 0}, "hello!", 2, 5).error, Code::http_too_large);
}

TEST(Body, the_end_of_the_stream_ends_only_what_may_end_so) {
  BodyDecoder until_close{{Kind::until_close, 0}, 0};
  EXPECT_FALSE(until_close.done());
  EXPECT_TRUE(until_close.end_of_stream());
  EXPECT_TRUE(until_close.done());
  BodyDecoder length{{Kind::length, 3}, 0};
  EXPECT_FALSE(length.end_of_stream());
  BodyDecoder chunked{{Kind::chunked, 0}, 0};
  EXPECT_FALSE(chunked.end_of_stream());
  EXPECT_TRUE(BodyDecoder{}.done());
}

TEST(Head, ends_are_found_and_bare_line_feeds_only_by_the_tolerant) {
  EXPECT_EQ(end_of_head("A\r\nB\r\n\r\nbody", false), 8u);
  EXPECT_EQ(end_of_head("A\r\nB\r\n\r", false), std::nullopt);
  EXPECT_EQ(end_of_head("A\n\nbody", true), 3u);
  EXPECT_EQ(end_of_head("A\r\n\nbody", true), 4u);
  EXPECT_EQ(end_of_head("A\n\nbody", false), std::nullopt);
}

TEST(Serialise, no_value_can_add_a_line) {
  Request request;
  request.target = "/a b\r\nX: y";
  request.headers = {{"Host", "h\r\nEvil: 1"}, {"Content-Length", "999"}, {"Bad\nName", "v"}};
  const auto bytes = serialise(request, {Kind::length, 4});
  EXPECT_EQ(
      bytes,
      "GET /a%20b%0d%0aX:%20y HTTP/1.1\r\nHost: h  Evil: 1\r\nBad Name: v\r\nContent-Length: 4\r\n\r\n");
  Response response;
  response.status = 404;
  EXPECT_EQ(serialise(response, {Kind::chunked, 0}),
            "HTTP/1.1 404 Not Found\r\nTransfer-Encoding: chunked\r\n\r\n");
}

TEST(Target, is_decoded_once_and_means_one_thing) {
  const auto target = parse_target("/api/v1/devices/caf%C3%A9-1?x=%2f&y=a;b", "h");
  ASSERT_TRUE(target);
  EXPECT_EQ(target->path, "/api/v1/devices/caf\xc3\xa9-1");
  EXPECT_EQ(target->query, "x=%2f&y=a;b");
  EXPECT_EQ(parse_target("/", "h")->path, "/");
  EXPECT_EQ(parse_target("/a/", "h")->path, "/a/");
  EXPECT_EQ(parse_target("/a...b/.c", "h")->path, "/a...b/.c");
  EXPECT_EQ(parse_target("http://h:80/a", "h:80")->path, "/a");
  EXPECT_EQ(parse_target("http://h", "H")->path, "/");
  EXPECT_EQ(parse_target("*", "h")->path, "*");
}

TEST(Target, refuses_what_could_mean_two) {
  using namespace std::string_literals;
  for (const std::string& target :
       {""s,         "a"s,           "a/b"s,           "//admin"s,        "/a//b"s,           "/.."s,
        "/../x"s,    "/a/../b"s,     "/a/.."s,         "/./a"s,           "/a/%2e%2e/b"s,     "/%2E%2e"s,
        "/%2e/a"s,   "/..%2fadmin"s, "/a%2fb"s,        "/a%2Fb"s,         "/a%5cb"s,          "/a\\b"s,
        "/a%00"s,    "/a\0"s,        "/%252e%252e"s,   "/a%25b"s,         "/a;jsessionid=1"s, "/a%3bb"s,
        "/a%"s,      "/a%2"s,        "/a%zz"s,         "/a%0a"s,          "/a\tb"s,           "/a#b"s,
        "/a%ff"s,    "/\xc0\xaf"s,   "http://evil/a"s, "https://evil/a"s, "http://h@evil/a"s, "ftp://h/a"s,
        "/a?b\x01"s, "h:80"s,        "/a%7f"s})
    EXPECT_FALSE(parse_target(target, "h")) << target;
  EXPECT_FALSE(parse_target("http:///a", ""));
}

TEST(Query, values_are_found_by_their_decoded_name) {
  EXPECT_EQ(query_value("a=1&b=x+y%26z&b=2&c", "b"), "x y&z");
  EXPECT_EQ(query_value("a=1&c", "c"), "");
  EXPECT_EQ(query_value("a=1", "b"), std::nullopt);
  EXPECT_EQ(query_value("%61=1", "a"), "1");
  EXPECT_EQ(query_value("a=%zz", "a"), std::nullopt);
  EXPECT_EQ(percent_encode("a b/\xc3\xa9~"), "a%20b%2F%C3%A9~");
  EXPECT_EQ(percent_decode(percent_encode("\x01%\xff")), "\x01%\xff");
}

}  // namespace
}  // namespace camfleet::http
