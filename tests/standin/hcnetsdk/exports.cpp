// The exported functions: names, types and rules of the vendor's library, and nothing else of it.
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstring>
#include <optional>
#include <shared_mutex>

#include "calls.h"
#include "faults.h"
#include "library.h"
#include "sdkhost/abi.h"

namespace camfleet::standin {
namespace {

// Held for reading by each call, for writing by Init and Cleanup.
std::shared_mutex g_gate;
std::unique_ptr<Library> g_library;
Library::Options g_options;
std::array<std::string, 5> g_paths;  // of SetSDKInitCfg

// One call: its faults, that the library is there, and its error. `body` gets the library and returns a
// number.
template <class Body>
std::uint32_t call(const char* name, Body&& body) {
  at("everything");
  const std::shared_lock gate{g_gate};
  std::uint32_t error = abi::error_not_initialised;
  if (g_library) {
    const auto wished = faults();
    error = wished.error != 0 && (wished.error_in.empty() || wished.error_in == name) ? wished.error
                                                                                      : body(*g_library);
  }
  set_error(error);
  return error;
}
template <class Body>
abi::Bool yes_or_no(const char* name, Body&& body) {
  return call(name, body) == 0 ? 1 : 0;
}

void log_in_later(Library& library, const std::shared_ptr<Device>& device, abi::LoginResultCallback callback,
                  void* user) {
  library.workers().soon([&library, device, callback, user] {
    abi::DeviceInfoV40 info{};
    abi::Handle id = -1;
    const auto wished = faults();
    auto error = wished.error != 0 && (wished.error_in.empty() || wished.error_in == "NET_DVR_Login_V40")
                     ? wished.error
                     : library.log_in(device, info, id);
    set_error(error);
    before_callback("login_result");
    if (callback != nullptr) callback(id, error == 0 ? 1 : 0, error == 0 ? &info : nullptr, user);
  });
}

std::uint32_t put_picture(const IsapiAnswer& answer, char* to, std::uint32_t capacity, std::uint32_t* size) {
  if (answer.error != 0) return answer.error;
  if (!answer.good()) return answer.status == 503 ? abi::error_busy : abi::error_no_isapi;
  if (to == nullptr || answer.body.size() > capacity) return abi::error_small_buffer;
  std::memcpy(to, answer.body.data(), answer.body.size());
  if (size != nullptr) *size = static_cast<std::uint32_t>(answer.body.size());
  return abi::error_none;
}

}  // namespace
}  // namespace camfleet::standin

using namespace camfleet;           // NOLINT: this file is the boundary
using namespace camfleet::standin;  // NOLINT
#define EXPORT extern "C" __attribute__((visibility("default")))

// What the real library has not.
EXPORT const char* camfleet_standin() {
  return "camfleet stand-in for HCNetSDK, for tests; not the vendor's library";
}

EXPORT abi::Bool NET_DVR_SetSDKInitCfg(std::int32_t type, void* in) {
  at("everything");
  if (in == nullptr || type < 0 || type > 4) {
    set_error(abi::error_parameter);
    return 0;
  }
  const std::unique_lock gate{g_gate};
  if (type == abi::init_ability) {
    const auto& ability = *static_cast<const abi::InitAbility*>(in);
    constexpr std::array kAllowed{2048U, 5120U, 10240U, 15360U, 20480U};
    if (std::ranges::find(kAllowed, ability.logins) == kAllowed.end() ||
        std::ranges::find(kAllowed, ability.alarm_channels) == kAllowed.end()) {
      set_error(abi::error_parameter);
      return 0;
    }
    g_options.logins = ability.logins;
    g_options.alarm_channels = ability.alarm_channels;
  } else if (type == abi::init_library_path) {
    g_paths[2] = static_cast<const abi::LibraryPath*>(in)->path;
  } else {
    g_paths[static_cast<std::size_t>(type)] = static_cast<const char*>(in);
  }
  set_error(0);
  return 1;
}

EXPORT abi::Bool NET_DVR_Init() {
  at("init");
  at("everything");
  if (const auto wished = faults();
      wished.error != 0 && (wished.error_in.empty() || wished.error_in == "NET_DVR_Init")) {
    set_error(wished.error);
    return 0;
  }
  const std::unique_lock gate{g_gate};
  if (!g_library) g_library = std::make_unique<Library>(g_options);
  set_error(0);
  return 1;
}

EXPORT abi::Bool NET_DVR_Cleanup() {
  at("cleanup");
  at("everything");
  std::unique_ptr<Library> ended;
  {
    const std::unique_lock gate{g_gate};
    ended = std::move(g_library);
    g_options = {};
  }
  set_error(ended ? abi::error_none : abi::error_not_initialised);
  return ended ? 1 : 0;
}

