// Any sequence of RTP payloads: every access unit is whole, bounded and free of start codes.
#include "depacketizer_run.h"
#include "proto/h26x/h265_depacketizer.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  camfleet::h26x::H265Depacketizer depacketizer;
  camfleet::fuzz::run_depacketizer(depacketizer, data, size);
  return 0;
}
