#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/advice.h"
#include "base/clock.h"
#include "base/language.h"
#include "model/device.h"

namespace camfleet::fleet {

// What a device does, why, what happens next, and what an operator can do: sentences for a person, in one
// language. Codes and actions keep their names for programs.
struct Explanation {
  struct Next {
    std::string action;          // "connect", "retry", "retry_after_unlock", "rearm"
    std::string text;            // "The next attempt is made at 14:32:10 UTC, in 12 s."
    std::optional<WallTime> at;  // none: as soon as its turn comes
    std::optional<std::int64_t> in_s;
  };
  struct Advised {
    std::string action;
    std::string text;
    std::string how;  // the call; empty: nothing that we can call
  };
  model::DeviceState state = model::DeviceState::waiting;
  Code code = Code::ok;
  std::string what;
  std::string why;
  WallTime since{};
  std::uint32_t attempts = 0;
  // How many more attempts the guard makes with this version of the credential before it stops by itself;
  // none where it goes on for ever.
  std::optional<std::uint32_t> attempts_left;
  std::optional<Next> next;
  std::vector<Advised> advised;
};

// Pure: of the view and the time alone.
Explanation explain(const model::DeviceView& view, Language language, WallTime now);

// "12 s", "3 min 5 s", "2 h 5 min", "4 d 3 h"; negative ones count as zero.
std::string duration_text(std::chrono::seconds duration, Language language);
// "14:32:10 UTC", with the date in front where it is another day than `now`'s.
std::string time_text(WallTime time, WallTime now);

}  // namespace camfleet::fleet
