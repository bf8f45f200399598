#pragma once
#include "base/bytes.h"
#include "base/result.h"
#include "model/stream.h"

namespace camfleet::media {

// One picture that can be decoded alone: an access unit of H.264 or H.265 as Annex B with its parameter sets
// in front, or a JPEG.
struct CodedPicture {
  model::Codec codec = model::Codec::unknown;
  Bytes data;
};

// How large a picture may become; 0: as it is. It keeps its shape, and is never made larger.
struct PictureBox {
  int width = 0;
  int height = 0;
  bool any() const { return width > 0 || height > 0; }
  friend auto operator<=>(const PictureBox&, const PictureBox&) = default;
};

inline constexpr int kMostPictureSide = 16'384;
inline constexpr std::int64_t kMostPicturePixels = 36'000'000;  // of 8K, and of the widest panoramas

struct Jpeg {
  Bytes data;
  int width = 0;
  int height = 0;
};

// Decodes, scales and encodes on the calling thread, which must be none of a loop's: some milliseconds for a
// sub stream, up to a second for the largest. Memory: the decoded picture twice, and the decoder's own, at
// most about 300 MB at the limits above. Thread-safe. media.undecodable (no picture, a damaged one, too
// large, or no libavcodec on this machine), media.unsupported_codec.
Result<Jpeg> make_jpeg(const CodedPicture& picture, PictureBox box);

// What a picture of this size becomes. `aspect`: of one of its pixels, width by height.
struct PictureSize {
  int width = 0;
  int height = 0;
  bool operator==(const PictureSize&) const = default;
};
PictureSize fit(PictureSize picture, double aspect, PictureBox box);

}  // namespace camfleet::media
