#pragma once
#include <functional>
#include <memory>
#include <string_view>

#include "base/result.h"
#include "media/hubs.h"
#include "media/outputs/muxer.h"
#include "model/ports.h"
#include "net/http_server.h"
#include "net/loop.h"

namespace camfleet::media {

struct LiveSettings {
  std::chrono::milliseconds recheck{10'000};       // of a grant, while it is held
  std::chrono::milliseconds packager_idle{3'000};  // a packager without readers is kept for this long
  std::size_t max_viewers = 10'000;                // over HTTP and WebSocket together
  std::function<bool()> full;  // no room for another viewer: media.viewers_full. Thread-safe; may be empty
};

// Live video over HTTP: an endless fragmented MP4, FLV or transport stream, and the same over WebSocket: MP4
// for Media Source Extensions, the others for players in a browser. Called by the API for a request that it
// has admitted (`grant` is of LiveGate); the connection is taken from it and moves to the loop of its stream.
// Both begin with the newest key picture from memory, skip to the next one where the client is slow, and are
// closed when the client takes nothing for long, the stream ends, or the grant is revoked. The loops run from
// before the constructor until after stop().
class LiveOutputs {
 public:
  // All of these outlive it.
  LiveOutputs(net::Loops& loops, Hubs& hubs, const model::LiveGate& gate, LiveSettings settings = {});
  ~LiveOutputs();

  // GET .mp4, .flv, .ts. Returns when the connection has been taken and the video is on its way; an error
  // comes back before the first byte, so that the caller can answer it. `headers` go into the answer.
  net::Task<Result<>> serve_http(net::HttpExchange& exchange, model::StreamKey key, Form form,
                                 model::Grant grant, net::HttpHeaders headers = {});

  // GET /ws, a WebSocket upgrade whose Origin the caller has judged. Messages to the client, of MP4: text
  // {"type":"init","mime":"..."} and then, binary, the init segment and one fragment a message; a new init
  // where the camera changes its format; text {"type":"error","code":"...","detail":"..."} before the end. Of
  // other forms: binary alone. Both end with a close whose reason is the error's code. An unknown device
  // comes back as an error, as above; what fails later is told on the socket, for a browser shows no other
  // answer.
  net::Task<Result<>> serve_ws(net::HttpExchange& exchange, model::StreamKey key, Form form,
                               model::Grant grant);

  // Closes every viewer. Before the hubs end.
  net::Task<> stop();
  void stop_and_wait();

 private:
  struct Inner;
  std::shared_ptr<Inner> inner_;
};

}  // namespace camfleet::media
