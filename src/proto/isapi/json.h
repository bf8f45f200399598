#pragma once
#include <optional>
#include <string>
#include <string_view>

#include <boost/json.hpp>

#include "base/result.h"

// JSON as devices send it, for the sources of this folder alone.
namespace camfleet::isapi {

inline constexpr std::size_t kMaxJson = 1024 * 1024;
inline constexpr std::size_t kMaxJsonDepth = 32;

// Whether a body is to be read as JSON: by its first byte, for devices mislabel both ways.
bool looks_like_json(std::string_view body);
// The object that the body is, or the one named `wrapper` in it. Of a repeated key the last counts.
// device_unexpected_answer for anything else.
Result<boost::json::object> parse_json(std::string_view body, std::string_view wrapper);

// Typed access with the same mildness as xml::Node: numbers and flags may come as text.
std::string text(const boost::json::object& object, std::string_view key);
std::optional<std::int64_t> number(const boost::json::object& object, std::string_view key);
std::optional<bool> flag(const boost::json::object& object, std::string_view key);
const boost::json::object* child(const boost::json::object& object, std::string_view key);

}  // namespace camfleet::isapi
