#pragma once
#include "media/outputs/watching.h"
#include "net/websocket.h"

namespace camfleet::media {

// Sends the init message, the init segment and the fragments, and anew where the camera changes its format,
// until it is over; returns why. Somebody else receives, so that pings are answered.
net::Task<Error> play_ws_mp4(net::WebSocket& socket, Watching& watching);

// The last message, and goodbye.
net::Task<> say_why(net::WebSocket& socket, Error why);

}  // namespace camfleet::media
