// The values of the headers Transport, Session and RTP-Info: numbers in range, and what we write reads back
// the same.
#include <algorithm>

#include "fuzz.h"
#include "proto/rtsp/rtp_info.h"
#include "proto/rtsp/session.h"
#include "proto/rtsp/transport.h"

using namespace camfleet;
using fuzz::require;

namespace {

void check_invariants(const rtsp::Transport& transport) {
  if (transport.interleaved) require(transport.interleaved->rtp <= 255 && transport.interleaved->rtcp <= 255);
  for (const auto& ports : {transport.client_port, transport.server_port, transport.port})
    if (ports) require(ports->rtp > 0 && ports->rtcp > 0);
  const auto again = rtsp::parse_transport(rtsp::serialise(transport));
  require(again && *again == transport);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto text = as_text({data, size});
  if (const auto one = rtsp::parse_transport(text)) check_invariants(*one);
  if (const auto offers = rtsp::parse_transports(text)) {
    require(!offers->empty() && offers->size() <= 8);
    std::ranges::for_each(*offers, check_invariants);
  }
  if (const auto session = rtsp::parse_session(text)) {
    require(!session->id.empty() && session->id.size() <= 256);
    require(session->timeout >= rtsp::kMinSessionTimeout && session->timeout <= rtsp::kMaxSessionTimeout);
    const auto again = rtsp::parse_session(rtsp::serialise(*session));
    require(again && again->id == session->id && again->timeout == session->timeout);
  }
  const auto tracks = rtsp::parse_rtp_info(text);
  require(tracks.size() <= 16);
  for (const auto& track : tracks)
    require(!track.url.empty() && track.seq.has_value() == track.rtptime.has_value() && track.seq != 0);
  return 0;
}
