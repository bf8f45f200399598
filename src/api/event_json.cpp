#include "api/event_json.h"

#include <boost/json.hpp>

#include "api/alarm_names.h"
#include "base/text.h"
#include "proto/isapi/time.h"

namespace camfleet::api {
namespace json = boost::json;
namespace {

json::value time_or_null(const std::optional<WallTime>& time) {
  return time ? json::value(to_rfc3339(*time)) : json::value(nullptr);
}

}  // namespace

json::object to_json(const model::LedgerEntry& entry, Language language) {
  json::array pictures;
  for (const auto& one : entry.pictures)
    pictures.push_back(json::object{{"id", one.id},
                                    {"content_type", clean_utf8(one.content_type)},
                                    {"size", one.size},
                                    {"url", "/api/v1/events/pictures/" + one.id}});
  return {{"seq", entry.seq},
          {"id", entry.id()},
          {"event", entry.event},
          {"state", model::to_text(entry.state)},
          {"device", entry.device.str()},
          {"channel", entry.channel},
          {"type", clean_utf8(entry.type)},
          {"type_text", alarm_name(entry.type, language)},
          {"detail", clean_utf8(entry.detail)},
          {"description", clean_utf8(entry.description)},
          {"target", clean_utf8(entry.target)},
          {"source", to_text(entry.source)},
          {"device_time", clean_utf8(entry.device_time)},
          {"happened", time_or_null(entry.happened)},
          {"started", to_rfc3339(entry.started)},
          {"received", to_rfc3339(entry.received)},
          {"count", entry.count},
          {"inferred", entry.inferred},
          {"replayed", entry.replayed},
          {"pictures", std::move(pictures)}};
}

json::object to_json(const model::BlindInterval& interval, WallTime now, Language language) {
  const auto length =
      std::chrono::duration_cast<std::chrono::milliseconds>(interval.to.value_or(now) - interval.from);
  return {{"device", interval.device.str()},
          {"from", to_rfc3339(interval.from)},
          {"to", time_or_null(interval.to)},
          {"reason", name(interval.reason)},
          {"text", sentence(interval.reason, language)},
          {"detail", clean_utf8(interval.text)},
          {"seconds", static_cast<double>(std::max<std::int64_t>(length.count(), 0)) / 1000.0},
          {"event", interval.event}};
}

std::optional<WallTime> parse_moment(std::string_view text) {
  const auto parsed = isapi::parse_time(text);
  if (!parsed || (!parsed->offset && !parsed->utc_mark)) return std::nullopt;
  return parsed->utc();
}

}  // namespace camfleet::api
