#pragma once
#include <chrono>
#include <deque>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/random.h"
#include "proto/isapi/session_login.h"

namespace camfleet::sim {

// The web logins of one device: challenges that were asked for, and the sessions that came of them. Bounded:
// the oldest of each go. On the device's loop.
class SessionLogins {
 public:
  static constexpr std::size_t kMost = 16;

  // A new challenge, in the form with one salt. `first_version`: without a version, as the vendor's library
  // wants it, which checks the ids of later ones in a way that nobody knows.
  isapi::SessionLoginCap challenge(std::uint64_t seed, bool first_version = false);
  // Whether the answer to one of them is right; a challenge is answered once.
  bool right(const isapi::SessionLogin& login, std::string_view user, std::string_view password);
  // "WebSession_ab12=cd34" of a new session. What stands behind '=' is its id: the vendor's library says
  // "WebSession=cd34".
  std::string open(SteadyTime now, std::chrono::seconds life);
  // Whether a Cookie header has one that is good; that begins its life anew.
  bool good(std::string_view cookies, SteadyTime now, std::chrono::seconds life);
  void close(std::string_view cookies);
  void forget();

 private:
  struct Session {
    std::string cookie;
    SteadyTime until;
  };
  Session* find(std::string_view cookies);
  std::deque<isapi::SessionLoginCap> challenges_;
  std::deque<Session> sessions_;
  std::uint64_t made_ = 0;
};

}  // namespace camfleet::sim
