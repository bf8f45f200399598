#pragma once
#include <cstdint>
#include <string>
#include <string_view>

namespace camfleet::multipart {

// How devices frame their parts: see the table in docs/cameras.md.
enum class Framing : std::uint8_t {
  camera,          // CRLF; the length counts the last CRLF; the delimiter follows at once
  camera_extra,    // the same, and one CRLF that is not counted
  recorder_blank,  // CRLF, and a blank line that is counted
  nvr_lf,          // LF alone
  no_length,       // CRLF without Content-Length
};

// The value of Content-Type of the whole answer: multipart/mixed; boundary=...
std::string content_type(std::string_view boundary = "boundary");

// One part with the delimiter before it. Line ends of a text body become those of the framing; those of other
// types stay.
std::string part(Framing framing, std::string_view type, std::string_view body,
                 std::string_view boundary = "boundary", std::string_view disposition = {});

// The last delimiter.
std::string closing(Framing framing, std::string_view boundary = "boundary");

}  // namespace camfleet::multipart
