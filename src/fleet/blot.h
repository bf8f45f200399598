#pragma once
#include <string>
#include <string_view>

#include "base/secret.h"

namespace camfleet::fleet {

// Takes a device's own password out of what it said, before others see that: as it is, as XML and URLs write
// it, in Base64, alone and behind "user:" (Basic). Six asterisks stand in its place. A password of less than
// six bytes counts only where it is a word of its own, for it may well be a part of another.
std::string blotted(std::string text, const Secret& password, std::string_view user);

}  // namespace camfleet::fleet
