#include "storage/sqlite/event_files.h"

#include <fmt/core.h>

#include <algorithm>

#include "base/text.h"

namespace camfleet::storage {

std::string EventFile::stem() const {
  return number == 1 ? "ev-" + day : fmt::format("ev-{}.{}", day, number);
}

std::optional<EventFile> parse_event_file(std::string_view name) {
  constexpr std::size_t kDay = 10;
  if (!name.starts_with("ev-") || !name.ends_with(".db")) return std::nullopt;
  name.remove_prefix(3);
  name.remove_suffix(3);
  EventFile file;
  if (name.size() < kDay || name[4] != '-' || name[7] != '-') return std::nullopt;
  for (const std::size_t i : {0, 1, 2, 3, 5, 6, 8, 9})
    if (name[i] < '0' || name[i] > '9') return std::nullopt;
  file.day = name.substr(0, kDay);
  if (name.size() > kDay) {
    const auto number = parse_int<unsigned>(name.substr(kDay + 1));
    if (name[kDay] != '.' || !number || *number < 2) return std::nullopt;
    file.number = *number;
  }
  return file;
}

std::string day_of(WallTime time) { return to_rfc3339(time).substr(0, 10); }

void EventFiles::set(std::vector<EventFile> files) {
  std::ranges::sort(files, [](const auto& a, const auto& b) {
    return std::tie(a.day, a.number) < std::tie(b.day, b.number);
  });
  const std::lock_guard lock{mutex_};
  files_ = std::move(files);
}

void EventFiles::grew(model::Seq first, model::Seq last) {
  const std::lock_guard lock{mutex_};
  if (files_.empty()) return;
  auto& newest = files_.back();
  if (newest.first == 0) newest.first = first;
  newest.last = last;
}

void EventFiles::turn(WallTime upto, EventFile next) {
  const std::lock_guard lock{mutex_};
  if (!files_.empty()) files_.back().upto = upto;
  files_.push_back(std::move(next));
}

void EventFiles::remove(const EventFile& file) {
  const std::lock_guard lock{mutex_};
  std::erase_if(files_,
                [&](const EventFile& one) { return one.day == file.day && one.number == file.number; });
}

std::vector<EventFile> EventFiles::all() const {
  const std::lock_guard lock{mutex_};
  return files_;
}

model::Seq EventFiles::oldest() const {
  const std::lock_guard lock{mutex_};
  for (const auto& file : files_)
    if (file.first != 0) return file.first;
  return 0;
}

std::uint64_t EventFiles::bytes(const EventFile& file) const {
  std::uint64_t sum = 0;
  for (const auto* end : {".db", ".db-wal", ".pic"}) {
    std::error_code none;
    const auto size = std::filesystem::file_size(directory_ / (file.stem() + end), none);
    if (!none) sum += size;
  }
  return sum;
}

}  // namespace camfleet::storage
