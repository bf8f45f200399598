#include "cli/event_tail.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>
#include <thread>

#include "cli/device_text.h"
#include "cli/sse.h"
#include "cli/text_width.h"
#include "proto/http/target.h"

namespace camfleet::cli {
namespace {

using namespace std::chrono_literals;
constexpr auto kSilence = 60s;  // the gateway says something at least every 15 s
constexpr auto kLongestPause = 10s;

// "2026-01-01T00:00:00.000Z  gate-7  Motion active  channel 1, 3 reports (description)"
void print_alarm(const Context& context, const json::value& alarm) {
  const auto phase = text_of(alarm, "phase");
  std::string more;
  if (const auto channel = text_of(alarm, "channel"); channel != "0") more = "channel " + channel;
  const auto add = [&](const std::string& text) { more += (more.empty() ? "" : ", ") + text; };
  if (const auto count = text_of(alarm, "count"); phase != "pulse" && count != "1" && count != "0")
    add(count + " reports");
  if (const auto left_out = text_of(alarm, "left_out"); left_out != "0")
    add(left_out + " before it left out");
  if (const auto said = text_of(alarm, "description"); !said.empty()) more += " (" + said + ')';
  auto what = for_terminal(text_of(alarm, "type_text"));
  if (phase != "pulse") what += ' ' + for_terminal(phase);
  context.out.line(for_terminal(text_of(alarm, "received")) + "  " + for_terminal(text_of(alarm, "device")) +
                   "  " + context.out.paint(what, phase == "inactive" ? Tone::dim : Tone::bad) + "  " +
                   for_terminal(more));
}

void print_event(const Context& context, const SseReader::Event& event) {
  if (context.common.json) {
    context.out.json(event.data);
    return;
  }
  boost::system::error_code error;
  const auto value = json::parse(event.data, error);
  if (error || !value.is_object()) {
    context.out.line(for_terminal(event.name + ' ' + event.data));
    return;
  }
  if (event.name == "alarm") return print_alarm(context, value);
  const auto device = text_of(value, "device");
  const auto type = text_of(value, "type");
  auto why = text_of(value, "text");
  for (const auto* member : {"detail", "cause"})
    if (const auto more = text_of(value, member); !more.empty()) why += " (" + more + ')';
  if (device.empty()) {  // a word of the stream itself: events were lost, or it ends
    context.out.note(type + ": " + why);
    return;
  }
  const auto to = text_of(value, "to");
  const auto what = type == "move" ? for_terminal(text_of(value, "from")) + " -> " +
                                         context.out.paint(for_terminal(to), tone_of(to))
                                   : for_terminal(type);
  context.out.line(for_terminal(text_of(value, "at")) + "  " + for_terminal(device) + "  " + what + "  " +
                   for_terminal(why));
}

std::string query_of(const TailOptions& options) {
  std::string query;
  const auto add = [&](const char* name, const std::vector<std::string>& values) {
    for (const auto& value : values)
      query += std::string{query.empty() ? "?" : "&"} + name + '=' + http::percent_encode(value);
  };
  add("type", options.types);
  add("device", options.devices);
  add("tag", options.tags);
  add("state", options.states);
  add("reason", options.reasons);
  return query;
}

}  // namespace

Exit tail(Context& context, const TailOptions& options) {
  const auto caller = context.caller();
  if (!caller) return caller.error();
  const auto query = query_of(options);

  std::size_t seen = 0;
  std::string cursor = options.after;
  auto pause = 1s;
  bool connected = false;
  const auto enough = [&] { return options.count > 0 && seen >= options.count; };
  for (;;) {
    SseReader reader{[&](const SseReader::Event& event) {
      if (!event.id.empty()) cursor = event.id;
      print_event(context, event);
      if (event.name != "bye" && event.name != "reset") ++seen;
      return !enough();
    }};
    Caller::Request request{.target = "/api/v1/stream" + query};
    if (cursor.empty() && options.oldest) request.target += query.empty() ? "?from=oldest" : "&from=oldest";
    request.headers.add("Accept", "text/event-stream");
    if (!cursor.empty()) request.headers.add("Last-Event-ID", cursor);
    const auto ended = (*caller)->follow(request, kSilence, [&](std::string_view bytes) {
      if (!connected) context.out.note("connected; Ctrl-C ends it");
      connected = true;
      pause = 1s;
      return reader.feed(bytes);
    });
    if (enough()) return Exit::ok;
    if (ended && !ended->ok() && ended->status < 500) return context.refused(*ended);
    if (!connected && !ended) return context.unreachable(ended.error());
    if (!connected && !ended->ok()) return context.refused(*ended);
    context.out.note(fmt::format("the stream ended{}; again in {} s",
                                 ended ? "" : " (" + std::string{name(ended.error().code)} + ')',
                                 pause.count()));
    std::this_thread::sleep_for(pause);
    pause = std::min<std::chrono::seconds>(pause * 2, kLongestPause);
  }
}

}  // namespace camfleet::cli
