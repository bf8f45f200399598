#pragma once
#include <chrono>
#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "proto/digest/server.h"
#include "proto/isapi/user_check.h"
#include "sim/counters.h"
#include "sim/population.h"
#include "sim/settings.h"

namespace camfleet::sim {

// The administrator's account of one device: password, nonces, wrong answers in a row, lock. HTTP and RTSP
// have nonces of their own and share all else. On the device's loop.
class Account {
 public:
  enum class Door : std::uint8_t { http, rtsp };
  enum class Verdict : std::uint8_t { ok, missing, stale, wrong, locked };

  Account(const Identity& identity, const Settings& settings, Counters& counters);

  // Judges an Authorization value; empty: none was sent, which is never counted. A wrong answer counts; the
  // last one that is allowed locks the account, and every answer during a lock, right or wrong, begins the
  // lock anew.
  Verdict check(Door door, std::string_view authorization, std::string_view method, std::string_view uri,
                SteadyTime now);
  // Judges an answer that was checked elsewhere, with the same counting: ok, wrong or locked.
  Verdict judge(bool right, SteadyTime now);
  const std::string& password() const { return password_; }
  // The WWW-Authenticate values of a refusal.
  std::vector<std::string> challenges(Door door, Verdict verdict, SteadyTime now);
  // The body of a refusal, or of a good userCheck.
  isapi::UserCheck user_check(Verdict verdict, SteadyTime now) const;

  void set_password(std::string password);
  // As after too many wrong passwords; an answer during it begins it anew.
  void lock(SteadyTime now, std::chrono::seconds length);
  bool locked(SteadyTime now) const { return now < locked_until_; }
  void unlock();
  // A reboot: no nonce is known any more, the lock is gone.
  void forget();

 private:
  digest::Server& server(Door door) { return door == Door::http ? http_ : rtsp_; }
  void right(std::string_view authorization);
  Verdict wrong(SteadyTime now);

  const Identity& identity_;
  const Settings& settings_;
  Counters& counters_;
  std::string password_;
  std::uint64_t boots_ = 0;
  digest::Server http_;
  digest::Server rtsp_;
  unsigned wrong_in_a_row_ = 0;
  SteadyTime locked_until_{};
  std::chrono::seconds lock_length_;
  std::deque<std::string> nonces_;  // the last ones that were answered rightly: a new one is a login
};

}  // namespace camfleet::sim
