#include "model/sink.h"

#include <algorithm>

#include "base/text.h"
#include "proto/url/url.h"

namespace camfleet::model {
namespace {

using Form = SinkSetting::Form;

constexpr std::array kWebhook{
    SinkSetting{"url", "where entries are posted, http(s)://HOST[:PORT]/PATH", Form::text, true},
    SinkSetting{"secret", "key of the signature (HMAC-SHA256)", Form::text, false, true},
    SinkSetting{"token", "sent as Authorization: Bearer", Form::text, false, true},
    SinkSetting{"ca_file", "PEM file of the authorities that https trusts in place of the system's"},
    SinkSetting{"batch", "most entries of one request; 1: one each", Form::number, false, false, 1, 1000,
                "1"},
    SinkSetting{"connections", "requests at the same time", Form::number, false, false, 1, 64, "8"},
    SinkSetting{"timeout_s", "longest wait for an answer", Form::number, false, false, 1, 60, "10"},
    SinkSetting{"payload", "also send the device's own document", Form::flag, false, false, 0, 0, "false"},
};
constexpr std::array kFile{
    SinkSetting{"path", "name of the file, below the directory of sink files", Form::text, true},
    SinkSetting{"rotate_mib", "a new file when it is this large", Form::number, false, false, 1, 65536,
                "256"},
    SinkSetting{"rotate_daily", "a new file each day (UTC)", Form::flag, false, false, 0, 0, "true"},
    SinkSetting{"keep", "old files that are kept; 0: all", Form::number, false, false, 0, 10000, "0"},
    SinkSetting{"payload", "also write the device's own document", Form::flag, false, false, 0, 0, "true"},
};
constexpr std::array kMqtt{
    SinkSetting{"url", "the broker, mqtt(s)://HOST[:PORT]", Form::text, true},
    SinkSetting{"topic",
                "where entries are published; {device}, {channel}, {type} and {state} stand for theirs",
                Form::text, false, false, 0, 0, "camfleet/{device}/{channel}/{type}"},
    SinkSetting{"version", "of the protocol: 4 is 3.1.1, 5 is 5.0", Form::number, false, false, 4, 5, "5"},
    SinkSetting{"client_id", "how the broker knows us; default: camfleet-ID"},
    SinkSetting{"username", "user name at the broker"},
    SinkSetting{"password", "password at the broker", Form::text, false, true},
    SinkSetting{"ca_file", "PEM file of the authorities that mqtts trusts in place of the system's"},
    SinkSetting{"in_flight", "entries published and not yet acknowledged", Form::number, false, false, 1, 200,
                "50"},
    SinkSetting{"payload", "also send the device's own document", Form::flag, false, false, 0, 0, "false"},
};
constexpr std::array kKafka{
    SinkSetting{"brokers", "HOST:PORT, several by comma", Form::text, true},
    SinkSetting{"topic", "where entries are produced", Form::text, false, false, 0, 0, "camfleet.events"},
    SinkSetting{"security", "plaintext, ssl, sasl_plaintext or sasl_ssl", Form::text, false, false, 0, 0,
                "plaintext"},
    SinkSetting{"sasl_mechanism", "PLAIN, SCRAM-SHA-256 or SCRAM-SHA-512"},
    SinkSetting{"username", "user name of SASL"},
    SinkSetting{"password", "password of SASL", Form::text, false, true},
    SinkSetting{"ca_file", "PEM file of the authorities that ssl trusts in place of the system's"},
    SinkSetting{"compression", "none, gzip, snappy, lz4 or zstd", Form::text, false, false, 0, 0, "none"},
    SinkSetting{"payload", "also send the device's own document", Form::flag, false, false, 0, 0, "false"},
};
constexpr std::array kDapr{
    SinkSetting{"url", "the sidecar, http://HOST:PORT", Form::text, true},
    SinkSetting{"pubsub", "name of the pub/sub component", Form::text, true},
    SinkSetting{"topic", "where entries are published", Form::text, false, false, 0, 0, "camfleet.events"},
    SinkSetting{"token", "sent as dapr-api-token", Form::text, false, true},
    SinkSetting{"connections", "requests at the same time", Form::number, false, false, 1, 64, "8"},
    SinkSetting{"timeout_s", "longest wait for an answer", Form::number, false, false, 1, 60, "10"},
    SinkSetting{"payload", "also send the device's own document", Form::flag, false, false, 0, 0, "false"},
};

const SinkSetting* setting_of(SinkKind kind, std::string_view name) {
  const auto all = settings_of(kind);
  const auto found = std::ranges::find(all, name, &SinkSetting::name);
  return found == all.end() ? nullptr : &*found;
}

Result<void> wrong(std::string_view member, std::string_view why) {
  return fail(Code::sink_invalid, std::string{member} + ": " + std::string{why});
}

bool clean(std::string_view text) {
  return is_utf8(text) && std::ranges::none_of(text, [](unsigned char c) { return c < 0x20 || c == 0x7f; });
}

bool one_of(std::string_view value, std::initializer_list<std::string_view> texts) {
  return std::ranges::find(texts, value) != texts.end();
}

Result<void> check_value(const SinkSetting& setting, std::string_view value) {
  if (value.size() > 2048 || !clean(value)) return wrong(setting.name, "wants at most 2048 plain characters");
  if (setting.form == Form::flag && value != "true" && value != "false")
    return wrong(setting.name, "wants true or false");
  if (setting.form == Form::number) {
    const auto number = parse_int<std::int64_t>(value);
    if (!number || *number < setting.least || *number > setting.most)
      return wrong(setting.name,
                   "wants " + std::to_string(setting.least) + " to " + std::to_string(setting.most));
  }
  return {};
}

// http(s) or mqtt(s), without a login: that belongs into settings of its own, where it is kept secret.
Result<void> check_url(const SinkSpec& spec) {
  std::string text{spec.text("url")};
  const bool mqtt = spec.kind == SinkKind::mqtt;
  if (mqtt) {
    if (!text.starts_with("mqtt://") && !text.starts_with("mqtts://"))
      return wrong("url", "wants mqtt://HOST[:PORT] or mqtts://HOST[:PORT]");
    text.replace(0, 4, "http");
  }
  const auto parsed = url::parse(text);
  if (!parsed || (parsed->url.scheme != "http" && parsed->url.scheme != "https"))
    return wrong("url", mqtt ? "is no address of a broker" : "wants http(s)://HOST[:PORT]/PATH");
  if (parsed->has_login) return wrong("url", "a login does not belong here: it would be shown");
  if (mqtt && !parsed->url.target.empty() && parsed->url.target != "/")
    return wrong("url", "nothing may stand behind the port");
  return {};
}

Result<void> check_file(const SinkSpec& spec) {
  const auto path = spec.text("path");
  if (path.empty() || path.front() == '/' || path.size() > 200)
    return wrong("path", "wants a name, or DIR/NAME");
  std::string_view rest{path};
  while (!rest.empty()) {
    const auto part = take_until(rest, '/');
    const auto good = [](char c) {
      return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
             c == '_' || c == '-';
    };
    if (part.empty() || part.front() == '.' || !std::ranges::all_of(part, good))
      return wrong("path", "wants letters, digits, '.', '_' and '-', and no part that begins with a dot");
  }
  return {};
}

Result<void> check_topic(const SinkSpec& spec) {
  const auto topic = spec.text("topic");
  if (topic.empty() || topic.size() > 500) return wrong("topic", "wants 1 to 500 characters");
  if (spec.kind == SinkKind::mqtt && topic.find_first_of("+#") != topic.npos)
    return wrong("topic", "'+' and '#' are for those who subscribe");
  if (spec.kind == SinkKind::mqtt) return {};
  const auto good = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '_' || c == '-' || c == '/';
  };
  if (topic.size() > 249 || !std::ranges::all_of(topic, good) ||
      (spec.kind == SinkKind::kafka && topic.find('/') != topic.npos))
    return wrong("topic", "wants letters, digits, '.', '_' and '-'");
  return {};
}

Result<void> check_kind(const SinkSpec& spec) {
  switch (spec.kind) {
    case SinkKind::webhook:
      return check_url(spec);
    case SinkKind::file:
      return check_file(spec);
    case SinkKind::mqtt:
      if (auto url = check_url(spec); !url) return url;
      return check_topic(spec);
    case SinkKind::kafka:
      if (!one_of(spec.text("security"), {"plaintext", "ssl", "sasl_plaintext", "sasl_ssl"}))
        return wrong("security", "wants plaintext, ssl, sasl_plaintext or sasl_ssl");
      if (!one_of(spec.text("sasl_mechanism"), {"", "PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"}))
        return wrong("sasl_mechanism", "wants PLAIN, SCRAM-SHA-256 or SCRAM-SHA-512");
      if (!one_of(spec.text("compression"), {"none", "gzip", "snappy", "lz4", "zstd"}))
        return wrong("compression", "wants none, gzip, snappy, lz4 or zstd");
      return check_topic(spec);
    case SinkKind::dapr: {
      const auto name = spec.text("pubsub");
      if (name.find_first_of("/?#% ") != name.npos) return wrong("pubsub", "wants the name of a component");
      if (auto url = check_url(spec); !url) return url;
      return check_topic(spec);
    }
  }
  return {};
}

bool names_type(std::string_view pattern, std::string_view type) {
  if (pattern.ends_with('*')) return type.starts_with(pattern.substr(0, pattern.size() - 1));
  return pattern == type;
}

}  // namespace

