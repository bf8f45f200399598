#include "sdkhost/hardening.h"

#include <linux/capability.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "sdkhost/sanitized.h"

namespace camfleet::sdkhost {
namespace {

bool drop_capabilities() {
  ::prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
  for (int capability = 0; ::prctl(PR_CAPBSET_READ, capability, 0, 0, 0) >= 0; ++capability)
    ::prctl(PR_CAPBSET_DROP, capability, 0, 0, 0);  // refused to whoever has none to drop
  __user_cap_header_struct head{_LINUX_CAPABILITY_VERSION_3, 0};
  __user_cap_data_struct none[2]{};
  if (::syscall(SYS_capset, &head, none) == 0) return true;
  // A service's filter of system calls may refuse the question to one that has none anyway.
  __user_cap_data_struct has[2]{};
  return ::syscall(SYS_capget, &head, has) == 0 &&
         (has[0].effective | has[0].permitted | has[1].effective | has[1].permitted) == 0;
}

bool limit(int what, std::uint64_t value) {
  rlimit now{};
  if (::getrlimit(static_cast<__rlimit_resource>(what), &now) != 0) return false;
  const rlimit next{value, value};
  return value >= now.rlim_max || ::setrlimit(static_cast<__rlimit_resource>(what), &next) == 0;
}

// What the stacks of all threads that the library may have can take. They count as data, though most of it
// is never touched: 130 threads were measured before the first login, 360 with 256 live views.
std::uint64_t stacks() {
  constexpr std::uint64_t kThreads = 640;
  rlimit stack{};
  const bool told = ::getrlimit(RLIMIT_STACK, &stack) == 0 && stack.rlim_cur != RLIM_INFINITY;
  return kThreads * (told ? std::uint64_t{stack.rlim_cur} : 8U << 20);
}

}  // namespace

bool harden(std::uint64_t memory) {
  const auto parent = ::getppid();
  if (::prctl(PR_SET_PDEATHSIG, SIGKILL) != 0) return false;
  // It may have ended before we said so.
  if (::getppid() != parent) return false;
  if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return false;
  if (::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0) return false;
  if (!limit(RLIMIT_CORE, 0)) return false;
  // Far above what is allowed to be there, for what is only reserved: the gateway looks at what is there.
  // The shadow of a sanitizer is terabytes.
  if (!kSanitized && memory > 0 && !limit(RLIMIT_DATA, memory + stacks())) return false;
  return drop_capabilities();
}

}  // namespace camfleet::sdkhost
