#pragma once
#include <cstdint>
#include <functional>
#include <memory>
#include <span>

#include "base/bytes.h"
#include "base/result.h"

namespace camfleet::media {

// One channel of linear samples to AAC-LC by libavcodec, for streams whose sound a browser cannot carry.
//
// Cheap enough for a stream's loop (docs/architecture.md says what it costs); allocates what it needs when it
// is made, and a packet's bytes for each frame. One strand.
class AacEncoder {
 public:
  static constexpr int kFrame = 1024;  // samples of a frame

  // `rate` in Hz, one of those of AAC. media.unsupported_codec where this build of libavcodec cannot.
  static Result<AacEncoder> make(int rate);
  AacEncoder(AacEncoder&&) noexcept;
  AacEncoder& operator=(AacEncoder&&) noexcept;
  ~AacEncoder();

  // Exactly kFrame samples; `emit` gets each frame that they completed, usually one, none at first, and by
  // how many samples the first one that it covers is older than the first of these: what a coder of
  // overlapping windows that looks ahead is late. False where the encoder failed: it is of no more use.
  bool encode(std::span<const std::int16_t> samples, const std::function<void(ByteView, int behind)>& emit);

 private:
  struct Inner;
  explicit AacEncoder(std::unique_ptr<Inner> inner);
  std::unique_ptr<Inner> inner_;
};

}  // namespace camfleet::media
