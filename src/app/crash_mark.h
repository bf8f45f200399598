#pragma once
#include <filesystem>

namespace camfleet::app {

// Whether the last gateway on this data ended by a fault of its own (a bad access, an abort), told apart from
// one that was killed from outside or lost its power: the handlers of such signals leave a byte in
// DATA/crashed. Looks once; takes the mark away.
bool take_crash_mark(const std::filesystem::path& data);

// From now on a fault leaves one, and then does what it did before. Once in a process, before its threads. A
// mark that cannot be left is not missed.
void leave_crash_marks(const std::filesystem::path& data);

}  // namespace camfleet::app
