#include <algorithm>
#include <boost/json.hpp>

#include "api/api.h"
#include "api/problem.h"

namespace camfleet::api {
namespace json = boost::json;
namespace {

json::value time_or_null(const std::optional<WallTime>& time) {
  return time ? json::value(to_rfc3339(*time)) : json::value(nullptr);
}

json::value scope_or_null(const model::ScopePtr& scope) {
  if (!scope) return nullptr;
  json::array tags;
  for (const auto& tag : scope->tags) tags.push_back(json::string{tag});
  json::array devices;
  for (const auto& device : scope->devices) devices.push_back(json::string{device.str()});
  return json::object{{"tags", std::move(tags)}, {"devices", std::move(devices)}};
}

json::object to_json(const auth::ApiToken& token) {
  return {{"id", token.id},
          {"name", token.name},
          {"role", to_text(token.role)},
          {"created_at", to_rfc3339(token.created)},
          {"expires_at", time_or_null(token.expires)},
          {"last_used_at", time_or_null(token.last_used)},
          {"scope", scope_or_null(token.scope)}};
}

struct Wanted {
  std::string name;
  auth::Role role = auth::Role::view;
  std::optional<std::chrono::seconds> ttl;
  model::ScopePtr scope;
};

// {"tags": ["north"], "devices": ["gate-7"]}: one of them at least. What a text may be is the tokens' to say.
Result<model::ScopePtr> read_scope(const json::object& object) {
  auto scope = std::make_shared<model::Scope>();
  const auto texts = [](const json::value& value) {
    const auto is_text = [](const json::value& one) { return one.is_string(); };
    return value.is_array() && std::ranges::all_of(value.get_array(), is_text);
  };
  for (const auto& member : object) {
    const std::string_view name = member.key();
    if ((name != "tags" && name != "devices") || !texts(member.value()))
      return fail(Code::api_bad_request, "scope: wants tags and devices (lists of texts), nothing else");
    for (const auto& text : member.value().get_array()) {
      if (name == "tags") {
        scope->tags.emplace_back(text.get_string());
        continue;
      }
      auto id = model::parse_device_id(std::string_view{text.get_string()});
      if (!id) return fail(Code::api_bad_request, "scope.devices: no device can have one of these ids");
      scope->devices.push_back(std::move(*id));
    }
  }
  return scope;
}

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
    } else if (member.key() == "scope" && value.is_object()) {
      auto scope = read_scope(value.get_object());
      if (!scope) return fail(scope.error());
      wanted.scope = std::move(*scope);
    } else if (member.key() == "scope" && value.is_null()) {
      wanted.scope = nullptr;
    } else {
      return fail(Code::api_bad_request,
                  "wants name and role (texts), ttl_s (a whole number) and scope (an object), nothing else");
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
    return tokens.add(wanted.name, wanted.role, wanted.ttl, wanted.scope);
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
                                           {"expires_at", time_or_null(call.who.expires_at)},
                                           {"scope", scope_or_null(call.who.scope)}});
  co_return co_await answer_json(call, 200, std::move(text));
}

}  // namespace

void Api::add_tokens() {
  router_.add({"GET", "/api/v1/whoami", "whoami", Access::view, [](Call& call) { return whoami(call); }},
              Reach::devices);
  router_.add({"GET", "/api/v1/tokens", "listTokens", Access::admin,
               [this](Call& call) { return list(parts_, call); }});
  router_.add({"POST", "/api/v1/tokens", "makeToken", Access::admin,
               [this](Call& call) { return make(parts_, call); }});
  router_.add({"DELETE", "/api/v1/tokens/{id}", "removeToken", Access::admin,
               [this](Call& call) { return remove(parts_, call); }});
}

}  // namespace camfleet::api
