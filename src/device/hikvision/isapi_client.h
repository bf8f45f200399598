#pragma once
#include <memory>
#include <string>
#include <string_view>

#include "device/login.h"
#include "device/retries.h"
#include "net/http_client.h"
#include "net/slots.h"

namespace camfleet::device {

// The error that an answer other than 2xx stands for; `what` becomes the place. Its body decides, for the
// HTTP status is used freely; 401 is not for here. device.busy carries retry_after_s.
Error isapi_error(const net::HttpResponse& response, std::string_view what);

// One kept connection for ISAPI requests, one at a time; further callers wait for their turn. The login is
// shared with the device's other connections, and outlives this. One loop.
//
// Errors: device.bad_credentials (after an answer to a fresh challenge, once), device.locked (retry_after_s,
// 1800 where the device names no time), device.forbidden, device.busy, device.not_supported,
// device.not_activated, device.error, device.unexpected_answer (a login page, another document), net.*,
// http.*.
class IsapiClient {
 public:
  IsapiClient(net::Executor executor, const net::AddressGuard& guard, net::HostPort peer, Login& login);

  // The body of a 2xx answer.
  net::Task<Result<std::string>> get(std::string path, Deadline deadline,
                                     std::size_t body_limit = net::kDefaultBodyLimit);
  // The same on a live session, where asking again is worth it (device/retries.h); `each` is one exchange.
  net::Task<Result<std::string>> get_again(std::string path, std::chrono::milliseconds each,
                                           Deadline deadline,
                                           std::size_t body_limit = net::kDefaultBodyLimit);
  // Any request; the answer whatever its status, but never a 401.
  net::Task<Result<net::HttpResponse>> call(net::HttpRequest request, Deadline deadline,
                                            std::size_t body_limit = net::kDefaultBodyLimit);
  // The head of an endless answer, 200 only; its body is read from connection().
  net::Task<Result<net::HttpResponse>> open_stream(std::string path, Deadline deadline);

  net::HttpConnection& connection() { return connection_; }
  bool busy() const { return turn_.taken() > 0; }

 private:
  net::Task<Result<net::HttpResponse>> send(net::HttpRequest request, bool stream, Deadline deadline,
                                            std::size_t body_limit);

  net::HttpConnection connection_;
  Login& login_;
  net::Slots turn_;
};

}  // namespace camfleet::device
