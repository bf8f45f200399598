#pragma once
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "proto/http/message.h"

namespace camfleet::http {

// HTTP/1.x heads (RFC 9112): whole heads in, values out, no socket. Errors are http.bad_message with the
// broken rule as their place, or http.too_large.
struct HeadLimits {
  std::size_t head = 16 * 1024;
  std::size_t target = 2 * 1024;
  std::size_t fields = 64;
  std::size_t name = 256;
  std::size_t value = 8 * 1024;
};

// Where the head that starts `bytes` ends, the empty line included; nullopt: not whole yet. `tolerant` takes
// a bare LF as the end of a line, as some cameras send it.
std::optional<std::size_t> end_of_head(std::string_view bytes, bool tolerant);

// A server is strict: CRLF only, no folded lines, no blank before ':', no control characters, exactly one
// Host in HTTP/1.1, no HTTP/0.9.
Result<Request> parse_request_head(std::string_view head, const HeadLimits& limits = {});
// A client of cameras takes bare LF, a missing reason, and blanks before ':'; not NUL, folded lines or
// HTTP/0.9.
Result<Response> parse_response_head(std::string_view head, const HeadLimits& limits = {});

// How the body after a head is delimited (RFC 9112 section 6).
struct Framing {
  enum class Kind : std::uint8_t { none, length, chunked, until_close };
  Kind kind = Kind::none;
  std::uint64_t length = 0;
  friend bool operator==(const Framing&, const Framing&) = default;
};
// Refuse the shapes that two readers could read differently: Transfer-Encoding with Content-Length, lengths
// that differ or are no plain number, any coding but chunked, a body that is compressed though nobody asked.
Result<Framing> request_framing(const Request& head);
Result<Framing> response_framing(const Response& head, std::string_view request_method);

// Whether the connection goes on after this message.
bool keeps_alive(const Headers& headers, int minor_version);

// The bytes of a head, the empty line included. Control characters in names and values become blanks, so that
// no value can add a line. Framing fields (Content-Length, Transfer-Encoding) are written for `framing` in
// place of the message's own.
std::string serialise(const Request& head, const Framing& framing);
std::string serialise(const Response& head, const Framing& framing);

}  // namespace camfleet::http
