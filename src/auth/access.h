#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "model/scope.h"

namespace camfleet::auth {

// What a route (or an RTSP request) wants of its caller. Roles are a ladder: who may operate may view.
enum class Access : std::uint8_t {
  open,     // anybody: health, and the console's files, which hold nothing
  view,     // reads, and live tokens to watch with
  operate,  // changes devices
  admin,    // tokens, and what concerns the gateway itself
  live,     // to watch one stream: a live token for it, or the Bearer token of whoever may view
};
// "open", "viewer", "operator", "admin", "live": as x-role in openapi.yaml.
std::string_view to_text(Access access);

enum class Role : std::uint8_t { view, operate, admin };
// "viewer", "operator", "admin".
std::string_view to_text(Role role);
std::optional<Role> parse_role(std::string_view text);

// Who is calling, as told by the token that was shown. Never holds the token itself.
struct Principal {
  enum class Kind : std::uint8_t { nobody, administrator, api_token, live_token };
  Kind kind = Kind::nobody;
  Role role = Role::view;  // of an administrator and an API token
  std::string id;          // of the token; empty for the administrator
  std::string name;        // "administrator", or what the API token was named
  std::optional<WallTime> expires_at;
  model::ScopePtr scope{};  // the devices that it is limited to; null: all of them
};
// May this one do what `access` asks? `live` asks for a stream too, and is the gate's to say.
bool allows(const Principal& who, Access access);

}  // namespace camfleet::auth
