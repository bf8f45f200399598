#include "sdkhost/rounds.h"

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <mutex>
#include <optional>
#include <string>

namespace camfleet::sdkhost {
namespace {

constexpr std::chrono::seconds kPatience{20};  // for the first piece of a live view

struct Holds {
  std::int64_t resident_kib = 0, threads = 0, descriptors = 0;
};

Holds now_held() {
  Holds out;
  std::ifstream status{"/proc/self/status"};
  for (std::string name; status >> name;) {
    if (name == "VmRSS:") status >> out.resident_kib;
    if (name == "Threads:") status >> out.threads;
  }
  std::error_code ec;
  for ([[maybe_unused]] const auto& one : std::filesystem::directory_iterator{"/proc/self/fd", ec})
    ++out.descriptors;
  --out.descriptors;  // that of the directory
  return out;
}

// Where a live view's thread says that something came: of which round. Never destroyed, for it may come late.
struct Heard {
  std::mutex mutex;
  std::condition_variable bell;
  std::uintptr_t round = 0;
};
Heard& heard() {
  static auto* one = new Heard;
  return *one;
}

void on_media(abi::Handle, std::uint32_t, std::uint8_t*, std::uint32_t, void* round) {
  const std::lock_guard lock{heard().mutex};
  heard().round = std::max(heard().round, reinterpret_cast<std::uintptr_t>(round));
  heard().bell.notify_all();
}
void on_message(std::int32_t, abi::Alarmer*, char*, std::uint32_t, void*) {}

// What failed; nothing where all went well.
using Failed = std::optional<const char*>;

Failed live_view(const Library& library, abi::Handle user, const abi::DeviceInfoV30& device,
                 std::uintptr_t round) {
  abi::PreviewInfo preview{};
  preview.channel = device.analog_channels > 0 ? device.first_analog : device.first_ip;
  preview.blocked = 1;
  const auto view =
      library.call.NET_DVR_RealPlay_V40(user, &preview, &on_media, reinterpret_cast<void*>(round));
  if (view < 0) return "NET_DVR_RealPlay_V40";
  bool came = false;
  {
    std::unique_lock lock{heard().mutex};
    came = heard().bell.wait_for(lock, kPatience, [&] { return heard().round >= round; });
  }
  if (library.call.NET_DVR_StopRealPlay(view) == 0) return "NET_DVR_StopRealPlay";
  if (!came) return "a live view without a picture";
  return {};
}

Failed alarm_channel(const Library& library, abi::Handle user) {
  abi::AlarmSetup setup{};
  setup.size = sizeof setup;
  setup.level = 1;
  setup.want_v40 = 1;
  setup.deploy = 1;
  const auto alarm = library.call.NET_DVR_SetupAlarmChan_V41(user, &setup);
  if (alarm < 0) return "NET_DVR_SetupAlarmChan_V41";
  if (library.call.NET_DVR_CloseAlarmChan_V30(alarm) == 0) return "NET_DVR_CloseAlarmChan_V30";
  return {};
}

Failed one_round(const Library& library, abi::LoginInfo& login, const Rounds& rounds, std::uintptr_t round) {
  abi::DeviceInfoV40 device{};
  const auto user = library.call.NET_DVR_Login_V40(&login, &device);
  if (user < 0) return "NET_DVR_Login_V40";
  Failed failed;
  if (rounds.live) failed = live_view(library, user, device.basic, round);
  if (rounds.alarms && !failed) failed = alarm_channel(library, user);
  if (failed) return failed;  // its error number is that of the last call
  if (library.call.NET_DVR_Logout(user) == 0) return "NET_DVR_Logout";
  return {};
}

void tell(std::FILE* out, unsigned round, const Holds& holds) {
  std::fprintf(out, "{\"round\":%u,\"resident_kib\":%lld,\"threads\":%lld,\"descriptors\":%lld}\n", round,
               static_cast<long long>(holds.resident_kib), static_cast<long long>(holds.threads),
               static_cast<long long>(holds.descriptors));
  std::fflush(out);
}

}  // namespace

bool go_round(const Library& library, abi::LoginInfo& login, const Rounds& rounds, std::FILE* out) {
  const auto& call = library.call;
  if (call.NET_DVR_SetDVRMessageCallBack_V50 != nullptr)
    call.NET_DVR_SetDVRMessageCallBack_V50(0, &on_message, nullptr);
  else
    call.NET_DVR_SetDVRMessageCallBack_V30(&on_message, nullptr);
  const auto tenth = std::max(1U, rounds.times / 10);
  Holds first, last = now_held();
  tell(out, 0, last);
  for (unsigned round = 1; round <= rounds.times; ++round) {
    if (const auto failed = one_round(library, login, rounds, round)) {
      std::fprintf(out, "{\"round\":%u,\"failed\":\"%s\",\"error\":%u}\n", round, *failed, library.error());
      return false;
    }
    if (round % tenth != 0 && round != rounds.times) continue;
    last = now_held();
    tell(out, round, last);
    if (round == tenth) first = last;
  }
  const auto behind = std::max(1U, rounds.times - tenth);
  std::fprintf(
      out, "{\"rounds\":%u,\"grew\":{\"resident_kib_a_round\":%.2f,\"threads\":%lld,\"descriptors\":%lld}}\n",
      rounds.times, static_cast<double>(last.resident_kib - first.resident_kib) / behind,
      static_cast<long long>(last.threads - first.threads),
      static_cast<long long>(last.descriptors - first.descriptors));
  std::fflush(out);
  call.NET_DVR_Cleanup();
  return true;
}

}  // namespace camfleet::sdkhost
