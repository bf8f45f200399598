#pragma once
#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <variant>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "model/stream.h"
#include "proto/rtsp/parser.h"
#include "proto/rtsp/resync.h"

namespace camfleet::device {

// What one connection brought, for logs and metrics.
struct IntakeCounters {
  std::uint64_t bytes = 0;
  std::uint64_t packets = 0;          // handed on
  std::uint32_t unknown_frames = 0;   // on channels that nobody set up
  std::uint32_t early_frames = 0;     // before the tracks were known
  std::uint32_t foreign_payload = 0;  // of a payload type that was not announced
  std::uint32_t malformed = 0;        // not RTP
  std::uint32_t resyncs = 0;
  std::uint64_t junk_bytes = 0;
};

// The receiving half of an RTSP connection: bytes are received straight into a slab, and packets leave as
// slices of it, uncopied, with the channel byte rewritten to ours. Only the head of a packet that straddles
// the end of a slab is copied, to the next one. Responses and requests go into a queue. No socket in here.
//
// A slab stays in memory as long as one of its packets does, so its size follows the stream: about a
// sixteenth of a group of pictures, from 8 to 64 KiB.
class Intake {
 public:
  static constexpr std::uint32_t kUnknownLimit = 1000;
  static constexpr std::size_t kMessageLimit = 64;

  Intake() { map_.fill(kNobody); }

  // Where the next bytes go. The span is good until received() is called; never empty.
  std::span<std::uint8_t> room();
  // `size` bytes now stand at the front of room(). Packets go to `to`; nullptr drops them, counted. Errors,
  // all of them the end of the connection: those of rtsp::Parser, rtsp.out_of_sync where framing is not found
  // again within 64 KiB, or where a thousand frames came on channels that nobody set up.
  Result<void> received(std::size_t size, SteadyTime now, model::Publisher* to);

  // A whole packet of `channel` that came by another way than the connection: copied once into the slab, and
  // from there on like any other. For intakes that receive nothing else.
  void datagram(std::uint8_t channel, ByteView bytes, SteadyTime now, model::Publisher* to);

  // Lets the slab go where nothing of it is waiting: for a connection that is mostly silent.
  void rest();

  // Packets of this channel, and RTCP on the next one, belong to `track` from now on.
  struct Track {
    std::uint8_t index = 0;
    model::Codec codec = model::Codec::unknown;
    bool starts = false;  // its pictures are where a viewer may begin
    std::array<std::uint8_t, 4> payload_types{};
    std::uint8_t payload_type_count = 0;
  };
  void assign(std::uint8_t rtp_channel, std::uint8_t rtcp_channel, const Track& track);
  bool assigned(std::uint16_t channel) const { return channel < map_.size() && map_[channel] != kNobody; }

  // Oldest first; nothing where none is waiting.
  std::optional<std::variant<rtsp::Request, rtsp::Response>> message();
  bool has_message() const { return !messages_.empty(); }

  // When the last RTP packet of a known track came.
  SteadyTime last_media() const { return last_media_; }
  const IntakeCounters& counters() const { return counters_; }

 private:
  static constexpr std::uint8_t kNobody = 0xFF;
  static constexpr std::uint32_t kLeastRoom = 1024;
  static constexpr std::uint32_t kSmallestSlab = 8 * 1024;
  static constexpr std::uint32_t kLargestSlab = 64 * 1024;

  struct Open : Track {
    bool in_key = false;               // a key picture was begun, and no other picture since
    bool sets_waiting = false;         // parameter sets came, their picture did not yet
    std::uint32_t last_timestamp = 0;  // of that key picture
  };

  Result<void> parse(ByteView in, SteadyTime now, model::Publisher* to);
  Result<void> frame(const rtsp::Frame& frame, SteadyTime now, model::Publisher* to);
  bool begins_picture(Open& track, ByteView payload, std::uint32_t timestamp);
  void next_slab(std::uint32_t least);
  void adapt();

  rtsp::Parser parser_;
  std::optional<rtsp::Resync> resync_;
  model::SlabRef slab_;
  std::uint32_t begin_ = 0;  // of what is not parsed yet
  std::uint32_t end_ = 0;
  std::uint32_t slab_size_ = kSmallestSlab;
  std::uint64_t bytes_at_key_ = 0;

  std::array<std::uint8_t, 256> map_;  // channel of the camera to ours
  std::array<Open, 4> tracks_;
  std::vector<std::variant<rtsp::Request, rtsp::Response>> messages_;
  SteadyTime last_media_{};
  IntakeCounters counters_;
};

}  // namespace camfleet::device
