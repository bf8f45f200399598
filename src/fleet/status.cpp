#include "fleet/status.h"

namespace camfleet::fleet {

Status::Status(Numbers& numbers, MoveLog& log, SubjectPtr subject, DeviceState initial, Code reason,
               WallTime at)
    : numbers_(numbers),
      log_(log),
      subject_(std::move(subject)),
      state_(initial),
      machine_(initial, reason, at) {
  numbers_.added(initial, reason);
}
Status::~Status() {
  numbers_.removed(state(), machine_.last().reason);
  if (facts_) numbers_.channels(-static_cast<std::int64_t>(facts_->channels.size()));
}

void Status::enter(DeviceState to, const Error& reason, WallTime at, unsigned attempts,
                   std::optional<WallTime> next_attempt) {
  const std::lock_guard lock{mutex_};
  const auto from = machine_.state();
  const auto from_reason = machine_.last().reason;
  machine_.enter(to, reason, at);
  attempts_ = attempts;
  next_attempt_ = next_attempt;
  state_.store(to, std::memory_order_relaxed);
  numbers_.moved(from, from_reason, to, reason.code);
  write(LogEntry::Kind::move, from);
}

void Status::amend(const Error& reason, std::optional<WallTime> next_attempt) {
  const std::lock_guard lock{mutex_};
  const auto was = machine_.last();
  machine_.amend(reason);
  next_attempt_ = next_attempt;
  numbers_.moved(was.to, was.reason, was.to, reason.code);
  if (was.reason != reason.code) write(LogEntry::Kind::changed, was.to);
}

void Status::relabel(SubjectPtr subject) {
  const std::lock_guard lock{mutex_};
  was_ = subject->tags != subject_->tags ? subject_ : nullptr;
  subject_ = std::move(subject);
}

void Status::tell(LogEntry::Kind kind) {
  const std::lock_guard lock{mutex_};
  write(kind, machine_.state());
  was_.reset();
}

void Status::write(LogEntry::Kind kind, DeviceState from) const {
  const auto& last = machine_.last();
  log_.push({0, kind, from, last.to, last.reason, last.detail, last.at, attempts_, next_attempt_, subject_,
             kind == LogEntry::Kind::changed ? was_ : nullptr});
}

void Status::facts(std::shared_ptr<const model::DeviceFacts> facts) {
  const auto count = [](const auto& some) {
    return some ? static_cast<std::int64_t>(some->channels.size()) : std::int64_t{0};
  };
  const std::lock_guard lock{mutex_};
  numbers_.channels(count(facts) - count(facts_));
  facts_ = std::move(facts);
}

std::shared_ptr<const model::DeviceFacts> Status::facts() const {
  const std::lock_guard lock{mutex_};
  return facts_;
}

model::Move Status::last() const {
  const std::lock_guard lock{mutex_};
  return machine_.last();
}

WallTime Status::since() const {
  const std::lock_guard lock{mutex_};
  return machine_.last().at;
}

Code Status::reason() const {
  const std::lock_guard lock{mutex_};
  return machine_.last().reason;
}

std::optional<WallTime> Status::heard() const {
  const auto heard = heard_.load(std::memory_order_relaxed);
  if (heard == 0) return std::nullopt;
  return WallTime{std::chrono::microseconds{heard}};
}

void Status::fill(model::DeviceView& view, bool with_history) const {
  view.events = events_.load(std::memory_order_relaxed);
  view.last_heard = heard();
  const std::lock_guard lock{mutex_};
  const auto& last = machine_.last();
  view.state = last.to;
  view.reason = last.reason;
  view.detail = last.detail;
  view.since = last.at;
  view.attempts = attempts_;
  view.next_attempt = next_attempt_;
  view.facts = facts_;
  if (with_history) view.history = machine_.history();
}

}  // namespace camfleet::fleet
