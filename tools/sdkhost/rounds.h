#pragma once
#include <cstdio>

#include "sdkhost/library.h"

namespace camfleet::sdkhost {

struct Rounds {
  unsigned times = 0;
  bool live = false;    // opens and closes a live view in each, and waits for its first piece
  bool alarms = false;  // sets up and closes an alarm channel in each
};

// For whoever looks for leaks of the library itself: logs in and out so many times, as nothing else uses the
// library, and tells what the process holds (a line of JSON) before, after each tenth, and behind the last;
// then what it grew by a round behind the first tenth, in which a library fills its pools. Ends with the
// library's own end. The first thing that fails ends it, for a device may lock whoever insists: false, and a
// line says what.
bool go_round(const Library& library, abi::LoginInfo& login, const Rounds& rounds, std::FILE* out);

}  // namespace camfleet::sdkhost
