// RTP payloads through the depacketizer into FLV: each picture that it emits is one tag with the time and the
// data that went in; its parameter sets make sequence headers or an error; what came before stays as it was.
// Input: a byte (1: H.265, 2: under codec id 12), then packets as for the depacketizers, where 16 is two
// bytes by which time leaps.
#include "fuzz.h"
#include "proto/flv/tag.h"
#include "proto/flv/testing/reader.h"
#include "proto/fmp4/init_segment.h"
#include "proto/h26x/h264_depacketizer.h"
#include "proto/h26x/h265_depacketizer.h"

#include <algorithm>

using namespace camfleet;
using fuzz::require;

namespace {

void check_picture(flv::VideoForm form, const h26x::AccessUnit& unit, std::int64_t time, std::int32_t after) {
  Bytes out;
  require(flv::append_picture(out, form, {unit.data, time, after, unit.key}).has_value());
  const auto tags = flv::testing::read_tags(out);
  require(tags && tags->size() == 1);
  const auto& tag = tags->front();
  require(tag.type == 9 && tag.time == static_cast<std::uint32_t>(time));
  require((tag.data[0] >> 4 & 7) == (unit.key ? 1 : 2) &&
          (tag.data[0] & 0x80) == (form == flv::VideoForm::hvc1 ? 0x80 : 0));
  require(tag.data.size() > unit.data.size() &&
          std::ranges::equal(tag.data.subspan(tag.data.size() - unit.data.size()), unit.data));
}

void check_beginning(flv::VideoForm form, const h26x::Depacketizer& depacketizer) {
  const auto& sets = depacketizer.parameter_sets();
  const bool h264 = depacketizer.codec() == h26x::Codec::h264;
  const fmp4::VideoTrack track{
      h264 ? fmp4::Codec::h264 : fmp4::Codec::h265, 640, 360, sets.vps(), sets.sps(), sets.pps()};
  const auto record = h264 ? fmp4::avcc(track) : fmp4::hvcc(track);
  if (!record) return;
  Bytes out;
  flv::append_header(out, true, true);
  flv::append_metadata(
      out, {flv::Metadata::Video{form, track.width, track.height, 0}, flv::Metadata::Audio{16'000, 1}});
  const auto before = out.size();
  const bool added = flv::append_video_config(out, form, *record, 0).has_value();
  require(added == (record->size() + 5 <= flv::kMaxData));
  require(added || out.size() == before);
  const auto file = flv::testing::read_file(out);
  require(file && file->audio && file->video && file->tags.size() == (added ? 2 : 1));
}

void run(flv::VideoForm form, h26x::Depacketizer& depacketizer, fuzz::Input& input) {
  std::int64_t time = 0;
  std::uint32_t timestamp = 0;
  const auto drain = [&] {
    while (const auto unit = depacketizer.pull())
      check_picture(form, *unit, time, static_cast<std::int32_t>(timestamp % 0x7FFFFF));
  };
  while (!input.empty()) {
    const auto flags = input.byte();
    if ((flags & 2) != 0) timestamp += 3600, time += 40;
    if ((flags & 16) != 0) time += std::int64_t{input.word()} << 24;
    const auto payload = input.take((flags & 8) != 0 ? input.word() : input.byte());
    depacketizer.push({payload, (flags & 1) != 0, timestamp, (flags & 4) != 0});
    drain();
  }
  depacketizer.flush();
  drain();
  check_beginning(form, depacketizer);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::Input input{data, size};
  const auto what = input.byte();
  if ((what & 1) != 0) {
    h26x::H265Depacketizer depacketizer;
    run((what & 2) != 0 ? flv::VideoForm::codec_12 : flv::VideoForm::hvc1, depacketizer, input);
  } else {
    h26x::H264Depacketizer depacketizer;
    run(flv::VideoForm::avc, depacketizer, input);
  }
  return 0;
}
