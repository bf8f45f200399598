#pragma once
#include <atomic>
#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/result.h"
#include "base/secret.h"
#include "net/http.h"
#include "net/listener.h"
#include "net/loop_groups.h"
#include "net/tcp.h"
#include "net/tls_server.h"

namespace camfleet::net {

struct HttpLimits {
  http::HeadLimits head;
  std::chrono::milliseconds head_timeout{10'000};  // from the first byte; from accept for the first request
  std::chrono::milliseconds idle_timeout{60'000};  // between requests
  std::chrono::milliseconds body_grace{10'000};    // and then body_rate is what a body must keep
  std::size_t body_rate = 1024;                    // bytes a second
  std::chrono::milliseconds write_timeout{30'000};
  std::size_t requests_per_connection = 100'000;
  // How many bytes of body this request may bring; asked before any is read. Empty: kDefaultBodyLimit for
  // all.
  std::function<std::size_t(const HttpRequest& head, const http::Target& target)> body_limit;
};

// A body of unknown length that goes out piece by piece (chunked; until close for HTTP/1.0). Lives inside its
// handler.
class HttpBodyWriter {
 public:
  Task<Result<>> write(std::span<const ByteView> parts, Deadline deadline);
  Task<Result<>> write(std::string_view text, Deadline deadline);
  // Ends the body; without it the connection is closed, so that the client sees a cut answer.
  Task<Result<>> finish(Deadline deadline);

 private:
  friend class HttpExchange;
  HttpBodyWriter(TcpStream& stream, bool chunked, bool silent, bool& finished)
      : stream_(&stream), finished_(&finished), chunked_(chunked), silent_(silent) {}
  TcpStream* stream_;
  bool* finished_;
  bool chunked_;
  bool silent_;  // HEAD: the answer has a head alone
};

// Counts an answer that is being made, so that a server that stops can wait for it.
class HttpBusy {
 public:
  explicit HttpBusy(std::atomic<std::size_t>& count) : count_(&count) { ++*count_; }
  HttpBusy(const HttpBusy&) = delete;
  HttpBusy& operator=(const HttpBusy&) = delete;
  ~HttpBusy() { done(); }
  // Also for an answer that has no end.
  void done() {
    if (count_ != nullptr) --*std::exchange(count_, nullptr);
  }

 private:
  std::atomic<std::size_t>* count_;
};

// One request and its answer. Handlers run on the connection's loop; requests of one connection come one
// after another. A handler that returns without an answer makes it a 500, and one that throws anything but
// cancellation too.
class HttpExchange {
 public:
  HttpExchange(const HttpExchange&) = delete;
  HttpExchange& operator=(const HttpExchange&) = delete;
  ~HttpExchange() { wipe(request_.body); }  // it may have brought a password

  const HttpRequest& request() const { return request_; }
  // Normalised: what routes and rights are decided on.
  const std::string& path() const { return target_.path; }
  const std::string& query() const { return target_.query; }
  // The value of ?name=, decoded.
  std::optional<std::string> query_value(std::string_view name) const {
    return http::query_value(target_.query, name);
  }
  Endpoint remote() const;
  Endpoint local() const;  // a simulated device is known by it
  bool secure() const { return stream_.secure(); }
  // When it began: the first of a connection as that was accepted, before TLS, another one as it came.
  SteadyTime began() const { return began_; }

  // The whole answer. Content-Length and Date are added. Once per exchange.
  Task<Result<>> respond(const HttpResponse& response);
  // The head of an endless answer; `response.body` is ignored.
  Task<Result<HttpBodyWriter>> respond_stream(const HttpResponse& head);

  // The connection itself, for WebSocket or for a viewer that moves to another loop: nothing more happens
  // here.
  struct Taken {
    TcpStream stream;
    std::string leftover;  // bytes that came after the request
  };
  Taken take();
  // To see whether the client is still there while an answer is being made.
  TcpStream& stream() { return stream_; }
  bool answered() const { return answered_; }

 private:
  friend class HttpSession;
  HttpExchange(TcpStream& stream, std::string& leftover, const HttpLimits& limits,
               std::atomic<std::size_t>& busy)
      : stream_(stream), leftover_(leftover), limits_(limits), busy_(busy) {}
  std::string head_of(const HttpResponse& response, const http::Framing& framing) const;

  TcpStream& stream_;
  std::string& leftover_;
  const HttpLimits& limits_;
  HttpBusy busy_;
  SteadyTime began_{};
  HttpRequest request_;
  http::Target target_;
  bool keep_alive_ = false;
  bool answered_ = false;
  bool streaming_ = false;
  bool finished_ = false;
  bool taken_ = false;
};

using HttpHandler = std::function<Task<>(HttpExchange&)>;
// The body of an answer that the server itself gives (400, 408, 413, 414, 431, 500).
using HttpErrorHook = std::function<HttpResponse(int status, const Error& error)>;

// HTTP/1.1 on one port, connections spread over all loops. Refuses what two readers could read differently,
// with a short JSON answer, and closes; plain text where only TLS is spoken is answered by a 400 that says so
// (tls.plain_text). camfleet_http_requests_total{class},
// camfleet_http_bad_requests_total.
class HttpServer {
 public:
  HttpServer(Loops& loops, HttpHandler handler, HttpLimits limits = {}, HttpErrorHook on_error = {},
             TlsPolicy tls = {});
  ~HttpServer();  // after stop()

  // Binds and begins to accept; may be called for several endpoints. Errors as TcpListener::bind. From any
  // thread.
  Result<Endpoint> listen(const Endpoint& at, const ListenerOptions& options = {});
  // Closes the listeners and waits until the answers that are being made are out, endless ones aside, but not
  // longer than `deadline`. Connections that are there may still ask.
  Task<> drain(Deadline deadline);
  // Closes the listeners, cancels every connection's task, waits for them. Handed-over connections are not
  // ours any more.
  Task<> stop();
  void stop_and_wait();

  // Serves a connection that was accepted elsewhere, on this loop.
  void serve(Loop& loop, TcpStream stream);

 private:
  struct Listening;
  Loops& loops_;
  HttpHandler handler_;
  HttpLimits limits_;
  HttpErrorHook on_error_;
  TlsPolicy tls_;
  std::atomic<std::size_t> busy_{0};
  LoopGroups groups_;
  LoopGroups accepting_;
  std::vector<std::unique_ptr<Listening>> listening_;
};

}  // namespace camfleet::net
