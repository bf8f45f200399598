#pragma once
// The binary interface of the vendor's HCNetSDK on 64-bit Linux, in our words: what libhcnetsdk.so exports
// and what it expects. No header of the vendor is needed or used; where each size and offset is from stands
// in abi_layout.json. Plain C linkage and the System V calling convention; "the library" is whatever
// libhcnetsdk.so was loaded.
#if !defined(__linux__) || !defined(__x86_64__) || !defined(__LP64__)
#error "HCNetSDK's structures are known for 64-bit Linux on x86-64 alone"
#endif
#include <cstdint>

#include "sdkhost/abi_alarms.h"
#include "sdkhost/abi_errors.h"
#include "sdkhost/abi_structs.h"

namespace camfleet::sdkhost::abi {

using Bool = std::int32_t;    // 1 true, 0 false
using Handle = std::int32_t;  // user ids, live views, alarm channels; -1: failed

// How to log in. `automatic` does not go with asynchronous logins.
enum LoginMode : std::uint8_t { login_private = 0, login_isapi = 1, login_automatic = 2 };
enum Tls : std::uint8_t { tls_off = 0, tls_on = 1, tls_automatic = 2 };

// NET_DVR_SetSDKInitCfg, before Init. The libcrypto and libssl forms take a plain char array: the file's
// path.
enum InitConfig : std::int32_t {
  init_ability = 1,
  init_library_path = 2,
  init_libcrypto_path = 3,
  init_libssl_path = 4
};

// NET_DVR_SetSDKLocalCfg.
enum LocalConfig : std::int32_t { local_receive_timeout = 3, local_check_device = 10, local_general = 17 };

// NET_DVR_GetDVRConfig and SetDVRConfig.
enum Config : std::uint32_t {
  config_get_time = 118,  // Time
  config_set_time = 119,
  config_set_ptz_position = 292,
  config_get_ptz_position = 293,   // PtzPosition
  config_get_ip_channels = 1062,   // IpChannelConfig, channel: the group
  config_digital_channels = 6126,  // DigitalChannelState
};

// NET_DVR_RemoteControl with no buffer: is this login alive? It asks the device.
inline constexpr std::uint32_t control_check_user = 20005;

// What a stream's callback brings.
enum StreamData : std::uint32_t {
  data_system_head = 1,  // 40 bytes, see proto::ps::MediaHead; comes again after the library reconnected
  data_stream = 2,       // MPEG-2 program stream
  data_audio_stream = 3,
  data_std_video = 4,  // an RTP packet, as it came
  data_std_audio = 5,
  data_sdp = 6,
  data_metadata = 107,
  data_private = 112,
};

// NET_DVR_PTZControlWithSpeed_Other: stop 0 starts, 1 stops; speed 1 to 7.
enum PtzCommand : std::uint32_t {
  ptz_zoom_in = 11,
  ptz_zoom_out = 12,
  ptz_up = 21,
  ptz_down = 22,
  ptz_left = 23,
  ptz_right = 24,
  ptz_up_left = 25,
  ptz_up_right = 26,
  ptz_down_left = 27,
  ptz_down_right = 28,
};
// NET_DVR_PTZPreset_Other.
enum PresetCommand : std::uint32_t { preset_set = 8, preset_clear = 9, preset_go = 39 };

// The types of an exception callback. All come on one thread of the library.
enum Exception : std::uint32_t {
  exception_login = 0x8000,  // the heartbeat failed; again at each failure
  exception_talk = 0x8001,
  exception_alarm = 0x8002,       // the alarm link broke
  exception_live = 0x8003,        // a live view broke
  exception_live_retry = 0x8005,  // and is being connected again
  exception_alarm_retry = 0x8006,
  exception_playback = 0x8010,
  exception_live_back = 0x8015,   // a new system head follows in the data callback
  exception_alarm_back = 0x8016,  // armed again; the handle is the same
  exception_login_back = 0x8017,  // the heartbeat works again; the user id is the same
  exception_alarm_lost = 0x8023,  // alarms were lost
  exception_relogin = 0x8040,
  exception_relogin_done = 0x8041,
  exception_relogin_failed = 0x8044,
  exception_live_gone = 0x8045,   // given up: close the handle
  exception_alarm_gone = 0x8046,  // given up: close the handle
};

// The command of a message callback.
enum AlarmCommand : std::int32_t {
  command_alarm = 0x1100,           // AlarmInfo
  command_rule = 0x1102,            // RuleAlarm
  command_face_snap = 0x1112,       // FaceSnap
  command_intercom_event = 0x1132,  // IntercomEvent
  command_intercom_alarm = 0x1133,  // IntercomAlarm
  command_plate = 0x2800,           // PlateResult
  command_its_plate = 0x3050,       // ItsPlateResult
  command_alarm_v30 = 0x4000,       // AlarmInfoV30
  command_alarm_v40 = 0x4007,       // AlarmInfoV40
  command_vca_text = 0x4993,        // a text, JSON or XML
  command_access = 0x5002,          // AccessAlarm
  command_isapi = 0x6009,           // IsapiAlarm
};

using ExceptionCallback = void (*)(std::uint32_t type, Handle user_id, Handle handle, void* user);
using MessageCallback = void (*)(std::int32_t command, Alarmer* alarmer, char* info, std::uint32_t size,
                                 void* user);
using MessageCallbackV31 = Bool (*)(std::int32_t command, Alarmer* alarmer, char* info, std::uint32_t size,
                                    void* user);
using DataCallback = void (*)(Handle handle, std::uint32_t type, std::uint8_t* data, std::uint32_t size,
                              void* user);

// Every function that we know of the library: X(name, result, parameters). Callers beside a callback's own
// thread only; the last error is kept for each thread. Functions of the second list are missing in libraries
// before 6.1.
#define CAMFLEET_SDK_FUNCTIONS(X)                                                                           \
  X(NET_DVR_Init, Bool, (void))                                                                             \
  X(NET_DVR_Cleanup, Bool, (void))                                                                          \
  X(NET_DVR_SetSDKLocalCfg, Bool, (std::int32_t type, const void* in))                                      \
  X(NET_DVR_GetSDKLocalCfg, Bool, (std::int32_t type, void* out))                                           \
  X(NET_DVR_SetConnectTime, Bool, (std::uint32_t wait_ms, std::uint32_t tries))                             \
  X(NET_DVR_SetRecvTimeOut, Bool, (std::uint32_t wait_ms))                                                  \
  X(NET_DVR_SetReconnect, Bool, (std::uint32_t interval_ms, Bool on))                                       \
  X(NET_DVR_SetLogToFile, Bool, (std::uint32_t level, char* folder, Bool delete_old))                       \
  X(NET_DVR_GetLastError, std::uint32_t, (void))                                                            \
  X(NET_DVR_GetErrorMsg, char*, (std::int32_t * number))                                                    \
  X(NET_DVR_GetSDKVersion, std::uint32_t, (void))                                                           \
  X(NET_DVR_GetSDKBuildVersion, std::uint32_t, (void))                                                      \
  X(NET_DVR_GetSDKState, Bool, (State * out))                                                               \
  X(NET_DVR_GetSDKAbility, Bool, (Ability * out))                                                           \
  X(NET_DVR_SetExceptionCallBack_V30, Bool,                                                                 \
    (std::uint32_t message, std::uint32_t window, ExceptionCallback callback, void* user))                  \
  X(NET_DVR_Login_V40, Handle, (LoginInfo * login, DeviceInfoV40 * out))                                    \
  X(NET_DVR_Logout, Bool, (Handle user_id))                                                                 \
  X(NET_DVR_RealPlay_V40, Handle,                                                                           \
    (Handle user_id, PreviewInfo * preview, DataCallback callback, void* user))                             \
  X(NET_DVR_StopRealPlay, Bool, (Handle live))                                                              \
  X(NET_DVR_MakeKeyFrame, Bool, (Handle user_id, std::int32_t channel))                                     \
  X(NET_DVR_MakeKeyFrameSub, Bool, (Handle user_id, std::int32_t channel))                                  \
  X(NET_DVR_SetDVRMessageCallBack_V30, Bool, (MessageCallback callback, void* user))                        \
  X(NET_DVR_SetDVRMessageCallBack_V31, Bool, (MessageCallbackV31 callback, void* user))                     \
  X(NET_DVR_SetupAlarmChan_V41, Handle, (Handle user_id, AlarmSetup * setup))                               \
  X(NET_DVR_CloseAlarmChan_V30, Bool, (Handle alarm))                                                       \
  X(NET_DVR_PTZControlWithSpeed_Other, Bool,                                                                \
    (Handle user_id, std::int32_t channel, std::uint32_t command, std::uint32_t stop, std::uint32_t speed)) \
  X(NET_DVR_PTZPreset_Other, Bool,                                                                          \
    (Handle user_id, std::int32_t channel, std::uint32_t command, std::uint32_t preset))                    \
  X(NET_DVR_CaptureJPEGPicture_NEW, Bool,                                                                   \
    (Handle user_id, std::int32_t channel, JpegParameters * how, char* picture, std::uint32_t capacity,     \
     std::uint32_t* size))                                                                                  \
  X(NET_DVR_GetDVRConfig, Bool,                                                                             \
    (Handle user_id, std::uint32_t command, std::int32_t channel, void* out, std::uint32_t capacity,        \
     std::uint32_t* size))                                                                                  \
  X(NET_DVR_SetDVRConfig, Bool,                                                                             \
    (Handle user_id, std::uint32_t command, std::int32_t channel, void* in, std::uint32_t size))            \
  X(NET_DVR_RemoteControl, Bool, (Handle user_id, std::uint32_t command, void* in, std::uint32_t size))

#define CAMFLEET_SDK_FUNCTIONS_6_1(X)                                                                    \
  X(NET_DVR_SetSDKInitCfg, Bool, (std::int32_t type, void* in))                                          \
  X(NET_DVR_SetStandardDataCallBackEx, Bool, (Handle live, DataCallback callback, void* user))           \
  X(NET_DVR_SetDVRMessageCallBack_V50, Bool, (std::int32_t index, MessageCallback callback, void* user)) \
  X(NET_DVR_SetDVRMessageCallBack_V51, Bool, (std::int32_t index, MessageCallback callback, void* user)) \
  X(NET_DVR_STDXMLConfig, Bool, (Handle user_id, PassThroughInput * in, PassThroughOutput * out))

// The loaded library: one pointer for each function, by its exported name.
struct Functions {
#define CAMFLEET_SDK_MEMBER(name, result, parameters) result(*name) parameters = nullptr;
  CAMFLEET_SDK_FUNCTIONS(CAMFLEET_SDK_MEMBER)
  CAMFLEET_SDK_FUNCTIONS_6_1(CAMFLEET_SDK_MEMBER)
#undef CAMFLEET_SDK_MEMBER
};

}  // namespace camfleet::sdkhost::abi
