#include "cli/sse.h"

#include <utility>

namespace camfleet::cli {
namespace {

constexpr std::size_t kEventLimit = 1024 * 1024;

}  // namespace

bool SseReader::feed(std::string_view bytes) {
  for (const char c : bytes) {
    if (c == '\n' && std::exchange(after_cr_, false)) continue;
    after_cr_ = c == '\r';
    if (c == '\n' || c == '\r') {
      const auto text = std::exchange(pending_, {});
      if (!line(text)) return false;
    } else if (pending_.size() < kEventLimit) {
      pending_ += c;
    } else {
      too_large_ = true;
    }
  }
  return true;
}

bool SseReader::line(std::string_view text) {
  if (text.empty()) {
    const auto event = std::exchange(event_, {});
    const bool whole = std::exchange(has_data_, false) && !std::exchange(too_large_, false);
    if (!event.id.empty()) last_id_ = event.id;
    return !whole || take_(event);
  }
  const auto colon = text.find(':');
  const auto field = text.substr(0, colon);
  auto value = colon == text.npos ? std::string_view{} : text.substr(colon + 1);
  if (value.starts_with(' ')) value.remove_prefix(1);
  if (field == "data") {
    if (event_.data.size() + value.size() > kEventLimit) {
      too_large_ = true;
      return true;
    }
    if (has_data_) event_.data += '\n';
    event_.data += value;
    has_data_ = true;
  } else if (field == "event") {
    event_.name = value;
  } else if (field == "id" && value.find('\0') == value.npos) {
    event_.id = value;
  }
  return true;
}

}  // namespace camfleet::cli
