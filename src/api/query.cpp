#include "api/query.h"

#include "base/text.h"
#include "proto/http/target.h"

namespace camfleet::api {
namespace {

std::unexpected<Error> bad(std::string_view name, const std::string& what) {
  return fail(Code::api_bad_request, clean_utf8(name.substr(0, 64)) + ": " + what);
}

}  // namespace

Result<Query> Query::read(std::string_view raw) {
  Query query;
  while (!raw.empty()) {
    auto value = take_until(raw, '&');
    if (value.empty()) continue;
    const auto raw_name = take_until(value, '=');
    auto name = http::percent_decode(raw_name, true);
    auto text = http::percent_decode(value, true);
    if (!name || name->empty() || !is_utf8(*name)) return bad(raw_name, "no parameter has this name");
    if (!text) return bad(*name, "a '%' without two digits");
    if (!is_utf8(*text)) return bad(*name, "not UTF-8");
    if (query.left_.size() == kMaxParameters) return bad("query", "at most 256 parameters");
    query.left_.emplace_back(std::move(*name), std::move(*text));
  }
  return query;
}

Result<std::optional<std::string>> Query::one(std::string_view name) {
  std::optional<std::string> found;
  for (auto it = left_.begin(); it != left_.end();) {
    if (it->first != name) {
      ++it;
      continue;
    }
    if (found) return bad(name, "given twice");
    found = std::move(it->second);
    it = left_.erase(it);
  }
  return found;
}

Result<std::size_t> Query::number(std::string_view name, std::size_t low, std::size_t high,
                                  std::size_t fallback) {
  const auto text = one(name);
  if (!text) return fail(text.error());
  if (!*text) return fallback;
  const auto value = parse_int<std::size_t>(**text);
  if (!value || *value < low || *value > high)
    return bad(name, "wants " + std::to_string(low) + " to " + std::to_string(high));
  return *value;
}

Result<std::optional<bool>> Query::flag(std::string_view name) {
  const auto text = one(name);
  if (!text) return fail(text.error());
  if (!*text) return std::optional<bool>{};
  if (**text != "true" && **text != "false") return bad(name, "wants true or false");
  return std::optional{**text == "true"};
}

std::vector<std::string> Query::many(std::string_view name) {
  std::vector<std::string> values;
  std::erase_if(left_, [&](const auto& parameter) {
    if (parameter.first != name) return false;
    std::string_view rest = parameter.second;
    do values.emplace_back(take_until(rest, ','));
    while (!rest.empty());
    return true;
  });
  return values;
}

Result<fleet::DeviceFilter> Query::filter() {
  fleet::DeviceFilter filter;
  for (auto it = left_.begin(); it != left_.end();) {
    const auto taken = filter.take(it->first, it->second);
    if (!taken) return fail(taken.error());
    it = *taken ? left_.erase(it) : std::next(it);
  }
  return filter;
}

Result<void> Query::done() const {
  if (left_.empty()) return {};
  return bad(left_.front().first, "there is no such parameter here");
}

}  // namespace camfleet::api
