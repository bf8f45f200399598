#pragma once
#include <chrono>
#include <string>
#include <string_view>

#include "base/result.h"

namespace camfleet::rtsp {

inline constexpr std::chrono::seconds kDefaultSessionTimeout{60};  // RFC 2326 section 12.37
inline constexpr std::chrono::seconds kMinSessionTimeout{5};
inline constexpr std::chrono::seconds kMaxSessionTimeout{300};

// The Session header. Hikvision pads the id with blanks and leaves the timeout out of later answers.
struct Session {
  std::string id;
  std::chrono::seconds timeout = kDefaultSessionTimeout;  // always within the bounds above
  bool has_timeout = false;                               // whether this header named one
  bool operator==(const Session&) const = default;
};

// Code::rtsp_bad_header for an id that is empty, longer than 256 bytes, or holds what cannot be sent back.
Result<Session> parse_session(std::string_view value);
std::string serialise(const Session& session);

}  // namespace camfleet::rtsp
