// Any bytes: counts within five bits, and reports that were read can be written and read again.
#include "fuzz.h"
#include "proto/rtp/rtcp.h"

using namespace camfleet;
using fuzz::require;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto compound = rtp::parse_rtcp({data, size});
  if (!compound) return 0;
  require(compound->reports.size() <= size / 4);
  Bytes written;
  for (const auto& report : compound->reports) {
    std::visit([&](const auto& one) { rtp::write(written, one); }, report);
    if (const auto* sr = std::get_if<rtp::SenderReport>(&report)) {
      require(sr->blocks.size() <= 31);
      rtp::from_ntp(sr->ntp);
    }
  }
  if (written.empty() || written.size() > 1500) return 0;
  const auto again = rtp::parse_rtcp(written);
  require(again && !again->damaged && again->reports == compound->reports);
  return 0;
}
