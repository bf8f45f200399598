#pragma once
#include <optional>
#include <string>
#include <string_view>

namespace camfleet::telemetry {

// W3C Trace Context, level 1. A trace id is 32 lower-case hexadecimal digits, a span id 16; neither is all
// zero.
struct TraceContext {
  std::string trace_id;
  std::string span_id;  // ours, once adopt() made it
  bool sampled = false;

  // "00-<trace>-<span>-01"
  std::string traceparent() const;
};

// A traceparent header as it came, or nothing where it breaks the rules. Versions after 00 are read by 00's
// rules.
std::optional<TraceContext> parse_traceparent(std::string_view header);

// A new trace with a new span.
TraceContext make_trace();

// The context of a request: the trace of its traceparent, else of its X-Trace-ID (32 hexadecimal digits),
// else a new one; always with a span of our own. Empty texts stand for headers that were not there.
TraceContext adopt(std::string_view traceparent, std::string_view x_trace_id);

}  // namespace camfleet::telemetry
