#include "api/sink_json.h"

#include <algorithm>
#include <boost/json.hpp>

#include "api/device_json.h"
#include "api/rfc3339.h"
#include "base/text.h"

namespace camfleet::api {
namespace json = boost::json;
namespace {

Error wrong(std::string_view member, std::string_view why) {
  return Error{Code::sink_invalid, std::string{member} + ": " + std::string{why}};
}

json::value shown(const model::SinkSetting& setting, std::string_view value) {
  if (setting.form == model::SinkSetting::Form::flag) return value == "true";
  if (setting.form == model::SinkSetting::Form::number) return parse_int<std::int64_t>(value).value_or(0);
  return json::string{value};
}

json::array texts(const std::vector<std::string>& from) { return json::array(from.begin(), from.end()); }

json::value time_or_null(const std::optional<WallTime>& time) {
  return time ? json::value(to_rfc3339(*time)) : json::value(nullptr);
}

// "5", 5 and true are how a setting may be written.
Result<std::optional<std::string>> setting_from(std::string_view name, const json::value& value) {
  if (value.is_null()) return std::optional<std::string>{};
  if (value.is_string()) return std::string{value.get_string()};
  if (value.is_bool()) return std::string{value.get_bool() ? "true" : "false"};
  if (value.is_int64()) return std::to_string(value.get_int64());
  return fail(wrong(name, "wants a text, a whole number, true or false"));
}

Result<std::vector<std::string>> list_from(std::string_view name, const json::value& value) {
  std::vector<std::string> out;
  if (!value.is_array()) return fail(wrong(name, "wants a list of texts"));
  for (const auto& item : value.get_array()) {
    if (!item.is_string()) return fail(wrong(name, "wants a list of texts"));
    out.emplace_back(item.get_string());
  }
  return out;
}

Result<model::SinkFilter> filter_from(const json::value& value) {
  model::SinkFilter out;
  if (value.is_null()) return out;
  if (!value.is_object()) return fail(wrong("filter", "wants an object"));
  for (const auto& member : value.get_object()) {
    const auto name = "filter." + std::string{member.key()};
    if (member.key() == "channels") {
      if (!member.value().is_array()) return fail(wrong(name, "wants a list of numbers"));
      for (const auto& item : member.value().get_array()) {
        if (!item.is_int64() || item.get_int64() < 0 || item.get_int64() > 65535)
          return fail(wrong(name, "wants a list of numbers from 0 to 65535"));
        out.channels.push_back(static_cast<std::uint16_t>(item.get_int64()));
      }
      continue;
    }
    auto list = list_from(name, member.value());
    if (!list) return fail(list.error());
    if (member.key() == "devices")
      out.devices = std::move(*list);
    else if (member.key() == "tags")
      out.tags = std::move(*list);
    else if (member.key() == "types")
      out.types = std::move(*list);
    else
      return fail(wrong(name, "wants devices, tags, types and channels, nothing else"));
  }
  return out;
}

}  // namespace

json::object to_json(const model::SinkView& view, Language language) {
  const auto& spec = view.spec;
  json::object out{{"id", spec.id},
                   {"kind", to_text(spec.kind)},
                   {"enabled", spec.enabled},
                   {"paused", spec.paused},
                   {"declared", spec.declared}};
  for (const auto& setting : model::settings_of(spec.kind))
    if (!setting.secret) out[setting.name] = shown(setting, spec.text(setting.name));
  out["secrets"] = texts(view.secrets);
  json::array channels;
  for (const auto channel : spec.filter.channels) channels.emplace_back(channel);
  out["filter"] = json::object{{"devices", texts(spec.filter.devices)},
                               {"tags", texts(spec.filter.tags)},
                               {"types", texts(spec.filter.types)},
                               {"channels", std::move(channels)}};
  out["state"] = to_text(view.state);
  const bool well = view.reason.code == Code::ok;
  out["reason"] = well ? json::value(nullptr) : json::value(name(view.reason.code));
  out["reason_text"] = well ? std::string_view{} : sentence(view.reason.code, language);
  out["detail"] = clean_utf8(view.reason.place);
  out["cursor"] = view.cursor;
  out["newest"] = view.newest;
  out["pending"] = view.pending;
  out["delivered"] = view.delivered;
  out["retries"] = view.retries;
  out["parked"] = view.parked;
  out["last_delivery"] = time_or_null(view.last_delivery);
  out["next_attempt"] = time_or_null(view.next_attempt);
  if (view.replay)
    out["replay"] = json::object{{"running", view.replay->running},
                                 {"delivered", view.replay->delivered},
                                 {"failed", view.replay->failed},
                                 {"at", view.replay->at},
                                 {"until", view.replay->until}};
  else
    out["replay"] = nullptr;
  out["revision"] = view.revision;
  return out;
}

json::object to_json(const model::ParkedEntry& entry, Language language) {
  return {{"seq", entry.seq},
          {"id", entry.id},
          {"device", entry.device.str()},
          {"reason", name(entry.reason)},
          {"reason_text", sentence(entry.reason, language)},
          {"detail", clean_utf8(entry.detail)},
          {"tries", entry.tries},
          {"at", to_rfc3339(entry.at)}};
}

Result<model::SinkWish> sink_from_json(json::object& body, bool is_new) {
  model::SinkWish wish;
  for (auto& member : body) {
    const auto key = member.key();
    const auto& value = member.value();
    if (key == "id" || key == "kind") {
      if (!value.is_string()) return fail(wrong(key, "wants a text"));
      const std::string_view text{value.get_string()};
      if (key == "id") {
        wish.id = text;
        continue;
      }
      wish.kind = model::parse_sink_kind(text);
      if (!wish.kind) return fail(wrong("kind", "wants webhook, file, mqtt, kafka or dapr"));
    } else if (key == "enabled" || key == "paused") {
      if (!value.is_bool()) return fail(wrong(key, "wants true or false"));
      (key == "enabled" ? wish.enabled : wish.paused) = value.get_bool();
    } else if (key == "filter") {
      auto filter = filter_from(value);
      if (!filter) return fail(filter.error());
      wish.filter = std::move(*filter);
    } else if (key == "start" && is_new) {
      if (value != "now" && value != "oldest") return fail(wrong("start", "wants now or oldest"));
      wish.from_oldest = value == "oldest";
    } else {
      auto setting = setting_from(key, value);
      if (!setting) return fail(setting.error());
      wish.settings[std::string{key}] = std::move(*setting);
    }
  }
  return wish;
}

void wipe_settings(json::object& body) {
  for (auto& member : body)
    if (member.value().is_string()) {
      auto& text = member.value().get_string();
      std::fill(text.begin(), text.end(), '\0');
    }
}

Result<model::ReplayWish> replay_from_json(const json::object& body) {
  model::ReplayWish wish;
  for (const auto& member : body) {
    const auto key = member.key();
    const auto& value = member.value();
    if ((key == "from" || key == "to") && value.is_string()) {
      const auto time = parse_rfc3339(std::string_view{value.get_string()});
      if (!time)
        return fail(Code::api_bad_request, std::string{key} + ": wants a time such as 2026-11-22T14:27:51Z");
      (key == "from" ? wish.from : wish.to) = *time;
    } else if (key == "devices") {
      auto list = list_from("devices", value);
      if (!list) return fail(Code::api_bad_request, list.error().place);
      for (const auto& text : *list) {
        auto id = model::parse_device_id(text);
        if (!id) return fail(Code::api_bad_request, "devices: no device can have one of these ids");
        wish.devices.push_back(std::move(*id));
      }
    } else if (key == "rate" && value.is_int64() && value.get_int64() >= 1 && value.get_int64() <= 10'000) {
      wish.rate = static_cast<std::uint32_t>(value.get_int64());
    } else {
      return fail(
          Code::api_bad_request,
          "wants from and to (times), devices (a list of ids) and rate (1 to 10000 a second), nothing else");
    }
  }
  return wish;
}

}  // namespace camfleet::api
