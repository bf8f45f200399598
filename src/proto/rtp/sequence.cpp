#include "proto/rtp/sequence.h"

#include <algorithm>

namespace camfleet::rtp {
namespace {

// RFC 3550 A.1
constexpr std::uint16_t kMaxDropout = 3000;
constexpr std::uint16_t kMaxMisorder = 100;
constexpr std::uint32_t kNoSuspect = 0x10000;  // no sequence number has this value

}  // namespace

void Reception::restart(std::uint32_t ssrc, std::uint16_t sequence) {
  if (started_) ++restarts_;
  started_ = true;
  ssrc_ = ssrc;
  highest_ = sequence;
  base_ = sequence;
  cycles_ = 0;
  suspect_ = kNoSuspect;
  received_ = 1;
  expected_before_ = received_before_ = 0;
  has_transit_ = false;
  jitter_ = 0;
}

Arrival Reception::received(std::uint32_t ssrc, std::uint16_t sequence, std::uint32_t timestamp,
                            std::uint32_t arrival) {
  missing_ = 0;
  if (!started_ || ssrc != ssrc_) {
    const auto outcome = started_ ? Arrival::restarted : Arrival::in_order;
    restart(ssrc, sequence);
    measure_jitter(timestamp, arrival);
    return outcome;
  }

  const auto ahead = static_cast<std::uint16_t>(sequence - highest_);
  if (ahead != 0 && ahead < kMaxDropout) {
    if (sequence < highest_) cycles_ += 0x10000;
    highest_ = sequence;
    suspect_ = kNoSuspect;
    ++received_;
    missing_ = ahead - 1U;
    measure_jitter(timestamp, arrival);
    return missing_ == 0 ? Arrival::in_order : Arrival::gap;
  }
  if (ahead != 0 && ahead <= 0x10000 - kMaxMisorder) {
    if (sequence != suspect_) {
      suspect_ = (sequence + 1U) & 0xFFFF;
      return Arrival::suspicious;
    }
    restart(ssrc, sequence);
    measure_jitter(timestamp, arrival);
    return Arrival::restarted;
  }
  ++received_;
  return Arrival::late;
}

// RFC 3550 A.8: a running mean of how much the travelling time varies, with a weight of 1/16.
void Reception::measure_jitter(std::uint32_t timestamp, std::uint32_t arrival) {
  const auto transit = arrival - timestamp;
  if (has_transit_) {
    const auto change = static_cast<std::int32_t>(transit - transit_);
    const auto size =
        change < 0 ? 0U - static_cast<std::uint32_t>(change) : static_cast<std::uint32_t>(change);
    jitter_ += size - ((jitter_ + 8) >> 4);
  }
  has_transit_ = true;
  transit_ = transit;
}

std::uint64_t Reception::expected() const {
  return started_ ? std::uint64_t{cycles_} + highest_ - base_ + 1 : 0;
}

std::int64_t Reception::lost() const {
  return static_cast<std::int64_t>(expected()) - static_cast<std::int64_t>(received_);
}

ReportBlock Reception::report(std::uint32_t last_sr, std::uint32_t delay_since_last_sr) {
  ReportBlock block;
  block.ssrc = ssrc_;
  block.cumulative_lost = static_cast<std::int32_t>(std::clamp<std::int64_t>(lost(), -0x800000, 0x7FFFFF));
  block.highest_sequence = extended_sequence();
  block.jitter = jitter();
  block.last_sr = last_sr;
  block.delay_since_last_sr = delay_since_last_sr;

  const auto expected_now = static_cast<std::int64_t>(expected() - expected_before_);
  const auto lost_now = expected_now - static_cast<std::int64_t>(received_ - received_before_);
  expected_before_ = expected();
  received_before_ = received_;
  if (expected_now > 0 && lost_now > 0)
    block.fraction_lost =
        static_cast<std::uint8_t>(std::min<std::int64_t>(255, (lost_now << 8) / expected_now));
  return block;
}

}  // namespace camfleet::rtp
