#pragma once
#include <optional>
#include <string>
#include <string_view>

#include "fleet/move_log.h"
#include "model/ledger.h"

namespace camfleet::api {

// A place in what /api/v1/stream tells: in the moves of this run, and in the ledger, which outlives runs.
struct StreamCursor {
  fleet::LogCursor moves;
  std::optional<model::Seq> events;  // nothing: of a gateway that knew of none; from now on
  friend bool operator==(const StreamCursor&, const StreamCursor&) = default;
};
// "5f0c2b9a71de4430-1f-3e8": for callers an opaque text. nullopt: none of ours.
std::string to_text(const StreamCursor& cursor);
std::optional<StreamCursor> parse_stream_cursor(std::string_view text);

}  // namespace camfleet::api
