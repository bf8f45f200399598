#pragma once
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "proto/h26x/nal.h"
#include "sim/sound.h"

namespace camfleet::sim {

inline constexpr unsigned kFramesPerSecond = 25;
inline constexpr std::uint32_t kTicksPerFrame = 90'000 / kFramesPerSecond;  // of the RTP clock

// What one profile shows: an H.264 or H.265 clip cut into RTP payloads once, at the start. Immutable; all
// sessions of all loops send from the same bytes.
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
  static Result<Clip> cut(ByteView annexb, std::size_t max_payload = 1400,
                          h26x::Codec codec = h26x::Codec::h264);

  h26x::Codec codec() const { return codec_; }

  std::size_t frames() const { return frames_.size(); }
  const Frame& frame(std::size_t i) const { return frames_[i]; }
  const Packet* packets(const Frame& frame) const { return packets_.data() + frame.first; }
  ByteView payload(const Packet& packet) const {
    return ByteView{bytes_}.subspan(packet.offset, packet.size);
  }

  // The last key frame at or before `frame`, and the first after it (which may be frame 0, around the seam).
  std::size_t key_before(std::size_t frame) const;
  std::size_t key_after(std::size_t frame) const;

  const Bytes& vps() const { return vps_; }  // of H.265
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
  Bytes vps_, sps_, pps_;
  h26x::Codec codec_ = h26x::Codec::h264;
  std::vector<std::shared_ptr<const std::string>> pictures_;
  int width_ = 0;
  int height_ = 0;
  unsigned gop_ = 0;  // frames from the first key frame to the next
};

// Everything that devices show and sound like. What tests leave out is empty.
struct Clips {
  struct Pair {
    Clip main;
    Clip sub;
    const Clip& of(int profile) const { return profile == 1 ? main : sub; }
  };
  Clip main;
  Clip sub;
  std::optional<Pair> h265;
  std::optional<Pair> views;  // where a dome looks when it has been turned: kViews GOPs
  Sounds sounds;

  const Clip& of(int profile) const { return profile == 1 ? main : sub; }
  bool has_h265() const { return h265.has_value(); }
  // config.invalid names the file that is missing and says how to make it. Those of H.265, of the views and
  // of the sounds may be missing together; then there are none.
  static Result<Clips> load(const std::string& folder);
};

}  // namespace camfleet::sim
