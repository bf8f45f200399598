// An alertStream from bytes to events: however the stream is cut, the same events come out, each with texts
// that are UTF-8 and a channel that exists or none; memory stays bounded.
#include "base/text.h"
#include "device/hikvision/alarm_channel.h"
#include "fuzz.h"

using namespace camfleet;
using fuzz::require;

namespace {

constexpr multipart::Limits kLimits{.headers = 1024, .text = 4096, .picture = 2048, .preamble = 1024};

struct Got {
  std::vector<std::string> events;
  bool failed = false;
  bool operator==(const Got&) const = default;
};

Got run(std::string_view text, std::size_t step) {
  static const model::DeviceId device{"cam-1"};
  multipart::Parser parser{kLimits};
  Got out;
  const auto take = [&] {
    for (;;) {
      const auto part = parser.next();
      if (!part) out.failed = true;
      if (!part || !*part) return;
      if ((*part)->body.empty()) continue;
      auto alert = isapi::parse_alert((*part)->body, isapi::DeviceKind::recorder);
      if (!alert) continue;
      require(alert->channel >= 0 && alert->channel <= 4096);
      const auto event = device::to_event(std::move(*alert), device, WallTime{});
      if (!event) continue;
      require(is_utf8(event->type) && is_utf8(event->description) && is_utf8(event->device_time));
      require(event->channel <= 4096);
      out.events.push_back(event->type + '|' + event->description + '|' + event->device_time + '|' +
                           std::to_string(event->channel) + '|' + std::to_string(event->count) +
                           std::to_string(static_cast<int>(event->phase)));
    }
  };
  for (std::size_t at = 0; at < text.size(); at += std::min(step, text.size() - at)) {
    parser.feed(text.substr(at, step));
    take();
    require(step > 64 || parser.memory() <= 16 * 1024);
  }
  parser.finish();
  take();
  return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto text = as_text({data, size});
  const auto whole = run(text, std::string_view::npos);
  require(whole == run(text, 1));
  require(whole == run(text, 37));
  return 0;
}
