#include "telemetry/trace.h"

#include <algorithm>
#include <array>
#include <cstdint>

#include "base/random.h"
#include "base/text.h"

namespace camfleet::telemetry {
namespace {

bool is_hex(std::string_view text, std::size_t digits) {
  return text.size() == digits &&
         std::ranges::all_of(text, [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}
bool is_id(std::string_view text, std::size_t digits) {
  return is_hex(text, digits) && text.find_first_not_of('0') != std::string_view::npos;
}
// Ids are told apart by it and guard nothing, and each request has two: they cost no system call.
Rng& ids() {
  thread_local Rng rng = [] {
    std::array<std::uint8_t, sizeof(std::uint64_t)> bytes{};
    random_bytes(bytes);
    std::uint64_t seed = 0;
    for (const auto byte : bytes) seed = seed << 8 | byte;
    return Rng{seed};
  }();
  return rng;
}

std::string fresh_id(std::size_t digits) {
  constexpr std::string_view kHex = "0123456789abcdef";
  std::string id;
  do {
    id.clear();
    while (id.size() < digits) {
      auto word = ids()();
      for (int i = 0; i < 16 && id.size() < digits; ++i, word >>= 4) id += kHex[word & 15];
    }
  } while (id.find_first_not_of('0') == std::string::npos);
  return id;
}

}  // namespace

std::string TraceContext::traceparent() const {
  return "00-" + trace_id + '-' + span_id + (sampled ? "-01" : "-00");
}

std::optional<TraceContext> parse_traceparent(std::string_view header) {
  const auto text = trim(header);
  if (text.size() < 55 || text.size() > 512) return std::nullopt;
  const auto version = text.substr(0, 2);
  const auto trace = text.substr(3, 32);
  const auto span = text.substr(36, 16);
  const auto flags = text.substr(53, 2);
  if (text[2] != '-' || text[35] != '-' || text[52] != '-') return std::nullopt;
  if (!is_hex(version, 2) || version == "ff" || !is_id(trace, 32) || !is_id(span, 16) || !is_hex(flags, 2))
    return std::nullopt;
  // Version 00 ends here; a later one may go on behind another '-'.
  if (text.size() > 55 && (version == "00" || text[55] != '-')) return std::nullopt;
  const auto bits = parse_int<unsigned>(flags, 16);
  return TraceContext{std::string{trace}, std::string{span}, bits && (*bits & 1U) != 0};
}

TraceContext make_trace() { return {fresh_id(32), fresh_id(16), false}; }

TraceContext adopt(std::string_view traceparent, std::string_view x_trace_id) {
  if (auto given = parse_traceparent(traceparent)) {
    given->span_id = fresh_id(16);
    return std::move(*given);
  }
  auto out = make_trace();
  if (auto id = to_lower(trim(x_trace_id)); is_id(id, 32)) out.trace_id = std::move(id);
  return out;
}

}  // namespace camfleet::telemetry
