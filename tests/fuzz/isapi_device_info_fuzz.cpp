// GET /ISAPI/System/deviceInfo, status and capabilities of any device: texts are UTF-8, numbers within
// reason, and the kind of a device is decided whatever it says.
#include "isapi_document.h"

using namespace camfleet;
using fuzz::require;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto body = as_text({data, size});
  fuzz::round_trip(
      body,
      [](std::string_view text) {
        auto info = isapi::parse_device_info(text);
        if (info) info->xml_namespace.clear();
        return info;
      },
      [](const isapi::DeviceInfo& info) { return isapi::write_device_info(info, fuzz::kPlain); });
  if (const auto info = isapi::parse_device_info(body)) {
    for (const auto* text :
         {&info->name, &info->model, &info->serial, &info->mac, &info->firmware, &info->type})
      require(is_utf8(*text));
    (void)isapi::decide_kind(*info, std::nullopt, std::nullopt);
    (void)isapi::decide_kind(*info, 0, 1);
  }
  if (const auto status = isapi::parse_device_status(body)) {
    require(is_utf8(status->time_text));
    if (status->up_time) require(status->up_time->count() >= 0);
    if (status->reboots) require(*status->reboots >= 0);
  }
  if (const auto can = isapi::parse_capabilities(body))
    require(can->input_proxies >= 0 && can->io_inputs >= 0 && can->io_outputs >= 0 &&
            can->talk_channels >= 0);
  return 0;
}
