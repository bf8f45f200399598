#include "storage/data_dir.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <string>

#include "base/text.h"

namespace camfleet::storage {
namespace {

std::unexpected<Error> unwritable(const std::filesystem::path& path, std::string_view why) {
  return fail(Code::config_data_dir_unwritable, fmt::format("{}: {}", path.string(), why));
}

// The process that wrote its number into the lock file: a help for people, nothing depends on it.
std::string holder(int lock) {
  std::array<char, 16> text{};
  const auto got = ::pread(lock, text.data(), text.size(), 0);
  const auto pid =
      got > 0 ? parse_int<int>(trim({text.data(), static_cast<std::size_t>(got)})) : std::nullopt;
  return pid ? fmt::format("process {}", *pid) : "another process";
}

}  // namespace

DataDir::~DataDir() {
  if (lock_ >= 0) ::close(lock_);
}

Result<DataDir> DataDir::open(const std::filesystem::path& path) {
  std::error_code error;
  const auto parent = path.parent_path();
  if (!parent.empty()) std::filesystem::create_directories(parent, error);
  if (::mkdir(path.c_str(), 0700) != 0 && errno != EEXIST) return unwritable(path, std::strerror(errno));
  if (!std::filesystem::is_directory(path, error)) return unwritable(path, "not a directory");

  const auto file = path / "lock";
  const int lock = ::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (lock < 0) return unwritable(path, std::strerror(errno));
  DataDir directory{path, lock};
  if (::flock(lock, LOCK_EX | LOCK_NB) != 0) {
    if (errno == EWOULDBLOCK)
      return fail(Code::config_data_dir_busy, fmt::format("{}: held by {}", path.string(), holder(lock)));
    return unwritable(path, std::strerror(errno));
  }
  // Writing shows at once what a full or read-only disk would show later.
  const auto pid = fmt::format("{}\n", ::getpid());
  if (::ftruncate(lock, 0) != 0 ||
      ::pwrite(lock, pid.data(), pid.size(), 0) != static_cast<ssize_t>(pid.size()))
    return unwritable(path, std::strerror(errno));
  return directory;
}

}  // namespace camfleet::storage
