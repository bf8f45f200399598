#pragma once
#include <array>
#include <cstdint>
#include <string_view>

#include "base/error.h"

namespace camfleet {

// What an operator can do about a device; the rows of base/advice_catalogue.inc.
enum class Action : std::uint8_t {
  none,
#define CAMFLEET_ACTION(symbol, name, how, en, zh) symbol,
#define CAMFLEET_ADVICE(...)
#include "base/advice_catalogue.inc"
#undef CAMFLEET_ADVICE
#undef CAMFLEET_ACTION
};

struct ActionInfo {
  std::string_view name;  // "fix_password"
  std::string_view
      how;  // the call that does it, {id} standing for the device; empty: nothing that we can call
  std::string_view en;
  std::string_view zh;
};
const ActionInfo& info(Action action);

// What a reason means for a device that has it: a consequence and what can be done, beside the catalogue's
// sentence of what it is.
struct Advice {
  Code code = Code::ok;
  std::string_view en;
  std::string_view zh;
  std::array<Action, 3> actions{};  // Action::none where there are fewer
};
// Null for a code that no device can have as its reason.
const Advice* advice(Code code);

}  // namespace camfleet
