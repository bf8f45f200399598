#pragma once
#include <atomic>
#include <chrono>
#include <cstdint>
#include <limits>
#include <mutex>
#include <optional>
#include <string_view>

#include "base/clock.h"
#include "base/error.h"
#include "media/stream_health.h"
#include "model/ids.h"
#include "model/stream.h"

namespace camfleet::media {

// reconnecting: its source is away, and viewers wait for it. Of the status only; a hub is then starting or
// ended.
enum class HubState : std::uint8_t { idle, starting, live, ended, reconnecting };
std::string_view to_text(HubState state);
struct StreamStatus;
// The same, and "encrypted" for a live stream whose camera scrambles it.
std::string_view state_text(const StreamStatus& status);
// Where the time of day of a stream comes from: see StreamClock.
enum class ClockSource : std::uint8_t { none, arrival, reports };
std::string_view to_text(ClockSource source);

// One stream as the API tells of it.
struct StreamStatus {
  model::StreamKey key;
  HubState state = HubState::idle;
  Code reason = Code::ok;  // why it ended; of a live one, what is wrong with it
  std::uint32_t viewers = 0;
  std::uint64_t bytes = 0;    // received
  std::uint64_t dropped = 0;  // packets and fragments that slow viewers lost
  std::optional<WallTime> started;
  std::optional<WallTime> last_frame;
  model::Codec codec = model::Codec::unknown;  // of the video
  std::uint16_t width = 0;
  std::uint16_t height = 0;
  model::Codec audio = model::Codec::unknown;  // unknown: it has none
  Code audio_note = Code::ok;                  // why outputs other than RTSP leave it out
  ClockSource clock = ClockSource::none;       // what its time of day is taken from
  std::optional<std::chrono::milliseconds>
      clock_offset;  // how far the camera's sender reports are ahead of us
  StreamHealth::Figures health;
  std::uint32_t declared_millifps = 0;  // by its parameter sets; 0: they do not say
  std::uint64_t held_bytes = 0;         // in memory, for who comes next
};

// Written by the hub on its loop, read by anybody: an API read never posts to a device's loop.
struct StatusCell {
  explicit StatusCell(model::StreamKey k) : key(std::move(k)) {}
  StreamStatus read() const;
  // By the hub, once a second.
  void tell(const StreamHealth::Figures& figures, std::size_t held_bytes);

  const model::StreamKey key;
  std::atomic<HubState> state{HubState::idle};
  std::atomic<Code> reason{Code::ok};
  std::atomic<std::uint32_t> viewers{0};
  std::atomic<std::uint64_t> bytes{0};
  std::atomic<std::uint64_t> dropped{0};
  std::atomic<std::int64_t> started_us{0};     // wall, microseconds; 0: never
  std::atomic<std::int64_t> last_frame_ns{0};  // steady, nanoseconds; 0: never
  std::atomic<model::Codec> codec{model::Codec::unknown};
  std::atomic<std::uint32_t> size{0};  // width << 16 | height
  std::atomic<model::Codec> audio{model::Codec::unknown};
  std::atomic<Code> audio_note{Code::ok};
  std::atomic<ClockSource> clock{ClockSource::none};
  static constexpr std::int32_t kNoOffset = std::numeric_limits<std::int32_t>::min();
  std::atomic<std::int64_t> clock_offset_ms{kNoOffset};
  std::atomic<std::uint64_t> packets{0};  // the figures of StreamHealth
  std::atomic<std::uint64_t> lost{0};
  std::atomic<std::uint32_t> frames{0};
  std::atomic<std::uint32_t> jitter_us{0};
  std::atomic<std::uint32_t> millifps{0};
  std::atomic<std::uint32_t> bits_per_second{0};
  std::atomic<std::uint32_t> gop_frames{0};
  std::atomic<std::uint32_t> declared_millifps{0};
  std::atomic<std::uint64_t> held{0};
};

}  // namespace camfleet::media
