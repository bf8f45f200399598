#pragma once
#include <cstdint>
#include <optional>
#include <string>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/result.h"
#include "device/rtsp/intake.h"
#include "model/stream.h"

namespace camfleet::device::hcnetsdk {

// The vendor's 40 bytes in front of a stream: what it is made of. Nothing where they are something else.
struct MediaHeader {
  std::uint16_t system = 0;  // 2: program stream, 4: RTP
  model::Codec video = model::Codec::unknown;
  model::Codec audio = model::Codec::unknown;
  std::uint8_t audio_channels = 1;
  std::uint32_t sample_rate = 0;
};
std::optional<MediaHeader> parse_media_header(ByteView bytes);

// The pieces of one stream as the library hands them over, and a hub's packets of them: RTP packets as the
// device sent them, with the session description before them, or where none came with what the header says.
// On the device's loop; no socket and no library in here.
class Media {
 public:
  // `type` as sdkhost::MediaType. Errors: media.no_video, sdp.invalid; what is malformed beside is counted
  // and passed over.
  Result<void> feed(std::uint8_t type, ByteView bytes, SteadyTime now, model::Publisher& to);
  // When the last packet of a track came; zero before the first.
  SteadyTime last() const { return intake_.last_media(); }
  bool started() const { return started_; }

 private:
  Result<void> describe(std::string_view text, model::Publisher& to);
  void assume(ByteView first, std::uint8_t type, model::Publisher& to);
  void begin(model::StreamInfo info, model::Publisher& to);

  Intake intake_;
  std::optional<MediaHeader> header_;
  bool started_ = false;
  bool assumed_ = false;
};

}  // namespace camfleet::device::hcnetsdk
