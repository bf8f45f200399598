#pragma once

namespace camfleet::sdkhost {

// `camfleet-sdkhost --check DIR [--try ADDRESS ...]`: loads the library, starts it, tries a login, and prints
// one JSON object; with `--times N` a line for each look at what the process holds (rounds.h). 0: all of it
// went well; 1: not. The password is a line of the input.
int check(int count, char** arguments);

}  // namespace camfleet::sdkhost
