#pragma once
#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace camfleet::fleet {

// Where a page of a list ended: the key of its last row in the order of the list, and what tells rows with
// the same key apart. The next page begins after it, whatever was added, removed or moved meanwhile.
struct PageMark {
  std::int64_t number = 0;  // the key, one of the two
  std::string text;
  std::string id;
  std::uint32_t part = 0;  // of a device with several rows: which was the last

  friend bool operator==(const PageMark&, const PageMark&) = default;
};

// For callers an opaque text in [A-Za-z0-9_-]. `list` names the list and its order, so that a cursor of one
// is not taken for another's.
std::string to_cursor(const PageMark& mark, std::string_view list);
// api.bad_request: none of ours, altered, or of another list or order. (Altered, not forged: whoever computes
// the sum may begin a page wherever he likes, and gains nothing by it.)
Result<PageMark> parse_cursor(std::string_view cursor, std::string_view list);

}  // namespace camfleet::fleet
