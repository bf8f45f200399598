#pragma once
#include <unistd.h>

namespace camfleet::storage {

// A descriptor of a file, closed at the end; below zero: none.
class File {
 public:
  explicit File(int fd) : fd_(fd) {}
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  ~File() {
    if (fd_ >= 0) ::close(fd_);
  }
  int get() const { return fd_; }

 private:
  int fd_;
};

}  // namespace camfleet::storage
