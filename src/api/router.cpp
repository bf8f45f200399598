#include "api/router.h"

#include "base/text.h"

namespace camfleet::api {
namespace {

using Values = std::map<std::string, std::string, std::less<>>;

// One segment: a literal, or literal{name}literal.
bool match_segment(std::string_view pattern, std::string_view segment, Values& values) {
  const auto open = pattern.find('{');
  if (open == std::string_view::npos) return pattern == segment;
  const auto close = pattern.find('}', open);
  const auto before = pattern.substr(0, open);
  const auto after = pattern.substr(close + 1);
  if (segment.size() <= before.size() + after.size()) return false;
  if (!segment.starts_with(before) || !segment.ends_with(after)) return false;
  segment.remove_prefix(before.size());
  segment.remove_suffix(after.size());
  values.insert_or_assign(std::string{pattern.substr(open + 1, close - open - 1)}, std::string{segment});
  return true;
}

bool match_path(std::string_view pattern, std::string_view path, Values& values) {
  while (!pattern.empty() && !path.empty())
    if (!match_segment(take_until(pattern, '/'), take_until(path, '/'), values)) return false;
  return pattern.empty() && path.empty();
}

}  // namespace

std::string_view to_text(Reach reach) { return reach == Reach::devices ? "devices" : "gateway"; }

Router::Match Router::find(std::string_view method, std::string_view path) const {
  Match match;
  // take_until drops a separator at the end, so that "/x/" would pass for "/x".
  if (path.size() > 1 && path.ends_with('/')) return match;
  for (const auto& route : routes_) {
    Values values;
    if (!match_path(route.pattern, path, values)) continue;
    match.path_known = true;
    match.allow.append(match.allow.empty() ? "" : ", ").append(route.method);
    if (match.route != nullptr || (route.method != method && !(method == "HEAD" && route.method == "GET")))
      continue;
    match.route = &route;
    match.path = std::move(values);
  }
  return match;
}

}  // namespace camfleet::api
