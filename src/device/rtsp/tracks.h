#pragma once
#include <string>
#include <vector>

#include "device/rtsp/intake.h"
#include "model/device.h"
#include "model/stream.h"
#include "proto/sdp/sdp.h"
#include "proto/url/url.h"

namespace camfleet::device {

// A track that is worth setting up.
struct WantedTrack {
  model::Track track;
  url::Url control;  // on the host that we dialled
  std::vector<std::uint8_t> payload_types;
};

// What to set up of a session description: the first video whose codec is known, else the first video, then
// the audio that is chosen so too; audio alone where there is no video. Back channels, metadata and further
// tracks are left alone. media.no_video where there is none to take, rtsp.foreign_url for a control that is
// no RTSP address.
//
// Devices print their own idea of their address into controls: the private one behind NAT, a name, another
// port. We never connect there: host and port become those of `dialled`, path and query stay.
Result<std::vector<WantedTrack>> wanted_tracks(const sdp::Session& session, const url::Url& base,
                                               const url::Url& dialled);

// The address of the session as a whole, for PLAY and TEARDOWN.
Result<url::Url> aggregate_control(const sdp::Session& session, const url::Url& base,
                                   const url::Url& dialled);

// Content-Base, else Content-Location, else the request's own address; a value that is no address is passed
// over.
url::Url base_of(std::string_view content_base, std::string_view content_location, const url::Url& requested);

model::Track to_track(const sdp::Media& media);
// Codecs, size and rate of what is set up, as the description has them.
model::ProfileInfo profile_of(const sdp::Session& session);

}  // namespace camfleet::device
