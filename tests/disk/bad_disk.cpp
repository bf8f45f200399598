// A disk that fails, for files whose path has "/events/" in it. Preloaded (LD_PRELOAD), it does what the file
// says that CAMFLEET_DISK_FAULT names: "sync": fsync and fdatasync fail with EIO; "full": writes fail with
// ENOSPC; "read-only": with EROFS; "slow MS": syncs take MS milliseconds longer; "lies": syncs do nothing and
// say that all is well. Linked into a program, it does what bad_disk_at() says. It uses the C library alone.
#include "bad_disk.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>

namespace {

enum Call { kWrite, kSync };
struct {
  Call call = kWrite;
  unsigned long nth = 0;
  char deed[8] = "";
} plan;
std::atomic<unsigned long> calls[2];

Call named(const char* call) { return std::strcmp(call, "sync") == 0 ? kSync : kWrite; }
bool is(const char* deed, const char* name) { return std::strcmp(deed, name) == 0; }

bool ours(int fd) {
  char link[64];
  char path[4096];
  std::snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  const ssize_t n = ::readlink(link, path, sizeof path - 1);
  if (n < 0) return false;
  path[n] = 0;
  constexpr ssize_t kEnd = 7;
  return std::strstr(path, "/events/") != nullptr || (n >= kEnd && is(path + n - kEnd, "/events"));
}

// What the file says: 0 unless it begins with `name`, else 1 or the number behind it.
int fault(const char* name) {
  const char* const file =
      std::getenv("CAMFLEET_DISK_FAULT");  // NOLINT(concurrency-mt-unsafe): nobody sets it
  char said[32] = "";
  if (file == nullptr) return 0;
  const int fd = ::open(file, O_RDONLY | O_CLOEXEC);
  if (fd < 0) return 0;
  const ssize_t n = ::read(fd, said, sizeof said - 1);
  ::close(fd);
  const auto length = std::strlen(name);
  if (n <= 0 || std::strncmp(said, name, length) != 0) return 0;
  const int number = std::atoi(said + length);
  return number > 0 ? number : 1;
}

// What happens to this call; "": nothing.
const char* deed(Call call) {
  return calls[call].fetch_add(1) + 1 == plan.nth && plan.call == call ? plan.deed : "";
}

int fails(int why) {
  errno = why;
  return -1;
}

template <class Function>
Function next(const char* name) {
  return reinterpret_cast<Function>(::dlsym(RTLD_NEXT, name));
}

// `real(size)` writes the first `size` bytes.
template <class Real>
ssize_t do_write(int fd, size_t size, Real real) {
  if (!ours(fd)) return real(size);
  const char* const what = deed(kWrite);
  if (is(what, "kill")) ::kill(::getpid(), SIGKILL);
  if (is(what, "eio")) return fails(EIO);
  if (is(what, "full") || fault("full") != 0) return fails(ENOSPC);
  if (fault("read-only") != 0) return fails(EROFS);
  if (!is(what, "short") && !is(what, "torn")) return real(size);
  real(size / 2);
  if (is(what, "torn")) ::kill(::getpid(), SIGKILL);
  return fails(ENOSPC);
}

template <class Real>
int do_sync(int fd, Real real) {
  if (!ours(fd)) return real();
  const char* const what = deed(kSync);
  if (is(what, "kill")) ::kill(::getpid(), SIGKILL);
  if (is(what, "eio") || fault("sync") != 0) return fails(EIO);
  if (const int ms = fault("slow"); ms > 0) {
    const timespec pause{ms / 1000, ms % 1000 * 1'000'000L};
    ::nanosleep(&pause, nullptr);
  }
  return fault("lies") != 0 ? 0 : real();
}

}  // namespace

extern "C" {

void bad_disk_at(const char* call, unsigned long nth, const char* deed) {
  plan.call = named(call);
  plan.nth = nth;
  std::snprintf(plan.deed, sizeof plan.deed, "%s", deed);
  calls[kWrite] = calls[kSync] = 0;
}
unsigned long bad_disk_count(const char* call) { return calls[named(call)]; }

int fsync(int fd) {
  static const auto real = next<int (*)(int)>("fsync");
  return do_sync(fd, [fd] { return real(fd); });
}
int fdatasync(int fd) {
  static const auto real = next<int (*)(int)>("fdatasync");
  // SQLite's own sync of a directory, of which it tells nobody; the ledger syncs it once more, by fsync.
  struct stat what;
  if (::fstat(fd, &what) == 0 && S_ISDIR(what.st_mode)) return real(fd);
  return do_sync(fd, [fd] { return real(fd); });
}
ssize_t write(int fd, const void* data, size_t size) {
  static const auto real = next<ssize_t (*)(int, const void*, size_t)>("write");
  return do_write(fd, size, [&](size_t most) { return real(fd, data, most); });
}
ssize_t pwrite(int fd, const void* data, size_t size, off_t at) {
  static const auto real = next<ssize_t (*)(int, const void*, size_t, off_t)>("pwrite");
  return do_write(fd, size, [&](size_t most) { return real(fd, data, most, at); });
}
ssize_t pwrite64(int fd, const void* data, size_t size, off64_t at) {
  static const auto real = next<ssize_t (*)(int, const void*, size_t, off64_t)>("pwrite64");
  return do_write(fd, size, [&](size_t most) { return real(fd, data, most, at); });
}
}
