// The receiving half of an RTSP connection with two tracks: however the bytes come, the same packets and
// messages leave while no byte was lost; packets are RTP or RTCP of a track that was set up, and lie inside
// their slab.
#include "device/rtsp/intake.h"

#include "fuzz.h"
#include "proto/rtp/packet.h"

#include <algorithm>
#include <cstring>
#include <string>

using namespace camfleet;
using fuzz::require;

namespace {

class Kept final : public model::Publisher {
 public:
  void start(model::StreamInfo) override {}
  void packet(model::Packet packet) override {
    const auto framed = packet.framed();
    require(packet.track < 2 && framed[0] == '$' && framed[1] == 2 * packet.track + (packet.rtcp ? 1 : 0));
    require(load16(framed.data() + 2) + 4U == packet.size);
    if (packet.rtcp) {
      require(packet.size >= 12 && !packet.key_start);
    } else {
      const auto read = rtp::parse(packet.rtp());
      require(read && read->timestamp == packet.timestamp && read->marker == packet.marker);
      require(!packet.key_start || packet.track == 0);
    }
    if (text.size() < 256 * 1024) {
      text += packet.key_start ? "K" : "P";
      text += as_text(framed);
    }
  }
  void flush() override {}
  std::string text;
};

struct Outcome {
  std::string packets;
  std::size_t messages = 0;
  std::uint32_t resyncs = 0;
  Code code = Code::ok;
  bool operator==(const Outcome&) const = default;
};

Outcome run(ByteView stream, std::size_t step, model::Codec codec) {
  device::Intake intake;
  device::Intake::Track video;
  video.codec = codec;
  video.starts = true;
  video.payload_types[0] = 96;
  video.payload_type_count = 1;
  intake.assign(0, 1, video);
  device::Intake::Track audio;
  audio.index = 1;
  audio.codec = model::Codec::pcma;
  audio.payload_types[0] = 8;
  audio.payload_type_count = 1;
  intake.assign(2, 3, audio);
  Kept kept;
  Outcome out;
  while (!stream.empty()) {
    const auto room = intake.room();
    require(!room.empty() && room.size() <= 1024 * 1024);
    const auto piece = stream.first(std::min({step, room.size(), stream.size()}));
    std::memcpy(room.data(), piece.data(), piece.size());
    stream = stream.subspan(piece.size());
    const auto taken = intake.received(piece.size(), {}, &kept);
    while (intake.message()) ++out.messages;
    if (!taken) {
      out.code = taken.error().code;
      break;
    }
  }
  intake.rest();
  out.resyncs = intake.counters().resyncs;
  out.packets = std::move(kept.text);
  return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::Input input{data, size};
  static constexpr model::Codec kCodecs[] = {model::Codec::h264, model::Codec::h265, model::Codec::mjpeg,
                                             model::Codec::unknown};
  const auto codec = kCodecs[input.byte() % 4];
  const std::size_t step = 1 + input.byte() % 97U;
  const auto whole = run(input.rest(), input.rest().size() + 1, codec);
  const auto pieces = run(input.rest(), step, codec);
  require((whole.resyncs == 0) == (pieces.resyncs == 0));
  // What is believed behind lost bytes depends on how much of what follows is there to be seen.
  if (whole.resyncs > 0) return 0;
  require(whole.packets == pieces.packets && whole.code == pieces.code);
  // A message is counted where it was taken out: 64 at once are too many, 64 one by one are not.
  if (whole.code == Code::ok) require(whole.messages == pieces.messages);
  return 0;
}
