#include "api/stream_cursor.h"

#include <fmt/core.h>

#include "base/text.h"

namespace camfleet::api {

std::string to_text(const StreamCursor& cursor) {
  const auto moves = fleet::to_text(cursor.moves);
  return cursor.events ? fmt::format("{}-{:x}", moves, *cursor.events) : moves;
}

std::optional<StreamCursor> parse_stream_cursor(std::string_view text) {
  const auto run = text.find('-');
  const auto cut = run == text.npos ? run : text.find('-', run + 1);
  const auto moves = fleet::parse_log_cursor(text.substr(0, cut));
  if (!moves) return std::nullopt;
  StreamCursor out{*moves, {}};
  if (cut == text.npos) return out;
  const auto digits = text.substr(cut + 1);
  const auto seq = parse_int<model::Seq>(digits, 16);
  // The one spelling that to_text() makes.
  if (!seq || fmt::format("{:x}", *seq) != digits) return std::nullopt;
  out.events = seq;
  return out;
}

}  // namespace camfleet::api
