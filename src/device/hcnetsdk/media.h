#pragma once
#include <cstdint>
#include <memory>
#include <optional>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/result.h"
#include "device/rtsp/intake.h"
#include "model/stream.h"
#include "proto/ps/media_head.h"
#include "proto/ps/rtp_stream.h"
#include "proto/sdkhost/key_gate.h"
#include "proto/sdp/sdp.h"

namespace camfleet::device::hcnetsdk {

// The pieces of one stream as the library hands them over, and a hub's packets of them: RTP packets as the
// device sent them, with the session description before them, or where none came with what the head says; or
// the vendor's program stream, made RTP here.
// On the device's loop; no socket and no library in here.
class Media {
 public:
  // `type` as sdkhost::MediaType; after kLoss it goes on at the next key picture. Errors: media.no_video,
  // sdp.invalid; what is malformed beside is counted and passed over.
  Result<void> feed(std::uint8_t type, ByteView bytes, SteadyTime now, model::Publisher& to);
  // When the last packet of a track came; zero before the first.
  SteadyTime last() const { return intake_.last_media(); }
  bool started() const { return started_; }

 private:
  Result<void> describe(const sdp::Session& session, model::Publisher& to);
  Result<void> program_stream(ByteView bytes, SteadyTime now, model::Publisher& to);
  void assume(ByteView first, std::uint8_t type, model::Publisher& to);
  void begin(model::StreamInfo info, model::Publisher& to);

  Intake intake_;
  sdkhost::KeyGate gate_;
  std::optional<ps::MediaHead> head_;
  std::unique_ptr<ps::RtpStream> made_;  // of a program stream
  bool started_ = false;
};

}  // namespace camfleet::device::hcnetsdk
