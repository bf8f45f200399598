#include "api/device_json.h"

#include <algorithm>
#include <boost/json.hpp>
#include <cstdint>
#include <limits>

#include "base/text.h"

namespace camfleet::api {
namespace json = boost::json;
namespace {

void write_facts(JsonText& to, const model::DeviceFacts& facts, const std::vector<std::string>& drivers) {
  to.begin_object();
  to.key("kind").text(facts.kind);
  to.key("model").text(facts.model);
  to.key("serial").text(facts.serial);
  to.key("mac").text(facts.mac);
  to.key("firmware").text(facts.firmware);
  // An edit of the list may be newer than the login.
  to.key("driver").text(facts.driver < drivers.size() ? drivers[facts.driver] : std::string{});
  to.key("clock_offset_ms");
  if (facts.clock_offset_ms)
    to.number(*facts.clock_offset_ms);
  else
    to.null();
  to.end_object();
}

void write_history(JsonText& to, const std::vector<model::Move>& history, Language language) {
  to.begin_array();
  for (const auto& move : history) {
    to.begin_object();
    to.key("to").word(to_text(move.to));
    to.key("reason").word(name(move.reason));
    to.key("reason_text").text(sentence(move.reason, language));
    to.key("detail").text(move.detail);
    to.key("at").time(move.at);
    to.end_object();
  }
  to.end_array();
}

json::object document(std::string_view text) { return std::move(json::parse(text).get_object()); }

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

void write(JsonText& to, const model::Channel& channel) {
  to.begin_object();
  to.key("number").number(channel.number);
  to.key("name").text(channel.name);
  to.key("online").boolean(channel.online);
  to.key("ptz").boolean(channel.ptz);
  to.key("profiles").begin_array();
  for (const auto& profile : channel.profiles) {
    to.begin_object();
    to.key("profile").word(to_text(profile.profile));
    to.key("codec").word(to_text(profile.codec));
    to.key("width").number(profile.width);
    to.key("height").number(profile.height);
    to.key("fps").hundredths(profile.fps_x100);
    to.key("bitrate_kbps").number(profile.bitrate_kbps);
    to.key("audio");
    if (profile.audio == model::Codec::unknown)
      to.null();
    else
      to.word(to_text(profile.audio));
    to.end_object();
  }
  to.end_array();
  to.end_object();
}

json::object to_json(const model::Channel& channel) {
  std::string text;
  JsonText to{text};
  write(to, channel);
  return document(text);
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

void write_members(JsonText& to, const model::DeviceView& view, Language language, bool whole) {
  const auto& spec = view.spec;
  to.key("id").text(spec.id.str());
  to.key("name").text(spec.name);
  to.key("drivers").texts(spec.drivers);
  to.key("address").text(spec.address);
  to.key("http_port").number(spec.http_port);
  to.key("https_port").number(spec.https_port);
  to.key("rtsp_port").number(spec.rtsp_port);
  to.key("sdk_port").number(spec.sdk_port);
  to.key("sdk_login").text(spec.sdk_login);
  to.key("sdk_tls").boolean(spec.sdk_tls);
  to.key("username").text(spec.username);
  to.key("has_password").boolean(view.has_password);
  to.key("url").text(spec.url);
  to.key("transport").text(spec.transport);
  to.key("timezone").text(spec.timezone);
  to.key("tags").texts(spec.tags);
  to.key("enabled").boolean(spec.enabled);
  to.key("always_on").boolean(spec.always_on);
  to.key("revision").number(view.revision);
  to.key("state").word(to_text(view.state));
  to.key("reason").word(name(view.reason));
  to.key("reason_text").text(sentence(view.reason, language));
  to.key("detail").text(view.detail);
  to.key("since").time(view.since);
  to.key("attempts").number(view.attempts);
  to.key("next_attempt").time_or_null(view.next_attempt);
  to.key("last_heard").time_or_null(view.last_heard);
  to.key("events").number(view.events);
  to.key("facts");
  if (view.facts)
    write_facts(to, *view.facts, spec.drivers);
  else
    to.null();
  to.key("channels").begin_array();
  if (view.facts)
    for (const auto& channel : view.facts->channels) write(to, channel);
  to.end_array();
  if (!whole) return;
  to.key("history");
  write_history(to, view.history, language);
}

std::string device_text(const model::DeviceView& view, Language language, bool whole) {
  std::string text;
  text.reserve(1024 + 160 * view.history.size());
  JsonText to{text};
  to.begin_object();
  write_members(to, view, language, whole);
  to.end_object();
  return text;
}

json::object to_json(const model::DeviceView& view, Language language, bool whole) {
  return document(device_text(view, language, whole));
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
  read.boolean("sdk_tls", spec.sdk_tls);
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
