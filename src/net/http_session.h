#pragma once
#include <string>

#include "base/secret.h"
#include "net/http_server.h"

namespace camfleet::net {

// One connection of an HttpServer, from its first byte to its last. Internal to net/.
class HttpSession {
 public:
  // What is given by reference outlives the task.
  static Task<> run(TcpStream stream, const HttpHandler& handler, const HttpLimits& limits,
                    const HttpErrorHook& on_error, TlsPolicy tls, std::atomic<std::size_t>& busy);
  HttpSession(const HttpSession&) = delete;
  HttpSession& operator=(const HttpSession&) = delete;
  ~HttpSession() { wipe(bytes_); }

 private:
  HttpSession(TcpStream stream, const HttpHandler& handler, const HttpLimits& limits,
              const HttpErrorHook& on_error, std::atomic<std::size_t>& busy)
      : stream_(std::move(stream)), handler_(handler), limits_(limits), on_error_(on_error), busy_(busy) {}

  // Shakes hands where the listener speaks TLS; false: the connection is over.
  Task<bool> welcome(TlsPolicy tls);
  // From a request's head to the end of its answer; false: the connection is over. Not running while it is
  // idle.
  Task<bool> one_exchange(Result<HttpRequest> head);
  // The next request's head, parsed; an error that is net.* has no one left to be told.
  Task<Result<HttpRequest>> read_head(bool first);
  Task<Result<>> read_body(HttpExchange& exchange);
  Task<Result<>> append(Deadline deadline);
  Task<> refuse(const Error& error);
  Task<> linger();

  TcpStream stream_;
  const HttpHandler& handler_;
  const HttpLimits& limits_;
  const HttpErrorHook& on_error_;
  std::atomic<std::size_t>& busy_;
  SteadyTime began_ = std::chrono::steady_clock::now();  // of the exchange: see HttpExchange::began()
  std::string bytes_;  // read and not used: empty and wiped while the connection is idle
};

// {"type":"http.bad_message","status":400,...}
HttpResponse default_http_error(int status, const Error& error);
// "Sun, 22 Nov 2026 14:27:51 GMT", made once a second.
std::string_view http_date();

}  // namespace camfleet::net
