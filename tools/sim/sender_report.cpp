#include "sim/sender_report.h"

#include "proto/rtp/rtcp.h"
#include "proto/rtsp/message.h"

namespace camfleet::sim {

void append_sender_report(Bytes& out, const SenderState& state, const Clock& clock) {
  constexpr std::size_t kFraming = 4;
  const auto begin = out.size();
  out.resize(begin + kFraming);
  rtp::write(out, rtp::SenderReport{.ssrc = state.ssrc,
                                    .ntp = rtp::to_ntp(clock.wall()),
                                    .rtp_timestamp = state.timestamp,
                                    .packet_count = state.packets,
                                    .octet_count = state.octets,
                                    .blocks = {}});
  rtp::write(out, rtp::SourceDescription{.ssrc = state.ssrc, .cname = "camera"});
  rtsp::write_frame_header(out.data() + begin, static_cast<std::uint8_t>(state.channel + 1),
                           static_cast<std::uint16_t>(out.size() - begin - kFraming));
}

}  // namespace camfleet::sim
