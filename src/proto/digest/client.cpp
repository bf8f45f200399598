#include "proto/digest/client.h"

#include "base/random.h"
#include "proto/digest/authorization.h"

namespace camfleet::digest {
namespace {

// A device that takes three sendings to say no would say it for ever.
constexpr int kMaxResponses = 2;
constexpr int kMaxQuestions = 2;

int strength(const Challenge& challenge) {
  if (challenge.scheme == Scheme::basic) return 0;
  const bool sha = challenge.algorithm == Algorithm::sha256 || challenge.algorithm == Algorithm::sha256_sess;
  return sha ? 2 : 1;
}

}  // namespace

void Client::reset() {
  challenge_.reset();
  count_ = 0;
  seen_digest_ = accepted_ = refused_ = false;
}

Result<> Client::take(std::span<const std::string_view> www_authenticate, bool tls) {
  std::optional<Challenge> best;
  for (const auto value : www_authenticate) {
    for (auto& challenge : parse_challenges(value)) {
      if (!best || strength(challenge) > strength(*best)) best = std::move(challenge);
    }
  }
  if (!best) return camfleet::fail(Code::digest_unsupported);
  if (best->scheme == Scheme::basic) {
    const bool allowed = tls ? policy_.basic_over_tls : policy_.basic_over_plain;
    if (seen_digest_) return camfleet::fail(Code::digest_basic_refused, "downgrade from Digest to Basic");
    if (!allowed) return camfleet::fail(Code::digest_basic_refused);
  }
  seen_digest_ |= best->scheme == Scheme::digest;
  challenge_ = std::move(best);
  count_ = 0;
  ++generation_;
  return {};
}

std::string Attempt::authorization(std::string_view method, std::string_view uri, std::string_view user,
                                   const Secret& password) {
  // Without a challenge there is nothing to answer; so asks one that wants a fresh nonce for each request.
  const bool fresh = asked_ && client_.generation_ == fresh_generation_;
  if (!client_.challenge_ || client_.refused_ || (client_.policy_.fresh_challenge_for_each && !asked_)) {
    sent_ = Sent::nothing;
    ++questions_;
    return {};
  }
  sent_ = fresh ? Sent::fresh : Sent::cached;
  ++responses_;
  const Request request{method, uri, user, password.reveal()};
  return answer(*client_.challenge_, request, ++client_.count_, random_hex(8));
}

Attempt::Verdict Attempt::answered(int status, std::span<const std::string_view> www_authenticate,
                                   const Hints& hints) {
  if (status == 401) return unauthorized(www_authenticate, hints);
  if (sent_ != Sent::nothing) client_.accepted_ = true;
  return {};
}

Attempt::Verdict Attempt::unauthorized(std::span<const std::string_view> www_authenticate,
                                       const Hints& hints) {
  if (hints.locked) return fail(Code::device_locked, hints.unlock_s);
  if (hints.full) return fail(Code::device_sessions_full);
  // This or another attempt learnt that the password is wrong: one wrong response is enough.
  if (client_.refused_) return fail(Code::device_bad_credentials);

  const auto answered = client_.challenge_;
  const bool challenged = !www_authenticate.empty();
  if (challenged) {
    if (auto taken = client_.take(www_authenticate, tls_); !taken) {
      return {Verdict::Next::failed, taken.error()};
    }
    asked_ = true;
    fresh_generation_ = client_.generation_;
  }
  const bool stale = hints.stale || (challenged && client_.challenge_->stale);
  const bool may_respond = responses_ < kMaxResponses;

  switch (sent_) {
    case Sent::nothing:
      if (!challenged) return fail(Code::digest_unsupported);
      if (!may_respond) return fail(Code::device_unexpected_answer);
      return {Verdict::Next::again, {}};

    case Sent::fresh:
      if (!stale) break;  // judged: wrong
      if (!may_respond || !challenged) return fail(Code::device_nonce_loop);
      return {Verdict::Next::again, {}};

    case Sent::cached:
      // A nonce that nobody has ever been let in with was fresh a moment ago, in another attempt: this one is
      // judged.
      if (!client_.accepted_ && !stale) break;
      if (!may_respond) return fail(Code::device_nonce_loop);
      if (challenged) return {Verdict::Next::again, {}};
      // DS-K1T342MWX V4.48.40 refuses the third use of a nonce without a challenge: ask for one.
      if (questions_ >= kMaxQuestions) return fail(Code::device_unexpected_answer);
      client_.challenge_.reset();
      return {Verdict::Next::again, {}};
  }
  client_.refused_ = true;
  return fail(Code::device_bad_credentials);
}

Attempt::Verdict Attempt::fail(Code code, int retry_after_s) {
  return {Verdict::Next::failed, Error{code, {}, retry_after_s}};
}

}  // namespace camfleet::digest
