#pragma once
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include "base/result.h"
#include "proto/http/head.h"

namespace camfleet::http {

// Takes a message's body out of the bytes that follow its head. Holds no bytes: what a chunk's framing leaves
// is moved together in the caller's own buffer, so an endless body costs these few words and nothing else.
class BodyDecoder {
 public:
  BodyDecoder() = default;  // no body: done
  // http.too_large past `limit` bytes of body; 0 means no limit.
  BodyDecoder(Framing framing, std::uint64_t limit);

  struct Step {
    std::size_t used = 0;  // bytes of `in` that belong to this message
    std::size_t body = 0;  // that many bytes of body stand now at the front of `in`
  };
  Result<Step> decode(std::span<std::uint8_t> in);
  bool done() const { return state_ == State::done; }
  // The connection was closed by the other side: the end of an until-close body, net.closed for any other
  // that is not done.
  Result<> end_of_stream();

 private:
  enum class State : std::uint8_t {
    done,
    data,
    until_close,
    size,
    extension,
    size_lf,
    data_cr,
    data_lf,
    trailer,
    trailer_lf
  };
  Result<> framing_byte(std::uint8_t byte);

  State state_ = State::done;
  bool chunked_ = false;
  std::uint8_t digits_ = 0;
  std::uint16_t line_ = 0;      // bytes of the extension, or of the trailer line
  std::uint16_t overhead_ = 0;  // bytes of the whole trailer
  std::uint64_t left_ = 0;      // of this chunk, or of the body
  std::uint64_t seen_ = 0;
  std::uint64_t limit_ = 0;
};

// "1a\r\n": what stands before a chunk of `size` bytes; CRLF follows it. The last chunk is "0\r\n\r\n".
std::string chunk_head(std::size_t size);

}  // namespace camfleet::http
