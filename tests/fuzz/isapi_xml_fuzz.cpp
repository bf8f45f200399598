// Any body through every reader: whatever is understood is valid UTF-8 and is read as the same when it is
// written again.
#include "base/text.h"
#include "fuzz.h"
#include "proto/isapi/write.h"
#include "proto/xml/document.h"

using namespace camfleet;
using fuzz::require;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto body = as_text({data, size});
  if (const auto document = xml::parse(body)) {
    require(static_cast<bool>(document->root()) && is_utf8(document->root().text()));
    for (const auto& child : document->root().children())
      require(is_utf8(child.text()) && is_utf8(child.attribute("id")));
  }
  const isapi::Dialect plain{.xml_namespace = ""};
  if (const auto info = isapi::parse_device_info(body)) {
    auto again = isapi::parse_device_info(isapi::write_device_info(*info, plain));
    require(again.has_value());
    again->xml_namespace = info->xml_namespace;
    require(*again == *info);
  }
  if (const auto time = isapi::parse_time_settings(body)) (void)time->utc();
  (void)isapi::parse_device_status(body);
  (void)isapi::parse_capabilities(body);
  if (const auto list = isapi::parse_streaming_channels(body)) {
    require(isapi::parse_streaming_channels(isapi::write_streaming_channels(*list, plain)).has_value());
  }
  if (const auto list = isapi::parse_video_inputs(body)) {
    require(isapi::parse_video_inputs(isapi::write_video_inputs(*list, plain)) == *list);
  }
  if (const auto list = isapi::parse_input_proxies(body)) {
    require(isapi::parse_input_proxies(isapi::write_input_proxies(*list, plain)) == *list);
  }
  if (const auto list = isapi::parse_input_proxy_status(body)) {
    require(isapi::parse_input_proxy_status(isapi::write_input_proxy_status(*list, plain)) == *list);
  }
  if (const auto status = isapi::parse_response_status(body)) {
    (void)isapi::code_of(isapi::classify(*status));
    require(isapi::parse_response_status(isapi::write_response_status(*status, plain)).has_value());
  }
  if (const auto alert = isapi::parse_alert(body, isapi::DeviceKind::recorder)) {
    require(alert->channel >= 0 && alert->channel <= 4096 && alert->regions.size() <= 32);
    const auto again = isapi::parse_alert(isapi::write_alert(*alert, plain));
    require(again && again->type == alert->type && again->description == alert->description);
  }
  (void)isapi::parse_user_check(body);
  (void)isapi::login_hints(body);
  return 0;
}
