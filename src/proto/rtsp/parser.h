#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <variant>

#include "base/result.h"
#include "proto/rtsp/message.h"

namespace camfleet::rtsp {

// What a message may weigh. The defaults hold for every connection; tests try one less and one more.
struct Limits {
  std::size_t start_line = 4 * 1024;
  std::size_t headers = 64;
  std::size_t name = 256;
  std::size_t value = 2 * 1024;
  std::size_t head = 16 * 1024;  // start line and headers
  std::size_t body = 128 * 1024;
};

using Message = std::variant<Request, Response, Frame>;

// Bytes of one RTSP connection in; requests, responses and interleaved packets out, in order. No socket,
// clock or log.
//
// Text is taken into the parser as it comes, so a caller needs no more than a packet's room (65,539 bytes) in
// its buffer. Packets are views into the caller's buffer and cost no allocation. The loop of a receiver:
//
//   ByteView in = ...;                        // all that is unread, the rest of the last round in front
//   for (Frame frame;;) {
//     if (parser.take_frame(in, frame)) { use(frame); continue; }
//     auto message = parser.next(in);
//     if (!message) return message.error();   // see below
//     if (!*message) break;                   // keep what is left of `in`, read more
//     ...
//   }
//
// Tolerated, for cameras do it: lines that end in LF alone, a reason or a header value left empty, blank
// lines before a message or packet, lines without a colon (skipped), folded lines. Refused: NUL and other
// control bytes, a Content-Length that is no number or is there twice with different values, anything past
// the limits. An error names the byte of the stream; after it the parser stays in that error, for nobody
// knows where the next message begins (resync.h may find out; a new Parser then starts from there).
class Parser {
 public:
  explicit Parser(Limits limits = {}, std::uint64_t position = 0) : limits_(limits), position_(position) {}

  // Takes one packet off the front of `in` if a whole one stands there. Anything else, errors too, is
  // next()'s business.
  bool take_frame(ByteView& in, Frame& frame) {
    if (in.size() < 4 || in[0] != '$' || state_ != State::idle) return false;
    const std::size_t whole = 4 + std::size_t{load16(in.data() + 2)};
    if (in.size() < whole) return false;
    frame = {in[1], in.subspan(4, whole - 4)};
    in = in.subspan(whole);
    position_ += whole;
    return true;
  }

  // Takes one message off the front of `in`. nullopt: nothing whole yet; what is left in `in` (nothing, or
  // the beginning of a packet) has to come again in front of further bytes.
  Result<std::optional<Message>> next(ByteView& in);

  // Whether the next byte begins something new.
  bool idle() const { return state_ == State::idle; }
  // Bytes taken since the beginning of the connection.
  std::uint64_t position() const { return position_; }

 private:
  enum class State : std::uint8_t { idle, start_line, header, body, failed };

  Result<void> take_line(ByteView& in, bool& whole);
  Result<void> line(std::string_view line);  // without its end
  Result<void> start_line(std::string_view line);
  Result<void> header_line(std::string_view line);
  Result<void> end_of_head();
  void take_body(ByteView& in);
  std::optional<Message> finish();
  std::unexpected<Error> refuse(Code code, std::string_view rule);
  Headers& headers() { return is_response_ ? response_.headers : request_.headers; }

  Limits limits_;
  std::uint64_t position_;
  State state_ = State::idle;
  bool is_response_ = false;
  std::uint64_t line_position_ = 0;
  std::string line_;            // the line that is not whole yet
  std::size_t head_bytes_ = 0;  // of this message
  std::size_t header_count_ = 0;
  std::size_t body_left_ = 0;
  Request request_;
  Response response_;
  Error error_;
};

}  // namespace camfleet::rtsp
