#include "fleet/move_log.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>

#include "base/random.h"
#include "base/text.h"

namespace camfleet::fleet {
namespace {

constexpr std::size_t kRunDigits = 16;

std::uint64_t random_run() {
  std::array<std::uint8_t, 8> bytes{};
  random_bytes(bytes);
  std::uint64_t run = 0;
  for (const auto byte : bytes) run = run << 8 | byte;
  return run;
}

// The one spelling that to_text() makes.
std::optional<std::uint64_t> hex(std::string_view text) {
  const bool plain =
      std::ranges::all_of(text, [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
  return plain ? parse_int<std::uint64_t>(text, 16) : std::nullopt;
}

}  // namespace

std::string_view to_text(LogEntry::Kind kind) {
  switch (kind) {
    case LogEntry::Kind::move:
      return "move";
    case LogEntry::Kind::added:
      return "added";
    case LogEntry::Kind::changed:
      return "changed";
    case LogEntry::Kind::removed:
      return "removed";
  }
  return "move";
}

std::string to_text(const LogCursor& cursor) {
  return fmt::format("{:016x}-{:x}", cursor.run, cursor.number);
}

std::optional<LogCursor> parse_log_cursor(std::string_view text) {
  if (text.size() < kRunDigits + 2 || text.size() > kRunDigits + 17 || text[kRunDigits] != '-')
    return std::nullopt;
  const auto run = hex(text.substr(0, kRunDigits));
  const auto number = hex(text.substr(kRunDigits + 1));
  if (!run || !number || (text[kRunDigits + 1] == '0' && *number != 0)) return std::nullopt;
  return LogCursor{*run, *number};
}

MoveLog::MoveLog(std::size_t capacity, std::uint64_t run)
    : capacity_(std::max<std::size_t>(capacity, 1)), run_(run != 0 ? run : random_run()) {}

MoveLog::Kept MoveLog::small(LogEntry entry) {
  Kept kept{
      std::move(entry.device), entry.at, {}, entry.attempts, entry.reason, entry.kind, entry.from, entry.to};
  if (!entry.detail.empty() || entry.next_attempt || entry.was)
    kept.rare =
        std::make_shared<const Rare>(Rare{std::move(entry.detail), entry.next_attempt, std::move(entry.was)});
  return kept;
}

LogEntryPtr MoveLog::whole(const Kept& kept, std::uint64_t number) {
  auto entry = std::make_shared<LogEntry>();
  entry->number = number;
  entry->kind = kept.kind;
  entry->from = kept.from;
  entry->to = kept.to;
  entry->reason = kept.reason;
  entry->at = kept.at;
  entry->attempts = kept.attempts;
  entry->device = kept.device;
  if (kept.rare) {
    entry->detail = kept.rare->detail;
    entry->next_attempt = kept.rare->next_attempt;
    entry->was = kept.rare->was;
  }
  return entry;
}

void MoveLog::push(LogEntry entry) {
  auto made = small(std::move(entry));
  Kept gone;  // freed after the lock
  const std::lock_guard lock{mutex_};
  ++last_;
  if (entries_.size() == capacity_) {
    gone = std::move(entries_.front());
    entries_.pop_front();
  }
  entries_.push_back(std::move(made));
  for (auto* bell : bells_) bell->ring();
}

LogCursor MoveLog::cursor() const {
  const std::lock_guard lock{mutex_};
  return {run_, last_};
}

LogCursor MoveLog::oldest() const {
  const std::lock_guard lock{mutex_};
  return {run_, last_ - entries_.size()};
}

MoveLog::Batch MoveLog::read(const LogCursor& after, std::size_t most) const {
  Batch batch;
  std::vector<Kept> found;
  auto number = after.number;
  std::unique_lock lock{mutex_};
  const auto before = last_ - entries_.size();
  batch.next = {run_, last_};
  if (after.run != run_)
    batch.lost = Lost::restart;
  else if (after.number > last_)
    batch.lost = Lost::unknown;
  else if (after.number < before)
    batch.lost = Lost::overrun;
  if (batch.lost != Lost::nothing) return batch;
  const auto begin = entries_.begin() + static_cast<std::ptrdiff_t>(after.number - before);
  const auto count = std::min<std::size_t>(most, last_ - after.number);
  found.assign(begin, begin + static_cast<std::ptrdiff_t>(count));
  lock.unlock();
  batch.entries.reserve(count);
  for (const auto& kept : found) batch.entries.push_back(whole(kept, ++number));
  batch.next.number = after.number + count;
  return batch;
}

void MoveLog::listen(Bell& bell) {
  const std::lock_guard lock{mutex_};
  bells_.push_back(&bell);
}

void MoveLog::silence(Bell& bell) {
  const std::lock_guard lock{mutex_};
  std::erase(bells_, &bell);
}

}  // namespace camfleet::fleet
