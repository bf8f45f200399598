#include "api/device_json.h"

#include <algorithm>
#include <boost/json.hpp>
#include <cstdint>
#include <limits>

#include "base/text.h"

namespace camfleet::api {
namespace json = boost::json;
namespace {

json::string text(std::string_view raw) { return json::string{clean_utf8(raw)}; }

json::array texts(const std::vector<std::string>& list) {
  json::array out;
  for (const auto& item : list) out.push_back(text(item));
  return out;
}

json::value time_or_null(const std::optional<WallTime>& time) {
  return time ? json::value(to_rfc3339(*time)) : json::value(nullptr);
}

json::object facts_json(const model::DeviceFacts& facts) {
  json::object out{{"kind", text(facts.kind)},
                   {"model", text(facts.model)},
                   {"serial", text(facts.serial)},
                   {"mac", text(facts.mac)},
                   {"firmware", text(facts.firmware)}};
  out["clock_offset_ms"] = facts.clock_offset_ms ? json::value(*facts.clock_offset_ms) : json::value(nullptr);
  return out;
}

json::array channels_json(const model::DeviceFacts& facts) {
  json::array out;
  for (const auto& channel : facts.channels) out.push_back(to_json(channel));
  return out;
}

// Reads the members of a device one by one; the first wrong one is kept.
class Reader {
 public:
  explicit Reader(const json::object& from) : from_(from) {}

  void string(std::string_view name, std::string& to) {
    if (const auto* value = take(name)) {
      if (value->is_string())
        to = std::string_view{value->get_string()};
      else
        wrong(name, "wants a text");
    }
  }
  void port(std::string_view name, std::uint16_t& to) {
    if (const auto* value = take(name)) {
      const auto* number = value->if_int64();
      if (number != nullptr && *number >= 1 && *number <= 65535)
        to = static_cast<std::uint16_t>(*number);
      else
        wrong(name, "wants 1 to 65535");
    }
  }
  void boolean(std::string_view name, bool& to) {
    if (const auto* value = take(name)) {
      if (value->is_bool())
        to = value->get_bool();
      else
        wrong(name, "wants true or false");
    }
  }
  void list(std::string_view name, std::vector<std::string>& to) {
    const auto* value = take(name);
    if (value == nullptr) return;
    if (!value->is_array()) return wrong(name, "wants a list of texts");
    to.clear();
    for (const auto& item : value->get_array()) {
      if (!item.is_string()) return wrong(name, "wants a list of texts");
      to.emplace_back(std::string_view{item.get_string()});
    }
  }
  Result<void> done() {
    if (error_) return fail(error_);
    if (taken_ != from_.size())
      for (const auto& member : from_)
        if (!known_.contains(member.key()))
          return fail(Code::device_invalid,
                      clean_utf8(member.key().substr(0, 64)) + ": there is no such field");
    return {};
  }

 private:
  const json::value* take(std::string_view name) {
    known_.emplace(name, true);
    const auto* value = from_.if_contains(name);
    if (value != nullptr) ++taken_;
    return value;
  }
  void wrong(std::string_view name, std::string_view what) {
    if (!error_) error_ = Error{Code::device_invalid, std::string{name} + ": " + std::string{what}};
  }

