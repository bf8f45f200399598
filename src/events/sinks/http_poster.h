#pragma once
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "events/sinks/client.h"
#include "net/http_client.h"
#include "net/tls.h"
#include "proto/url/url.h"

namespace camfleet::events::sinks {

// Posts to one host over a few kept connections. Redirects are not followed, an answer may be 64 KiB large;
// whether the address is allowed is decided for the resolved one, at each connect. On one loop.
class HttpPoster {
 public:
  struct Options {
    std::string ca_file;
    std::size_t connections = 8;  // kept; more at a time are made and closed again
    std::chrono::seconds timeout{10};
  };
  // tls.*: the file of authorities. The guard outlives it.
  static Result<std::unique_ptr<HttpPoster>> make(const net::AddressGuard& guard, url::Url url,
                                                  Options options);

  // sink.unreachable: there is no connection; sink.timeout; sink.failed: it broke before the answer was
  // whole; net.forbidden_address, tls.*, net.resolve as they are.
  net::Task<Result<net::HttpResponse>> post(net::HttpRequest request);
  const url::Url& url() const { return url_; }
  void close() { idle_.clear(); }

 private:
  HttpPoster(const net::AddressGuard& guard, url::Url url, Options options)
      : guard_(guard), url_(std::move(url)), options_(std::move(options)) {}
  std::unique_ptr<net::HttpConnection> take();

  const net::AddressGuard& guard_;
  url::Url url_;
  Options options_;
  std::optional<net::TlsClient> tls_;
  std::vector<std::unique_ptr<net::HttpConnection>> idle_;
};

// What an error of post() means for the sink.
Outcome outcome_of(const Error& error);
// What a status means that is not 2xx: the code of the error is sink.*, its place names the status.
Outcome outcome_of(const net::HttpResponse& response);

}  // namespace camfleet::events::sinks
