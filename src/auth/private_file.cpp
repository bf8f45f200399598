#include "auth/private_file.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "base/random.h"
#include "base/secret.h"
#include "net/descriptor.h"

namespace camfleet::auth {
namespace {

std::unexpected<Error> cannot(const std::filesystem::path& file) {
  return fail(Code::config_data_dir_unwritable, file.string() + ": " + std::strerror(errno));
}
std::unexpected<Error> refused(const std::filesystem::path& file, std::string_view why) {
  return fail(Code::auth_secret_unreadable, fmt::format("{}: {}", file.string(), why));
}

bool write_all(int fd, std::string_view content) {
  while (!content.empty()) {
    const auto written = ::write(fd, content.data(), content.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return false;
    content.remove_prefix(static_cast<std::size_t>(written));
  }
  return ::fsync(fd) == 0;
}

void sync_directory(const std::filesystem::path& directory) {
  const net::Descriptor fd{::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC)};
  if (fd.fd() >= 0) ::fsync(fd.fd());
}

// A whole, synced file beside `file`; empty path where that failed, with errno.
std::filesystem::path write_beside(const std::filesystem::path& file, std::string_view content) {
  auto temporary = file;
  temporary += "." + random_hex(8);
  const net::Descriptor fd{
      ::open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600)};
  if (fd.fd() < 0) return {};
  if (write_all(fd.fd(), content)) return temporary;
  const auto error = errno;
  ::unlink(temporary.c_str());
  errno = error;
  return {};
}

}  // namespace

Result<std::optional<std::string>> read_private(const std::filesystem::path& file, std::size_t most) {
  const net::Descriptor fd{::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)};
  if (fd.fd() < 0) {
    if (errno == ENOENT) return std::optional<std::string>{};
    return refused(file, std::strerror(errno));
  }
  struct stat is {};
  if (::fstat(fd.fd(), &is) != 0) return refused(file, std::strerror(errno));
  if (!S_ISREG(is.st_mode)) return refused(file, "not a plain file");
  if ((is.st_mode & 077) != 0)
    return fail(Code::config_exposed,
                fmt::format("{}: mode {:04o} lets others in; wants 0600", file.string(), is.st_mode & 07777));
  if (is.st_size > static_cast<off_t>(most)) return refused(file, "too long");

  std::string content(most + 1, '\0');
  std::size_t size = 0;
  while (size < content.size()) {
    const auto got = ::read(fd.fd(), content.data() + size, content.size() - size);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) {
      wipe(content);
      return refused(file, std::strerror(errno));
    }
    if (got == 0) break;
    size += static_cast<std::size_t>(got);
  }
  if (size > most) {
    wipe(content);
    return refused(file, "too long");
  }
  content.resize(size);
  return content;
}

Error of_a_list(const Error& error) {
  return error.code == Code::config_exposed ? error : Error{Code::storage_failed, error.place};
}

Result<bool> create_private(const std::filesystem::path& file, std::string_view content) {
  const auto temporary = write_beside(file, content);
  if (temporary.empty()) return cannot(file);
  // link() does not replace: of two who make it at once, one wins and both then read the same.
  const bool made = ::link(temporary.c_str(), file.c_str()) == 0;
  const auto error = errno;
  ::unlink(temporary.c_str());
  errno = error;
  if (!made && error != EEXIST) return cannot(file);
  sync_directory(file.parent_path());
  return made;
}

Result<void> replace_private(const std::filesystem::path& file, std::string_view content) {
  const auto temporary = write_beside(file, content);
  if (temporary.empty()) return cannot(file);
  if (::rename(temporary.c_str(), file.c_str()) != 0) {
    const auto error = errno;
    ::unlink(temporary.c_str());
    errno = error;
    return cannot(file);
  }
  sync_directory(file.parent_path());
  return {};
}

Result<void> append_private(const std::filesystem::path& file, std::string_view content) {
  const net::Descriptor fd{::open(file.c_str(), O_WRONLY | O_APPEND | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)};
  if (fd.fd() < 0 || !write_all(fd.fd(), content)) return cannot(file);
  return {};
}

}  // namespace camfleet::auth
