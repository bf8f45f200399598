#pragma once
#include "media/outputs/watching.h"
#include "net/http.h"
#include "net/tcp.h"

namespace camfleet::media {

// The answer to a GET of a stream's .mp4, .flv or .ts: 200, what its form begins with, then fragments until
// it is over; the body ends with the connection. Returns why it ended: also where the camera changes its
// format and the form, MP4, cannot.
net::Task<Error> play_http(net::TcpStream& stream, net::HttpHeaders headers, Watching& watching);

}  // namespace camfleet::media
