// Any datagram through SADP: within its limits, valid UTF-8, and the same once it was written again.
#include "base/text.h"
#include "fuzz.h"
#include "proto/sadp/message.h"

using namespace camfleet;
using fuzz::require;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto message = sadp::parse(as_text({data, size}));
  if (!message) return 0;
  const auto& device = message->device;
  for (const auto* field : {&message->uuid, &message->types, &device.type, &device.model, &device.serial,
                            &device.mac, &device.ipv4, &device.ipv6, &device.firmware, &device.booted})
    require(field->size() <= sadp::kMaxField && is_utf8(*field));
  if (message->kind == sadp::Kind::inquiry) {
    require(sadp::parse(sadp::write_inquiry(message->uuid, message->types)).has_value());
    return 0;
  }
  const auto again = sadp::parse(sadp::write_device(*message));
  require(again.has_value());
  require(*sadp::parse(sadp::write_device(*again)) == *again);
  return 0;
}
