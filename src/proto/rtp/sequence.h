#pragma once
#include <cstdint>

#include "proto/rtp/rtcp.h"

namespace camfleet::rtp {

// What one packet's sequence number means for its stream.
enum class Arrival : std::uint8_t {
  in_order,    // the first packet, or the next
  gap,         // packets before it are missing
  late,        // older than the newest: a duplicate, or out of order
  restarted,   // another source, or the source began anew: nothing before it counts any more
  suspicious,  // a wild jump; the packet after it shows whether the stream has restarted
};

// Sequence numbers and statistics of one RTP stream: RFC 3550 appendices A.1, A.3 and A.8. Takes the first
// packet at its word, for on TCP there are no strays. No clock: the caller says when a packet came.
class Reception {
 public:
  // `arrival` is the receive time in units of the media's clock, from any origin, wrapping.
  Arrival received(std::uint32_t ssrc, std::uint16_t sequence, std::uint32_t timestamp,
                   std::uint32_t arrival);

  // Packets missing in front of the one that received() just called a gap.
  std::uint32_t missing() const { return missing_; }
  std::uint32_t ssrc() const { return ssrc_; }
  std::uint32_t extended_sequence() const { return cycles_ + highest_; }
  std::uint64_t packets() const { return received_; }
  // Expected less received since the (re)start: negative with duplicates.
  std::int64_t lost() const;
  std::uint32_t jitter() const { return jitter_ >> 4; }
  std::uint32_t restarts() const { return restarts_; }

  // The block for a receiver report; starts a new interval of `fraction_lost`.
  ReportBlock report(std::uint32_t last_sr, std::uint32_t delay_since_last_sr);

 private:
  void restart(std::uint32_t ssrc, std::uint16_t sequence);
  void measure_jitter(std::uint32_t timestamp, std::uint32_t arrival);
  std::uint64_t expected() const;

  bool started_ = false;
  std::uint32_t ssrc_ = 0;
  std::uint16_t highest_ = 0;
  std::uint32_t cycles_ = 0;  // shifted left by 16
  std::uint32_t base_ = 0;
  std::uint32_t suspect_ = 0;  // the number that would confirm a restart
  std::uint32_t missing_ = 0;
  std::uint64_t received_ = 0;
  std::uint64_t expected_before_ = 0;
  std::uint64_t received_before_ = 0;
  std::uint32_t transit_ = 0;
  bool has_transit_ = false;
  std::uint32_t jitter_ = 0;  // times 16
  std::uint32_t restarts_ = 0;
};

}  // namespace camfleet::rtp
