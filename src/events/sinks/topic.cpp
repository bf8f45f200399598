#include "events/sinks/topic.h"

#include "proto/url/url.h"

namespace camfleet::events::sinks {

std::string topic_of(std::string_view pattern, const model::LedgerEntry& entry) {
  const auto part = [](std::string_view text) {
    return text.empty() ? std::string{"-"} : url::percent_encode(text);
  };
  std::string out;
  while (!pattern.empty()) {
    const auto open = pattern.find('{');
    const auto close = open == pattern.npos ? pattern.npos : pattern.find('}', open);
    if (close == pattern.npos) return out.append(pattern);
    out.append(pattern.substr(0, open));
    const auto name = pattern.substr(open + 1, close - open - 1);
    if (name == "device")
      out += part(entry.device.str());
    else if (name == "channel")
      out += std::to_string(entry.channel);
    else if (name == "type")
      out += part(entry.type);
    else if (name == "state")
      out += to_text(entry.state);
    else if (name == "event")
      out += part(entry.event);
    else
      out.append(pattern.substr(open, close - open + 1));
    pattern.remove_prefix(close + 1);
  }
  return out;
}

}  // namespace camfleet::events::sinks
