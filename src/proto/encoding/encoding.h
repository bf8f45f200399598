#pragma once
#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace camfleet::encoding {

// How a file that an operator made was written.
enum class Encoding : std::uint8_t { utf8, utf16le, utf16be, gb18030 };
std::string_view to_text(Encoding encoding);  // "utf-8", "utf-16le", "utf-16be", "gb18030"

struct Decoded {
  std::string text;  // UTF-8 without a byte order mark
  Encoding encoding = Encoding::utf8;
};

// A byte order mark is believed first, then valid UTF-8, then GB18030 (which holds GBK and GB2312: the
// Chinese Excel's "CSV"). api.bad_request where it is none of these throughout, or where a NUL stands in it;
// nothing is guessed of single bytes. `bytes` may hold passwords: what is not handed on is wiped.
Result<Decoded> decode(std::string bytes);

}  // namespace camfleet::encoding
