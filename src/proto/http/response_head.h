#pragma once
#include <span>
#include <string>
#include <string_view>

#include "proto/http/head.h"

namespace camfleet::http {

struct FieldView {
  std::string_view name;
  std::string_view value;
};

// As serialise(head, framing) in proto/http/head.h, with `more` in the place of the fields of the same name:
// a server adds its own to an answer without a copy of it.
std::string serialise(const Response& head, const Framing& framing, std::span<const FieldView> more);

}  // namespace camfleet::http
