#pragma once
#include "media/outputs/watching.h"
#include "net/websocket.h"

namespace camfleet::media {

// Sends the stream until it is over; returns why. Somebody else receives, so that pings are answered.
//
// fMP4: the init message, the init segment and the fragments, and anew where the camera changes its format.
net::Task<Error> play_ws_mp4(net::WebSocket& socket, Watching& watching);
// Other forms: one after another what HTTP would carry, binary, in messages of whole pictures.
net::Task<Error> play_ws_plain(net::WebSocket& socket, Watching& watching);

// Goodbye: the code as the reason of the close; in front of it, where `told`, a last message.
net::Task<> say_why(net::WebSocket& socket, Error why, bool told);

}  // namespace camfleet::media
