/* LD_PRELOAD: a disk that fails. What CAMFLEET_DISK_FAULT's file says is done to files whose path has "/events/" in it:
   "sync": fsync and fdatasync fail with EIO; "full": writes fail with ENOSPC; "read-only": with EROFS; "slow": syncs take 300 ms. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <time.h>
#include <unistd.h>

static int ours(int fd) {
  char link[64], path[4096];
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  ssize_t n = readlink(link, path, sizeof path - 1);
  if (n < 0) return 0;
  path[n] = 0;
  return strstr(path, "/events/") != NULL;
}

static int fault(const char* name) {
  const char* file = getenv("CAMFLEET_DISK_FAULT");
  char said[32] = {0};
  if (file == NULL) return 0;
  int fd = open(file, O_RDONLY | O_CLOEXEC);
  if (fd < 0) return 0;
  ssize_t n = read(fd, said, sizeof said - 1);
  close(fd);
  return n > 0 && strcmp(said, name) == 0;
}

static int refused(int fd) {
  if (!ours(fd)) return 0;
  if (fault("full")) return errno = ENOSPC;
  if (fault("read-only")) return errno = EROFS;
  return 0;
}

static int synced(int fd) {
  if (!ours(fd)) return 0;
  if (fault("sync")) return errno = EIO;
  if (fault("slow")) nanosleep(&(struct timespec){0, 300000000}, NULL);
  return 0;
}

int fsync(int fd) {
  int (*real)(int) = dlsym(RTLD_NEXT, "fsync");
  return synced(fd) ? -1 : real(fd);
}
int fdatasync(int fd) {
  int (*real)(int) = dlsym(RTLD_NEXT, "fdatasync");
  return synced(fd) ? -1 : real(fd);
}
ssize_t write(int fd, const void* data, size_t size) {
  ssize_t (*real)(int, const void*, size_t) = dlsym(RTLD_NEXT, "write");
  return refused(fd) ? -1 : real(fd, data, size);
}
ssize_t pwrite(int fd, const void* data, size_t size, off_t at) {
  ssize_t (*real)(int, const void*, size_t, off_t) = dlsym(RTLD_NEXT, "pwrite");
  return refused(fd) ? -1 : real(fd, data, size, at);
}
ssize_t pwrite64(int fd, const void* data, size_t size, off64_t at) {
  ssize_t (*real)(int, const void*, size_t, off64_t) = dlsym(RTLD_NEXT, "pwrite64");
  return refused(fd) ? -1 : real(fd, data, size, at);
}
