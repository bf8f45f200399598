#include "proto/fmp4/fragment.h"

#include "proto/fmp4/box.h"

// Section numbers are those of ISO/IEC 14496-12.
namespace camfleet::fmp4 {
namespace {

constexpr std::uint32_t kDefaultBaseIsMoof = 0x020000;
constexpr std::uint32_t kTrunFlags =
    0x1 | 0x100 | 0x200 | 0x400;  // data offset; duration, size, flags of each
constexpr std::uint32_t kTrunOffsets = 0x800;
// 8.8.3.1: depends on no other, or on others and cannot begin decoding.
constexpr std::uint32_t kKey = 0x02000000;
constexpr std::uint32_t kDifference = 0x01010000;

std::size_t bytes_of(const Run& run) {
  std::size_t total = 0;
  for (const auto& sample : run.samples) total += sample.data.size();
  return total;
}

bool reorders(const Run& run) {
  for (const auto& sample : run.samples) {
    if (sample.composition_offset != 0) return true;
  }
  return false;
}

// 8.8.6 to 8.8.12. Where the data offset stands, to be filled in when moof has its size.
std::size_t traf(BoxWriter& out, const Run& run) {
  const auto traf_box = out.box("traf");
  {
    const auto tfhd = out.full_box("tfhd", 0, kDefaultBaseIsMoof);
    out.u32(run.track);
  }
  {
    const auto tfdt = out.full_box("tfdt", 1);
    out.u64(run.decode_time);
  }
  const bool offsets = reorders(run);
  const auto trun = out.full_box("trun", 1, kTrunFlags | (offsets ? kTrunOffsets : 0));
  out.u32(static_cast<std::uint32_t>(run.samples.size()));
  const auto data_offset = out.size();
  out.u32(0);
  for (const auto& sample : run.samples) {
    out.u32(sample.duration);
    out.u32(static_cast<std::uint32_t>(sample.data.size()));
    out.u32(sample.key ? kKey : kDifference);
    if (offsets) out.u32(static_cast<std::uint32_t>(sample.composition_offset));
  }
  return data_offset;
}

}  // namespace

void append_producer_time(Bytes& bytes, std::uint32_t track, std::uint64_t ntp, std::uint64_t media_time,
                          bool by_camera) {
  BoxWriter out{bytes};
  const auto prft = out.full_box("prft", 1, by_camera ? 0 : 1);  // put into the encoder, come out of it
  out.u32(track);
  out.u64(ntp);
  out.u64(media_time);
}

Result<Bytes> fragment_head(std::uint32_t sequence, std::span<const Run> runs) {
  std::size_t data = 0;
  std::size_t samples = 0;
  for (const auto& run : runs) {
    if (run.samples.empty() || run.samples.size() > kMaxSamples)
      return fail(Code::media_bad_data, "samples of a run");
    for (const auto& sample : run.samples) {
      if (sample.data.empty()) return fail(Code::media_bad_data, "empty sample");
    }
    data += bytes_of(run);
    samples += run.samples.size();
    if (data > kMaxFragment) return fail(Code::media_bad_data, "fragment too large");
  }
  if (samples == 0) return fail(Code::media_bad_data, "no samples");

  Bytes bytes;
  bytes.reserve(64 + runs.size() * 80 + samples * 16);
  BoxWriter out{bytes};
  std::vector<std::size_t> offsets;
  {
    const auto moof = out.box("moof");
    {
      const auto mfhd = out.full_box("mfhd");
      out.u32(sequence);
    }
    for (const auto& run : runs) offsets.push_back(traf(out, run));
  }
  // The offset of a run's data counts from the beginning of moof; mdat has eight bytes in front.
  auto position = bytes.size() + 8;
  for (std::size_t i = 0; i < runs.size(); ++i) {
    store32(bytes.data() + offsets[i], static_cast<std::uint32_t>(position));
    position += bytes_of(runs[i]);
  }
  out.u32(static_cast<std::uint32_t>(data + 8));
  out.text("mdat");
  return bytes;
}

Result<Bytes> fragment(std::uint32_t sequence, std::span<const Run> runs) {
  auto bytes = fragment_head(sequence, runs);
  if (!bytes) return bytes;
  for (const auto& run : runs) {
    for (const auto& sample : run.samples)
      bytes->insert(bytes->end(), sample.data.begin(), sample.data.end());
  }
  return bytes;
}

}  // namespace camfleet::fmp4
