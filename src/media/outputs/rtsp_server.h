#pragma once
#include <memory>

#include "base/result.h"
#include "media/hubs.h"
#include "media/outputs/rtsp_settings.h"
#include "model/ports.h"
#include "net/listener.h"
#include "net/loop.h"
#include "net/tls_server.h"

namespace camfleet::media {

// RTSP for viewers (RFC 2326): rtsp://HOST/live/DEVICE/CHANNEL/PROFILE, media interleaved or over UDP. Who
// may watch is LiveGate's to say: a live token as the password of Basic (any user name), or ?token= in the
// address. Nobody may publish. With TLS it speaks rtsps, and a connection that begins in plain text is closed
// where the policy does not allow that too. Thread-safe but for the destructor; the loops run from before the
// constructor until after stop().
class RtspServer {
 public:
  // All of these outlive it.
  RtspServer(net::Loops& loops, Hubs& hubs, const model::LiveGate& gate, RtspSettings settings = {},
             net::TlsPolicy tls = {});
  ~RtspServer();

  // Binds and begins to accept; may be called for several endpoints. Errors as TcpListener::bind.
  Result<net::Endpoint> listen(const net::Endpoint& at, const net::ListenerOptions& options = {});

  // Closes the listeners and every connection, and waits for their tasks. Before the hubs end.
  net::Task<> stop();
  void stop_and_wait();

 private:
  struct Inner;
  std::shared_ptr<Inner> inner_;
};

}  // namespace camfleet::media
