#pragma once
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/secret.h"
#include "proto/digest/client.h"
#include "proto/http/body.h"
#include "proto/http/head.h"
#include "socket.h"

namespace camfleet::standin {

struct Where {
  std::string address;
  std::uint16_t port = 0;
  std::string username;
  Secret password;
  bool tls = false;  // of ISAPI; RTSP is plain
  Where copy() const { return {address, port, username, password.copy(), tls}; }
};

struct Limits {
  std::chrono::milliseconds connect{3'000};
  std::chrono::milliseconds receive{5'000};
};

struct IsapiAnswer {
  std::uint32_t error = 0;  // of the library's numbers; 0: an answer came, whatever it says
  int status = 0;
  std::string body;
  std::optional<int> attempts_left;  // of a refused login
  int locked_seconds = 0;

  bool good() const { return error == 0 && status >= 200 && status < 300; }
};

// ISAPI over HTTP, one request after another on one connection: with Digest, or after log_in() with the
// cookie of a session. One thread at a time.
class IsapiClient {
 public:
  explicit IsapiClient(Where where) : where_(std::move(where)) {}

  // As the real library logs in in ISAPI mode: a challenge, the password as a hash, and from then on a cookie
  // alone. error_not_supported: the device has no such login.
  IsapiAnswer log_in(Limits limits);
  // Of a login that another client made; empty: Digest.
  const std::string& session() const { return session_; }
  void use_session(std::string id) { session_ = std::move(id); }

  // error_not_logged_in: the session is over.
  IsapiAnswer ask(std::string_view method, std::string_view target, std::string_view body, Limits limits);
  // A request whose answer has no end. After a good answer its connection comes out of take_stream().
  IsapiAnswer begin_stream(std::string_view target, Limits limits);
  struct Stream {
    Socket socket;
    http::BodyDecoder body;
    Bytes first;  // what came with the head, not decoded
  };
  Stream take_stream() { return {std::move(socket_), decoder_, std::move(rest_)}; }

  void close() { socket_.close(); }
  const Where& where() const { return where_; }

 private:
  IsapiAnswer run(std::string_view method, std::string_view target, std::string_view body, Limits limits,
                  bool endless);
  // One request and its answer; of a good one without end the head alone.
  IsapiAnswer exchange(const http::Request& request, std::string_view body, Limits limits, bool endless,
                       http::Response& head);
  std::uint32_t send(const std::string& bytes, Limits limits);
  std::uint32_t receive_head(std::string_view method, http::Response& head, Limits limits);
  std::uint32_t receive_body(std::string& body, Limits limits);
  std::uint32_t receive_more(Limits limits);

  Where where_;
  digest::Client digest_;
  std::string session_;
  std::optional<IsapiAnswer> refused_;  // the password was, by a login: it is not shown again
  Socket socket_;
  Bytes rest_;  // received, not used
  http::BodyDecoder decoder_;
};

}  // namespace camfleet::standin
