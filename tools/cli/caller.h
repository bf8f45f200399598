#pragma once
#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/secret.h"
#include "net/address.h"
#include "net/http_client.h"
#include "net/loop.h"
#include "proto/url/url.h"

namespace camfleet::cli {

// The public API over HTTP, one call at a time, from the program's only thread: each call blocks until it is
// answered or its time is over. One connection is kept.
class Caller {
 public:
  struct Options {
    url::Url gateway;
    Secret token;                      // empty: without one
    std::string language = "en";       // of problems and reasons
    std::chrono::seconds timeout{30};  // of one call
    std::string ca_file;               // trusted instead of the system's, for https
    bool insecure_tls = false;         // any certificate will do
  };
  explicit Caller(Options options);
  ~Caller();

  struct Request {
    std::string method = "GET";
    std::string target;  // path and query, encoded
    std::string body = {};
    std::string type = "application/json";
    net::HttpHeaders headers = {};  // besides the usual ones
  };
  // Any answer of the gateway, problems too. Error: there was none; net.*, http.*, tls.*.
  Result<net::HttpResponse> call(const Request& request);

  // An answer without end: `piece` gets its bytes as they come, and stops it by false. An answer that is no
  // 2xx is returned whole. Ends when the gateway ends it, or after `silence` without a byte: net.timeout.
  using Piece = std::function<bool(std::string_view)>;
  Result<net::HttpResponse> follow(const Request& request, std::chrono::seconds silence, const Piece& piece);

  const Options& options() const { return options_; }
  void set_timeout(std::chrono::seconds timeout) { options_.timeout = timeout; }

 private:
  net::HttpRequest prepared(const Request& request) const;

  Options options_;
  net::AddressGuard guard_;
  std::optional<Result<net::TlsClient>> tls_;  // of https; an error is told by the first call
  net::Loops loops_{1, "cli"};
  net::HttpConnection connection_;
};

}  // namespace camfleet::cli
