#include "device/rtsp/dialogue.h"

#include <algorithm>

#include "base/text.h"
#include "proto/http/retry_after.h"

namespace camfleet::device {

Error error_of(const rtsp::Response& response, std::string_view step) {
  Error error{Code::rtsp_refused, std::string(step) + ": " + std::to_string(response.status)};
  if (!response.reason.empty()) error.place += " " + clean_utf8(response.reason.substr(0, 100));
  switch (response.status) {
    case 401:
      error.code = Code::device_bad_credentials;
      break;
    case 403:
      error.code = Code::device_forbidden;
      break;
    case 404:
      error.code = Code::device_no_channel;
      break;
    case 405:
    case 501:
    case 551:
      error.code = Code::device_not_supported;
      break;
    case 453:
      error.code = Code::device_sessions_full;
      break;
    case 461:
      error.code = Code::rtsp_no_transport;
      break;
    case 500:
      error.code = Code::device_error;
      break;
    case 503:
      error.code = Code::device_busy;
      break;
    default:
      break;
  }
  if (response.status == 453 || response.status == 503) {
    const auto told =
        http::retry_after(response.headers.get("Retry-After").value_or(""), system_clock().wall());
    error.retry_after_s = std::clamp(told.value_or(30), 1, 3600);
  }
  return error;
}

void Outstanding::sent(std::uint32_t cseq) {
  if (waiting_.size() >= 8) waiting_.erase(waiting_.begin());
  waiting_.push_back(cseq);
}

std::uint32_t Outstanding::answered(const rtsp::Response& response) {
  if (waiting_.empty()) return 0;
  auto found = waiting_.begin();
  if (const auto number = rtsp::cseq(response.headers))
    found = std::ranges::find(waiting_, *number);
  else
    by_order_ = true;
  if (found == waiting_.end()) {
    by_order_ = true;
    found = waiting_.begin();
  }
  const auto cseq = *found;
  waiting_.erase(waiting_.begin(), found + 1);
  return cseq;
}

void KeepAlive::answered(const rtsp::Response& response) {
  if (response.status == 401) return;
  if (response.status >= 300) {
    method_ = "OPTIONS";
    settled_ = true;
    return;
  }
  const auto list = response.headers.get("Public");
  if (settled_ || !list) return;
  settled_ = true;
  for (const std::string_view candidate : {"SET_PARAMETER", "GET_PARAMETER"}) {
    auto rest = *list;
    while (!rest.empty())
      if (iequals(trim(take_until(rest, ',')), candidate)) {
        method_ = candidate;
        return;
      }
  }
}

std::chrono::milliseconds keep_alive_interval(std::chrono::seconds timeout) {
  return std::min<std::chrono::milliseconds>(std::chrono::milliseconds(timeout) / 2,
                                             std::chrono::seconds{30});
}

rtsp::Response answer_to(const rtsp::Request& request) {
  rtsp::Response response;
  if (const auto number = request.headers.get("CSeq")) response.headers.add("CSeq", std::string(*number));
  if (request.method == "OPTIONS")
    response.headers.add("Public", "OPTIONS, REDIRECT");
  else
    response.status = 501;
  return response;
}

}  // namespace camfleet::device
