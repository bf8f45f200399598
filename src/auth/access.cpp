#include "auth/access.h"

namespace camfleet::auth {

std::string_view to_text(Access access) {
  switch (access) {
    case Access::open:
      return "open";
    case Access::view:
      return "viewer";
    case Access::operate:
      return "operator";
    case Access::admin:
      break;
    case Access::live:
      return "live";
  }
  return "admin";
}

std::string_view to_text(Role role) {
  switch (role) {
    case Role::view:
      return "viewer";
    case Role::operate:
      return "operator";
    case Role::admin:
      break;
  }
  return "admin";
}

std::optional<Role> parse_role(std::string_view text) {
  for (const auto role : {Role::view, Role::operate, Role::admin})
    if (text == to_text(role)) return role;
  return std::nullopt;
}

bool allows(const Principal& who, Access access) {
  if (access == Access::open) return true;
  if (who.kind != Principal::Kind::administrator && who.kind != Principal::Kind::api_token) return false;
  switch (access) {
    case Access::open:
    case Access::view:
    case Access::live:
      return true;
    case Access::operate:
      return who.role >= Role::operate;
    case Access::admin:
      break;
  }
  return who.role == Role::admin;
}

}  // namespace camfleet::auth
