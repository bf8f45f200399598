#include "app/memory_trim.h"

#include <malloc.h>
#include <unistd.h>

#include <fstream>

#include "base/log.h"

namespace camfleet::app {
namespace {

// Bytes; 0 where the system does not say.
std::uint64_t resident() {
  std::ifstream statm{"/proc/self/statm"};
  std::uint64_t size = 0;
  std::uint64_t pages = 0;
  return statm >> size >> pages ? pages * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE)) : 0;
}

}  // namespace

bool MemoryTrim::due(std::uint64_t moves, SteadyTime now) {
  if (moves - seen_ > kCalm || calm_since_ == SteadyTime{}) calm_since_ = now;
  seen_ = moves;
  if (moves - trimmed_ < kWorth || now - calm_since_ < kFor) return false;
  trimmed_ = moves;
  return true;
}

void MemoryTrim::trim() {
  const auto before = resident();
  const auto began = std::chrono::steady_clock::now();
  ::malloc_trim(0);
  const auto took = std::chrono::steady_clock::now() - began;
  log::info("gateway.memory_returned",
            {{"resident_before", before},
             {"resident", resident()},
             {"took_ms", std::chrono::duration_cast<std::chrono::milliseconds>(took).count()}});
}

}  // namespace camfleet::app
