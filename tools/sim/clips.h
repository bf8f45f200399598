#pragma once
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"

namespace camfleet::sim {

inline constexpr unsigned kFramesPerSecond = 25;
inline constexpr std::uint32_t kTicksPerFrame = 90'000 / kFramesPerSecond;  // of the RTP clock

// What one profile shows: an H.264 clip cut into RTP payloads once, at the start. Immutable; all sessions of
// all loops send from the same bytes.
class Clip {
 public:
  struct Packet {
    std::uint32_t offset = 0;
    std::uint16_t size = 0;
    bool marker = false;
  };
  struct Frame {
    std::uint32_t first = 0;  // packet
    std::uint16_t packets = 0;
    bool key = false;  // with its SPS and PPS in front
  };

  // Annex B as scripts/make-clips.sh writes it: begins with a key frame, whole GOPs, no B frames.
  // media.bad_data where there is no key frame at the front, or a frame is too large. `max_payload` bounds an
  // RTP payload.
  static Result<Clip> cut(ByteView annexb, std::size_t max_payload = 1400);

  std::size_t frames() const { return frames_.size(); }
  const Frame& frame(std::size_t i) const { return frames_[i]; }
  const Packet* packets(const Frame& frame) const { return packets_.data() + frame.first; }
  ByteView payload(const Packet& packet) const {
    return ByteView{bytes_}.subspan(packet.offset, packet.size);
  }

  // The last key frame at or before `frame`, and the first after it (which may be frame 0, around the seam).
  std::size_t key_before(std::size_t frame) const;
  std::size_t key_after(std::size_t frame) const;

  const Bytes& sps() const { return sps_; }
  const Bytes& pps() const { return pps_; }
  int width() const { return width_; }
  int height() const { return height_; }
  unsigned kbps() const;
  unsigned gop() const { return gop_; }

  // A JPEG of the GOP that `frame` is in; nothing where the clip has no pictures.
  std::shared_ptr<const std::string> picture(std::size_t frame) const;
  void set_pictures(std::vector<std::shared_ptr<const std::string>> pictures) {
    pictures_ = std::move(pictures);
  }

 private:
  std::vector<Frame> frames_;
  std::vector<Packet> packets_;
  Bytes bytes_;
  Bytes sps_, pps_;
  std::vector<std::shared_ptr<const std::string>> pictures_;
  int width_ = 0;
  int height_ = 0;
  unsigned gop_ = 0;  // frames from the first key frame to the next
};

struct Clips {
  Clip main;
  Clip sub;
  // config.invalid names the file that is missing and says how to make it.
  static Result<Clips> load(const std::string& folder);
};

}  // namespace camfleet::sim
