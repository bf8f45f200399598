#pragma once
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/result.h"
#include "proto/http/message.h"

namespace camfleet::websocket {

// RFC 6455 without extensions: frames in, messages out, no socket.
enum class Opcode : std::uint8_t { continuation = 0, text = 1, binary = 2, close = 8, ping = 9, pong = 10 };

// Why a connection is closed (section 7.4.1); the value goes over the wire.
enum class CloseCode : std::uint16_t {
  normal = 1000,
  going_away = 1001,
  protocol_error = 1002,
  unsupported = 1003,
  no_status = 1005,  // never sent
  bad_data = 1007,
  policy = 1008,
  too_big = 1009,
  internal = 1011,
};

struct Limits {
  std::size_t frame = 64 * 1024;
  std::size_t message = 256 * 1024;
  std::size_t fragments = 256;  // of one message
};

struct Message {
  Opcode opcode = Opcode::text;  // text, binary, ping, pong or close
  std::string data;
  CloseCode code = CloseCode::no_status;  // of a close
};

// The receiving end of a server: every frame must be masked. After an error nothing more can be read; code()
// is what to close with.
class Decoder {
 public:
  explicit Decoder(Limits limits = {}) : limits_(limits) {}
  // Takes bytes off the front of `in` up to the end of the next message; nullopt: all taken, none whole yet.
  Result<std::optional<Message>> next(ByteView& in);
  CloseCode code() const { return code_; }

 private:
  std::unexpected<Error> refuse(CloseCode code, const char* why);
  Result<> header();
  Result<std::optional<Message>> frame_ended();

  Limits limits_;
  std::array<std::uint8_t, 14> head_{};
  std::uint8_t have_ = 0;  // bytes of the frame's head
  bool in_payload_ = false;
  bool final_ = false;
  Opcode opcode_ = Opcode::continuation;
  std::array<std::uint8_t, 4> mask_{};
  std::uint64_t left_ = 0;
  std::size_t at_ = 0;  // payload bytes unmasked so far
  std::string control_;
  std::string message_;
  std::optional<Opcode> message_opcode_;
  std::size_t fragments_ = 0;
  CloseCode code_ = CloseCode::normal;
};

// The head of an unmasked, unfragmented frame with that much payload: at most 10 bytes, to be sent before it.
struct FrameHead {
  std::array<std::uint8_t, 10> bytes{};
  std::size_t size = 0;
  ByteView view() const { return {bytes.data(), size}; }
};
FrameHead frame_head(Opcode opcode, std::size_t payload);
// A whole close frame; the reason is cut to 123 bytes.
std::string close_frame(CloseCode code, std::string_view reason);

// The answer to an upgrade request (section 4.2), 101 with Sec-WebSocket-Accept; http.bad_message where it is
// none. `protocol` is echoed where the client offered it.
Result<http::Response> accept_upgrade(const http::Request& request, std::string_view protocol = {});

}  // namespace camfleet::websocket
