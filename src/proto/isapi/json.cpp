#include "proto/isapi/json.h"

#include <limits>

#include "base/text.h"

namespace camfleet::isapi {
namespace {

std::string_view start_of(std::string_view body) {
  if (body.starts_with("\xEF\xBB\xBF")) body.remove_prefix(3);
  return trim(body);
}

}  // namespace

bool looks_like_json(std::string_view body) {
  const auto start = start_of(body);
  return start.starts_with('{') || start.starts_with('[');
}

Result<boost::json::object> parse_json(std::string_view body, std::string_view wrapper) {
  if (body.size() > kMaxJson) return fail(Code::device_unexpected_answer, "JSON too large");
  const auto start = start_of(body);
  boost::json::parse_options options;
  options.max_depth = kMaxJsonDepth;
  // Names of devices are text of any encoding: bad bytes are replaced where they are read.
  options.allow_invalid_utf8 = true;
  boost::json::error_code error;
  auto value = boost::json::parse({start.data(), start.size()}, error, {}, options);
  if (error || !value.is_object()) return fail(Code::device_unexpected_answer, "not a JSON object");
  auto& object = value.get_object();
  if (auto* inner = object.if_contains({wrapper.data(), wrapper.size()});
      inner != nullptr && inner->is_object()) {
    return std::move(inner->get_object());
  }
  return std::move(object);
}

std::string text(const boost::json::object& object, std::string_view key) {
  const auto* value = object.if_contains({key.data(), key.size()});
  if (value == nullptr) return {};
  if (const auto* found = value->if_string()) return clean_utf8(trim({found->data(), found->size()}));
  if (value->is_number() || value->is_bool()) return boost::json::serialize(*value);
  return {};
}

std::optional<std::int64_t> number(const boost::json::object& object, std::string_view key) {
  const auto* value = object.if_contains({key.data(), key.size()});
  if (value == nullptr) return std::nullopt;
  if (const auto* found = value->if_int64()) return *found;
  if (const auto* found = value->if_string()) {
    return parse_int<std::int64_t>(trim({found->data(), found->size()}));
  }
  return std::nullopt;
}

std::optional<bool> flag(const boost::json::object& object, std::string_view key) {
  const auto value = text(object, key);
  if (iequals(value, "true") || value == "1") return true;
  if (iequals(value, "false") || value == "0") return false;
  return std::nullopt;
}

const boost::json::object* child(const boost::json::object& object, std::string_view key) {
  const auto* value = object.if_contains({key.data(), key.size()});
  return value == nullptr ? nullptr : value->if_object();
}

}  // namespace camfleet::isapi
