// GET /ISAPI/Streaming/channels and Video/inputs of any device: ids that can be asked for, sizes within
// reason.
#include "isapi_document.h"
#include "proto/isapi/paths.h"

using namespace camfleet;
using fuzz::require;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto body = as_text({data, size});
  if (const auto list = isapi::parse_streaming_channels(body)) {
    for (const auto& channel : *list) {
      require(channel.id > 0 && channel.channel() >= 0 && channel.stream() >= 0);
      require(channel.width >= 0 && channel.height >= 0 && channel.fps_x100 >= 0);
      require(channel.bitrate_kbps >= 0 && channel.gov_length >= 0 && channel.key_frame_interval_ms >= 0);
      require(is_utf8(channel.name) && is_utf8(channel.codec_text) && is_utf8(channel.audio_codec));
    }
    const auto again = isapi::parse_streaming_channels(isapi::write_streaming_channels(*list, fuzz::kPlain));
    require(again && again->size() == list->size());
    for (std::size_t i = 0; i < list->size(); ++i) require((*again)[i].id == (*list)[i].id);
  }
  fuzz::round_trip(
      body, [](std::string_view text) { return isapi::parse_video_inputs(text); },
      [](const std::vector<isapi::VideoInput>& list) {
        return isapi::write_video_inputs(list, fuzz::kPlain);
      });
  return 0;
}
