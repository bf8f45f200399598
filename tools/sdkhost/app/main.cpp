// camfleet-sdkhost: the process that holds the vendor's library, one of as many as the gateway needs. It has
// two ways to begin: `--host`, by the gateway, with descriptors that it inherits
// (proto/sdkhost/descriptors.h); and `--check DIR`, by a person or `camfleet doctor`, which loads the library
// and tells what it found.
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <charconv>
#include <cstdio>
#include <cstring>
#include <string>
#include <string_view>

#include "proto/sdkhost/descriptors.h"
#include "sdkhost/check.h"
#include "sdkhost/hardening.h"
#include "sdkhost/host.h"
#include "sdkhost/last_words.h"
#include "sdkhost/leave.h"

namespace {

using namespace camfleet;

int serve(std::uint64_t memory) {
  for (const int fd : {sdkhost::kSocketFd, sdkhost::kAlarmRingFd, sdkhost::kAlarmBellFd,
                       sdkhost::kMediaRingFd, sdkhost::kMediaBellFd})
    ::fcntl(fd, F_SETFD, FD_CLOEXEC);
  // The library prints; what a gateway writes to its log is lines of its own.
  if (const int nowhere = ::open("/dev/null", O_RDWR | O_CLOEXEC); nowhere >= 0) {
    ::dup2(nowhere, STDIN_FILENO);
    ::dup2(nowhere, STDOUT_FILENO);
  }
  if (!sdkhost::harden(memory)) {
    std::fprintf(stderr, "camfleet-sdkhost: %s\n", std::strerror(errno));
    return 70;
  }
  auto alarms = sdkhost::Outlet::Ring::open(sdkhost::kAlarmRingFd, sdkhost::kAlarmBellFd);
  auto media = sdkhost::Outlet::Ring::open(sdkhost::kMediaRingFd, sdkhost::kMediaBellFd);
  if (!alarms || !media) {
    std::fprintf(stderr, "camfleet-sdkhost: --host is for the gateway\n");
    return 64;
  }
  sdkhost::LastWords::listen(sdkhost::kSocketFd);
  sdkhost::Outlet outlet{sdkhost::kSocketFd, *alarms, *media};
  sdkhost::Host host{outlet, sdkhost::kSocketFd};
  host.run();
  sdkhost::leave(0);
}

}  // namespace

int main(int count, char** arguments) {
  ::signal(SIGPIPE, SIG_IGN);
  const std::string_view mode = count > 1 ? arguments[1] : "";
  if (mode == "--host") {
    std::uint64_t memory = 0;
    if (count == 4 && std::string_view{arguments[2]} == "--memory") {
      const std::string_view text{arguments[3]};
      std::from_chars(text.data(), text.data() + text.size(), memory);
    }
    return serve(memory);
  }
  if (mode == "--check" && count > 2) return sdkhost::check(count - 2, arguments + 2);
  std::fprintf(
      stderr,
      "camfleet-sdkhost is started by camfleet.\n"
      "  camfleet-sdkhost --check DIR [--try ADDRESS [--port N] [--isapi] [--tls] [--user NAME]]\n"
      "      loads libhcnetsdk.so of DIR and prints what it found; a password is read from the input.\n"
      "      With --times N [--live] [--alarms] it logs in and out N times, opens a live view, an alarm "
      "channel each\n"
      "      time, and prints what the process holds: for whoever looks for leaks of the library.\n");
  return 64;
}
