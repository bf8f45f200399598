#pragma once
#include "media/outputs/watching.h"
#include "net/http.h"
#include "net/tcp.h"

namespace camfleet::media {

// The answer to a GET of a stream's .mp4: 200 and the init segment, then fragments until it is over; the body
// ends with the connection. Returns why it ended: also where the camera changes its format, for a player of a
// file cannot follow that.
net::Task<Error> play_http_mp4(net::TcpStream& stream, net::HttpHeaders headers, Watching& watching);

}  // namespace camfleet::media
