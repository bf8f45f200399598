// Any sequence of RTP payloads of AAC: what comes out is never empty, bounded, and accepted by the packager;
// any AudioSpecificConfig and any ADTS head: a config that can be lived with, or none. Input: three bytes of
// lengths of header fields, then packets of a byte of flags (1 marker, 2 next timestamp, 4 loss before), a
// length and the payload.
#include "fuzz.h"
#include "proto/aac/config.h"
#include "proto/aac/depacketizer.h"
#include "proto/fmp4/fragment.h"
#include "proto/fmp4/init_segment.h"

using namespace camfleet;
using fuzz::require;

namespace {

void check_config(ByteView bytes) {
  const auto config = aac::parse_config(bytes);
  if (!config) return;
  require(config->object_type > 0 && config->channels >= 0 && config->channels <= 8);
  require(config->sample_rate >= 1'000 && config->sample_rate <= 192'000 && config->frame_samples > 0);
  const auto made = aac::parse_config(aac::make_config(config->sample_rate, config->channels));
  require(made && made->sample_rate == config->sample_rate);
  const fmp4::AacTrack track{Bytes(bytes.begin(), bytes.end()),
                             static_cast<std::uint32_t>(config->sample_rate), 1};
  require(fmp4::init_segment(track).has_value() ==
          (bytes.size() >= 2 && bytes.size() <= fmp4::kMaxAudioConfig));
  require(!fmp4::mime_type(track).empty());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::Input input{data, size};
  check_config(input.rest());
  if (const auto adts = aac::parse_adts(input.rest()))
    require(adts->frame_size > adts->header_size && adts->frame_size <= size && adts->config.sample_rate > 0);
  (void)aac::layout_of(as_text(input.rest()));

  const aac::Layout layout{1 + input.byte() % 16, input.byte() % 17, input.byte() % 17};
  aac::Depacketizer depacketizer{layout, 1024};
  std::uint32_t timestamp = 0xFFFFFF00;
  std::uint32_t sequence = 0;
  while (!input.empty()) {
    const auto flags = input.byte();
    if ((flags & 2) != 0) timestamp += 1024;
    depacketizer.push({input.take(input.byte()), (flags & 1) != 0, timestamp, (flags & 4) != 0});
    std::size_t count = 0;
    while (const auto unit = depacketizer.pull()) {
      require(!unit->data.empty() && unit->data.size() <= aac::kMaxUnit && ++count <= aac::kMaxUnits);
      const fmp4::Sample sample{unit->data, 1024, 0, true};
      ++sequence;
      const auto fragment =
          fmp4::fragment(sequence, fmp4::Run{fmp4::kAudioTrack, sequence * 1024ULL, {&sample, 1}});
      require(fragment && fragment->size() > unit->data.size());
    }
  }
  return 0;
}
