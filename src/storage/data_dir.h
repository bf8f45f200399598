#pragma once
#include <filesystem>
#include <utility>

#include "base/result.h"

namespace camfleet::storage {

// The data directory of one process: made with mode 0700 where it is missing, locked by flock on DATA/lock
// while this lives (the kernel lets go where the process dies). Opened before anything in it is touched.
class DataDir {
 public:
  // config.data_dir_busy (place: the path and the pid that holds it), config.data_dir_unwritable (the path
  // and why).
  static Result<DataDir> open(const std::filesystem::path& path);
  DataDir(DataDir&& other) noexcept : path_(std::move(other.path_)), lock_(std::exchange(other.lock_, -1)) {}
  DataDir& operator=(DataDir&& other) noexcept {
    std::swap(path_, other.path_);
    std::swap(lock_, other.lock_);
    return *this;
  }
  ~DataDir();

  const std::filesystem::path& path() const { return path_; }

 private:
  DataDir(std::filesystem::path path, int lock) : path_(std::move(path)), lock_(lock) {}
  std::filesystem::path path_;
  int lock_ = -1;
};

}  // namespace camfleet::storage
