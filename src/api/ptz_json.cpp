#include "api/ptz_json.h"

#include <fmt/core.h>

#include <boost/json.hpp>
#include <optional>

#include "base/text.h"

namespace camfleet::api {
namespace json = boost::json;
namespace {

constexpr std::int64_t kSpeed = 100;
constexpr std::int64_t kPresetMost = 300;
constexpr std::int64_t kStopAfterLeast = 50;

Result<std::int64_t> whole(const json::key_value_pair& member, std::int64_t low, std::int64_t high) {
  const auto& value = member.value();
  std::int64_t number = 0;
  if (value.is_int64())
    number = value.get_int64();
  else if (value.is_double() && value.get_double() >= -1e6 && value.get_double() <= 1e6 &&
           value.get_double() == static_cast<double>(static_cast<std::int64_t>(value.get_double())))
    number = static_cast<std::int64_t>(value.get_double());  // 30.0, as some languages write it
  else
    return fail(Code::api_bad_request,
                fmt::format("{}: wants a whole number", std::string_view{member.key()}));
  if (number < low || number > high)
    return fail(Code::api_bad_request,
                fmt::format("{}: wants {} to {}", std::string_view{member.key()}, low, high));
  return number;
}

}  // namespace

Result<fleet::PtzCommand> ptz_from_json(const json::object& body) {
  fleet::PtzCommand out;
  bool moves = false;
  bool timed = false;
  for (const auto& member : body) {
    const std::string_view name = member.key();
    std::int8_t* axis = name == "pan"    ? &out.move.pan
                        : name == "tilt" ? &out.move.tilt
                        : name == "zoom" ? &out.move.zoom
                                         : nullptr;
    if (axis != nullptr) {
      const auto speed = whole(member, -kSpeed, kSpeed);
      if (!speed) return fail(speed.error());
      *axis = static_cast<std::int8_t>(*speed);
      moves = true;
    } else if (name == "preset") {
      const auto preset = whole(member, 1, kPresetMost);
      if (!preset) return fail(preset.error());
      out.preset = static_cast<std::uint16_t>(*preset);
    } else if (name == "stop_after_ms") {
      const auto stop = whole(member, kStopAfterLeast, fleet::kPtzStopAfterMost.count());
      if (!stop) return fail(stop.error());
      out.stop_after = std::chrono::milliseconds{*stop};
      timed = true;
    } else {
      return fail(Code::api_bad_request, clean_utf8(name.substr(0, 64)) + ": there is no such field");
    }
  }
  if (moves == out.preset.has_value())
    return fail(Code::api_bad_request, "wants pan, tilt or zoom (all 0 stop), or preset in place of them");
  if (timed && out.preset) return fail(Code::api_bad_request, "stop_after_ms: has no meaning beside preset");
  return out;
}

std::string to_text(const fleet::PtzCommand& command) {
  if (command.preset) return fmt::format("preset {}", *command.preset);
  if (command.stops()) return "stop";
  return fmt::format("pan {} tilt {} zoom {} for {} ms", command.move.pan, command.move.tilt,
                     command.move.zoom, command.stop_after.count());
}

}  // namespace camfleet::api
