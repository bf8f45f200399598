// Retry-After of any device: nothing, or a wait of a day at most; what a device's answer means has a wait
// that can be kept.
#include "device/rtsp/dialogue.h"
#include "fuzz.h"
#include "proto/http/retry_after.h"

using namespace camfleet;
using fuzz::require;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::Input input{data, size};
  const WallTime now{std::chrono::seconds{1'790'000'000 + input.word() * 3600LL}};
  const auto text = as_text(input.rest());
  if (const auto seconds = http::retry_after(text, now)) require(*seconds >= 0 && *seconds <= 24 * 3600);
  rtsp::Response response{503, std::string(text.substr(0, 200)), {}, {}};
  response.headers.add("Retry-After", std::string(text));
  const auto error = device::error_of(response, "PLAY");
  require(error.code == Code::device_busy && error.retry_after_s >= 1 && error.retry_after_s <= 3600);
  return 0;
}
