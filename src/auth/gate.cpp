#include "auth/gate.h"

namespace camfleet::auth {
namespace {

// The grant of a viewer who came with a Bearer token: "bearer:<id of the API token>", or "bearer:".
constexpr std::string_view kBearerGrant = "bearer:";

}  // namespace

Result<Principal> Gate::identify(std::string_view authorization) const {
  const auto presented = bearer_of(authorization);
  if (presented.empty()) return fail(Code::auth_missing);
  auto known = api_tokens_.find(presented);
  if (known || known.error().code != Code::auth_invalid) return known;
  if (!admin_.matches(presented)) return fail(Code::auth_invalid);
  return Principal{Principal::Kind::administrator, Role::admin, {}, "administrator", std::nullopt, {}};
}

Result<Gate::Admitted> Gate::with_live_token(const model::StreamKey& stream, std::string_view token) const {
  auto grant = live_tokens_.admit(stream, token);
  if (!grant) return fail(grant.error());
  if (!still_good(*grant)) return fail(Code::auth_revoked, grant->id);
  const auto issuer = LiveTokens::issuer_of(grant->id);
  Principal who{Principal::Kind::live_token,
                Role::view,
                grant->id,
                "live token",
                grant->start_before,
                issuer == LiveTokens::kAdministrator ? nullptr : api_tokens_.scope_of(issuer)};
  return Admitted{std::move(who), std::move(*grant)};
}

Result<Gate::Admitted> Gate::authorise(Access need, const Presented& shown,
                                       const model::StreamKey* stream) const {
  if (need == Access::open) return Admitted{};
  if (need == Access::live && shown.live_token) {
    if (stream == nullptr) return fail(Code::auth_invalid);
    return with_live_token(*stream, *shown.live_token);
  }
  auto who = identify(shown.authorization);
  if (!who) return fail(who.error());
  if (!allows(*who, need))
    return fail(Code::auth_forbidden, "token " + who->id + " is for a " + std::string{to_text(who->role)} +
                                          ", this asks for the role " + std::string{to_text(need)});
  Admitted admitted{std::move(*who), std::nullopt};
  if (need == Access::live && stream != nullptr)
    admitted.grant = model::Grant{std::string{kBearerGrant} + admitted.who.id, *stream, {}};
  return admitted;
}

Result<model::Grant> Gate::admit(const model::StreamKey& stream, std::string_view token) const {
  auto admitted = authorise(Access::live, {.authorization = {}, .live_token = token}, &stream);
  if (!admitted) return fail(admitted.error());
  return std::move(*admitted->grant);
}

// A device that left the scope is as one that is not there.
bool Gate::may_watch(std::string_view api_token, const model::DeviceId& device) const {
  if (!api_tokens_.still_good(api_token)) return false;
  const auto scope = api_tokens_.scope_of(api_token);
  return !scope || device.empty() || (scopes_ != nullptr && scopes_->covers(*scope, device));
}

bool Gate::still_good(const model::Grant& grant) const {
  const std::string_view id = grant.id;
  if (id.starts_with(kBearerGrant)) {
    const auto token = id.substr(kBearerGrant.size());
    return token.empty() || may_watch(token, grant.stream.device);
  }
  const auto issuer = LiveTokens::issuer_of(id);
  return live_tokens_.still_good(grant) &&
         (issuer == LiveTokens::kAdministrator || may_watch(issuer, grant.stream.device));
}

bool Gate::still_good(const Principal& who) const {
  switch (who.kind) {
    case Principal::Kind::nobody:
      return false;
    case Principal::Kind::administrator:
      return true;
    case Principal::Kind::api_token:
      return api_tokens_.still_good(who.id);
    case Principal::Kind::live_token:
      break;
  }
  return still_good(model::Grant{who.id, {}, {}});
}

std::string_view Gate::issuer_of(const Principal& who) {
  return who.kind == Principal::Kind::api_token ? std::string_view{who.id} : LiveTokens::kAdministrator;
}

}  // namespace camfleet::auth
