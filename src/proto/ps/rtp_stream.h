#pragma once
#include <cstdint>
#include <deque>
#include <optional>

#include "base/bytes.h"
#include "proto/aac/config.h"
#include "proto/h26x/nal.h"
#include "proto/ps/demuxer.h"
#include "proto/sdp/sdp.h"

namespace camfleet::ps {

// One RTP packet made of a program stream, header and all.
struct RtpPacket {
  std::uint8_t track = 0;  // index of the description's medias
  bool marker = false;
  bool key_start = false;  // the first packet of a picture from which decoding can begin
  std::uint32_t timestamp = 0;
  Bytes bytes;
};

struct RtpStreamCounters {
  std::uint64_t packets = 0;
  std::uint64_t early_frames = 0;   // before the first key picture
  std::uint64_t unknown_sound = 0;  // packets of sound that no track carries
};

// A program stream as RTP with a description, so that what a vendor's library hands out goes the way of any
// RTSP source: H.264 and H.265 in fragments (RFC 6184, RFC 7798), G.711 as it is (RFC 3551), AAC without its
// ADTS heads, one unit a packet (RFC 3640).
//
// The description is known with the first key picture that brings its parameter sets; what comes before is
// dropped. Video is track 0 and sound, where there is some that can be carried, track 1. A program stream
// without pictures describes nothing. One strand; no clock, no log.
class RtpStream {
 public:
  // `seed`: of the SSRCs and of the first sequence numbers. `largest`: bytes of a packet, 200 to 1,460.
  explicit RtpStream(std::uint32_t seed, std::size_t largest = 1'400);

  // The stream's head, at its beginning and after the source connected again; without one the system map has
  // to do. The description stays, and so do the sequence numbers.
  void begin(std::optional<MediaHead> head) { demuxer_.begin(head); }
  // Afterwards pull() until nothing comes: a picture makes at most its size in packets, and no more than one
  // is kept.
  void push(ByteView program_stream);
  void flush();
  std::optional<RtpPacket> pull();

  // nullptr: not known yet.
  const sdp::Session* description() const { return description_ ? &*description_ : nullptr; }
  // The source has become another one (its codec): the description does not hold any more, and nothing comes.
  bool changed() const { return changed_; }
  const RtpStreamCounters& counters() const { return counters_; }
  const DemuxerCounters& demuxer_counters() const { return demuxer_.counters(); }

 private:
  struct Sender {
    std::uint32_t ssrc = 0;
    std::uint16_t sequence = 0;
    std::uint8_t payload_type = 0;
    std::uint32_t clock_rate = 90'000;
    std::int64_t time = 0;   // of the last packet that had one, without its wrapping
    std::uint32_t next = 0;  // RTP time of what has none
  };
  void take(const Frame& frame);
  void picture(const Frame& frame);
  void sound(const Frame& frame);
  void aac(ByteView frames, std::uint32_t timestamp);
  void describe(const std::vector<ByteView>& nals);
  void describe_sound(sdp::Session& session);
  void send(std::uint8_t track, bool marker, bool key_start, std::uint32_t timestamp, ByteView prefix,
            ByteView body);
  static std::uint32_t time_of(const Frame& frame, Sender& sender);

  std::size_t largest_;
  Demuxer demuxer_;
  std::optional<sdp::Session> description_;
  h26x::Codec codec_ = h26x::Codec::h264;
  Audio audio_ = Audio::none;
  std::optional<aac::Config> adts_;  // of the last sound before the description
  bool changed_ = false;
  Sender video_, sound_;
  std::deque<RtpPacket> ready_;
  RtpStreamCounters counters_;
};

}  // namespace camfleet::ps
