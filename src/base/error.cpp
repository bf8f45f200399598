#include "base/error.h"

#include <array>

namespace camfleet {
namespace {

constexpr auto kCatalogue = std::to_array<CodeInfo>({
    {"ok", 200, "Well.", "正常。"},
#define CAMFLEET_ERROR(symbol, name, status, en, zh) {name, status, en, zh},
#include "base/error_catalogue.inc"
#undef CAMFLEET_ERROR
});

}  // namespace

const CodeInfo& info(Code code) { return kCatalogue.at(static_cast<std::size_t>(code)); }

Code code_of(std::string_view name) {
  for (std::size_t i = 0; i < kCatalogue.size(); ++i)
    if (kCatalogue[i].name == name) return static_cast<Code>(i);
  return Code::ok;
}

std::string Error::text() const {
  std::string text{name(code)};
  if (!place.empty()) text.append(": ").append(place);
  return text;
}

}  // namespace camfleet
