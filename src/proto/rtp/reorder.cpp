#include "proto/rtp/reorder.h"

#include <utility>

namespace camfleet::rtp {
namespace {

constexpr int kMaxDropout = 3000;            // RFC 3550 A.1
constexpr std::uint32_t kMaxMisorder = 100;  // there too
constexpr std::size_t kConfirmJump = 2;      // packets in a row
constexpr std::size_t kConfirmSource = 3;
constexpr std::uint64_t kOrigin = 1ULL << 32;  // so that numbers can go back from the first

}  // namespace

void Reorder::start(std::uint32_t ssrc, std::uint16_t sequence) {
  if (started_) ++counters_.restarts;
  started_ = true;
  ssrc_ = ssrc;
  next_ = kOrigin + sequence;
  had_.reset();
  late_in_a_row_ = 0;
}

void Reorder::pass(bool had) {
  had_[next_ % kHistory] = had;
  ++next_;
}

void Reorder::skip_to(std::uint64_t sequence) {
  counters_.lost += sequence - next_;
  if (sequence - next_ >= kHistory) {
    had_.reset();
    next_ = sequence;
  }
  while (next_ != sequence) pass(false);
}

Reorder::Taken Reorder::take(std::uint32_t ssrc, std::uint16_t sequence, ByteView bytes, SteadyTime now) {
  if (!started_) start(ssrc, sequence);
  if (ssrc != ssrc_) return doubt(ssrc, sequence, bytes);
  const int ahead = static_cast<std::int16_t>(static_cast<std::uint16_t>(sequence - next_));
  const auto number = next_ + static_cast<std::uint64_t>(std::int64_t{ahead});
  if (ahead < 0 && ahead >= -static_cast<int>(kHistory)) return behind(number, ssrc, sequence, bytes);
  if (ahead < 0 || ahead >= kMaxDropout) return doubt(ssrc, sequence, bytes);

  give_up_doubt();
  late_in_a_row_ = 0;
  if (ahead == 0 && ready_.empty()) {
    // Behind a gap others wait already, and this is what they wait for.
    if (!held_.empty()) ++counters_.reordered;
    pass(true);
    return Taken::now;
  }
  const auto [place, fresh] = held_.try_emplace(number);
  if (!fresh) {
    ++counters_.duplicates;
    return Taken::duplicate;
  }
  if (std::next(place) != held_.end()) ++counters_.reordered;
  place->second = {Bytes(bytes.begin(), bytes.end()), now};
  held_bytes_ += bytes.size();
  return Taken::kept;
}

Reorder::Taken Reorder::behind(std::uint64_t sequence, std::uint32_t ssrc, std::uint16_t number,
                               ByteView bytes) {
  if (++late_in_a_row_ >= kMaxMisorder) {
    candidate_ = {};
    return doubt(ssrc, number, bytes);
  }
  if (had_[sequence % kHistory]) {
    ++counters_.duplicates;
    return Taken::duplicate;
  }
  ++counters_.late;
  return Taken::late;
}

void Reorder::give_up_doubt() {
  counters_.strays += candidate_.packets.size();
  candidate_.packets.clear();
}

Reorder::Taken Reorder::doubt(std::uint32_t ssrc, std::uint16_t sequence, ByteView bytes) {
  if (candidate_.packets.empty() || candidate_.ssrc != ssrc || candidate_.next != sequence) {
    give_up_doubt();
    candidate_.ssrc = ssrc;
  }
  candidate_.next = static_cast<std::uint16_t>(sequence + 1);
  candidate_.packets.emplace_back(bytes.begin(), bytes.end());
  const bool back = late_in_a_row_ >= kMaxMisorder;
  const auto wanted = back ? 1 : ssrc == ssrc_ ? kConfirmJump : kConfirmSource;
  if (candidate_.packets.size() < wanted) return Taken::doubtful;

  // What waits is all there will be of the old stream.
  for (auto& [number, held] : held_) {
    skip_to(number);
    pass(true);
    ready_.push_back(std::move(held.bytes));
  }
  held_.clear();
  held_bytes_ = 0;
  start(ssrc, sequence);
  pass(true);
  for (auto& packet : candidate_.packets) ready_.push_back(std::move(packet));
  candidate_.packets.clear();
  return Taken::doubtful;
}

bool Reorder::over_limits() const {
  return held_.size() > limits_.packets || held_bytes_ > limits_.bytes ||
         held_.rbegin()->first - next_ > limits_.packets;
}

std::optional<Bytes> Reorder::next(SteadyTime now) {
  if (!ready_.empty()) {
    auto bytes = std::move(ready_.front());
    ready_.pop_front();
    return bytes;
  }
  if (held_.empty()) return std::nullopt;
  const auto first = held_.begin();
  if (first->first != next_) {
    if (now < due() && !over_limits()) return std::nullopt;
    skip_to(first->first);
  }
  auto bytes = std::move(first->second.bytes);
  held_bytes_ -= bytes.size();
  held_.erase(first);
  pass(true);
  return bytes;
}

}  // namespace camfleet::rtp
