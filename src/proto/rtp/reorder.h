#pragma once
#include <bitset>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <vector>

#include "base/bytes.h"
#include "base/clock.h"

namespace camfleet::rtp {

struct ReorderLimits {
  std::size_t packets = 512;            // that wait, and how far ahead of a missing one
  std::size_t bytes = 2 * 1024 * 1024;  // of those that wait
  std::chrono::milliseconds wait{100};  // for a missing one
};

// What became of the packets of one stream.
struct ReorderCounters {
  std::uint64_t lost = 0;        // were not there when their turn was over
  std::uint64_t reordered = 0;   // came behind a later one and were put in their place
  std::uint64_t late = 0;        // came when their turn was over; they are in `lost` too
  std::uint64_t duplicates = 0;  // came again
  std::uint64_t strays = 0;      // of a wild jump or another source that nothing confirmed
  std::uint64_t restarts = 0;    // the source began anew, or another took its place
};

// The packets of one RTP stream that came over UDP, back in the order in which they were sent. A packet whose
// turn it is passes uncopied; one behind a gap is copied and waits for what is missing, in bounds of number,
// bytes and time. No clock: the caller says when a packet came.
//
// A wild jump of the sequence number counts when the next packet confirms it, another SSRC when two more do
// (RFC 3550 appendix A.1); nothing is lost by the doubt. A stream that steps back a little and stays there is
// believed after a hundred packets.
class Reorder {
 public:
  explicit Reorder(ReorderLimits limits = {}) : limits_(limits) {}

  enum class Taken : std::uint8_t {
    now,        // hand it on, then what next() gives
    kept,       // behind a gap
    late,       // dropped
    duplicate,  // dropped
    doubtful    // kept aside, or given by next() with those that confirmed it
  };
  Taken take(std::uint32_t ssrc, std::uint16_t sequence, ByteView bytes, SteadyTime now);

  // The next packet whose turn has come, after each take() and at due(); ask until there is none.
  std::optional<Bytes> next(SteadyTime now);
  // When next() has something even if nothing comes; kNever: nothing waits.
  SteadyTime due() const { return held_.empty() ? kNever : held_.begin()->second.arrival + limits_.wait; }

  std::size_t waiting() const { return held_.size() + ready_.size(); }
  const ReorderCounters& counters() const { return counters_; }

 private:
  static constexpr std::size_t kHistory = 1024;
  struct Held {
    Bytes bytes;
    SteadyTime arrival;
  };
  // Somebody who may become the source: consecutive packets of it.
  struct Candidate {
    std::uint32_t ssrc = 0;
    std::uint16_t next = 0;
    std::vector<Bytes> packets;
  };

  void start(std::uint32_t ssrc, std::uint16_t sequence);
  void pass(bool had);  // next_ goes one further
  void skip_to(std::uint64_t sequence);
  Taken behind(std::uint64_t sequence, std::uint32_t ssrc, std::uint16_t number, ByteView bytes);
  Taken doubt(std::uint32_t ssrc, std::uint16_t sequence, ByteView bytes);
  void give_up_doubt();
  bool over_limits() const;

  ReorderLimits limits_;
  bool started_ = false;
  std::uint32_t ssrc_ = 0;
  std::uint64_t next_ = 0;  // the number whose turn it is, without wrapping
  std::map<std::uint64_t, Held> held_;
  std::size_t held_bytes_ = 0;
  std::deque<Bytes> ready_;    // before anything else
  std::bitset<kHistory> had_;  // of the numbers before next_
  Candidate candidate_;
  std::uint32_t late_in_a_row_ = 0;
  ReorderCounters counters_;
};

}  // namespace camfleet::rtp
