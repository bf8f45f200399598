#include <boost/json.hpp>

#include "api/api.h"
#include "api/problem.h"

namespace camfleet::api {
namespace json = boost::json;
namespace {

json::value time_or_null(const std::optional<WallTime>& time) {
  return time ? json::value(to_rfc3339(*time)) : json::value(nullptr);
}

json::object to_json(const auth::ApiToken& token) {
  return {{"id", token.id},
          {"name", token.name},
          {"role", to_text(token.role)},
          {"created_at", to_rfc3339(token.created)},
          {"expires_at", time_or_null(token.expires)},
          {"last_used_at", time_or_null(token.last_used)}};
}

struct Wanted {
  std::string name;
  auth::Role role = auth::Role::view;
  std::optional<std::chrono::seconds> ttl;
};

Result<Wanted> read_wanted(const std::string& text) {
  const auto body = object_from(text);
  if (!body) return fail(body.error());
  Wanted wanted;
  std::optional<auth::Role> role;
  for (const auto& member : *body) {
    const auto& value = member.value();
    if (member.key() == "name" && value.is_string()) {
      wanted.name = std::string_view{value.get_string()};
    } else if (member.key() == "role" && value.is_string()) {
      role = auth::parse_role(std::string_view{value.get_string()});
      if (!role) return fail(Code::api_bad_request, "role: wants viewer, operator or admin");
    } else if (member.key() == "ttl_s" && value.is_int64()) {
      // What is past the most is refused by the tokens; it must not overflow on the way.
      wanted.ttl = std::chrono::seconds{
          std::clamp<std::int64_t>(value.get_int64(), 0, auth::ApiTokens::kMaxTtl.count() + 1)};
    } else {
      return fail(Code::api_bad_request,
                  "wants name and role (texts) and ttl_s (a whole number), nothing else");
    }
  }
  if (!role) return fail(Code::api_bad_request, "role: is missing");
  wanted.role = *role;
  return wanted;
}

net::Task<Result<>> make(const ApiParts& parts, Call& call) {
  auto wanted = read_wanted(call.exchange.request().body);
  if (!wanted) co_return fail(wanted.error());
  auto making = parts.blocking.run([&tokens = parts.api_tokens, wanted = std::move(*wanted)] {
    return tokens.add(wanted.name, wanted.role, wanted.ttl);
  });
  const auto made = co_await std::move(making);
  if (!made) co_return fail(made.error());
  call.subject = made->kept.id + " (" + std::string{to_text(made->kept.role)} + ") " + made->kept.name;
  auto body = to_json(made->kept);
  body["token"] = made->token.reveal();
  auto text = json::serialize(body);
  co_return co_await answer_json(call, 201, std::move(text));
}

net::Task<Result<>> list(const ApiParts& parts, Call& call) {
  json::array items;
  for (const auto& token : parts.api_tokens.list()) items.push_back(to_json(token));
  auto text = json::serialize(json::object{{"items", std::move(items)}, {"next", nullptr}});
  co_return co_await answer_json(call, 200, std::move(text));
}

net::Task<Result<>> remove(const ApiParts& parts, Call& call) {
  auto removing = parts.blocking.run(
      [&tokens = parts.api_tokens, id = std::string{call.at("id")}] { return tokens.remove(id); });
  const auto removed = co_await std::move(removing);
  if (!removed && removed.error().code == Code::auth_invalid)
    co_return fail(Code::api_not_found, "there is no token of this id");
  if (!removed) co_return fail(removed.error());
  parts.tokens.forget_issuer(call.at("id"));
  net::HttpResponse response;
  response.status = 204;
  add_common_headers(response, call.trace_id);
  co_return co_await call.exchange.respond(response);
}

net::Task<Result<>> whoami(Call& call) {
  auto text = json::serialize(json::object{{"role", to_text(call.who.role)},
                                           {"id", call.who.id},
                                           {"name", call.who.name},
                                           {"expires_at", time_or_null(call.who.expires_at)}});
  co_return co_await answer_json(call, 200, std::move(text));
}

}  // namespace

void Api::add_tokens() {
  router_.add({"GET", "/api/v1/whoami", "whoami", Access::view, [](Call& call) { return whoami(call); }});
  router_.add({"GET", "/api/v1/tokens", "listTokens", Access::admin,
               [this](Call& call) { return list(parts_, call); }});
  router_.add({"POST", "/api/v1/tokens", "makeToken", Access::admin,
               [this](Call& call) { return make(parts_, call); }});
  router_.add({"DELETE", "/api/v1/tokens/{id}", "removeToken", Access::admin,
               [this](Call& call) { return remove(parts_, call); }});
}

}  // namespace camfleet::api
