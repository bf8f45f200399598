#pragma once
#include <cstdint>
#include <deque>
#include <optional>

#include "base/bytes.h"
#include "proto/ps/media_head.h"

namespace camfleet::ps {

inline constexpr std::size_t kMaxPicture = 8 * 1024 * 1024;

// One picture (Annex B, its NAL units behind start codes) or one packet of sound, as the stream carries it.
struct Frame {
  bool video = false;
  std::optional<std::int64_t> time;  // presentation, 1/90,000 s, 33 bits
  Bytes data;
};

struct DemuxerCounters {
  std::uint64_t pictures = 0;
  std::uint64_t sounds = 0;
  std::uint64_t dropped_pictures = 0;  // too large
  std::uint64_t skipped_bytes = 0;     // of no packet: garbage between them
  std::uint64_t damaged_packets = 0;   // PES packets whose header cannot be
};

// An MPEG-2 program stream (ISO/IEC 13818-1 section 2.5) as Hikvision makes it: pack headers, the system map,
// PES packets E0 (pictures), C0 (sound), BD and others (the vendor's own, passed over by their length). Bytes
// in, in any pieces; pictures and sounds out.
//
// A picture ends where the next pack header, or a PES packet with another time, begins, so it comes out with
// the following one. Of a PES packet without a length the next start code of a program stream is the end.
// Garbage is skipped to the next start code. Bounds: 8 MiB a picture, 64 KiB of everything else. One strand;
// no clock, no log.
class Demuxer {
 public:
  // `head`: what the stream's head said, if there was one; the system map wins.
  explicit Demuxer(std::optional<MediaHead> head = {}) { begin(head); }
  // The stream begins anew: what was not whole is gone, counters stay.
  void begin(std::optional<MediaHead> head);

  // Afterwards pull() until nothing comes.
  void push(ByteView bytes);
  std::optional<Frame> pull();
  // The stream ended: the last picture comes out.
  void flush();

  // What is known of the stream by now.
  Video video() const { return video_; }
  Audio audio() const { return audio_; }
  // A system map was seen: it names all there is.
  bool mapped() const { return mapped_; }
  const DemuxerCounters& counters() const { return counters_; }
  // Bytes held.
  std::size_t memory() const { return buffer_.size() + picture_.data.size(); }

 private:
  bool step();
  bool pack_header();
  bool sized_packet(std::uint8_t id);
  void system_map(ByteView body);
  void pes(std::uint8_t id, ByteView packet);
  void endless();
  void append(ByteView bytes);
  void end_picture();
  ByteView rest() const { return ByteView{buffer_}.subspan(at_); }

  Video video_ = Video::none;
  Audio audio_ = Audio::none;
  bool mapped_ = false;
  Bytes buffer_;        // received, not taken apart
  std::size_t at_ = 0;  // in it
  bool endless_ = false;
  Frame picture_;
  bool open_ = false;  // picture_ has begun
  bool too_large_ = false;
  std::deque<Frame> ready_;
  DemuxerCounters counters_;
};

}  // namespace camfleet::ps
