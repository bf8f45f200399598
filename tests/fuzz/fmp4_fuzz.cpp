// RTP payloads through the depacketizer into fragments: all that it emits is accepted, the boxes fit into
// each other exactly, and the data stand where they say. Its parameter sets, which a camera sends as it
// likes, make an init segment or an error. Input: a byte (1: H.265), then packets as for the depacketizers.
#include "fuzz.h"
#include "mp4_boxes.h"
#include "proto/fmp4/fragment.h"
#include "proto/h26x/h264_depacketizer.h"
#include "proto/h26x/h265_depacketizer.h"

#include <algorithm>
#include <vector>

using namespace camfleet;
using fuzz::require;

namespace {

void run(h26x::Depacketizer& depacketizer, fuzz::Input& input) {
  std::uint32_t sequence = 0;
  std::uint64_t time = 0;
  const auto drain = [&] {
    std::vector<h26x::AccessUnit> units;
    while (auto unit = depacketizer.pull()) units.push_back(std::move(*unit));
    if (units.empty()) return;
    std::vector<fmp4::Sample> samples;
    Bytes data;
    for (const auto& unit : units) {
      samples.push_back({unit.data, 3600, 0, unit.key});
      data.insert(data.end(), unit.data.begin(), unit.data.end());
    }
    const auto fragment = fmp4::fragment(++sequence, fmp4::Run{fmp4::kVideoTrack, time, samples});
    require(fragment.has_value());
    fuzz::walk_boxes(*fragment);
    require(fragment->size() > data.size() &&
            std::equal(data.begin(), data.end(), fragment->end() - std::ptrdiff_t(data.size())));
    time += 3600 * samples.size();
  };
  std::uint32_t timestamp = 0;
  while (!input.empty()) {
    const auto flags = input.byte();
    if ((flags & 2) != 0) timestamp += 3600;
    const auto payload = input.take((flags & 8) != 0 ? input.word() : input.byte());
    depacketizer.push({payload, (flags & 1) != 0, timestamp, (flags & 4) != 0});
    drain();
  }
  depacketizer.flush();
  drain();

  const auto& sets = depacketizer.parameter_sets();
  const auto codec = depacketizer.codec() == h26x::Codec::h264 ? fmp4::Codec::h264 : fmp4::Codec::h265;
  const fmp4::VideoTrack track{codec, 640, 360, sets.vps(), sets.sps(), sets.pps()};
  (void)fmp4::mime_type(track);
  const auto init = fmp4::init_segment(track, fmp4::AacTrack{{0x14, 0x08}, 16000, 1});
  if (init) {
    require(depacketizer.parameter_sets().complete(depacketizer.codec()));
    fuzz::walk_boxes(*init);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::Input input{data, size};
  if ((input.byte() & 1) != 0) {
    h26x::H265Depacketizer depacketizer;
    run(depacketizer, input);
  } else {
    h26x::H264Depacketizer depacketizer;
    run(depacketizer, input);
  }
  return 0;
}
