#include "cli/device_text.h"

#include <fmt/format.h>

#include <boost/json.hpp>
#include <ctime>

#include "cli/text_width.h"

namespace camfleet::cli {
namespace {

long long now_unix() { return static_cast<long long>(std::time(nullptr)); }

std::string address_of(const json::value& device) {
  const auto url = text_of(device, "url");
  return url.empty() ? text_of(device, "address") : url;
}

// One "name  value" line of a description; nothing where there is no value.
void row(Table& table, const std::string& name, const std::string& value, Tone tone = Tone::plain) {
  if (!value.empty()) table.add({{name, Tone::dim}, {value, tone}});
}

void print_channels(const Context& context, const json::value& device) {
  const auto* channels = member_of(device, "channels");
  if (channels == nullptr || !channels->is_array() || channels->get_array().empty()) return;
  Table table{{{"CHANNEL", true}, {"NAME", false, true}, {"PICTURE"}, {"PROFILES", false, true}}};
  for (const auto& channel : channels->get_array()) {
    std::string profiles;
    if (const auto* list = member_of(channel, "profiles"); list != nullptr && list->is_array())
      for (const auto& profile : list->get_array())
        profiles +=
            fmt::format("{}{} {} {}x{} {} fps", profiles.empty() ? "" : "; ", text_of(profile, "profile"),
                        text_of(profile, "codec"), text_of(profile, "width"), text_of(profile, "height"),
                        text_of(profile, "fps"));
    table.add({{text_of(channel, "number")},
               {text_of(channel, "name")},
               text_of(channel, "online") == "yes" ? Cell{"yes", Tone::good} : Cell{"no", Tone::bad},
               {profiles}});
  }
  context.out.write("\n");
  context.out.table(table);
}

}  // namespace

Tone tone_of(std::string_view state) {
  if (state == "online") return Tone::good;
  if (state == "degraded" || state == "connecting" || state == "waiting" || state == "backoff")
    return Tone::warn;
  if (state == "rejected" || state == "locked") return Tone::bad;
  return Tone::dim;
}

std::string since_text(const std::string& rfc3339) {
  if (rfc3339.size() < 19) return {};
  const auto now = now_unix();
  const auto age = age_of(rfc3339, now);
  if (age < 0 && age >= -10LL * 365 * 86400) return "in " + duration_text(-age);
  return duration_text(age);
}

void print_devices(const Context& context, const std::vector<json::value>& devices) {
  if (context.common.json) return context.print_items(devices);
  if (context.common.quiet) {
    std::string ids;
    for (const auto& device : devices) ids += for_terminal(text_of(device, "id")) + '\n';
    return context.out.write(ids);
  }
  Table table{{{"ID", false, true},
               {"NAME", false, true},
               {"ADDRESS", false, true},
               {"STATE"},
               {"FOR", true},
               {"NEXT", true},
               {"WHY", false, true}}};
  for (const auto& device : devices) {
    const auto state = text_of(device, "state");
    const auto reason = text_of(device, "reason_text");
    table.add({{text_of(device, "id")},
               {text_of(device, "name")},
               {address_of(device)},
               {state, tone_of(state)},
               {since_text(text_of(device, "since"))},
               {since_text(text_of(device, "next_attempt"))},
               {reason.empty() ? text_of(device, "reason") : reason, Tone::dim}});
  }
  context.out.table(table);
}

Exit print_device(const Context& context, const std::string& document) {
  if (context.common.json) {
    context.out.json(document);
    return Exit::ok;
  }
  boost::system::error_code error;
  const auto device = json::parse(document, error);
  if (context.common.quiet) {
    context.out.line(for_terminal(text_of(device, "id")));
    return Exit::ok;
  }
  Table table{{{"FIELD"}, {"VALUE", false, true}}};
  const auto state = text_of(device, "state");
  row(table, "id", text_of(device, "id"));
  row(table, "name", text_of(device, "name"));
  row(table, "state", state, tone_of(state));
  row(table, "why", text_of(device, "reason_text") + " (" + text_of(device, "reason") + ')');
  row(table, "detail", text_of(device, "detail"));
  const auto since = text_of(device, "since");
  row(table, "since", since.empty() ? "" : since + ", " + since_text(since));
  const auto next = text_of(device, "next_attempt");
  row(table, "next attempt", next.empty() ? "" : next + ", " + since_text(next));
  row(table, "last heard", text_of(device, "last_heard"));
  row(table, "drivers", text_of(device, "drivers"));
  row(table, "address", text_of(device, "address"));
  row(table, "url", text_of(device, "url"));
  row(table, "ports",
      fmt::format("http {}, https {}, rtsp {}, sdk {}", text_of(device, "http_port"),
                  text_of(device, "https_port"), text_of(device, "rtsp_port"), text_of(device, "sdk_port")));
  row(table, "vendor SDK",
      text_of(device, "sdk_login") + (text_of(device, "sdk_tls") == "yes" ? ", TLS" : ""));
  row(table, "user name", text_of(device, "username"));
  row(table, "password", text_of(device, "has_password") == "yes" ? "kept, sealed" : "none");
  row(table, "tags", text_of(device, "tags"));
  row(table, "time zone", text_of(device, "timezone"));
  row(table, "enabled", text_of(device, "enabled"));
  row(table, "always on", text_of(device, "always_on"));
  row(table, "revision", text_of(device, "revision"));
  row(table, "events", text_of(device, "events"));
  if (const auto* facts = member_of(device, "facts"); facts != nullptr && facts->is_object()) {
    row(table, "kind", text_of(*facts, "kind"));
    row(table, "model", text_of(*facts, "model"));
    row(table, "serial", text_of(*facts, "serial"));
    row(table, "firmware", text_of(*facts, "firmware"));
    row(table, "mac", text_of(*facts, "mac"));
    const auto offset = text_of(*facts, "clock_offset_ms");
    row(table, "its clock", offset.empty() ? "" : offset + " ms off");
  }
  context.out.table(table);
  print_channels(context, device);
  return Exit::ok;
}

Exit print_history(const Context& context, const json::value& device) {
  const auto* history = member_of(device, "history");
  const json::array none;
  const auto& moves = history != nullptr && history->is_array() ? history->get_array() : none;
  if (context.common.json) {
    context.out.json(json::serialize(json::object{{"items", moves}}));
    return Exit::ok;
  }
  Table table{{{"AT"}, {"STATE"}, {"WHY", false, true}, {"DETAIL", false, true}}};
  for (const auto& move : moves) {
    const auto state = text_of(move, "to");
    const auto reason = text_of(move, "reason_text");
    table.add({{text_of(move, "at")},
               {state, tone_of(state)},
               {reason.empty() ? text_of(move, "reason") : reason},
               {text_of(move, "detail"), Tone::dim}});
  }
  context.out.table(table);
  return Exit::ok;
}

Exit print_explanation(const Context& context, const std::string& document) {
  if (context.common.json) {
    context.out.json(document);
    return Exit::ok;
  }
  boost::system::error_code error;
  const auto told = json::parse(document, error);
  if (!told.is_object()) return Exit::refused;
  const auto state = text_of(told, "state");
  const auto since = text_of(told, "since");
  const auto line = [&](const std::string& title, const std::string& text) {
    if (!text.empty()) context.out.write(fmt::format("{:<11} {}\n", title, for_terminal(text)));
  };
  context.out.write(
      fmt::format("{:<11} {} is {}{}\n", "state", for_terminal(text_of(told, "id")),
                  context.out.paint(for_terminal(state), tone_of(state)),
                  since.empty() ? "" : " since " + for_terminal(since + " (" + since_text(since) + ')')));
  line("what", text_of(told, "what"));
  const auto code = text_of(told, "code");
  line("why", text_of(told, "why") + (code.empty() ? "" : " (" + code + ')'));
  if (const auto failed = text_of(told, "attempts"); !failed.empty() && failed != "0") {
    const auto left = text_of(told, "attempts_left");
    line("attempts", failed + " failed" + (left.empty() ? "" : ", " + left + " left"));
  }
  if (const auto* next = member_of(told, "next"); next != nullptr && next->is_object()) {
    const auto at = text_of(*next, "at");
    line("next", text_of(*next, "text") + (at.empty() ? "" : " (" + since_text(at) + ", " + at + ')'));
  } else {
    line("next", "nothing by itself");
  }
  if (const auto* wishes = member_of(told, "operator"); wishes != nullptr && wishes->is_array())
    for (const auto& wish : wishes->get_array()) {
      line("you can", text_of(wish, "text"));
      line("", text_of(wish, "how"));
    }
  const auto* history = member_of(told, "history");
  if (history == nullptr || !history->is_array() || history->get_array().empty()) return Exit::ok;
  context.out.write("\n");
  return print_history(context, told);
}

}  // namespace camfleet::cli
