// The IP channels of a recorder and their state, and what the login makes of all its lists together: channels
// in order, each once, names that are texts.
#include "device/hikvision/facts.h"
#include "isapi_document.h"

using namespace camfleet;
using fuzz::require;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  // Four documents of one recorder, each behind its length.
  fuzz::Input input{data, size};
  const auto whole = as_text(input.rest());
  std::string_view parts[4];
  for (auto& part : parts) part = as_text(input.take(input.word() % 4096U));

  for (const auto body : {whole, parts[0]}) {
    fuzz::round_trip(
        body, [](std::string_view text) { return isapi::parse_input_proxies(text); },
        [](const std::vector<isapi::InputProxy>& list) {
          return isapi::write_input_proxies(list, fuzz::kPlain);
        });
    fuzz::round_trip(
        body, [](std::string_view text) { return isapi::parse_input_proxy_status(text); },
        [](const std::vector<isapi::InputProxyStatus>& list) {
          return isapi::write_input_proxy_status(list, fuzz::kPlain);
        });
  }

  device::IsapiAnswers answers;
  answers.kind = isapi::DeviceKind::recorder;
  if (auto list = isapi::parse_input_proxies(parts[0])) answers.proxies = std::move(*list);
  if (auto list = isapi::parse_input_proxy_status(parts[1])) answers.proxy_status = std::move(*list);
  if (auto list = isapi::parse_video_inputs(parts[2])) answers.inputs = std::move(*list);
  if (auto list = isapi::parse_streaming_channels(parts[3])) answers.streams = std::move(*list);
  const auto facts = device::facts_of(std::move(answers));
  int before = 0;
  for (const auto& channel : facts.channels) {
    require(channel.number > before && is_utf8(channel.name));
    before = channel.number;
    require(channel.profiles.size() <= 3);
  }
  return 0;
}
