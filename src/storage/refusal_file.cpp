#include "storage/refusal_file.h"

#include <fcntl.h>
#include <fmt/core.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <optional>
#include <unordered_map>

#include "base/log.h"
#include "base/text.h"
#include "net/descriptor.h"

namespace camfleet::storage {
namespace {

using std::chrono::milliseconds;
constexpr std::string_view kVersionLine = "camfleet-refusals 1\n";
constexpr std::size_t kPrint = 32;
constexpr std::size_t kLongestLine = kPrint + 1 + 15 + 1;
constexpr std::int64_t kMostMs = 253'402'300'799'000;  // the year 9999

std::string print_text(std::uint64_t low, std::uint64_t high) {
  return fmt::format("{:016x}{:016x}", low, high);
}
std::string line_of(const model::Refusal& one) {
  const auto ms = std::chrono::floor<milliseconds>(one.at).time_since_epoch().count();
  return fmt::format("{} {}\n", print_text(one.low, one.high), std::clamp<std::int64_t>(ms, 0, kMostMs));
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

struct Line {
  model::Refusal refusal;
  bool forgets = false;
};
std::optional<Line> read_line(std::string_view line) {
  if (line.size() < kPrint + 2 || line[kPrint] != ' ') return std::nullopt;
  const auto low = parse_int<std::uint64_t>(line.substr(0, 16), 16);
  const auto high = parse_int<std::uint64_t>(line.substr(16, 16), 16);
  if (!low || !high) return std::nullopt;
  Line out{{*low, *high, {}}, line.substr(kPrint + 1) == "-"};
  if (out.forgets) return out;
  const auto ms = parse_int<std::int64_t>(line.substr(kPrint + 1));
  if (!ms || *ms < 0 || *ms > kMostMs) return std::nullopt;
  out.refusal.at = WallTime{milliseconds{*ms}};
  return out;
}

std::unexpected<Error> failed(const std::filesystem::path& file, std::string_view why) {
  return fail(Code::storage_failed, file.string() + ": " + std::string{why});
}

}  // namespace

Result<std::vector<model::Refusal>> RefusalFile::Work::read(WallTime since) {
  lines = 0;
  const net::Descriptor fd{::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)};
  if (fd.fd() < 0 && errno == ENOENT) return std::vector<model::Refusal>{};
  struct stat about {};
  if (fd.fd() < 0 || ::fstat(fd.fd(), &about) != 0) return failed(file, "cannot be read");
  if (!S_ISREG(about.st_mode)) return failed(file, "no regular file");
  if ((about.st_mode & 077) != 0) return fail(Code::config_exposed, file.string());
  // What it may be, and one line more: past that it is none of ours.
  std::string text(kVersionLine.size() + (kMost + kMostQueued + 1) * kLongestLine, '\0');
  std::size_t size = 0;
  while (size < text.size()) {
    const auto got = ::read(fd.fd(), text.data() + size, text.size() - size);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return failed(file, "cannot be read");
    if (got == 0) break;
    size += static_cast<std::size_t>(got);
  }
  if (size == text.size()) return failed(file, "is too long");
  std::string_view rest{text.data(), size};
  if (rest.starts_with(kVersionLine)) rest.remove_prefix(kVersionLine.size());

  std::vector<model::Refusal> out;
  std::size_t broken = 0;
  // Behind a lost line stands another run's; what it forgets must not be what came after it.
  const auto forget = [&out](const model::Refusal& one) {
    std::erase_if(out, [&](const auto& each) { return each.low == one.low && each.high == one.high; });
  };
  while (!rest.empty()) {
    const bool whole = rest.find('\n') != rest.npos;
    const auto line = read_line(take_until(rest, '\n'));
    ++lines;
    if (!line || !whole) {
      ++broken;
    } else if (line->forgets) {
      forget(line->refusal);
    } else if (line->refusal.at > since) {
      out.push_back(line->refusal);
    }
  }
  if (broken > 0) log::warn("storage.refusals_damaged", {{"file", file.string()}, {"lines", broken}});
  std::ranges::sort(out, {}, &model::Refusal::at);
  return out;
}

bool RefusalFile::Work::begin_anew() {
  auto kept = read(clock.wall() - kKept);
  // Half of it is room for what comes.
  if (kept && kept->size() > most / 2)
    kept->erase(kept->begin(), kept->end() - static_cast<std::ptrdiff_t>(most / 2));
  auto temporary = file;
  temporary += ".new";
  ::unlink(temporary.c_str());
  std::string text{kVersionLine};
  if (kept)
    for (const auto& one : *kept) text += line_of(one);
  {
    const net::Descriptor fd{
        ::open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600)};
    if (fd.fd() < 0 || !write_all(fd.fd(), text)) return false;
  }
  if (::rename(temporary.c_str(), file.c_str()) != 0) return false;
  lines = kept ? kept->size() : 0;
  return true;
}

void RefusalFile::Work::write() {
  const std::lock_guard whole{writing};
  std::deque<std::string> taken;
  {
    const std::lock_guard lock{mutex};
    taken.swap(queued);
    on_its_way = false;
  }
  std::error_code ec;
  bool good = true;
  if (lines + taken.size() > most || !std::filesystem::exists(file, ec)) good = begin_anew();
  std::string text;
  for (const auto& line : taken) text += line;
  if (good) {
    const net::Descriptor fd{::open(file.c_str(), O_WRONLY | O_APPEND | O_CLOEXEC | O_NOFOLLOW)};
    good = fd.fd() >= 0 && write_all(fd.fd(), text);
  }
  lines += taken.size();
  if (!good) log::warn("storage.refusals_not_kept", {{"file", file.string()}, {"lines", taken.size()}});
}

Result<std::vector<model::Refusal>> RefusalFile::load(WallTime since) {
  const std::lock_guard whole{work_->writing};
  return work_->read(since);
}

void RefusalFile::note(const model::Refusal& refusal) { put(line_of(refusal)); }

void RefusalFile::forget(std::uint64_t low, std::uint64_t high) { put(print_text(low, high) + " -\n"); }

void RefusalFile::put(std::string line) {
  {
    const std::lock_guard lock{work_->mutex};
    if (work_->queued.size() >= kMostQueued) work_->queued.pop_front();
    work_->queued.push_back(std::move(line));
    if (std::exchange(work_->on_its_way, true)) return;
  }
  if (pool_.submit([work = work_] { work->write(); })) return;
  const std::lock_guard lock{work_->mutex};
  work_->on_its_way = false;
}

}  // namespace camfleet::storage
