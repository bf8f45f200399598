#pragma once
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api/device_json.h"
#include "api/idempotency.h"
#include "auth/access.h"
#include "fleet/fleet_view.h"
#include "model/ports.h"
#include "net/http_server.h"

namespace camfleet::api {

// Who may call a route. There is no default: a route without one does not compile.
using auth::Access;

// What a route is about, for a caller whose token is limited to some devices (model::Scope).
enum class Reach : std::uint8_t {
  gateway,  // the gateway as a whole: refused, auth.forbidden
  devices   // devices: its handler sees them through Call::fleet alone, which shows no others
};
std::string_view to_text(Reach reach);  // "gateway", "devices": as x-reach in openapi.yaml

// One request on its way through a route. Lives while its handler runs.
struct Call {
  net::HttpExchange& exchange;
  fleet::FleetView fleet;  // what the caller may see; nothing before he was admitted
  std::map<std::string, std::string, std::less<>> path;  // what stood for the {names} of the pattern
  Language language = Language::en;
  std::string trace_id;
  auth::Principal who{};                // whose token it came with
  std::optional<model::Grant> grant{};  // of a live route
  net::Address from{};                  // who asks, behind the proxies that we trust
  std::string subject{};                // what it changes, for the audit line; empty: what the path names
  Idempotency::Pending pending{};       // of a POST with an Idempotency-Key

  // The parameter of the path; empty where the pattern has none of that name.
  std::string_view at(std::string_view name) const {
    const auto found = path.find(name);
    return found == path.end() ? std::string_view{} : std::string_view{found->second};
  }
};

// Answers through call.exchange; an error that it returns instead becomes a problem document.
using Handler = std::function<net::Task<Result<>>(Call&)>;

struct Route {
  std::string_view method;
  std::string_view
      pattern;  // "/api/v1/devices/{id}": a name stands for the rest of its segment, before a literal end
  std::string_view operation;  // operationId in openapi.yaml
  Access access;
  Handler handler;
  Reach reach = Reach::gateway;
};

// A table of routes, read only after it was filled; thread-safe from then on. What no route names is refused.
class Router {
 public:
  // A route of which nothing is said is refused to a limited token.
  void add(Route route, Reach reach = Reach::gateway);
  const std::vector<Route>& routes() const { return routes_; }

  struct Match {
    const Route* route = nullptr;
    std::map<std::string, std::string, std::less<>> path;
    bool path_known = false;  // some route has this path with another method
    std::string allow;        // the methods that it has, where none of them was asked for
  };
  Match find(std::string_view method, std::string_view path) const;

 private:
  // What a path must have before its segments are looked at, by route: nearly all are told apart by it.
  struct Shape {
    std::string_view front;  // what stands before the first name
    std::size_t slashes = 0;
  };
  std::vector<Route> routes_;
  std::vector<Shape> shapes_;
};

}  // namespace camfleet::api
