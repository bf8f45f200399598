#pragma once
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/result.h"
#include "media/outputs/video_frames.h"
#include "proto/fmp4/init_segment.h"

namespace camfleet::media {

// What a packager makes of a stream.
enum class Form : std::uint8_t {
  mp4,     // fragmented MP4
  flv,     // H.265 as Enhanced RTMP has it
  flv_12,  // FLV with H.265 under codec id 12
  ts,      // MPEG transport stream
};
std::string_view to_text(Form form);                    // "mp4", "flv", "flv", "ts"
std::optional<Form> parse_form(std::string_view text);  // of the first three

std::string_view content_type(Form form);  // of HTTP: "video/mp4"; sound alone may have another

// The beginning of a stream in some form; another one after the camera changed its parameter sets or the form
// of its sound.
struct FormInit {
  std::string mime;               // `video/mp4; codecs="avc1.64001f,mp4a.40.2"`
  std::string_view content_type;  // of HTTP: `video/mp4`
  Bytes data;                     // what stands in front of the first fragment
  // What stands between the fragments where a stream goes on with this; nothing where its form cannot.
  std::optional<Bytes> change;
};

// The tracks at a beginning; at least one.
struct Formats {
  const fmp4::VideoTrack* video = nullptr;
  const fmp4::AacTrack* audio = nullptr;
};

// The time of day of a picture.
struct WallMoment {
  std::uint64_t ntp = 0;   // 32.32 fixed-point seconds since 1900
  bool by_camera = false;  // as the camera says; otherwise when the picture reached us
};

// Pictures and sound in, bytes of one form out; one stream each. One strand. Whatever is an error here is
// left out of the stream.
class Muxer {
 public:
  static std::unique_ptr<Muxer> make(Form form);
  virtual ~Muxer() = default;
  Muxer(const Muxer&) = delete;
  Muxer& operator=(const Muxer&) = delete;

  // Before the first picture or sound, and where the formats have changed; `time`, in 1/90,000 s, is that of
  // what comes next. What it is given is not kept. Errors: parameter sets that cannot be read; then nothing
  // has changed.
  virtual Result<FormInit> begin(const Formats& formats, std::int64_t time) = 0;
  virtual Result<Bytes> picture(const VideoFrame& frame, const std::optional<WallMoment>& wall) = 0;
  // Frames of AAC that follow each other, each of so many samples; `time`, in samples, is that of the first.
  virtual Result<Bytes> sound(std::span<const ByteView> frames, std::uint32_t samples, std::int64_t time) = 0;

 protected:
  Muxer() = default;
};

}  // namespace camfleet::media
