#pragma once
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/secret.h"
#include "proto/digest/challenge.h"

namespace camfleet::digest {

struct Policy {
  bool basic_over_tls = true;
  bool basic_over_plain = false;          // only where an operator said so for this device
  bool fresh_challenge_for_each = false;  // never reuse a nonce (some access terminals)
};

// What the body of a 401 says besides; isapi::login_hints() reads it.
struct Hints {
  bool locked = false;
  int unlock_s = 0;    // seconds until the lock ends, 0 where not said
  bool stale = false;  // the body says that the nonce was too old
  bool full = false;   // the body says that there are too many sessions: the password was not judged
};

// The login state of one device and credential, HTTP or RTSP: the challenge in force and its count. Shared by
// all connections of the device, on its strand. Make a new one, or reset(), when the credential changes.
class Client {
 public:
  explicit Client(Policy policy = {}) : policy_(policy) {}
  void reset();
  // The device accepted a response at least once.
  bool accepted() const { return accepted_; }
  // A fresh response was refused: no further attempt with this credential until reset().
  bool refused() const { return refused_; }
  // The challenge that the next request answers, if any.
  const std::optional<Challenge>& challenge() const { return challenge_; }

 private:
  friend class Attempt;
  // The strongest of them that the policy allows becomes the one in force.
  Result<> take(std::span<const std::string_view> www_authenticate, bool tls);

  Policy policy_;
  std::optional<Challenge> challenge_;
  std::uint32_t count_ = 0;
  std::uint64_t generation_ = 0;  // of the challenge: grows with each
  bool seen_digest_ = false;
  bool accepted_ = false;
  bool refused_ = false;
};

// One request, from its first sending to its verdict. A wrong password is sent once; a nonce that has become
// stale is repeated once, free of charge; never more than two responses and one question without any.
//
//   digest::Attempt attempt{client, tls};
//   do { send(attempt.authorization(method, uri, user, password)); receive(); }
//   while (verdict = attempt.answered(status, values, hints); verdict.next == Verdict::Next::again);
class Attempt {
 public:
  struct Verdict {
    enum class Next : std::uint8_t {
      done,    // not a 401: the answer is the caller's
      again,   // send the same request with authorization(), which has changed and may be empty
      failed,  // `error` says why; nothing further may be sent with this credential on its own
    };
    Next next = Next::done;
    // device_bad_credentials, device_locked (with retry_after_s), device_sessions_full, digest_unsupported,
    // digest_basic_refused (also where Basic is offered by a device that had offered Digest), or
    // device_nonce_loop (stale for ever).
    Error error;
  };

  // `tls`: the connection is encrypted. `client` outlives the attempt.
  Attempt(Client& client, bool tls) : client_(client), tls_(tls) {}

  // The header value for the next sending; empty: send none.
  std::string authorization(std::string_view method, std::string_view uri, std::string_view user,
                            const Secret& password);
  // What came back: its status and every WWW-Authenticate value.
  Verdict answered(int status, std::span<const std::string_view> www_authenticate, const Hints& hints = {});

 private:
  enum class Sent : std::uint8_t { nothing, cached, fresh };
  Verdict unauthorized(std::span<const std::string_view> www_authenticate, const Hints& hints);
  Verdict fail(Code code, int retry_after_s = 0);

  Client& client_;
  bool tls_;
  Sent sent_ = Sent::nothing;
  bool asked_ = false;                  // a challenge was received in this attempt
  std::uint64_t fresh_generation_ = 0;  // that challenge
  int responses_ = 0;
  int questions_ = 0;
};

}  // namespace camfleet::digest
