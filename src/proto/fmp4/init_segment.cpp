#include "proto/fmp4/init_segment.h"

#include "proto/fmp4/box.h"

// Section numbers are those of ISO/IEC 14496-12.
namespace camfleet::fmp4 {
namespace {

struct Track {
  std::uint32_t id;
  std::uint32_t timescale;
  bool video;
  std::uint16_t width = 0;
  std::uint16_t height = 0;
};

void matrix(BoxWriter& out) {
  for (const auto value : {0x10000U, 0U, 0U, 0U, 0x10000U, 0U, 0U, 0U, 0x40000000U}) out.u32(value);
}

void ftyp(BoxWriter& out) {
  const auto box = out.box("ftyp");
  out.text("iso5");
  out.u32(512);
  for (const auto* brand : {"iso5", "iso6", "mp41"}) out.text(brand);
}

// 8.2.2
void mvhd(BoxWriter& out, std::uint32_t next_track) {
  const auto box = out.full_box("mvhd");
  out.u32(0);  // made, changed: unknown
  out.u32(0);
  out.u32(kTimescale);
  out.u32(0);  // duration: the fragments have it
  out.u32(0x10000);
  out.u16(0x0100);
  out.zeros(10);
  matrix(out);
  out.zeros(24);
  out.u32(next_track);
}

// 8.3.2
void tkhd(BoxWriter& out, const Track& track) {
  const auto box = out.full_box("tkhd", 0, 3);  // enabled, in the movie
  out.u32(0);
  out.u32(0);
  out.u32(track.id);
  out.u32(0);
  out.u32(0);
  out.zeros(8);
  out.u16(0);
  out.u16(0);
  out.u16(track.video ? 0 : 0x0100);
  out.u16(0);
  matrix(out);
  out.u32(std::uint32_t{track.width} << 16);
  out.u32(std::uint32_t{track.height} << 16);
}

// 8.4.2, 8.4.3
void mdhd_and_hdlr(BoxWriter& out, const Track& track) {
  {
    const auto box = out.full_box("mdhd");
    out.u32(0);
    out.u32(0);
    out.u32(track.timescale);
    out.u32(0);
    out.u16(0x55C4);  // "und"
    out.u16(0);
  }
  const auto box = out.full_box("hdlr");
  out.u32(0);
  out.text(track.video ? "vide" : "soun");
  out.zeros(12);
  out.text(track.video ? "VideoHandler" : "SoundHandler");
  out.u8(0);
}

// 8.7: data are in this file; 12.1.2 and 12.2.2: what kind of media.
void minf_head(BoxWriter& out, const Track& track) {
  if (track.video) {
    const auto box = out.full_box("vmhd", 0, 1);
    out.zeros(8);
  } else {
    const auto box = out.full_box("smhd");
    out.zeros(4);
  }
  const auto dinf = out.box("dinf");
  const auto dref = out.full_box("dref");
  out.u32(1);
  const auto url = out.full_box("url ", 0, 1);
}

// 12.1.3, ISO/IEC 14496-15
void video_entry(BoxWriter& out, const VideoTrack& video, ByteView config) {
  const bool h264 = video.codec == Codec::h264;
  const auto entry = out.box(h264 ? "avc1" : "hvc1");
  out.zeros(6);
  out.u16(1);  // data reference
  out.zeros(16);
  out.u16(video.width);
  out.u16(video.height);
  out.u32(0x480000);  // 72 dpi
  out.u32(0x480000);
  out.u32(0);
  out.u16(1);     // frames of a sample
  out.zeros(32);  // compressor
  out.u16(0x18);
  out.u16(0xFFFF);
  const auto box = out.box(h264 ? "avcC" : "hvcC");
  out.bytes(config);
}

// 12.2.3, ISO/IEC 14496-14 section 5.6 and 14496-1 section 7.2.6
void audio_entry(BoxWriter& out, const AacTrack& audio) {
  const auto entry = out.box("mp4a");
  out.zeros(6);
  out.u16(1);
  out.zeros(8);
  out.u16(audio.channels);
  out.u16(16);
  out.u32(0);
  out.u32(audio.sample_rate < 0x10000 ? audio.sample_rate << 16 : 0);
  const auto box = out.full_box("esds");
  const auto config = static_cast<unsigned>(audio.config.size());
  out.u8(3);  // ES_Descriptor
  out.u8(3 + 2 + 13 + 2 + config + 3);
  out.u16(kAudioTrack);
  out.u8(0);
  out.u8(4);  // DecoderConfigDescriptor
  out.u8(13 + 2 + config);
  out.u8(0x40);  // MPEG-4 audio
  out.u8(0x15);  // AudioStream
  out.u24(0);
  out.u32(0);
  out.u32(0);
  out.u8(5);  // DecoderSpecificInfo
  out.u8(config);
  out.bytes(audio.config);
  out.u8(6);  // SLConfigDescriptor
  out.u8(1);
  out.u8(2);
}

// The sample tables of a fragmented file are empty.
void empty_tables(BoxWriter& out) {
  for (const auto* type : {"stts", "stsc", "stco"}) {
    const auto box = out.full_box(type);
    out.u32(0);
  }
  const auto box = out.full_box("stsz");
  out.u32(0);
  out.u32(0);
}

template <class Entry>
void trak(BoxWriter& out, const Track& track, Entry entry) {
  const auto trak_box = out.box("trak");
  tkhd(out, track);
  const auto mdia = out.box("mdia");
  mdhd_and_hdlr(out, track);
  const auto minf = out.box("minf");
  minf_head(out, track);
  const auto stbl = out.box("stbl");
  {
    const auto stsd = out.full_box("stsd");
    out.u32(1);
    entry();
  }
  empty_tables(out);
}

// 8.8.3
void trex(BoxWriter& out, std::uint32_t track) {
  const auto box = out.full_box("trex");
  out.u32(track);
  out.u32(1);  // sample description
  out.zeros(12);
}

// At least one of the two.
Result<Bytes> segment(const VideoTrack* video, const AacTrack* audio) {
  Result<Bytes> config = Bytes{};
  if (video != nullptr) config = video->codec == Codec::h264 ? avcc(*video) : hvcc(*video);
  if (!config) return fail(config.error());
  if (audio != nullptr &&
      (audio->config.size() < 2 || audio->config.size() > kMaxAudioConfig || audio->sample_rate == 0)) {
    return fail(Code::media_bad_data, "AudioSpecificConfig");
  }
  Bytes bytes;
  bytes.reserve(1024 + config->size());
  BoxWriter out{bytes};
  ftyp(out);
  {
    const auto moov = out.box("moov");
    mvhd(out, kAudioTrack + 1);
    if (video != nullptr) {
      trak(out, {kVideoTrack, kTimescale, true, video->width, video->height},
           [&] { video_entry(out, *video, *config); });
    }
    if (audio != nullptr)
      trak(out, {kAudioTrack, audio->sample_rate, false}, [&] { audio_entry(out, *audio); });
    const auto mvex = out.box("mvex");
    if (video != nullptr) trex(out, kVideoTrack);
    if (audio != nullptr) trex(out, kAudioTrack);
  }
  return bytes;
}

}  // namespace

Result<Bytes> init_segment(const VideoTrack& video, const std::optional<AacTrack>& audio) {
  return segment(&video, audio ? &*audio : nullptr);
}

Result<Bytes> init_segment(const AacTrack& audio) { return segment(nullptr, &audio); }

}  // namespace camfleet::fmp4
