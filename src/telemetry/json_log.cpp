#include "telemetry/json_log.h"

#include <fmt/core.h>
#include <spdlog/logger.h>
#include <spdlog/sinks/stdout_sinks.h>

#include <algorithm>
#include <cmath>
#include <vector>

#include "base/text.h"

namespace camfleet::telemetry {
namespace {

constexpr std::size_t kMostText = 4'096;
constexpr std::size_t kMostNames = 1'024;

void quote(std::string& out, std::string_view text) {
  const bool cut = text.size() > kMostText;
  const auto clean = clean_utf8(cut ? text.substr(0, kMostText) : text);
  out += '"';
  for (const char c : clean) {
    const auto byte = static_cast<unsigned char>(c);
    switch (c) {
      case '"':
        out += "\\\"";
        break;
      case '\\':
        out += "\\\\";
        break;
      case '\n':
        out += "\\n";
        break;
      case '\r':
        out += "\\r";
        break;
      case '\t':
        out += "\\t";
        break;
      default:
        if (byte < 0x20 || byte == 0x7F) {
          out += fmt::format("\\u{:04x}", byte);
        } else {
          out += c;
        }
    }
  }
  if (cut) out += "...";
  out += '"';
}

struct Writer {
  std::string& out;
  void operator()(std::string_view text) const { quote(out, text); }
  void operator()(std::int64_t number) const { out += std::to_string(number); }
  void operator()(double number) const { out += std::isfinite(number) ? fmt::format("{}", number) : "null"; }
  void operator()(bool truth) const { out += truth ? "true" : "false"; }
};

void key(std::string& out, std::string_view name) {
  out += ',';
  const bool ours = name == "ts" || name == "level" || name == "event" || name == "suppressed";
  quote(out, ours ? std::string{name} + '_' : std::string{name});
  out += ':';
}

}  // namespace

std::string_view to_text(log::Level level) {
  switch (level) {
    case log::Level::trace:
      return "trace";
    case log::Level::debug:
      return "debug";
    case log::Level::info:
      return "info";
    case log::Level::warn:
      return "warn";
    case log::Level::error:
      return "error";
  }
  return "info";
}

log::Level parse_level(std::string_view text) {
  using enum log::Level;
  for (const auto level : {trace, debug, info, warn, error})
    if (iequals(text, to_text(level))) return level;
  return info;
}

std::string json_line(WallTime now, log::Level level, std::string_view event, log::Fields fields) {
  std::string out;
  out.reserve(256);
  out += "{\"ts\":\"";
  out += to_rfc3339(now);
  out += "\",\"level\":\"";
  out += to_text(level);
  out += "\",\"event\":";
  quote(out, event);
  for (const auto& field : fields) {
    key(out, field.key);
    std::visit(Writer{out}, field.value);
  }
  out += '}';
  return out;
}

struct JsonLog::Output {
  spdlog::logger logger{"camfleet", std::make_shared<spdlog::sinks::stderr_sink_mt>()};
};

JsonLog::JsonLog(Options options, const Clock& clock)
    : options_(options), clock_(clock), output_(std::make_unique<Output>()) {
  output_->logger.set_pattern("%v");
  output_->logger.set_level(spdlog::level::trace);
  output_->logger.flush_on(spdlog::level::trace);
}
JsonLog::~JsonLog() = default;

std::int64_t JsonLog::admit(std::string_view event) {
  const std::lock_guard lock{mutex_};
  std::string name{event};
  if (buckets_.size() >= kMostNames && !buckets_.contains(name)) name.clear();
  const auto now = clock_.steady();
  const auto [it, fresh] = buckets_.try_emplace(std::move(name), Bucket{options_.burst, now, 0});
  auto& bucket = it->second;
  const std::chrono::duration<double> passed = now - bucket.at;
  bucket.tokens = std::min(options_.burst, bucket.tokens + passed.count() * options_.per_second);
  bucket.at = now;
  if (bucket.tokens < 1) {
    ++bucket.suppressed;
    return -1;
  }
  bucket.tokens -= 1;
  return static_cast<std::int64_t>(std::exchange(bucket.suppressed, 0));
}

void JsonLog::write(log::Level level, std::string_view event, log::Fields fields) {
  std::int64_t suppressed = 0;
  if (level != log::Level::error) {
    suppressed = admit(event);
    if (suppressed < 0) return;
  }
  auto line = json_line(clock_.wall(), level, event, fields);
  if (suppressed > 0) {
    line.pop_back();
    line += fmt::format(",\"suppressed\":{}}}", suppressed);
  }
  output_->logger.log(spdlog::level::info, spdlog::string_view_t{line});
}

}  // namespace camfleet::telemetry
