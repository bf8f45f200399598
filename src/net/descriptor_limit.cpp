#include "net/descriptor_limit.h"

#include <sys/eventfd.h>
#include <sys/resource.h>
#include <unistd.h>

#include <limits>

namespace camfleet::net {

std::size_t raise_descriptor_limit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return 1024;
  if (limit.rlim_cur < limit.rlim_max) {
    const rlimit raised{limit.rlim_max, limit.rlim_max};
    if (::setrlimit(RLIMIT_NOFILE, &raised) == 0) limit = raised;
  }
  return static_cast<std::size_t>(limit.rlim_cur);
}

int lowest_free_descriptor() {
  const int fd = ::eventfd(0, EFD_CLOEXEC);
  if (fd < 0) return std::numeric_limits<int>::max();
  ::close(fd);
  return fd;
}

}  // namespace camfleet::net
