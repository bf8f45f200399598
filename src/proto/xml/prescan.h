#pragma once
#include <string>
#include <string_view>

#include "base/result.h"

namespace camfleet::xml {

// What a look at the mark-up finds, without recursion and in one pass.
struct Scan {
  std::size_t root = 0;          // offset of the first tag of any kind
  bool stray_ampersand = false;  // & that begins no entity
  bool stray_less = false;       // < that begins no tag
};

// Refuses DOCTYPE and all that passes the limits. Does not judge whether tags match.
Result<Scan> prescan(std::string_view text);

// The text with each stray < written as an entity; one that opens no tag before the next < is stray too.
std::string mend(std::string_view text);

}  // namespace camfleet::xml
