#pragma once
#include <cstdint>
#include <optional>

#include "base/bytes.h"
#include "base/result.h"

// FLV as Adobe's "Video File Format Specification" 10.1 has it (sections E.2 to E.4), with H.265 as Veovera's
// "Enhanced RTMP" v1 adds it, or under codec id 12, which many players of surveillance know and nothing
// specifies.
namespace camfleet::flv {

enum class VideoForm : std::uint8_t {
  avc,       // H.264, codec id 7
  hvc1,      // H.265 behind an ExVideoTagHeader with the FourCC hvc1
  codec_12,  // H.265 laid out as H.264 is
};

inline constexpr std::size_t kMaxData = 0xFFFFFF;  // of a tag: three bytes of size

// In milliseconds. Times go into tags modulo 2^32: 24 bits, and 8 more above them.
struct Picture {
  ByteView data;                 // NAL units behind their lengths in four bytes
  std::int64_t decoded = 0;      // when
  std::int32_t shown_after = 0;  // that, 0 to 8,388,607
  bool key = false;
};

// What onMetaData says.
struct Metadata {
  struct Video {
    VideoForm form = VideoForm::avc;
    unsigned width = 0;
    unsigned height = 0;
    double frames_per_second = 0;  // 0: not told
  };
  struct Audio {
    std::uint32_t sample_rate = 0;
    unsigned channels = 1;
  };
  std::optional<Video> video;
  std::optional<Audio> audio;
};

// The head of a file, with the size of no tag behind it.
void append_header(Bytes& out, bool audio, bool video);
void append_metadata(Bytes& out, const Metadata& metadata);

// Tags with their size behind them. media_bad_data for no data, or for more than kMaxData.
//
// `record`: AVCDecoderConfigurationRecord or HEVCDecoderConfigurationRecord; `config`: AudioSpecificConfig.
Result<void> append_video_config(Bytes& out, VideoForm form, ByteView record, std::int64_t time);
Result<void> append_audio_config(Bytes& out, ByteView config, std::int64_t time);
Result<void> append_picture(Bytes& out, VideoForm form, const Picture& picture);
// One frame of AAC.
Result<void> append_sound(Bytes& out, ByteView frame, std::int64_t time);

}  // namespace camfleet::flv
