// The data directory: who may read it, where it lies, how quick it is.
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <map>

#include "base/bytes.h"
#include "base/random.h"
#include "cli/doctor/check.h"

namespace camfleet::cli::doctor {
namespace {

constexpr std::uint64_t kMiB = 1024 * 1024;

// The directory, or the nearest one above it that is there: the disk that it will be on.
std::filesystem::path existing(std::filesystem::path path) {
  std::error_code error;
  path = std::filesystem::absolute(path, error);
  while (!std::filesystem::exists(path, error) && path.has_relative_path()) path = path.parent_path();
  return path;
}

std::string mode_text(unsigned mode) { return fmt::format("{:04o}", mode & 07777U); }

// A file with a secret in it: ours, and nobody else's to read.
Check secret_file(const Machine& machine, const std::filesystem::path& path, const std::string& lost) {
  const auto name = path.filename().string();
  struct stat file {};
  if (::lstat(path.c_str(), &file) != 0)
    return {name, errno == ENOENT ? Grade::ok : Grade::warn,
            errno == ENOENT ? "is not there yet; the first start makes it" : std::strerror(errno),
            errno == ENOENT ? "" : "run doctor as the user of the gateway"};
  Check check{name, Grade::ok, "mode " + mode_text(file.st_mode), {}};
  if (!S_ISREG(file.st_mode))
    return {name, Grade::fail, "is no file", "the gateway refuses to start with it"};
  if ((file.st_mode & 077U) != 0) {
    check.grade = Grade::fail;
    check.advice = fmt::format("others may read it, and the gateway refuses it: chmod 600 {}", path.string());
  } else if (file.st_size == 0) {
    check.grade = Grade::fail;
    check.found += ", empty";
    check.advice = lost;
  } else if (file.st_uid != machine.user && machine.user != 0) {
    check.grade = Grade::warn;
    check.advice = fmt::format("it belongs to user {}: run the gateway and doctor as that user", file.st_uid);
  }
  return check;
}

}  // namespace

std::vector<Check> data_directory(const Machine& machine, const Plan& plan) {
  const auto& path = plan.data;
  struct stat directory {};
  if (::stat(path.c_str(), &directory) != 0) {
    const auto above = existing(path);
    const bool can = ::access(above.c_str(), W_OK | X_OK) == 0;
    return {{"data directory", can ? Grade::ok : Grade::fail, path.string() + " is not there yet",
             can ? ""
                 : fmt::format("it cannot be made in {}: make it, and give it to the user of the gateway",
                               above.string())}};
  }
  Check check{"data directory",
              Grade::ok,
              fmt::format("{}, mode {}", path.string(), mode_text(directory.st_mode)),
              {}};
  if (!S_ISDIR(directory.st_mode))
    return {{"data directory", Grade::fail, path.string() + " is no directory",
             "remove it, or name another by --data"}};
  if (::access(path.c_str(), R_OK | W_OK | X_OK) != 0) {
    check.grade = Grade::fail;
    check.advice = fmt::format("it cannot be written by user {}: run as the user of the gateway (user {})",
                               machine.user, directory.st_uid);
    return {check};
  }
  if ((directory.st_mode & 022U) != 0) {
    check.grade = Grade::fail;
    check.advice = "others may put files into it: chmod 700 " + path.string();
  } else if ((directory.st_mode & 055U) != 0) {
    check.grade = Grade::warn;
    check.advice = "others may look into it: chmod 700 " + path.string();
  }
  return {check,
          secret_file(machine, path / "secret.key",
                      "without the key no kept password can be opened: put it back from a backup"),
          secret_file(machine, path / "admin.token", "remove it; the next start makes another")};
}

Check disk_space(const Plan& plan) {
  const auto at = existing(plan.data);
  struct statvfs disk {};
  if (::statvfs(at.c_str(), &disk) != 0) return {"disk space", Grade::warn, std::strerror(errno), ""};
  const std::uint64_t free = std::uint64_t{disk.f_bavail} * disk.f_frsize;
  Check check{"disk space", Grade::ok, size_text(free) + " free", {}};
  if (disk.f_files > 0) check.found += fmt::format(", {} inodes free", disk.f_favail);
  if ((disk.f_flag & ST_RDONLY) != 0) {
    check.grade = Grade::fail;
    check.found += ", mounted read-only";
    check.advice = "the registry cannot be written: mount it rw, or name another --data";
  } else if (free < 64 * kMiB || (disk.f_files > 0 && disk.f_favail < 64)) {
    check.grade = Grade::fail;
    check.advice = "too little for the registry and its journal: make room";
  } else if (free < 1024 * kMiB) {
    check.grade = Grade::warn;
    check.advice = "events and history want some GiB: make room";
  }
  return check;
}

Check file_system(const Plan& plan) {
  struct Kind {
    std::uint32_t magic;
    const char* name;
    const char* trouble;
  };
  static constexpr const char* kNetwork =
      "a network file system: its locks and syncs are no ground for a database, which may break; use a local "
      "disk";
  static constexpr std::array kKinds{
      Kind{0x6969, "NFS", kNetwork},
      Kind{0xff534d42, "CIFS", kNetwork},
      Kind{0xfe534d42, "SMB2", kNetwork},
      Kind{0x517b, "SMB", kNetwork},
      Kind{0x00c36400, "Ceph", kNetwork},
      Kind{0x01021997, "9p", kNetwork},
      Kind{0x65735546, "FUSE",
           "what is behind FUSE may not sync or lock as a database needs it; use a local disk"},
      Kind{0x01021994, "tmpfs", "in memory: the whole fleet is gone with the next start of the machine"},
      Kind{0x858458f6, "ramfs", "in memory: the whole fleet is gone with the next start of the machine"},
      Kind{0xef53, "ext4", ""},
      Kind{0x58465342, "XFS", ""},
      Kind{0x9123683e, "Btrfs", ""},
      Kind{0x794c7630, "overlayfs", "a layer of a container: gone with it unless it is a volume"},
      Kind{0x2fc12fc1, "ZFS", ""},
      Kind{0xf2f52010, "F2FS", ""},
  };
  struct statfs disk {};
  if (::statfs(existing(plan.data).c_str(), &disk) != 0)
    return {"file system", Grade::warn, std::strerror(errno), ""};
  const auto magic = static_cast<std::uint32_t>(disk.f_type);
  const auto kind = std::ranges::find(kKinds, magic, &Kind::magic);
  if (kind == kKinds.end()) return {"file system", Grade::ok, fmt::format("type 0x{:x}", magic), ""};
  return {"file system", *kind->trouble == '\0' ? Grade::ok : Grade::warn, kind->name, kind->trouble};
}

Check disk_speed(const Plan& plan) {
  std::error_code error;
  if (!std::filesystem::is_directory(plan.data, error))
    return {"disk sync", Grade::ok, "not measured: no data directory yet", ""};
  const auto path = plan.data / (".doctor-" + random_hex(8));
  const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (file < 0)
    return {"disk sync", Grade::warn, fmt::format("cannot be measured: {}", std::strerror(errno)),
            "run doctor as the user of the gateway"};
  std::array<char, 4096> block{};
  std::vector<double> took;
  bool written = true;
  for (int i = 0; i < 9 && written; ++i) {
    const auto begin = std::chrono::steady_clock::now();
    written = ::pwrite(file, block.data(), block.size(), 0) == static_cast<ssize_t>(block.size()) &&
              ::fsync(file) == 0;
    took.push_back(
        std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - begin).count());
  }
  const int why = errno;
  ::close(file);
  ::unlink(path.c_str());
  if (!written)
    return {"disk sync", Grade::fail, fmt::format("4 KiB cannot be written: {}", std::strerror(why)),
            "the registry will fail as this did"};
  std::ranges::sort(took);
  const auto median = took[took.size() / 2];
  Check check{"disk sync",
              Grade::ok,
              fmt::format("{:.1f} ms to write and sync 4 KiB (median of {})", median, took.size()),
              {}};
  if (median > 50) {
    check.grade = Grade::warn;
    check.advice = "each change of the registry waits for this: a slow or busy disk";
  }
  return check;
}