  const json::object& from_;
  json::object known_;
  std::size_t taken_ = 0;
  Error error_;
};

// "q=0.8" in thousandths (RFC 9110 section 12.4.2); 1000 where there is none, 0 where it is no weight.
int weight_of(std::string_view parameter) {
  if (parameter.empty()) return 1000;
  if (!istarts_with(parameter, "q=") || parameter.size() < 3 || parameter.size() > 7) return 0;
  if (parameter[2] == '1') return 1000;
  if (parameter[2] != '0' || (parameter.size() > 3 && parameter[3] != '.')) return 0;
  int weight = 0;
  for (std::size_t i = 4; i < 7; ++i) {
    const char c = i < parameter.size() ? parameter[i] : '0';
    if (c < '0' || c > '9') return 0;
    weight = weight * 10 + (c - '0');
  }
  return weight;
}

}  // namespace

json::object to_json(const model::Channel& channel) {
  json::array profiles;
  for (const auto& profile : channel.profiles)
    profiles.push_back(json::object{
        {"profile", to_text(profile.profile)},
        {"codec", to_text(profile.codec)},
        {"width", profile.width},
        {"height", profile.height},
        {"fps", profile.fps_x100 / 100.0},
        {"bitrate_kbps", profile.bitrate_kbps},
        {"audio", profile.audio == model::Codec::unknown ? json::value(nullptr)
                                                         : json::value(to_text(profile.audio))}});
  return {{"number", channel.number},
          {"name", text(channel.name)},
          {"online", channel.online},
          {"ptz", channel.ptz},
          {"profiles", std::move(profiles)}};
}

Language language_of(std::string_view accept_language) {
  auto best = Language::en;
  int best_weight = 0;
  while (!accept_language.empty()) {
    auto weighted = take_until(accept_language, ',');
    const auto tag = trim(take_until(weighted, ';'));
    const int weight = weight_of(trim(weighted));
    const bool zh = istarts_with(tag, "zh");
    if (weight <= best_weight || !(zh || istarts_with(tag, "en"))) continue;
    best = zh ? Language::zh : Language::en;
    best_weight = weight;
  }
  return best;
}

std::string_view sentence(Code code, Language language) {
  const auto& entry = info(code);
  return language == Language::zh ? entry.zh : entry.en;
}

json::object to_json(const model::DeviceView& view, Language language, bool whole) {
  const auto& spec = view.spec;
  json::object out{{"id", spec.id.str()},
                   {"name", text(spec.name)},
                   {"drivers", texts(spec.drivers)},
                   {"address", text(spec.address)},
                   {"http_port", spec.http_port},
                   {"https_port", spec.https_port},
                   {"rtsp_port", spec.rtsp_port},
                   {"sdk_port", spec.sdk_port},
                   {"sdk_login", text(spec.sdk_login)},
                   {"username", text(spec.username)},
                   {"has_password", view.has_password},
                   {"url", text(spec.url)},
                   {"transport", text(spec.transport)},
                   {"timezone", text(spec.timezone)},
                   {"tags", texts(spec.tags)},
                   {"enabled", spec.enabled},
                   {"always_on", spec.always_on},
                   {"revision", view.revision},
                   {"state", to_text(view.state)},
                   {"reason", name(view.reason)},
                   {"reason_text", sentence(view.reason, language)},
                   {"detail", text(view.detail)},
                   {"since", to_rfc3339(view.since)},
                   {"attempts", view.attempts},
                   {"next_attempt", time_or_null(view.next_attempt)},
                   {"last_heard", time_or_null(view.last_heard)},
                   {"events", view.events}};
  out["facts"] = view.facts ? json::value(facts_json(*view.facts)) : json::value(nullptr);
  out["channels"] = view.facts ? channels_json(*view.facts) : json::array{};
  if (whole) {
    json::array history;
    for (const auto& move : view.history)
      history.push_back(json::object{{"to", to_text(move.to)},
                                     {"reason", name(move.reason)},
                                     {"reason_text", sentence(move.reason, language)},
                                     {"detail", text(move.detail)},
                                     {"at", to_rfc3339(move.at)}});
    out["history"] = std::move(history);
  }
  return out;
}

Result<json::object> object_from(std::string_view body) {
  if (body.size() > 1024 * 1024) return fail(Code::api_too_large, "body: at most 1 MiB");
  json::parse_options options;
  options.max_depth = 32;
  boost::system::error_code ec;
  auto value = json::parse(body, ec, {}, options);
  if (ec) return fail(Code::api_bad_request, "body: not JSON");
  if (!value.is_object()) return fail(Code::api_bad_request, "body: wants a JSON object");
  return std::move(value.get_object());
}

Result<NewDevice> device_from_json(std::string_view body) {
  auto object = object_from(body);
  if (!object) return fail(object.error());
  NewDevice device;
  auto& spec = device.spec;
  std::string id;
  std::string driver;
  std::string password;
  Reader read{*object};
  read.string("id", id);
  read.string("name", spec.name);
  read.list("drivers", spec.drivers);
  read.string("driver", driver);
  read.string("address", spec.address);
  read.port("http_port", spec.http_port);
  read.port("https_port", spec.https_port);
  read.port("rtsp_port", spec.rtsp_port);
  read.port("sdk_port", spec.sdk_port);
  read.string("sdk_login", spec.sdk_login);
  read.string("username", spec.username);
  read.string("password", password);
  read.string("url", spec.url);
  read.string("transport", spec.transport);
  read.string("timezone", spec.timezone);
  read.list("tags", spec.tags);
  read.boolean("enabled", spec.enabled);
  read.boolean("always_on", spec.always_on);
  auto done = read.done();
  device.password = Secret{password};
  wipe(password);
  if (auto* secret = object->if_contains("password"); secret != nullptr && secret->is_string())
    std::fill(secret->get_string().begin(), secret->get_string().end(), '\0');
  if (!done) return fail(done.error());
  if (device.password.reveal().size() > 128) return fail(Code::device_invalid, "password: at most 128 bytes");
  if (!driver.empty()) spec.drivers = {driver};
  if (!id.empty()) {
    auto parsed = model::parse_device_id(id);
    if (!parsed) return fail(parsed.error());
    spec.id = std::move(*parsed);
  }
  return device;
}

}  // namespace camfleet::api
