#include "api/router.h"

#include <algorithm>

#include "base/text.h"

namespace camfleet::api {
namespace {

using Values = std::map<std::string, std::string, std::less<>>;

// One segment: a literal, or literal{name}literal. Its value goes to `values`, where that is asked for.
bool match_segment(std::string_view pattern, std::string_view segment, Values* values) {
  const auto open = pattern.find('{');
  if (open == std::string_view::npos) return pattern == segment;
  const auto close = pattern.find('}', open);
  const auto before = pattern.substr(0, open);
  const auto after = pattern.substr(close + 1);
  if (segment.size() <= before.size() + after.size()) return false;
  if (!segment.starts_with(before) || !segment.ends_with(after)) return false;
  segment.remove_prefix(before.size());
  segment.remove_suffix(after.size());
  if (values != nullptr)
    values->insert_or_assign(std::string{pattern.substr(open + 1, close - open - 1)}, std::string{segment});
  return true;
}

bool match_path(std::string_view pattern, std::string_view path, Values* values) {
  while (!pattern.empty() && !path.empty())
    if (!match_segment(take_until(pattern, '/'), take_until(path, '/'), values)) return false;
  return pattern.empty() && path.empty();
}

std::size_t slashes(std::string_view text) { return static_cast<std::size_t>(std::ranges::count(text, '/')); }

}  // namespace

std::string_view to_text(Reach reach) { return reach == Reach::devices ? "devices" : "gateway"; }

void Router::add(Route route, Reach reach) {
  route.reach = reach;
  shapes_.push_back({route.pattern.substr(0, route.pattern.find('{')), slashes(route.pattern)});
  routes_.push_back(std::move(route));
}

Router::Match Router::find(std::string_view method, std::string_view path) const {
  Match match;
  // take_until drops a separator at the end, so that "/x/" would pass for "/x".
  if (path.size() > 1 && path.ends_with('/')) return match;
  const auto depth = slashes(path);
  for (std::size_t i = 0; i < routes_.size(); ++i) {
    const auto& route = routes_[i];
    if (shapes_[i].slashes != depth || !path.starts_with(shapes_[i].front)) continue;
    if (!match_path(route.pattern, path, nullptr)) continue;
    match.path_known = true;
    if (route.method == method || (method == "HEAD" && route.method == "GET")) {
      match.route = &route;
      match.allow.clear();
      match_path(route.pattern, path, &match.path);
      return match;
    }
    match.allow.append(match.allow.empty() ? "" : ", ").append(route.method);
  }
  return match;
}

}  // namespace camfleet::api
