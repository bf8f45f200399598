#include "app/systemd.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <string>

#include "base/text.h"

namespace camfleet::app {

void tell_systemd(std::string_view state) {
  const char* where = std::getenv("NOTIFY_SOCKET");  // NOLINT(concurrency-mt-unsafe): nobody sets it
  if (where == nullptr || (where[0] != '/' && where[0] != '@')) return;
  sockaddr_un to{};
  to.sun_family = AF_UNIX;
  const auto size = std::strlen(where);
  if (size >= sizeof to.sun_path) return;
  std::memcpy(to.sun_path, where, size);
  if (to.sun_path[0] == '@') to.sun_path[0] = '\0';  // the abstract namespace
  const int fd = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return;
  ::sendto(fd, state.data(), state.size(), MSG_NOSIGNAL | MSG_DONTWAIT, reinterpret_cast<sockaddr*>(&to),
           static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + size));
  ::close(fd);
}

void tell_systemd_reloading() {
  timespec now{};
  ::clock_gettime(CLOCK_MONOTONIC, &now);
  const auto us = now.tv_sec * 1'000'000LL + now.tv_nsec / 1000;
  tell_systemd("RELOADING=1\nMONOTONIC_USEC=" + std::to_string(us));
}

std::chrono::microseconds systemd_watchdog() {
  const char* pid = std::getenv("WATCHDOG_PID");    // NOLINT(concurrency-mt-unsafe)
  const char* usec = std::getenv("WATCHDOG_USEC");  // NOLINT(concurrency-mt-unsafe)
  if (usec == nullptr || (pid != nullptr && pid != std::to_string(::getpid()))) return {};
  return std::chrono::microseconds{parse_int<std::int64_t>(usec).value_or(0)};
}

}  // namespace camfleet::app
