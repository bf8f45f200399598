#pragma once
#include <array>
#include <chrono>
#include <cstdint>
#include <optional>

#include "base/clock.h"
#include "media/stream_status.h"
#include "model/stream.h"

namespace camfleet::media {

// When the moments were that a stream's RTP timestamps stand for; kept by the hub for its stream, fed with
// every packet.
//
// Two witnesses. Arrival: the packets that were the least delayed lie on a line, which follows the drift of
// the camera's clock; timestamps that jump by more than five seconds are not believed until the third frame
// agrees. Sender reports (RFC 3550 section 6.4.1): exact between the tracks of a camera, but the time of day
// in them is often hours off, so they count for that only where they agree with ours within five seconds.
// Lives on the hub's loop; allocates nothing.
class StreamClock {
 public:
  explicit StreamClock(const Clock& clock = system_clock()) : clock_(clock) {}

  // A new pull: nothing of the former counts.
  void start(const model::StreamInfo& info);
  void packet(const model::Packet& packet);

  // Of the time of day of a track.
  ClockSource source(std::uint8_t track) const;
  // The time of day at a timestamp near those that came last; nothing before the track's first packet.
  std::optional<WallTime> wall(std::uint8_t track, std::uint32_t timestamp) const;
  // How far the camera's time of day is ahead of ours, by the track's newest sender report.
  std::optional<std::chrono::microseconds> offset(std::uint8_t track) const;
  // From a moment of one track to a moment of another; by the reports of both where these agree with arrival
  // within two seconds, else by arrival.
  std::optional<std::chrono::nanoseconds> between(std::uint8_t from, std::uint32_t from_timestamp,
                                                  std::uint8_t to, std::uint32_t to_timestamp) const;

 private:
  using Nanoseconds = std::chrono::nanoseconds;
  struct Line {
    bool started = false;
    std::uint32_t rate = 90'000;
    std::uint32_t ssrc = 0;
    std::uint32_t timestamp = 0;  // of the newest frame that was believed
    SteadyTime at{};              // when it would have come without delay
    SteadyTime arrival{};         // when it came
    std::uint32_t suspect = 0;    // a timestamp far away
    int doubts = 0;
    // Of the newest sender report that makes sense: since 1970 by the camera, since 1970 by us.
    bool reported = false;
    std::uint32_t report_timestamp = 0;
    Nanoseconds report{};
    Nanoseconds ours{};
    SteadyTime report_arrival{};
  };
  static constexpr std::size_t kTracks = 4;

  const Line* line(std::uint8_t track) const;
  static Nanoseconds distance(const Line& line, std::uint32_t from, std::uint32_t to);
  static SteadyTime arrival_of(const Line& line, std::uint32_t timestamp);
  static Nanoseconds reported_time(const Line& line, std::uint32_t timestamp);
  void rtp(Line& line, const model::Packet& packet);
  void rtcp(Line& line, const model::Packet& packet);

  const Clock& clock_;
  std::array<Line, kTracks> lines_;
};

}  // namespace camfleet::media
