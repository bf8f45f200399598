#pragma once
#include <cstdint>

#include "base/bytes.h"
#include "proto/ps/media_head.h"

// What Hikvision's library hands out, made for tests: its head, and a program stream in the pieces of its
// callbacks.
namespace camfleet::ps::testing {

// The 40 bytes; `system` as in the head: 2 program stream, 4 RTP.
Bytes media_head(std::uint16_t system, Video video, Audio audio, std::uint32_t sample_rate = 8'000);

class Writer {
 public:
  // `largest`: bytes of a PES packet's payload; the library takes 65,000, cameras 5,000.
  Writer(Video video, Audio audio, std::size_t largest = 65'000)
      : video_(video), audio_(audio), largest_(largest) {}

  // The piece in front of a picture: pack header, and before a key picture the system map.
  Bytes pack(std::int64_t pts, bool key) const;
  // A picture's PES packets, one after another in `out`'s pieces: hand(ByteView) for each.
  template <class Hand>
  void picture(ByteView annexb, std::int64_t pts, Hand&& hand) const {
    for (bool first = true; first || !annexb.empty(); first = false) {
      const auto piece = annexb.first(annexb.size() < largest_ ? annexb.size() : largest_);
      annexb = annexb.subspan(piece.size());
      hand(pes(0xE0, piece, pts, first));
    }
  }
  Bytes sound(ByteView frame, std::int64_t pts) const { return pes(0xC0, frame, pts, true); }
  // Of the vendor's own data, which a reader has to pass over.
  Bytes private_data(std::size_t size) const;

 private:
  static Bytes pes(std::uint8_t id, ByteView payload, std::int64_t pts, bool with_time);

  Video video_;
  Audio audio_;
  std::size_t largest_;
};

}  // namespace camfleet::ps::testing
