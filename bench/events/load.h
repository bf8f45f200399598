#pragma once
#include <cstddef>
#include <filesystem>

namespace camfleet::bench {

// Writes a ledger of `count` entries with documents of 700 bytes into `data`/events; 0: it is there.
int fill(const std::filesystem::path& data, std::size_t count);

// Prints {"port":N} and answers each POST with 204, until its input ends: then a line of JSON with what came:
// {"requests":N,"events":N,"bytes":N}, and before it a line `DEVICE NUMBER MICROSECONDS` for each beginning
// of an alarm that the simulator numbered, with the time when all of it had arrived. One thread, no
// allocation an event.
int receive();

}  // namespace camfleet::bench
