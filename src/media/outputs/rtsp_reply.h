#pragma once
#include <string>

#include "base/error.h"
#include "proto/rtsp/message.h"

namespace camfleet::media {

// The RTSP status for an error of ours. Only auth.* asks the viewer to log in: what a camera said of our own
// login is none of the viewer's business.
int rtsp_status(Code code);
// An answer with the code and its sentence as a short text.
rtsp::Response rtsp_refusal(const Error& error);
// An answer that RTSP itself explains.
rtsp::Response rtsp_reply(int status);

// The token in an Authorization header of Basic; whatever the user name. Empty where there is none.
std::string basic_password(const rtsp::Headers& headers);

}  // namespace camfleet::media