// The number is in the head of the file, so that no database has to be opened beside the gateway.
Check schema(const Plan& plan) {
  const auto path = plan.data / "registry.db";
  const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0)
    return {"registry", errno == ENOENT ? Grade::ok : Grade::warn,
            errno == ENOENT ? "is not there yet; the first start makes it" : std::strerror(errno), ""};
  std::array<std::uint8_t, 100> head{};
  const auto got = ::pread(file, head.data(), head.size(), 0);
  ::close(file);
  if (got == 0) return {"registry", Grade::ok, "is empty yet", ""};
  if (got != static_cast<ssize_t>(head.size()) || std::memcmp(head.data(), "SQLite format 3", 16) != 0)
    return {"registry", Grade::fail, "is no SQLite database", "put registry.db back from a backup"};
  const auto version = static_cast<int>(load32(head.data() + 60));
  Check check{"registry", Grade::ok, fmt::format("schema {}", version), {}};
  if (plan.known_schema > 0 && version > plan.known_schema) {
    check.grade = Grade::fail;
    check.advice = fmt::format("from a newer version; this one knows {}: install the newer one again",
                               plan.known_schema);
  } else if (std::error_code error;
             std::filesystem::file_size(plan.data / "registry.db-wal", error) > 0 && !error) {
    // The head of the file is as of the last checkpoint.
    check.found = version == 0 ? "its schema is in the journal still, of a gateway that runs"
                               : fmt::format("schema {} or newer: the journal holds the rest", version);
  } else if (plan.known_schema > 0 && version < plan.known_schema) {
    check.found += fmt::format(", brought to {} at the next start", plan.known_schema);
  }
  return check;
}

}  // namespace camfleet::cli::doctor
