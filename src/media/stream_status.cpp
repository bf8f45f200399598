#include "media/stream_status.h"

namespace camfleet::media {

std::string_view to_text(HubState state) {
  switch (state) {
    case HubState::idle:
      return "idle";
    case HubState::starting:
      return "starting";
    case HubState::live:
      return "live";
    case HubState::ended:
      return "ended";
    case HubState::reconnecting:
      return "reconnecting";
  }
  return "idle";
}

std::string_view state_text(const StreamStatus& status) {
  if (status.state == HubState::live && status.reason == Code::media_encrypted) return "encrypted";
  return to_text(status.state);
}

std::string_view to_text(ClockSource source) {
  switch (source) {
    case ClockSource::none:
      return "none";
    case ClockSource::arrival:
      return "arrival";
    case ClockSource::reports:
      return "reports";
  }
  return "none";
}

void StatusCell::tell(const StreamHealth::Figures& figures, std::size_t held_bytes) {
  packets.store(figures.packets, std::memory_order_relaxed);
  lost.store(figures.lost, std::memory_order_relaxed);
  frames.store(figures.frames, std::memory_order_relaxed);
  jitter_us.store(figures.jitter_us, std::memory_order_relaxed);
  millifps.store(figures.millifps, std::memory_order_relaxed);
  bits_per_second.store(figures.bits_per_second, std::memory_order_relaxed);
  gop_frames.store(figures.gop_frames, std::memory_order_relaxed);
  held.store(held_bytes, std::memory_order_relaxed);
}

StreamStatus StatusCell::read() const {
  StreamStatus out;
  out.key = key;
  out.state = state.load();
  out.reason = reason.load();
  out.viewers = viewers.load();
  out.bytes = bytes.load();
  out.dropped = dropped.load();
  out.codec = codec.load();
  out.width = static_cast<std::uint16_t>(size.load() >> 16);
  out.height = static_cast<std::uint16_t>(size.load());
  out.audio = audio.load();
  out.audio_note = audio_note.load();
  out.clock = clock.load();
  if (const auto offset = clock_offset_ms.load(); offset != kNoOffset)
    out.clock_offset = std::chrono::milliseconds{offset};
  out.health = {packets.load(),         lost.load(),      frames.load(), jitter_us.load(), millifps.load(),
                bits_per_second.load(), gop_frames.load()};
  out.declared_millifps = declared_millifps.load();
  out.held_bytes = held.load();
  if (const auto at = started_us.load(); at != 0) out.started = WallTime{std::chrono::microseconds{at}};
  if (const auto at = last_frame_ns.load(); at != 0) {
    const SteadyTime then{std::chrono::nanoseconds{at}};
    const auto age = system_clock().steady() - then;
    out.last_frame = system_clock().wall() - std::chrono::duration_cast<std::chrono::microseconds>(age);
  }
  return out;
}

}  // namespace camfleet::media
