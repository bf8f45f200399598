#include "proto/flv/tag.h"

#include <algorithm>
#include <array>
#include <span>

#include "proto/flv/amf0.h"

namespace camfleet::flv {
namespace {

constexpr std::uint8_t kAudio = 8, kVideo = 9, kScript = 18;
constexpr std::size_t kTagHeader = 11;
// AAC is always told as 44 kHz, 16 bits, stereo; players read its config (E.4.2.1).
constexpr std::uint8_t kAac = 0xAF;
constexpr std::uint8_t kConfig = 0, kData = 1;
constexpr std::uint8_t kKey = 1, kDifference = 2;
constexpr std::uint8_t kAvc = 7, kHevc = 12;
// ExVideoTagHeader: the top bit, and PacketType where the codec id would be.
constexpr std::uint8_t kExtended = 0x80, kSequenceStart = 0, kCodedFrames = 1, kCodedFramesX = 3;
constexpr std::uint32_t kHvc1 = 0x68766331;
constexpr std::int32_t kMaxComposition = 0x7FFFFF;

void put24(Bytes& out, std::uint32_t value) {
  out.push_back(static_cast<std::uint8_t>(value >> 16));
  out.push_back(static_cast<std::uint8_t>(value >> 8));
  out.push_back(static_cast<std::uint8_t>(value));
}
void put32(Bytes& out, std::uint32_t value) {
  out.push_back(static_cast<std::uint8_t>(value >> 24));
  put24(out, value & 0xFFFFFF);
}
void put(Bytes& out, ByteView bytes) { out.insert(out.end(), bytes.begin(), bytes.end()); }

// E.4.1: the parts of the data follow each other.
Result<void> append_tag(Bytes& out, std::uint8_t type, std::int64_t time, ByteView head, ByteView body) {
  const auto size = head.size() + body.size();
  if (body.empty() || size > kMaxData) return fail(Code::media_bad_data, "FLV tag");
  out.reserve(out.size() + kTagHeader + size + 4);
  out.push_back(type);
  put24(out, static_cast<std::uint32_t>(size));
  const auto stamp = static_cast<std::uint32_t>(time);
  put24(out, stamp & 0xFFFFFF);
  out.push_back(static_cast<std::uint8_t>(stamp >> 24));
  put24(out, 0);  // stream id
  put(out, head);
  put(out, body);
  put32(out, static_cast<std::uint32_t>(kTagHeader + size));
  return {};
}

// What stands in front of the data of a video tag.
class VideoHead {
 public:
  VideoHead(VideoForm form, bool key, bool config, std::int32_t composition) {
    const auto frame = static_cast<std::uint8_t>((key ? kKey : kDifference) << 4);
    composition = std::clamp(composition, 0, kMaxComposition);
    if (form == VideoForm::hvc1) {
      const auto type = config ? kSequenceStart : composition > 0 ? kCodedFrames : kCodedFramesX;
      add(static_cast<std::uint8_t>(kExtended | frame | type));
      for (int shift = 24; shift >= 0; shift -= 8) add(static_cast<std::uint8_t>(kHvc1 >> shift));
      if (type != kCodedFrames) return;
    } else {
      add(static_cast<std::uint8_t>(frame | (form == VideoForm::avc ? kAvc : kHevc)));
      add(config ? kConfig : kData);
    }
    for (int shift = 16; shift >= 0; shift -= 8) add(static_cast<std::uint8_t>(composition >> shift));
  }
  ByteView view() const { return std::span{bytes_}.first(size_); }

 private:
  void add(std::uint8_t byte) { bytes_[size_++] = byte; }
  std::array<std::uint8_t, 8> bytes_{};
  std::size_t size_ = 0;
};

double codec_id(VideoForm form) {
  return form == VideoForm::avc ? kAvc : form == VideoForm::codec_12 ? kHevc : kHvc1;
}

}  // namespace

void append_header(Bytes& out, bool audio, bool video) {
  put(out, as_bytes("FLV\x01"));
  out.push_back(static_cast<std::uint8_t>((audio ? 4 : 0) | (video ? 1 : 0)));
  put32(out, 9);  // its own size
  put32(out, 0);
}

void append_metadata(Bytes& out, const Metadata& metadata) {
  Bytes data;
  amf0::append_string(data, "onMetaData");
  amf0::Object object{data};
  if (const auto& video = metadata.video) {
    object.number("width", video->width);
    object.number("height", video->height);
    object.number("videocodecid", codec_id(video->form));
    if (video->frames_per_second > 0) object.number("framerate", video->frames_per_second);
  }
  if (const auto& audio = metadata.audio) {
    object.number("audiocodecid", kAac >> 4);
    object.number("audiosamplerate", audio->sample_rate);
    object.number("audiosamplesize", 16);
    object.boolean("stereo", audio->channels > 1);
  }
  object.end();
  (void)append_tag(out, kScript, 0, {}, data);  // it is short
}

Result<void> append_video_config(Bytes& out, VideoForm form, ByteView record, std::int64_t time) {
  return append_tag(out, kVideo, time, VideoHead{form, true, true, 0}.view(), record);
}

Result<void> append_audio_config(Bytes& out, ByteView config, std::int64_t time) {
  return append_tag(out, kAudio, time, std::array{kAac, kConfig}, config);
}

Result<void> append_picture(Bytes& out, VideoForm form, const Picture& picture) {
  const VideoHead head{form, picture.key, false, picture.shown_after};
  return append_tag(out, kVideo, picture.decoded, head.view(), picture.data);
}

Result<void> append_sound(Bytes& out, ByteView frame, std::int64_t time) {
  return append_tag(out, kAudio, time, std::array{kAac, kData}, frame);
}

}  // namespace camfleet::flv
