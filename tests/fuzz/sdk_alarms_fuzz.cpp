// What a vendor's library may hand to a message callback: any command, any bytes, buffers that end where they
// say. Pointers inside are null or lead to a block that is as large as the limits allow; lengths and counts
// are anything. Input: two bytes of command, a byte whose bits say which pointers are null, the structure.
#include "fuzz.h"
#include "sdkhost/alarms.h"

#include <cstddef>
#include <cstring>
#include <memory>
#include <vector>

using namespace camfleet;
using fuzz::require;
namespace abi = sdkhost::abi;

namespace {

constexpr sdkhost::AlarmLimits kLimits{.text = 2'000, .picture = 2'000, .all_pictures = 5'000, .pictures = 3};
// Holds 255 pictures' heads, or 4,096 channels.
std::vector<std::uint8_t> block(255 * sizeof(abi::IsapiPicture));

std::vector<std::size_t> pointers_of(std::int32_t command, std::size_t size) {
  switch (command) {
    case abi::command_alarm_v40:
      return {offsetof(abi::AlarmFixedHeader, of_type) + 16, size == 152 || size == 168 ? size - 8 : 152};
    case abi::command_rule:
      return {offsetof(abi::RuleAlarm, append_info), offsetof(abi::RuleAlarm, picture)};
    case abi::command_face_snap:
      return {offsetof(abi::FaceSnap, buffer1), offsetof(abi::FaceSnap, buffer2)};
    case abi::command_access:
      return {offsetof(abi::AccessAlarm, picture)};
    case abi::command_plate:
      return {offsetof(abi::PlateResult, buffer1), offsetof(abi::PlateResult, buffer2)};
    case abi::command_its_plate: {
      std::vector<std::size_t> out;
      for (std::size_t i = 0; i < 6; ++i)
        out.push_back(offsetof(abi::ItsPlateResult, pictures) + i * sizeof(abi::ItsPicture) +
                      offsetof(abi::ItsPicture, data));
      return out;
    }
    case abi::command_isapi:
      return {offsetof(abi::IsapiAlarm, text), offsetof(abi::IsapiAlarm, pictures)};
    default:
      return {};
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 3) return 0;
  const std::int32_t command = data[0] | data[1] << 8;
  const auto nulls = data[2];
  const std::size_t length = size - 3;
  const std::unique_ptr<char[]> info{new char[length]};
  std::memcpy(info.get(), data + 3, length);
  std::size_t n = 0;
  for (const auto at : pointers_of(command, length)) {
    if (at + sizeof(void*) > length) continue;
    const void* to = (nulls >> (n++ % 8) & 1) != 0 ? nullptr : block.data();
    std::memcpy(info.get() + at, &to, sizeof to);
  }
  const auto got = sdkhost::read_alarms(command, info.get(), static_cast<std::uint32_t>(length), kLimits);
  require(got.refused.empty() || got.alarms.empty());
  std::size_t pictures = 0;
  for (const auto& alarm : got.alarms) {
    require(alarm.document.size() <= kLimits.text);
    require(alarm.pictures.size() <= kLimits.pictures);
    require(!alarm.type.empty() || !alarm.document.empty());
    for (const auto& picture : alarm.pictures) pictures += picture.data.size();
  }
  require(pictures <= kLimits.all_pictures);
  require(got.alarms.size() <= 4'096);
  return 0;
}
