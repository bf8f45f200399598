#include "events/sinks/file_sink.h"

#include <fcntl.h>
#include <fmt/chrono.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <vector>

#include "events/sinks/cloud_event.h"

namespace camfleet::events::sinks {
namespace {

std::string reason() { return std::strerror(errno); }  // NOLINT(concurrency-mt-unsafe)

int day_of(std::time_t time) { return static_cast<int>(time / 86400); }

// Makes what was created or renamed in it durable.
void sync_directory(const std::filesystem::path& directory) {
  const int fd = ::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return;
  ::fsync(fd);
  ::close(fd);
}

}  // namespace

// Used by one thread at a time.
class FileSink::Writer {
 public:
  Writer(std::filesystem::path path, std::uint64_t most, bool daily, std::size_t keep)
      : path_(std::move(path)), most_(most), daily_(daily), keep_(keep) {}
  ~Writer() { close(); }
  Writer(const Writer&) = delete;
  Writer& operator=(const Writer&) = delete;

  Result<void> append(std::string_view text) {
    if (auto opened = open(); !opened) return opened;
    const auto now = std::time(nullptr);
    if (size_ > 0 && (size_ + text.size() > most_ || (daily_ && day_of(now) != day_))) {
      if (auto rotated = rotate(); !rotated) return rotated;
      if (auto opened = open(); !opened) return opened;
    }
    const auto before = size_;
    while (!text.empty()) {
      const auto put = ::write(fd_, text.data(), text.size());
      if (put < 0 && errno == EINTR) continue;
      if (put < 0) {
        const auto why = reason();
        // Half a line must not stay before what is written next.
        if (::ftruncate(fd_, static_cast<off_t>(before)) != 0) close();
        size_ = before;
        return fail(Code::sink_failed, path_.filename().string() + ": " + why);
      }
      text.remove_prefix(static_cast<std::size_t>(put));
      size_ += static_cast<std::uint64_t>(put);
    }
    if (::fdatasync(fd_) == 0) return {};
    const auto why = reason();
    close();  // what the kernel says after a failed sync is worth nothing: the file is opened and written
              // anew
    return fail(Code::sink_failed, path_.filename().string() + ": " + why);
  }

 private:
  Result<void> open() {
    struct stat about {};
    struct stat there {};
    // Somebody may have moved it away meanwhile, as logrotate does.
    if (fd_ >= 0 && (::stat(path_.c_str(), &there) != 0 || ::fstat(fd_, &about) != 0 ||
                     there.st_ino != about.st_ino || there.st_dev != about.st_dev))
      close();
    if (fd_ >= 0) return {};
    std::error_code ec;
    std::filesystem::create_directories(path_.parent_path(), ec);
    fd_ = ::open(path_.c_str(), O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0640);
    if (fd_ < 0) return fail(Code::sink_unreachable, path_.filename().string() + ": " + reason());
    if (::fstat(fd_, &about) != 0 || !S_ISREG(about.st_mode)) {
      close();
      return fail(Code::sink_refused, path_.filename().string() + ": is no regular file");
    }
    size_ = static_cast<std::uint64_t>(about.st_size);
    day_ = day_of(size_ > 0 ? about.st_mtime : std::time(nullptr));
    end_last_line();
    sync_directory(path_.parent_path());
    return {};
  }

  // Where the machine went down while a line was written: that entry comes again, whole.
  void end_last_line() {
    char last = '\n';
    if (size_ > 0 && ::pread(fd_, &last, 1, static_cast<off_t>(size_ - 1)) == 1 && last != '\n' &&
        ::write(fd_, "\n", 1) == 1)
      ++size_;
  }

  Result<void> rotate() {
    const auto now =
        std::chrono::time_point_cast<std::chrono::milliseconds>(std::chrono::system_clock::now());
    const auto whole = std::chrono::time_point_cast<std::chrono::seconds>(now);
    auto old = path_;
    old += fmt::format(".{:%Y%m%dT%H%M%S}{:03}", fmt::gmtime(std::chrono::system_clock::to_time_t(whole)),
                       (now - whole).count());
    close();
    if (::rename(path_.c_str(), old.c_str()) != 0)
      return fail(Code::sink_failed, path_.filename().string() + ": " + reason());
    sync_directory(path_.parent_path());
    if (keep_ > 0) remove_old();
    return {};
  }

  void remove_old() {
    std::vector<std::filesystem::path> old;
    const auto prefix = path_.filename().string() + ".2";
    std::error_code ec;
    for (const auto& one : std::filesystem::directory_iterator{path_.parent_path(), ec})
      if (one.path().filename().string().starts_with(prefix) && one.is_regular_file(ec))
        old.push_back(one.path());
    std::ranges::sort(old);
    for (std::size_t i = 0; i + keep_ < old.size(); ++i) std::filesystem::remove(old[i], ec);
  }

  void close() {
    if (fd_ >= 0) ::close(fd_);
    fd_ = -1;
  }

  std::filesystem::path path_;
  std::uint64_t most_;
  bool daily_;
  std::size_t keep_;
  int fd_ = -1;
  std::uint64_t size_ = 0;
  int day_ = 0;
};

Result<std::unique_ptr<Client>> FileSink::make(const model::SinkSpec& spec,
                                               const std::filesystem::path& directory,
                                               net::WorkerPool& pool) {
  if (directory.empty())
    return fail(Code::sink_invalid, "path: no directory for files of sinks is set (sink_files)");
  std::unique_ptr<FileSink> out{new FileSink{pool}};
  out->payload_ = spec.flag("payload");
  out->writer_ =
      std::make_shared<Writer>(directory / std::string{spec.text("path")},
                               static_cast<std::uint64_t>(spec.number("rotate_mib")) << 20U,
                               spec.flag("rotate_daily"), static_cast<std::size_t>(spec.number("keep")));
  return out;
}

net::Task<> FileSink::deliver(std::span<Delivery> batch) {
  std::string text;
  for (const auto& one : batch) (text += cloud_event(*one.entry, {payload_, one.replayed})) += '\n';
  auto writing = pool_.run([writer = writer_, text = std::move(text)] { return writer->append(text); });
  const auto written = co_await std::move(writing);
  Outcome outcome{Verdict::delivered, {}};
  if (!written)
    outcome = {written.error().code == Code::sink_refused ? Verdict::refused : Verdict::sink_failed,
               written.error()};
  for (auto& one : batch) one.outcome = outcome;
}

net::Task<> FileSink::stop() {
  writer_.reset();
  co_return;
}

}  // namespace camfleet::events::sinks