std::string_view to_text(SinkKind kind) {
  switch (kind) {
    case SinkKind::webhook:
      return "webhook";
    case SinkKind::file:
      return "file";
    case SinkKind::mqtt:
      return "mqtt";
    case SinkKind::kafka:
      return "kafka";
    case SinkKind::dapr:
      break;
  }
  return "dapr";
}

std::optional<SinkKind> parse_sink_kind(std::string_view text) {
  for (const auto kind : {SinkKind::webhook, SinkKind::file, SinkKind::mqtt, SinkKind::kafka, SinkKind::dapr})
    if (text == to_text(kind)) return kind;
  return std::nullopt;
}

std::span<const SinkSetting> settings_of(SinkKind kind) {
  switch (kind) {
    case SinkKind::webhook:
      return kWebhook;
    case SinkKind::file:
      return kFile;
    case SinkKind::mqtt:
      return kMqtt;
    case SinkKind::kafka:
      return kKafka;
    case SinkKind::dapr:
      break;
  }
  return kDapr;
}

bool SinkFilter::takes(const DeviceId& device, std::uint16_t channel, std::string_view type,
                       const DeviceTags* tags_of_devices) const {
  if (!devices.empty() && std::ranges::find(devices, device.str()) == devices.end()) return false;
  if (!channels.empty() && std::ranges::find(channels, channel) == channels.end()) return false;
  const auto named = [type](const auto& pattern) { return names_type(pattern, type); };
  if (!types.empty() && std::ranges::none_of(types, named)) return false;
  if (tags.empty()) return true;
  if (tags_of_devices == nullptr) return false;
  const auto its = tags_of_devices->tags_of(device);
  return std::ranges::any_of(tags, [&](const auto& tag) { return std::ranges::find(its, tag) != its.end(); });
}

