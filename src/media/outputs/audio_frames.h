#pragma once
#include <cstdint>
#include <memory>
#include <optional>

#include "base/result.h"
#include "model/stream.h"
#include "proto/fmp4/init_segment.h"
#include "proto/rtp/sequence.h"

namespace camfleet::media {

// One frame of AAC.
struct AudioFrame {
  Bytes data;
  std::uint32_t timestamp = 0;  // of RTP
};

// RTP of an audio track in, AAC out: as it came, or made of G.711. One strand.
class AudioFrames {
 public:
  // media.unsupported_codec for other codecs, and for AAC of which nothing says how it is coded.
  static Result<std::unique_ptr<AudioFrames>> make(const model::Track& track);
  virtual ~AudioFrames() = default;
  AudioFrames(const AudioFrames&) = delete;
  AudioFrames& operator=(const AudioFrames&) = delete;

  // Packets in front of the next one are missing.
  void lost() { loss_ = true; }
  // Afterwards pull() until nothing comes. True where the source began anew: times before do not count.
  bool push(ByteView rtp);
  virtual std::optional<AudioFrame> pull() = 0;

  // The rate in it is the timescale of the frames; the version changes where a camera changes it on the way.
  const fmp4::AacTrack& format() const { return format_; }
  std::uint32_t frame_samples() const { return frame_samples_; }
  std::uint32_t format_version() const { return format_version_; }

 protected:
  AudioFrames() = default;
  virtual void take(ByteView payload, bool marker, std::uint32_t timestamp, bool loss_before) = 0;

  fmp4::AacTrack format_;
  std::uint32_t frame_samples_ = 1024;
  std::uint32_t format_version_ = 0;

 private:
  rtp::Reception reception_;
  bool loss_ = true;
};

// Whether AudioFrames can carry the track, without making anything.
bool carries_audio(const model::Track& track);

}  // namespace camfleet::media
