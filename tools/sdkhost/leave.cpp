#include "sdkhost/leave.h"

#include <unistd.h>

#include <cstdio>

#include "sdkhost/sanitized.h"

extern "C" int __lsan_do_recoverable_leak_check();

namespace camfleet::sdkhost {

void leave(int result) {
  std::fflush(nullptr);
  if constexpr (kLeaksAreSought)
    if (__lsan_do_recoverable_leak_check() != 0 && result == 0) result = 23;
  ::_exit(result);
}

}  // namespace camfleet::sdkhost
