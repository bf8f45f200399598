#include "events/sinks/cloud_event.h"

#include <fmt/format.h>

#include <boost/json.hpp>

#include "base/text.h"

namespace camfleet::events::sinks {
namespace json = boost::json;
namespace {

// Texts of devices; JSON wants UTF-8.
json::string text(std::string_view from) { return json::string{clean_utf8(from)}; }

json::object data_of(const model::LedgerEntry& entry, bool payload) {
  json::object data{{"seq", entry.seq},
                    {"event", entry.event},
                    {"state", to_text(entry.state)},
                    {"ordinal", entry.ordinal},
                    {"device", entry.device.str()},
                    {"channel", entry.channel},
                    {"type", text(entry.type)},
                    {"detail", text(entry.detail)},
                    {"description", text(entry.description)},
                    {"target", text(entry.target)},
                    {"source", to_text(entry.source)},
                    {"device_time", text(entry.device_time)},
                    {"happened", entry.happened ? json::value(to_rfc3339(*entry.happened)) : nullptr},
                    {"started", to_rfc3339(entry.started)},
                    {"received", to_rfc3339(entry.received)},
                    {"count", entry.count},
                    {"inferred", entry.inferred},
                    {"late", entry.replayed}};
  json::array pictures;
  for (const auto& picture : entry.pictures)
    pictures.push_back(json::object{{"id", picture.id},
                                    {"content_type", text(picture.content_type)},
                                    {"size", picture.size},
                                    {"url", "/api/v1/events/pictures/" + picture.id}});
  data["pictures"] = std::move(pictures);
  if (payload) {
    data["payload"] = text(entry.payload);
    data["payload_cut"] = entry.payload_cut;
  }
  return data;
}

}  // namespace

std::string source_of(const model::LedgerEntry& entry) {
  return entry.device.empty() ? "/camfleet" : "/camfleet/devices/" + entry.device.str();
}

std::string type_of(const model::LedgerEntry& entry) {
  const auto state = to_text(entry.state);
  if (entry.type.starts_with("camfleet.")) return fmt::format("{}.{}", entry.type, state);
  return fmt::format("camfleet.alarm.{}", state);
}

std::string key_of(const model::LedgerEntry& entry) {
  return entry.device.empty() ? "camfleet" : entry.device.str();
}

std::string sequence_of(const model::LedgerEntry& entry) { return fmt::format("{:020}", entry.seq); }

std::string cloud_event(const model::LedgerEntry& entry, EncodeOptions options) {
  json::object out{{"specversion", "1.0"},
                   {"id", entry.id()},
                   {"source", source_of(entry)},
                   {"type", type_of(entry)},
                   {"subject", text(fmt::format("{}/{}", entry.channel, entry.type))},
                   {"time", to_rfc3339(entry.happened.value_or(entry.received))},
                   {"datacontenttype", "application/json"},
                   {"sequence", sequence_of(entry)},
                   {"partitionkey", key_of(entry)}};
  if (options.replayed) out["replayed"] = true;
  out["data"] = data_of(entry, options.payload);
  return json::serialize(out);
}

}  // namespace camfleet::events::sinks
