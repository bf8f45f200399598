#pragma once
#include <optional>
#include <string_view>

#include "auth/access.h"
#include "auth/admin_token.h"
#include "auth/api_tokens.h"
#include "auth/live_tokens.h"
#include "model/ports.h"
#include "model/scope.h"

namespace camfleet::auth {

// What a caller shows, wherever it came from.
struct Presented {
  std::string_view authorization;              // the value of HTTP's header, "Bearer ..."
  std::optional<std::string_view> live_token;  // ?token= of an address, or the password of RTSP's Basic
};

// The one place that decides who may: HTTP, WebSocket and RTSP all end in authorise(). Immutable but for the
// tokens behind it, which outlive it; thread-safe.
//
// A Bearer token is the administrator's or an API token. A live token counts for its stream alone, and only
// while the API token that it was made with counts: whoever loses the right to view loses what was handed on.
// No other token counts in an address or a password, since those end up in logs and histories.
//
// A token may be limited to some devices (Principal::scope). What of the fleet its holder sees is
// fleet::FleetView's to say; here it decides what may be watched, also while it is being watched: a live
// token is good while the device is in the scope of the token that it was made with.
class Gate final : public model::LiveGate {
 public:
  // Where `scopes` is null, a token that is limited opens no stream.
  Gate(const AdminToken& admin, ApiTokens& api_tokens, const LiveTokens& live_tokens,
       const model::ScopeCheck* scopes = nullptr)
      : admin_(admin), api_tokens_(api_tokens), live_tokens_(live_tokens), scopes_(scopes) {}

  struct Admitted {
    Principal who;
    std::optional<model::Grant> grant;  // of Access::live
  };
  // `stream` is what Access::live is asked for; null where the address names none, which then no live token
  // opens. auth.missing, auth.invalid, auth.expired, auth.revoked: who are you (401); auth.forbidden,
  // auth.wrong_stream: not with this token (403).
  Result<Admitted> authorise(Access need, const Presented& shown, const model::StreamKey* stream) const;

  // LiveGate: authorise(Access::live) with a live token alone.
  Result<model::Grant> admit(const model::StreamKey& stream, std::string_view token) const override;
  bool still_good(const model::Grant& grant) const override;
  // For what lasts (an event stream): false once the caller's token was removed, revoked or has expired.
  bool still_good(const Principal& who) const;

  // The `issuer` of LiveTokens::make for a live token that this one asks for.
  static std::string_view issuer_of(const Principal& who);

 private:
  Result<Principal> identify(std::string_view authorization) const;
  Result<Admitted> with_live_token(const model::StreamKey& stream, std::string_view token) const;
  bool may_watch(std::string_view api_token, const model::DeviceId& device) const;

  const AdminToken& admin_;
  ApiTokens& api_tokens_;
  const LiveTokens& live_tokens_;
  const model::ScopeCheck* scopes_;
};

}  // namespace camfleet::auth
