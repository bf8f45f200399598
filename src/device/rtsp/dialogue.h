#pragma once
#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "proto/rtsp/message.h"

namespace camfleet::device {

// What an answer other than 2xx means; `step` ("DESCRIBE") becomes the place. 401 is not for here: see
// device/login.h. 453 and 503 carry retry_after_s, 30 where the device names no time.
Error error_of(const rtsp::Response& response, std::string_view step);

// Which of our requests an answer belongs to. By its number; where that is missing or wrong, by order, for
// some devices copy it wrongly. An answer that nobody waits for (a repetition) is dropped.
class Outstanding {
 public:
  void sent(std::uint32_t cseq);
  // The request that is answered; 0: none. Earlier ones without an answer are forgotten: nobody answers out
  // of order.
  std::uint32_t answered(const rtsp::Response& response);
  bool by_order() const { return by_order_; }  // a number was wrong at least once
  bool empty() const { return waiting_.empty(); }

 private:
  std::vector<std::uint32_t> waiting_;  // at most 8
  bool by_order_ = false;
};

// How to keep a session: OPTIONS first, which tells what else there is; then SET_PARAMETER or GET_PARAMETER
// where the device lists them, and OPTIONS again where it then refuses.
class KeepAlive {
 public:
  std::string_view method() const { return method_; }
  void answered(const rtsp::Response& response);

 private:
  std::string_view method_ = "OPTIONS";
  bool settled_ = false;
};

// Half of the session's timeout, at most 30 s.
std::chrono::milliseconds keep_alive_interval(std::chrono::seconds timeout);

// What we answer to a device that sends requests: 200 to OPTIONS, 501 to others. REDIRECT is for the caller.
rtsp::Response answer_to(const rtsp::Request& request);

}  // namespace camfleet::device
