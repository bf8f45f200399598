#pragma once
#include <cstddef>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/result.h"
#include "net/address.h"
#include "net/http.h"
#include "net/tcp.h"
#include "net/tls.h"

namespace camfleet::net {

// One kept connection to one host, used for one exchange at a time: what a device's control channel or alarm
// channel is. Lives on one loop. Connects through the guard when first needed. While it waits it holds no
// buffer.
//
// Redirects are returned, not followed; compressed answers and ambiguous framing are http.bad_message. After
// any error the connection is closed, and the next request makes a new one. A cancelled exchange closes it
// too.
class HttpConnection {
 public:
  // The guard outlives the connection, and so does `tls`: where it is given this is https, the peer's host is
  // what its certificate has to name, and requests also fail with tls.handshake_failed and
  // tls.certificate_refused.
  HttpConnection(const AddressGuard& guard, HostPort peer, http::HeadLimits limits = {},
                 const TlsClient* tls = nullptr);
  HttpConnection(const HttpConnection&) = delete;
  HttpConnection& operator=(const HttpConnection&) = delete;

  // Sends and waits for the whole answer. Host, Content-Length and User-Agent are added where they are
  // missing. An idempotent request is sent once more, on a new connection, where a *kept* connection dies
  // before the first byte of the answer. An answer larger than `body_limit` is http.too_large. Both arguments
  // outlive the call.
  Task<Result<HttpResponse>> request(const HttpRequest& request, Deadline deadline,
                                     std::size_t body_limit = kDefaultBodyLimit);

  // Sends and waits for the head only; its body is empty and is read by read_body() or finish_body().
  Task<Result<HttpResponse>> open_stream(const HttpRequest& request, Deadline deadline);
  // The next piece of that body, in the loop's scratch buffer: good until the next co_await. Empty: the body
  // has ended. net.timeout leaves the connection as it was; any other error closes it.
  Task<Result<ByteView>> read_body(Deadline deadline);
  // The rest of that body: for an answer that is an error and no stream.
  Task<Result<std::string>> finish_body(Deadline deadline, std::size_t body_limit = kDefaultBodyLimit);

  // A new connection takes no longer, whatever the deadline of the request.
  void limit_connect(std::chrono::milliseconds limit) { connect_limit_ = limit; }
  void close();
  bool connected() const { return stream_.open(); }
  const HostPort& peer() const { return peer_; }
  // Connections made so far: 1 after many requests means that it was kept.
  unsigned connects() const { return connects_; }
  Endpoint local() const { return stream_.local(); }
  Endpoint remote() const { return stream_.remote(); }

 private:
  Task<Result<HttpResponse>> exchange(const HttpRequest& request, Deadline deadline,
                                      std::uint64_t body_limit);
  Task<Result<>> send(const HttpRequest& request, Deadline deadline);
  Task<Result<HttpResponse>> read_head(std::string_view method, Deadline deadline, std::uint64_t body_limit);
  bool stale();
  void message_ended(bool surplus);

  const AddressGuard& guard_;
  const TlsClient* tls_;
  HostPort peer_;
  http::HeadLimits limits_;
  TcpStream stream_;
  http::BodyDecoder body_;
  std::string rest_;  // body bytes that came with the head
  unsigned connects_ = 0;
  std::chrono::milliseconds connect_limit_{0};  // 0: none of its own
  bool keep_alive_ = false;
  bool answer_began_ = false;
};

}  // namespace camfleet::net
