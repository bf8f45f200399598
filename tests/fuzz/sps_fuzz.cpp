// Any bytes as a sequence parameter set of either codec: pictures within bounds or refused, in little time.
#include "fuzz.h"
#include "proto/h26x/access_unit.h"
#include "proto/h26x/sps.h"

using namespace camfleet;
using fuzz::require;

namespace {

template <class Sps>
void check_invariants(const Result<Sps>& sps) {
  if (!sps) return;
  require(sps->width > 0 && sps->width <= 16'384 && sps->height > 0 && sps->height <= 16'384);
  require(sps->chroma_format >= 0 && sps->chroma_format <= 3 && sps->bit_depth_luma >= 8 &&
          sps->bit_depth_luma <= 16);
  require(sps->frames_per_second >= 0);
  require(h26x::codec_string(*sps).size() < 64);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const ByteView nal(data, size);
  check_invariants(h26x::parse_h264_sps(nal));
  check_invariants(h26x::parse_h265_sps(nal));
  h26x::ParameterSets sets;
  for (const auto codec : {h26x::Codec::h264, h26x::Codec::h265})
    if (sets.update(codec, nal)) require(!sets.update(codec, nal));
  return 0;
}
