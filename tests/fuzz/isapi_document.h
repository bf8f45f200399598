#pragma once
#include "base/text.h"
#include "fuzz.h"
#include "proto/isapi/write.h"

namespace camfleet::fuzz {

inline const isapi::Dialect kPlain{.xml_namespace = ""};

// What was read, then written and read again, is the same.
template <class Read, class Write>
void round_trip(std::string_view body, Read read, Write write) {
  const auto once = read(body);
  if (!once) return;
  const auto again = read(write(*once));
  require(again.has_value() && *again == *once);
}

}  // namespace camfleet::fuzz
