// Any sequence of RTP payloads: every access unit is whole, bounded and free of start codes.
#include "depacketizer_run.h"
#include "proto/h26x/h264_depacketizer.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  camfleet::h26x::H264Depacketizer depacketizer;
  camfleet::fuzz::run_depacketizer(depacketizer, data, size);
  return 0;
}
