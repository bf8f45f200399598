#pragma once
#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/result.h"
#include "net/http.h"
#include "net/tcp.h"
#include "proto/websocket/frame.h"

namespace camfleet::net {

// The server's end of a WebSocket (RFC 6455), without compression. Runs on the loop of its stream, wherever
// that was moved to. One task receives, one task sends, at the same time; pings are answered by the receiver.
// While it waits it holds no buffer. A client that breaks a rule or a limit is told why in a close frame and
// gets net.closed here.
class WebSocket {
 public:
  struct Options {
    websocket::Limits limits;
    std::string protocol;  // Sec-WebSocket-Protocol to agree to
    std::chrono::milliseconds write_timeout{10'000};
    std::size_t control_frames_per_message = 64;  // a client that only pings is closed with 1008
  };
  WebSocket() = default;
  WebSocket(WebSocket&&) noexcept = default;
  WebSocket& operator=(WebSocket&&) noexcept = default;

  // Answers the upgrade request (Origin is the caller's to judge, before). On http.bad_message the stream is
  // closed after a 400. `leftover` is what came after the request.
  static Task<Result<WebSocket>> accept(TcpStream stream, const HttpRequest& request, std::string leftover,
                                        Options options, Deadline deadline);

  Task<Result<>> send_binary(std::span<const ByteView> parts, Deadline deadline);
  Task<Result<>> send_text(std::string_view text, Deadline deadline);
  Task<Result<>> ping(Deadline deadline);

  // The next text or binary message. net.closed when either side has closed.
  Task<Result<websocket::Message>> receive(Deadline deadline);

  // Says goodbye and closes the socket; safe while receive() waits.
  Task<> close(websocket::CloseCode code, std::string_view reason = {});

  TcpStream& stream() { return stream_; }
  bool open() const { return stream_.open(); }
  // When the last bytes of the client came: a pong, where it has nothing else to say.
  SteadyTime last_heard() const { return heard_; }

 private:
  Task<Result<>> send(websocket::Opcode opcode, std::span<const ByteView> parts, Deadline deadline);
  Task<Result<>> send_control(std::string frame, Deadline deadline);
  Task<Result<std::size_t>> read_some(Deadline deadline);

  TcpStream stream_;
  Options options_;
  websocket::Decoder decoder_;
  std::string leftover_;
  std::string control_;  // control frames that wait until the sender's message is out
  std::size_t controls_ = 0;
  SteadyTime heard_{};
  bool sending_ = false;
  bool receiving_ = false;
  bool closing_ = false;
};

}  // namespace camfleet::net
