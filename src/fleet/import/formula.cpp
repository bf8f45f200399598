#include "fleet/import/formula.h"

namespace camfleet::fleet {
namespace {

bool runs(std::string_view text) {
  const auto first = text.find_first_not_of('\'');
  return first != text.npos && std::string_view{"=+-@\t\r"}.find(text[first]) != std::string_view::npos;
}

}  // namespace

std::string guarded(std::string text) {
  if (runs(text)) text.insert(text.begin(), '\'');
  return text;
}

std::string_view unguarded(std::string_view text) {
  if (text.starts_with('\'') && runs(text)) text.remove_prefix(1);
  return text;
}

}  // namespace camfleet::fleet
