#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "model/packet.h"

namespace camfleet::model {

enum class Media : std::uint8_t { video, audio, metadata };
enum class Codec : std::uint8_t { unknown, h264, h265, mjpeg, aac, pcmu, pcma, g722, g726, l16, opus, mp2 };
// "h264": for the API and metrics.
std::string_view to_text(Codec codec);

// One track of a stream as its session description says it; what it says of pictures may be wrong, the bits
// win.
struct Track {
  Media media = Media::video;
  Codec codec = Codec::unknown;
  std::uint8_t payload_type = 96;
  std::uint32_t clock_rate = 90000;
  std::uint8_t audio_channels = 1;
  std::string encoding;  // as in a=rtpmap: "H264"
  std::string fmtp;      // the rest of a=fmtp after the payload type, for re-announcing
  Bytes vps, sps, pps;   // parameter sets of the description, where it had them; without start codes
  Bytes audio_config;    // AudioSpecificConfig of AAC
};

// What a source announces before its first packet. Tracks keep their index while the pull lasts.
struct StreamInfo {
  std::vector<Track> tracks;
  // The first video track's index, -1 where there is none.
  int video_track() const {
    for (std::size_t i = 0; i < tracks.size(); ++i)
      if (tracks[i].media == Media::video) return static_cast<int>(i);
    return -1;
  }
};

// Where a source puts what it receives. All calls on the loop of the device; never waits.
class Publisher {
 public:
  virtual ~Publisher() = default;
  // The stream is set up; called once before the first packet of a pull.
  virtual void start(StreamInfo info) = 0;
  virtual void packet(Packet packet) = 0;
  // The source has handed on all it had read at this wake-up.
  virtual void flush() = 0;
};

}  // namespace camfleet::model
