#include "storage/lesson_file.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <optional>

#include "base/log.h"
#include "base/text.h"
#include "net/descriptor.h"

namespace camfleet::storage {
namespace {

constexpr std::string_view kVersionLine = "camfleet-lessons 1";
constexpr std::size_t kLongestLine = 64 + 1 + 5 + 1 + 12 + 1;
constexpr std::int64_t kMostSeconds = 253'402'300'799;  // the year 9999

std::unexpected<Error> failed(const std::filesystem::path& file, std::string_view why) {
  return fail(Code::storage_failed, file.string() + ": " + std::string{why});
}

// At most `most` bytes; nothing where there is no such file.
Result<std::optional<std::string>> content_of(const std::filesystem::path& file, std::size_t most) {
  const net::Descriptor fd{::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)};
  if (fd.fd() < 0 && errno == ENOENT) return std::nullopt;
  struct stat about {};
  if (fd.fd() < 0 || ::fstat(fd.fd(), &about) != 0) return failed(file, "cannot be read");
  if (!S_ISREG(about.st_mode)) return failed(file, "no regular file");
  if ((about.st_mode & 077) != 0) return fail(Code::config_exposed, file.string());
  if (static_cast<std::size_t>(about.st_size) > most) return failed(file, "is too long");
  std::string text(static_cast<std::size_t>(about.st_size), '\0');
  std::size_t size = 0;
  while (size < text.size()) {
    const auto got = ::read(fd.fd(), text.data() + size, text.size() - size);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return failed(file, "cannot be read");
    if (got == 0) break;
    size += static_cast<std::size_t>(got);
  }
  text.resize(size);
  return text;
}

std::optional<model::Lesson> read_line(std::string_view line) {
  auto id = model::parse_device_id(take_until(line, ' '));
  const auto streams = parse_int<std::uint16_t>(take_until(line, ' '));
  const auto at_s = parse_int<std::int64_t>(line);
  if (!id || !streams || !at_s || *at_s < 0 || *at_s > kMostSeconds) return std::nullopt;
  return model::Lesson{std::move(*id), *streams, WallTime{std::chrono::seconds{*at_s}}};
}

bool write_all(int fd, std::string_view text) {
  while (!text.empty()) {
    const auto written = ::write(fd, text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return false;
    text.remove_prefix(static_cast<std::size_t>(written));
  }
  return true;
}

bool replace(const std::filesystem::path& file, std::string_view text) {
  auto temporary = file;
  temporary += ".new";
  ::unlink(temporary.c_str());
  {
    const net::Descriptor fd{
        ::open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600)};
    if (fd.fd() < 0 || !write_all(fd.fd(), text)) return false;
  }
  return ::rename(temporary.c_str(), file.c_str()) == 0;
}

std::int64_t seconds_of(WallTime at) {
  return std::chrono::floor<std::chrono::seconds>(at).time_since_epoch().count();
}

}  // namespace

Result<std::vector<model::Lesson>> LessonFile::load() {
  const std::lock_guard whole{work_->writing};
  const auto text = content_of(work_->file, kVersionLine.size() + 1 + kMost * kLongestLine);
  if (!text) return fail(text.error());
  std::vector<model::Lesson> out;
  if (!*text) return out;
  std::string_view rest = **text;
  std::size_t broken = take_until(rest, '\n') == kVersionLine ? 0 : 1;
  const std::lock_guard lock{work_->mutex};
  while (!rest.empty()) {
    auto lesson = read_line(take_until(rest, '\n'));
    if (!lesson) {
      ++broken;
      continue;
    }
    work_->known[lesson->device.str()] = {lesson->streams, seconds_of(lesson->at)};
    out.push_back(std::move(*lesson));
  }
  if (broken > 0) log::warn("storage.lessons_damaged", {{"file", work_->file.string()}, {"lines", broken}});
  return out;
}

void LessonFile::note(const model::Lesson& lesson) {
  {
    const std::lock_guard lock{work_->mutex};
    const auto& id = lesson.device.str();
    if (work_->known.size() >= kMost && !work_->known.contains(id)) return;
    work_->known[id] = {lesson.streams, seconds_of(lesson.at)};
    if (std::exchange(work_->on_its_way, true)) return;
  }
  if (pool_.submit([work = work_] { work->write(); })) return;
  const std::lock_guard lock{work_->mutex};
  work_->on_its_way = false;
}

void LessonFile::Work::write() {
  const std::lock_guard whole{writing};
  std::string text{kVersionLine};
  text += '\n';
  {
    const std::lock_guard lock{mutex};
    on_its_way = false;
    for (const auto& [id, kept] : known) text += fmt::format("{} {} {}\n", id, kept.streams, kept.at_s);
  }
  if (!replace(file, text)) log::warn("storage.lessons_not_kept", {{"file", file.string()}});
}

}  // namespace camfleet::storage
