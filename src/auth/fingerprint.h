#pragma once
#include <initializer_list>
#include <string>
#include <string_view>

namespace camfleet::auth {

// Tells texts from each other without keeping them: BLAKE2b under a key of this process, so it means nothing
// outside of it and nothing after it. ("a", "b") and ("ab", "") differ.
std::string fingerprint(std::initializer_list<std::string_view> texts);

}  // namespace camfleet::auth
