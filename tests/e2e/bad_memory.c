/* LD_PRELOAD: a machine whose memory is all in use. The file named by CAMFLEET_MEMORY_FAULT holds a number of 8 bytes: from that
   size on nothing is allocated any more, 0: all is well. It is mapped, so the number counts at once, and asking costs nothing. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

extern void* __libc_malloc(size_t size);
extern void* __libc_calloc(size_t count, size_t size);
extern void* __libc_realloc(void* old, size_t size);

static const volatile uint64_t* limit;

__attribute__((constructor)) static void begin(void) {
  const char* file = getenv("CAMFLEET_MEMORY_FAULT");
  int fd = file ? open(file, O_RDONLY | O_CLOEXEC) : -1;
  if (fd < 0) return;
  void* at = mmap(NULL, sizeof *limit, PROT_READ, MAP_SHARED, fd, 0);
  close(fd);
  if (at != MAP_FAILED) limit = at;
}

static int refused(size_t size) {
  if (limit == NULL || *limit == 0 || size < *limit) return 0;
  errno = ENOMEM;
  return 1;
}

void* malloc(size_t size) { return refused(size) ? NULL : __libc_malloc(size); }
void* realloc(void* old, size_t size) { return refused(size) ? NULL : __libc_realloc(old, size); }
void* calloc(size_t count, size_t size) {
  return size != 0 && refused(count * size) ? NULL : __libc_calloc(count, size);
}
