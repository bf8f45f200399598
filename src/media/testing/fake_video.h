#pragma once
// Packets for tests: of no real codec, and of a real little clip.
#include <cstring>
#include <fstream>
#include <iterator>
#include <vector>

#include "model/stream.h"
#include "proto/h26x/annexb.h"
#include "proto/h26x/h264_packetizer.h"
#include "proto/h26x/nal.h"
#include "proto/rtp/packet.h"

namespace camfleet::media::testing {

// An RTP packet behind its four bytes, in a slab of its own.
inline model::Packet rtp_packet(std::uint8_t track, std::uint16_t sequence, std::uint32_t timestamp,
                                bool marker, ByteView payload, std::uint8_t payload_type = 96) {
  const auto length = static_cast<std::uint16_t>(rtp::kHeaderSize + payload.size());
  auto* slab = model::Slab::make(4U + length);
  slab->data()[0] = '$';
  slab->data()[1] = static_cast<std::uint8_t>(2 * track);
  store16(slab->data() + 2, length);
  rtp::write_header(slab->data() + 4, marker, payload_type, sequence, timestamp, 0x1234);
  if (!payload.empty()) std::memcpy(slab->data() + 4 + rtp::kHeaderSize, payload.data(), payload.size());
  model::Packet packet;
  packet.slab = model::SlabRef{slab};
  packet.size = 4U + length;
  packet.timestamp = timestamp;
  packet.arrival = std::chrono::steady_clock::now();
  packet.track = track;
  packet.marker = marker;
  return packet;
}

inline model::Packet rtcp_packet(std::uint8_t track, std::size_t size = 28) {
  auto* slab = model::Slab::make(static_cast<std::uint32_t>(4 + size));
  std::memset(slab->data(), 0, 4 + size);
  slab->data()[0] = '$';
  slab->data()[1] = static_cast<std::uint8_t>(2 * track + 1);
  store16(slab->data() + 2, static_cast<std::uint16_t>(size));
  slab->data()[4] = 0x80;
  slab->data()[5] = 200;
  store16(slab->data() + 6, static_cast<std::uint16_t>(size / 4 - 1));
  model::Packet packet;
  packet.slab = model::SlabRef{slab};
  packet.size = static_cast<std::uint32_t>(4 + size);
  packet.arrival = std::chrono::steady_clock::now();
  packet.track = track;
  packet.rtcp = true;
  return packet;
}

// Frames of `packets` packets each, a key frame every `gop`.
class FakeVideo {
 public:
  explicit FakeVideo(int gop = 10, int packets = 3, std::size_t payload = 100)
      : gop_(gop), packets_(packets), payload_(payload, 0x41) {}
  std::vector<model::Packet> frame() {
    std::vector<model::Packet> out;
    for (int i = 0; i < packets_; ++i) {
      auto packet = rtp_packet(0, sequence_++, timestamp_, i + 1 == packets_, payload_);
      packet.key_start = frame_ % gop_ == 0 && i == 0;
      out.push_back(std::move(packet));
    }
    ++frame_;
    timestamp_ += 3600;
    return out;
  }
  static model::StreamInfo info() {
    model::StreamInfo out;
    model::Track track;
    track.codec = model::Codec::h264;
    track.encoding = "H264";
    out.tracks.push_back(track);
    return out;
  }

 private:
  int gop_;
  int packets_;
  Bytes payload_;
  int frame_ = 0;
  std::uint16_t sequence_ = 65500;  // wraps soon
  std::uint32_t timestamp_ = 1000;
};

// testdata/tiny.h264 or tiny.h265, 10 pictures a second, for ever.
class TinyClip {
 public:
  explicit TinyClip(h26x::Codec codec = h26x::Codec::h264) : codec_(codec) {
    const bool h264 = codec == h26x::Codec::h264;
    std::ifstream file{h264 ? CAMFLEET_SOURCE_DIR "/src/media/testdata/tiny.h264"
                            : CAMFLEET_SOURCE_DIR "/src/media/testdata/tiny.h265",
                       std::ios::binary};
    data_.assign(std::istreambuf_iterator<char>{file}, {});
    nals_ = h26x::split_annexb(data_);
  }
  model::StreamInfo info(bool with_parameter_sets = true) const {
    auto out = FakeVideo::info();
    auto& track = out.tracks[0];
    const bool h264 = codec_ == h26x::Codec::h264;
    if (!h264) {
      track.codec = model::Codec::h265;
      track.encoding = "H265";
    }
    for (const ByteView nal : nals_) {
      if (!with_parameter_sets) break;
      const int type = h26x::nal_type(codec_, nal);
      const auto keep = [&](int kind, Bytes& set) {
        if (type == kind) set.assign(nal.begin(), nal.end());
      };
      keep(h264 ? -2 : h26x::h265::kVps, track.vps);
      keep(h264 ? h26x::h264::kSps : h26x::h265::kSps, track.sps);
      keep(h264 ? h26x::h264::kPps : h26x::h265::kPps, track.pps);
    }
    return out;
  }
  // One picture with what precedes it, made larger by `padding` where a test wants many bytes.
  std::vector<model::Packet> frame(std::size_t padding = 0) {
    std::vector<model::Packet> out;
    bool key = false;
    for (bool picture = false; !picture;) {
      const ByteView nal = nals_[next_];
      next_ = (next_ + 1) % nals_.size();
      const int type = h26x::nal_type(codec_, nal);
      picture = h26x::is_vcl(codec_, type);
      key = key || h26x::is_parameter_set(codec_, type) || h26x::is_key(codec_, type);
      Bytes whole{nal.begin(), nal.end()};
      if (picture) whole.insert(whole.end(), padding, 0x55);
      std::vector<h26x::Piece> pieces;
      if (codec_ == h26x::Codec::h264) {
        h26x::packetize_h264(whole, picture, 1200, pieces);
      } else {
        h26x::packetize_h265(whole, picture, 1200, pieces);
      }
      for (const auto& piece : pieces)
        out.push_back(rtp_packet(0, sequence_++, timestamp_, piece.marker, piece.joined()));
    }
    out.front().key_start = key;
    timestamp_ += 9000;
    return out;
  }

 private:
  h26x::Codec codec_;
  Bytes data_;
  std::vector<ByteView> nals_;
  std::size_t next_ = 0;
  std::uint16_t sequence_ = 1;
  std::uint32_t timestamp_ = 0xFFFF0000;
};

inline void publish(model::Publisher& to, std::vector<model::Packet> packets) {
  for (auto& packet : packets) to.packet(std::move(packet));
  to.flush();
}

}  // namespace camfleet::media::testing
