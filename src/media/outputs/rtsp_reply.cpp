#include "media/outputs/rtsp_reply.h"

#include <algorithm>
#include <array>

#include "base/bytes.h"
#include "base/text.h"

namespace camfleet::media {

int rtsp_status(Code code) {
  constexpr std::array known{400, 401, 403, 404, 405, 415, 500, 501, 502, 503, 504};
  const int status = info(code).http_status;
  if (!name(code).starts_with("auth.") && (status == 401 || status == 403)) return 502;
  if (code == Code::url_invalid) return 400;
  return std::ranges::find(known, status) != known.end() ? status : 503;
}

rtsp::Response rtsp_refusal(const Error& error) {
  rtsp::Response response = rtsp_reply(rtsp_status(error.code));
  response.headers.add("Content-Type", "text/plain; charset=utf-8");
  if (error.retry_after_s > 0) response.headers.add("Retry-After", std::to_string(error.retry_after_s));
  response.body = std::string(name(error.code)) + ": " + std::string(info(error.code).en) + "\n";
  return response;
}

rtsp::Response rtsp_reply(int status) {
  rtsp::Response response;
  response.status = status;
  return response;
}

std::string basic_password(const rtsp::Headers& headers) {
  for (const std::string_view value : headers.all("Authorization")) {
    if (!istarts_with(value, "Basic ")) continue;
    Bytes login;
    if (!from_base64(trim(value.substr(6)), login)) return {};
    const auto colon = std::ranges::find(login, ':');
    if (colon == login.end()) return {};
    return {colon + 1, login.end()};
  }
  return {};
}

}  // namespace camfleet::media
