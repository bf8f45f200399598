// HTTP over TLS, both ends ours.
#include <gmock/gmock.h>

#include "net/http_client.h"
#include "net/http_server.h"
#include "net/scratch.h"
#include "net/testing/certificates.h"
#include "net/testing/pair.h"
#include "net/testing/run.h"
#include "net/within.h"

namespace camfleet::net {
namespace {

using namespace std::chrono_literals;
using testing::loopback;

SteadyTime in(std::chrono::milliseconds ms) { return std::chrono::steady_clock::now() + ms; }

Task<> answer(HttpExchange& exchange) {
  if (exchange.path() == "/slow") co_await sleep_for(200ms);
  if (exchange.path() == "/never") {
    HttpResponse head;
    auto writer = co_await exchange.respond_stream(head);
    if (writer) co_await sleep_for(1h);
    co_return;
  }
  HttpResponse response;
  response.body = exchange.request().body + (exchange.secure() ? "+tls" : "+plain");
  if (exchange.path() == "/large") response.body.assign(3'000'000, 'x');
  const auto sent = co_await exchange.respond(response);
  static_cast<void>(sent);
}

struct HttpsTest : ::testing::Test {
  HttpsTest() {
    loops.start();
    made.make({});
    tls = std::move(*TlsServer::load({made.certificate(), made.key()}));
    begin(false);
    TlsClientOptions options;
    options.ca_file = made.authority();
    client.emplace(TlsClient::make(options).value());
    guard.allow(*Cidr::parse("127.0.0.0/8"));
  }
  ~HttpsTest() override { server->stop_and_wait(); }
  void begin(bool plain_too) {
    if (server) server->stop_and_wait();
    const TlsPolicy policy{tls.get(), plain_too};
    server = std::make_unique<HttpServer>(loops, answer, HttpLimits{}, HttpErrorHook{}, policy);
    at = server->listen(loopback()).value();
  }
  Result<HttpResponse> ask(HttpConnection& connection, const std::string& path, std::string body = {}) {
    HttpRequest request;
    request.method = body.empty() ? "GET" : "POST";
    request.target = path;
    request.body = std::move(body);
    return loop.run(connection.request(request, in(5s), 8'000'000));
  }
  HostPort here() const { return {"127.0.0.1", at.port()}; }

  testing::Certificates made;
  Loops loops{2, "https"};
  testing::TestLoop loop;
  std::unique_ptr<TlsServer> tls;
  std::optional<TlsClient> client;
  AddressGuard guard;
  std::unique_ptr<HttpServer> server;
  Endpoint at;
};

TEST_F(HttpsTest, requests_share_one_connection) {
  HttpConnection connection{guard, here(), {}, &*client};
  for (int i = 0; i < 5; ++i) EXPECT_EQ(ask(connection, "/").value().body, "+tls");
  EXPECT_EQ(ask(connection, "/large").value().body.size(), 3'000'000U);
  EXPECT_EQ(ask(connection, "/", std::string(900'000, 'y')).value().body.size(), 900'004U);
  EXPECT_EQ(connection.connects(), 1U);
}

TEST_F(HttpsTest, plain_text_is_answered_with_what_is_wrong) {
  HttpConnection plain{guard, here()};
  const auto told = ask(plain, "/").value();
  EXPECT_EQ(told.status, 400);
  EXPECT_THAT(told.body, ::testing::HasSubstr("tls.plain_text"));
  begin(true);
  HttpConnection permitted{guard, here()};
  EXPECT_EQ(ask(permitted, "/").value().body, "+plain");
  HttpConnection secure{guard, here(), {}, &*client};
  EXPECT_EQ(ask(secure, "/").value().body, "+tls");
}

TEST_F(HttpsTest, who_is_not_trusted_gets_no_request) {
  const auto strangers = TlsClient::make({}).value();
  HttpConnection connection{guard, here(), {}, &strangers};
  const auto refused = ask(connection, "/");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Code::tls_certificate_refused);
  EXPECT_FALSE(connection.connected());
}

TEST_F(HttpsTest, a_drain_lets_answers_out_and_waits_for_no_endless_one) {
  HttpConnection endless{guard, here(), {}, &*client};
  HttpRequest request;
  request.method = "GET";
  request.target = "/never";
  ASSERT_TRUE(loop.run(endless.open_stream(request, in(5s))));
  auto stream = loop.run(TcpStream::connect(at, in(1s))).value();
  const std::string host = "127.0.0.1";
  ASSERT_TRUE(loop.run(client->secure(stream, host, in(5s))));
  ASSERT_TRUE(loop.run(stream.write(std::string_view{"GET /slow HTTP/1.1\r\nHost: h\r\n\r\n"}, in(1s))));
  loop.run(sleep_for(50ms));  // the request is being answered
  const auto began = std::chrono::steady_clock::now();
  block_on(loops.at(0).executor(), server->drain(in(8s)));
  EXPECT_LT(std::chrono::steady_clock::now() - began, 7s);
  const auto got = loop.run(stream.read_some(scratch(), in(1s)));
  ASSERT_TRUE(got);
  EXPECT_THAT(as_text(scratch().first(*got)), ::testing::StartsWith("HTTP/1.1 200"));
  EXPECT_FALSE(loop.run(TcpStream::connect(at, in(1s))));
}

}  // namespace
}  // namespace camfleet::net