EXPORT abi::Bool NET_DVR_SetSDKLocalCfg(std::int32_t type, const void* in) {
  return yes_or_no("NET_DVR_SetSDKLocalCfg", [&](Library& library) -> std::uint32_t {
    if (in == nullptr) return abi::error_parameter;
    if (type == abi::local_check_device) {
      const auto wished = static_cast<const abi::CheckDeviceConfig*>(in)->interval_ms;
      if (wished != 0 && (wished < 30'000 || wished > 120'000)) return abi::error_parameter;
      library.options().heartbeat = std::chrono::milliseconds{wished == 0 ? 120'000 : wished};
    }
    return type >= 0 && type <= 26 ? abi::error_none : abi::error_parameter;
  });
}

EXPORT abi::Bool NET_DVR_GetSDKLocalCfg(std::int32_t type, void* out) {
  return yes_or_no("NET_DVR_GetSDKLocalCfg", [&](Library& library) -> std::uint32_t {
    if (out == nullptr || type != abi::local_check_device) return abi::error_parameter;
    auto& config = *static_cast<abi::CheckDeviceConfig*>(out);
    config = {};
    config.interval_ms = static_cast<std::uint32_t>(library.options().heartbeat.count());
    config.failures = 1;
    return abi::error_none;
  });
}

EXPORT abi::Bool NET_DVR_SetConnectTime(std::uint32_t wait_ms, std::uint32_t) {
  return yes_or_no("NET_DVR_SetConnectTime", [&](Library& library) -> std::uint32_t {
    if (wait_ms < 300 || wait_ms > 75'000) return abi::error_parameter;
    library.options().limits.connect = std::chrono::milliseconds{wait_ms};
    return abi::error_none;
  });
}

EXPORT abi::Bool NET_DVR_SetRecvTimeOut(std::uint32_t wait_ms) {
  return yes_or_no("NET_DVR_SetRecvTimeOut", [&](Library& library) -> std::uint32_t {
    library.options().limits.receive = std::chrono::milliseconds{std::max(wait_ms, 1U)};
    return abi::error_none;
  });
}

EXPORT abi::Bool NET_DVR_SetReconnect(std::uint32_t interval_ms, abi::Bool on) {
  return yes_or_no("NET_DVR_SetReconnect", [&](Library& library) -> std::uint32_t {
    library.options().reconnect = {on != 0, std::chrono::milliseconds{interval_ms}};
    return abi::error_none;
  });
}

EXPORT abi::Bool NET_DVR_SetLogToFile(std::uint32_t level, char* folder, abi::Bool) {
  return yes_or_no("NET_DVR_SetLogToFile", [&](Library&) -> std::uint32_t {
    return level == 0 || (folder != nullptr && ::access(folder, W_OK) == 0) ? abi::error_none
                                                                            : abi::error_parameter;
  });
}

EXPORT std::uint32_t NET_DVR_GetLastError() { return last_error(); }

EXPORT char* NET_DVR_GetErrorMsg(std::int32_t* number) {
  static thread_local std::string text;
  const auto error = number != nullptr && *number != 0 ? static_cast<std::uint32_t>(*number) : last_error();
  text = std::string{abi::error_name(error)};
  return text.data();
}

EXPORT std::uint32_t NET_DVR_GetSDKVersion() {
  const std::shared_lock gate{g_gate};
  return g_library ? 0x00060001 : 0;
}

EXPORT std::uint32_t NET_DVR_GetSDKBuildVersion() {
  const std::shared_lock gate{g_gate};
  return g_library ? 0x06010000 : 0;  // 6.1.0.0: no build that was ever given out
}

EXPORT abi::Bool NET_DVR_GetSDKState(abi::State* out) {
  return yes_or_no("NET_DVR_GetSDKState", [&](Library& library) -> std::uint32_t {
    if (out == nullptr) return abi::error_parameter;
    *out = {};
    out->logins = static_cast<std::uint32_t>(library.logins());
    out->live_views = static_cast<std::uint32_t>(library.live_views());
    out->alarm_channels = static_cast<std::uint32_t>(library.alarm_channels());
    return abi::error_none;
  });
}

EXPORT abi::Bool NET_DVR_GetSDKAbility(abi::Ability* out) {
  return yes_or_no("NET_DVR_GetSDKAbility", [&](Library& library) -> std::uint32_t {
    if (out == nullptr) return abi::error_parameter;
    const auto wished = faults().logins;
    out->max_logins = wished > 0 ? wished : static_cast<std::uint32_t>(library.options().logins);
    out->max_live_views = Library::kLiveViews;
    out->max_playbacks = Library::kLiveViews;
    out->max_alarm_channels = static_cast<std::uint32_t>(library.options().alarm_channels);
    out->max_formats = out->max_file_searches = out->max_log_searches = 512;
    out->max_serials = out->max_upgrades = out->max_talks = out->max_broadcasts = 512;
    return abi::error_none;
  });
}

EXPORT abi::Bool NET_DVR_SetExceptionCallBack_V30(std::uint32_t, std::uint32_t,
                                                  abi::ExceptionCallback callback, void* user) {
  return yes_or_no("NET_DVR_SetExceptionCallBack_V30", [&](Library& library) -> std::uint32_t {
    library.callbacks().set_exception(callback, user);
    return abi::error_none;
  });
}

EXPORT abi::Bool NET_DVR_SetDVRMessageCallBack_V30(abi::MessageCallback callback, void* user) {
  return yes_or_no("NET_DVR_SetDVRMessageCallBack_V30", [&](Library& library) -> std::uint32_t {
    library.callbacks().set_message_v30(callback, user);
    return abi::error_none;
  });
}

EXPORT abi::Bool NET_DVR_SetDVRMessageCallBack_V31(abi::MessageCallbackV31 callback, void* user) {
  return yes_or_no("NET_DVR_SetDVRMessageCallBack_V31", [&](Library& library) -> std::uint32_t {
    library.callbacks().set_message_v31(callback, user);
    return abi::error_none;
  });
}

EXPORT abi::Bool NET_DVR_SetDVRMessageCallBack_V50(std::int32_t index, abi::MessageCallback callback,
                                                   void* user) {
  return yes_or_no("NET_DVR_SetDVRMessageCallBack_V50", [&](Library& library) -> std::uint32_t {
    return library.callbacks().set_message(index, callback, user) ? abi::error_none : abi::error_parameter;
  });
}

EXPORT abi::Bool NET_DVR_SetDVRMessageCallBack_V51(std::int32_t index, abi::MessageCallback callback,
                                                   void* user) {
  return yes_or_no("NET_DVR_SetDVRMessageCallBack_V51", [&](Library& library) -> std::uint32_t {
    return library.callbacks().set_message(index, callback, user) ? abi::error_none : abi::error_parameter;
  });
}

EXPORT abi::Handle NET_DVR_Login_V40(abi::LoginInfo* login, abi::DeviceInfoV40* out) {
  abi::Handle id = -1;
  call("NET_DVR_Login_V40", [&](Library& library) -> std::uint32_t {
    if (login == nullptr) return abi::error_parameter;
    const bool later = login->asynchronous != 0;
    if (later && login->login_mode == abi::login_automatic) return abi::error_parameter;
    auto device = std::make_shared<Device>(*login, library.options().limits);
    if (!later) {
      abi::DeviceInfoV40 unwanted{};
      return library.log_in(device, out != nullptr ? *out : unwanted, id);
    }
    static std::atomic<abi::Handle> submissions{
        1000};  // far from any user id, so that nobody takes one for the other
    id = submissions++ & 0x7FFFFFFF;
    log_in_later(library, device, login->on_result, login->user);
    return abi::error_none;
  });
  return last_error() == 0 ? id : -1;
}

EXPORT abi::Bool NET_DVR_Logout(abi::Handle user_id) {
  return yes_or_no("NET_DVR_Logout", [&](Library& library) { return library.log_out(user_id); });
}

EXPORT abi::Bool NET_DVR_Logout_V30(abi::Handle user_id) { return NET_DVR_Logout(user_id); }

EXPORT abi::Handle NET_DVR_SetupAlarmChan_V41(abi::Handle user_id, abi::AlarmSetup* setup) {
  abi::Handle alarm = -1;
  const auto error = call("NET_DVR_SetupAlarmChan_V41", [&](Library& library) -> std::uint32_t {
    if (setup == nullptr || setup->size != sizeof *setup) return abi::error_parameter;
    return library.arm(user_id, setup->want_v40 != 0, alarm);
  });
  return error == 0 ? alarm : -1;
}

EXPORT abi::Bool NET_DVR_CloseAlarmChan_V30(abi::Handle alarm) {
  return yes_or_no("NET_DVR_CloseAlarmChan_V30", [&](Library& library) { return library.disarm(alarm); });
}

EXPORT abi::Handle NET_DVR_RealPlay_V40(abi::Handle user_id, abi::PreviewInfo* preview,
                                        abi::DataCallback callback, void* user) {
  abi::Handle live = -1;
  const auto error = call("NET_DVR_RealPlay_V40", [&](Library& library) -> std::uint32_t {
    return preview != nullptr ? library.play(user_id, *preview, callback, user, live) : abi::error_parameter;
  });
  return error == 0 ? live : -1;
}

EXPORT abi::Bool NET_DVR_StopRealPlay(abi::Handle live) {
  return yes_or_no("NET_DVR_StopRealPlay", [&](Library& library) { return library.stop(live); });
}

EXPORT abi::Bool NET_DVR_SetStandardDataCallBackEx(abi::Handle live, abi::DataCallback callback, void* user) {
  return yes_or_no("NET_DVR_SetStandardDataCallBackEx", [&](Library& library) -> std::uint32_t {
    const auto view = library.live(live);
    if (!view) return abi::error_parameter;
    view->set_standard(callback, user);
    return abi::error_none;
  });
}

EXPORT abi::Bool NET_DVR_SetRealDataCallBackEx(abi::Handle live, abi::DataCallback callback, void* user) {
  return yes_or_no("NET_DVR_SetRealDataCallBackEx", [&](Library& library) -> std::uint32_t {
    const auto view = library.live(live);
    if (!view) return abi::error_parameter;
    view->set_raw(callback, user);
    return abi::error_none;
  });
}

EXPORT abi::Bool NET_DVR_MakeKeyFrame(abi::Handle user_id, std::int32_t channel) {
  return yes_or_no("NET_DVR_MakeKeyFrame",
                   [&](Library& library) { return make_key_frame(library, user_id, channel, 1); });
}

EXPORT abi::Bool NET_DVR_MakeKeyFrameSub(abi::Handle user_id, std::int32_t channel) {
  return yes_or_no("NET_DVR_MakeKeyFrameSub",
                   [&](Library& library) { return make_key_frame(library, user_id, channel, 2); });
}

EXPORT abi::Bool NET_DVR_PTZControlWithSpeed_Other(abi::Handle user_id, std::int32_t channel,
                                                   std::uint32_t command, std::uint32_t stop,
                                                   std::uint32_t speed) {
  return yes_or_no("NET_DVR_PTZControlWithSpeed_Other", [&](Library& library) {
    return move_ptz(library, user_id, channel, command, stop != 0, speed);
  });
}

EXPORT abi::Bool NET_DVR_PTZPreset_Other(abi::Handle user_id, std::int32_t channel, std::uint32_t command,
                                         std::uint32_t preset) {
  return yes_or_no("NET_DVR_PTZPreset_Other",
                   [&](Library& library) { return use_preset(library, user_id, channel, command, preset); });
}

EXPORT abi::Bool NET_DVR_CaptureJPEGPicture_NEW(abi::Handle user_id, std::int32_t channel,
                                                abi::JpegParameters*, char* picture, std::uint32_t capacity,
                                                std::uint32_t* size) {
  return yes_or_no("NET_DVR_CaptureJPEGPicture_NEW", [&](Library& library) -> std::uint32_t {
    IsapiAnswer answer;
    if (const auto error = take_picture(library, user_id, channel, answer); error != 0) return error;
    return put_picture(answer, picture, capacity, size);
  });
}

EXPORT abi::Bool NET_DVR_GetDVRConfig(abi::Handle user_id, std::uint32_t command, std::int32_t channel,
                                      void* out, std::uint32_t capacity, std::uint32_t* size) {
  return yes_or_no("NET_DVR_GetDVRConfig", [&](Library& library) -> std::uint32_t {
    std::uint32_t written = 0;
    const auto error = get_config(library, user_id, command, channel, out, capacity, written);
    if (size != nullptr) *size = written;
    return error;
  });
}

EXPORT abi::Bool NET_DVR_SetDVRConfig(abi::Handle user_id, std::uint32_t command, std::int32_t, void* in,
                                      std::uint32_t size) {
  return yes_or_no("NET_DVR_SetDVRConfig",
                   [&](Library& library) { return set_config(library, user_id, command, in, size); });
}

EXPORT abi::Bool NET_DVR_RemoteControl(abi::Handle user_id, std::uint32_t command, void*, std::uint32_t) {
  return yes_or_no("NET_DVR_RemoteControl",
                   [&](Library& library) { return check_user(library, user_id, command); });
}

EXPORT abi::Bool NET_DVR_STDXMLConfig(abi::Handle user_id, abi::PassThroughInput* in,
                                      abi::PassThroughOutput* out) {
  return yes_or_no("NET_DVR_STDXMLConfig", [&](Library& library) -> std::uint32_t {
    if (in == nullptr || out == nullptr || in->size != sizeof *in || out->size != sizeof *out)
      return abi::error_parameter;
    return pass_through(library, user_id, *in, *out);
  });
}

// The exported functions have the types that abi.h says.
#define SAME(name, result, parameters) static_assert(std::is_same_v<decltype(&::name), result(*) parameters>);
namespace camfleet::sdkhost::abi {
CAMFLEET_SDK_FUNCTIONS(SAME)
CAMFLEET_SDK_FUNCTIONS_6_1(SAME)
}  // namespace camfleet::sdkhost::abi
