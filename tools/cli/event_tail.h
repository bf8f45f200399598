#pragma once
#include <cstddef>
#include <string>
#include <vector>

#include "cli/context.h"

namespace camfleet::cli {

struct TailOptions {
  std::string after;      // cursor; empty: from now on
  bool oldest = false;    // from the oldest that the gateway still has
  std::size_t count = 0;  // 0: without end
  std::vector<std::string> types, devices, tags, states, reasons;
};

// Prints the events of /api/v1/stream as they come. Where the connection ends it is made anew, after 1 s and
// then ever later up to 10 s, and goes on after the last event that was printed: none is missed that the
// gateway still has. Where there is no gateway at the start, or it refuses, that is the end.
Exit tail(Context& context, const TailOptions& options);

}  // namespace camfleet::cli
