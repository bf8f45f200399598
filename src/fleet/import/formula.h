#pragma once
#include <string>
#include <string_view>

namespace camfleet::fleet {

// A spreadsheet runs a field that begins with = + - @, a tab or a CR as a formula, and a camera's name may be
// anybody's text. An apostrophe in front makes it a text; one that stood there already gets another, so that
// unguarded(guarded(x)) is x for every x.
std::string guarded(std::string text);
std::string_view unguarded(std::string_view text);

}  // namespace camfleet::fleet