std::string_view SinkSpec::text(std::string_view name) const {
  if (const auto given = settings.find(name); given != settings.end()) return given->second;
  const auto* known = setting_of(kind, name);
  return known == nullptr ? std::string_view{} : known->fallback;
}

std::int64_t SinkSpec::number(std::string_view name) const {
  return parse_int<std::int64_t>(text(name)).value_or(0);
}

bool SinkSpec::flag(std::string_view name) const { return text(name) == "true"; }

Result<void> check(const SinkSpec& spec) {
  if (!parse_device_id(spec.id)) return wrong("id", "wants [a-z0-9][a-z0-9._-]{0,63}");
  for (const auto& [name, value] : spec.settings) {
    const auto* setting = setting_of(spec.kind, name);
    if (setting == nullptr)
      return wrong(name, "a " + std::string{to_text(spec.kind)} + " sink has no such setting");
    if (auto good = check_value(*setting, value); !good) return good;
  }
  for (const auto& setting : settings_of(spec.kind))
    if (setting.required && spec.text(setting.name).empty()) return wrong(setting.name, "is missing");
  const auto& filter = spec.filter;
  if (std::max({filter.devices.size(), filter.tags.size(), filter.types.size(), filter.channels.size()}) >
      SinkFilter::kMost)
    return wrong("filter", "wants at most 256 of each");
  for (const auto* list : {&filter.devices, &filter.tags, &filter.types})
    for (const auto& text : *list)
      if (text.empty() || text.size() > 128 || !clean(text))
        return wrong("filter", "holds an empty or odd text");
  return check_kind(spec);
}

std::string_view to_text(SinkState state) {
  switch (state) {
    case SinkState::idle:
      return "idle";
    case SinkState::delivering:
      return "delivering";
    case SinkState::retrying:
      return "retrying";
    case SinkState::refused:
      return "refused";
    case SinkState::paused:
      break;
  }
  return "paused";
}

}  // namespace camfleet::model
