#pragma once
#include <string_view>

namespace camfleet::rtsp {

// The reason phrase of a status (RFC 2326 section 7.1.1), "Unknown" for others.
std::string_view reason_phrase(int status);

}  // namespace camfleet::rtsp
