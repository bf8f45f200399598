#pragma once
#include <chrono>
#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "proto/digest/authorization.h"

namespace camfleet::digest {

// The serving side, as devices do it: for the simulator and for tests. Nonces carry their time and a mark
// that only this server can make, so nothing is kept for each (but for those in `max_uses`). Time is the
// caller's, from any epoch. Not thread-safe.
class Server {
 public:
  struct Options {
    std::string realm;
    bool md5 = true;
    bool sha256 = false;
    bool basic = false;  // a second header, or the only one
    bool qop = true;
    bool name_md5 = true;  // some devices leave algorithm out
    std::string domain;    // "::", "/" or none
    std::string opaque;    // sent where has_opaque
    bool has_opaque = false;
    bool one_header = false;  // all challenges in one value
    std::chrono::seconds nonce_life{300};
    int max_uses = 0;       // of a nonce; 0: no limit. Lenient otherwise: the count is not looked at
    bool check_uri = true;  // the uri of the header must be the request's
  };
  // `seed` makes nonces repeatable.
  Server(Options options, std::uint64_t seed) : options_(std::move(options)), seed_(seed) {}

  enum class Outcome : std::uint8_t { ok, missing, stale, wrong };
  Outcome check(std::string_view authorization, std::string_view method, std::string_view uri,
                std::string_view user, std::string_view password, std::chrono::milliseconds now);
  // The WWW-Authenticate values of a 401; `stale` after Outcome::stale.
  std::vector<std::string> challenges(std::chrono::milliseconds now, bool stale = false);
  const Options& options() const { return options_; }

 private:
  std::string make_nonce(std::chrono::milliseconds now, std::uint64_t serial) const;
  bool fresh(std::string_view nonce, std::chrono::milliseconds now);

  struct Uses {
    std::string nonce;
    int count = 0;
  };
  Options options_;
  std::uint64_t seed_;
  std::uint64_t serial_ = 0;
  std::deque<Uses> uses_;  // at most 32
};

}  // namespace camfleet::digest
