#pragma once
// The vendor library's structures for login, settings, live view, pictures and control.
// The numbers behind the vendor's names are sizes on 64-bit Linux; abi_asserts.cpp holds every offset to
// abi_layout.json.
#include <cstdint>

namespace camfleet::sdkhost::abi {

struct DeviceInfoV40;

// result 1: logged in as `user_id`; 0: failed, and GetLastError on this thread says why. `info` is null then.
// Headers name the shorter DeviceInfoV30; the library fills a DeviceInfoV40 as far as it is known, so only
// the first 80 bytes can be relied upon.
using LoginResultCallback = void (*)(std::int32_t user_id, std::uint32_t result, DeviceInfoV40* info,
                                     void* user);

// A text of an address, IPv4 or IPv6; the other one is empty.
struct IpAddress {  // NET_DVR_IPADDR, 144 bytes
  char ipv4[16];
  std::uint8_t ipv6[128];
};

// A moment by the device's own clock, unless the login asked for another (LoginInfo::times).
struct Time {  // NET_DVR_TIME, 24 bytes
  std::uint32_t year;
  std::uint32_t month;
  std::uint32_t day;
  std::uint32_t hour;
  std::uint32_t minute;
  std::uint32_t second;
};

struct TimeEx {  // NET_DVR_TIME_EX, 8 bytes
  std::uint16_t year;
  std::uint8_t month;
  std::uint8_t day;
  std::uint8_t hour;
  std::uint8_t minute;
  std::uint8_t second;
  std::uint8_t reserved;
};

// has_offset: the two last members hold the difference to UTC.
struct TimeV30 {  // NET_DVR_TIME_V30, 12 bytes
  std::uint16_t year;
  std::uint8_t month;
  std::uint8_t day;
  std::uint8_t hour;
  std::uint8_t minute;
  std::uint8_t second;
  std::uint8_t has_offset;
  std::uint16_t millisecond;
  char offset_hours;
  char offset_minutes;
};

// Zero it first. address: IPv4, IPv6 or a name, without brackets. login_mode and tls: see LoginMode and Tls.
// An asynchronous login returns a number that only says "taken"; on_result gets the user id, on a thread of
// the library. times: 0 the device's local time, 1 UTC, 2 ours. verify_certificate: 0 no, 1 both ways, 2
// theirs.
struct LoginInfo {  // NET_DVR_USER_LOGIN_INFO, 416 bytes
  char address[129];
  std::uint8_t use_transport;
  std::uint16_t port;
  char username[64];
  char password[64];
  LoginResultCallback on_result;
  void* user;
  std::int32_t asynchronous;
  std::uint8_t proxy_type;
  std::uint8_t times;
  std::uint8_t login_mode;
  std::uint8_t tls;
  std::int32_t proxy_id;
  std::uint8_t verify_certificate;
  std::uint8_t reserved3[119];
};

// Analogue channels are first_analog and the following analog_channels - 1. Those of an NVR are first_ip and
// the following: ip_channels_low + 256 * ip_channels_high. The library leaves alone what it does not know:
// zero it first.
struct DeviceInfoV30 {  // NET_DVR_DEVICEINFO_V30, 80 bytes
  std::uint8_t serial[48];
  std::uint8_t alarm_inputs;
  std::uint8_t alarm_outputs;
  std::uint8_t disks;
  std::uint8_t type_low;
  std::uint8_t analog_channels;
  std::uint8_t first_analog;
  std::uint8_t talk_channels;
  std::uint8_t ip_channels_low;
  std::uint8_t zero_channels;
  std::uint8_t main_protocol;
  std::uint8_t sub_protocol;
  std::uint8_t support;
  std::uint8_t support1;
  std::uint8_t support2;
  std::uint16_t type;
  std::uint8_t support3;
  std::uint8_t stream_protocols;
  std::uint8_t first_ip;
  std::uint8_t first_ip_talk;
  std::uint8_t ip_channels_high;
  std::uint8_t support4;
  std::uint8_t language;
  std::uint8_t voice_inputs;
  std::uint8_t first_voice_input;
  std::uint8_t support5;
  std::uint8_t support6;
  std::uint8_t mirror_channels;
  std::uint16_t first_mirror;
  std::uint8_t support7;
  std::uint8_t reserved2;
};

// Read it after a failed login too: with lock_known, attempts_left belongs to error 1 and locked_seconds to
// 153. encoding: 1 GB2312, 2 GBK, 6 UTF-8. password_level: 1 factory's, 2 good, 3 weak.
struct DeviceInfoV40 {  // NET_DVR_DEVICEINFO_V40, 344 bytes
  DeviceInfoV30 basic;
  std::uint8_t lock_known;
  std::uint8_t attempts_left;
  std::uint8_t password_level;
  std::uint8_t proxy_type;
  std::uint32_t locked_seconds;
  std::uint8_t encoding;
  std::uint8_t support_dev5;
  std::uint8_t support;
  std::uint8_t login_mode;
  std::uint32_t oem;
  std::int32_t password_days;
  std::uint8_t password_days_known;
  std::uint8_t first_single_talk;
  std::uint8_t single_talks;
  std::uint8_t password_reset_level;
  std::uint8_t stream_encryption;
  std::uint8_t market;
  std::uint8_t tls_support;
  std::uint8_t reserved2[237];
};

// SetSDKInitCfg, InitConfig::library_path: the folder that holds HCNetSDKCom/.
struct LibraryPath {  // NET_DVR_LOCAL_SDK_PATH, 384 bytes
  char path[256];
  std::uint8_t reserved[128];
};

// SetSDKInitCfg, InitConfig::ability: both one of 2048, 5120, 10240, 15360, 20480.
struct InitAbility {  // NET_DVR_INIT_CFG_ABILITY, 72 bytes
  std::uint32_t logins;
  std::uint32_t alarm_channels;
  std::uint8_t reserved[64];
};

// LocalConfig::general. alarm_json_picture_separate: JSON alarms come as IsapiAlarm, pictures apart.
// alarm_reconnect_pool: re-arming by a pool of threads instead of one thread each.
struct GeneralConfig {  // NET_DVR_LOCAL_GENERAL_CFG, 256 bytes
  std::uint8_t exceptions_directly;
  std::uint8_t not_split_record_file;
  std::uint8_t resume_upgrade_enable;
  std::uint8_t alarm_json_picture_separate;
  std::uint8_t reserved[4];
  std::uint64_t file_size;
  std::uint32_t resume_upgrade_timeout;
  std::uint8_t alarm_reconnect_pool;
  std::uint8_t large_pass_through;
  std::uint8_t multiplexing;
  std::uint8_t fast_upgrade;
  std::uint8_t alarm_prealloc;
  std::uint8_t reserved1[231];
};

// LocalConfig::check_device. interval_ms: 30,000 to 120,000, 0 is 120,000. failures in a row before exception
// 0x8000; 0 is 1.
struct CheckDeviceConfig {  // NET_DVR_LOCAL_CHECK_DEV, 264 bytes
  std::uint32_t interval_ms;
  std::uint32_t failures;
  std::uint8_t reserved[256];
};

// LocalConfig::receive_timeout. The library's own: 5,000 each.
struct ReceiveTimeoutConfig {  // NET_DVR_LOCAL_MODULE_RECV_TIMEOUT_CFG, 528 bytes
  std::uint32_t preview_ms;
  std::uint32_t alarm_ms;
  std::uint32_t playback_ms;
  std::uint32_t others_ms;
  std::uint8_t reserved[512];
};

// What the library can hold at once; 48 bytes of it are written.
struct Ability {  // NET_DVR_SDKABL, 84 bytes
  std::uint32_t max_logins;
  std::uint32_t max_live_views;
  std::uint32_t max_playbacks;
  std::uint32_t max_alarm_channels;
  std::uint32_t max_formats;
  std::uint32_t max_file_searches;
  std::uint32_t max_log_searches;
  std::uint32_t max_serials;
  std::uint32_t max_upgrades;
  std::uint32_t max_talks;
  std::uint32_t max_broadcasts;
  std::uint32_t reserved[10];
};

// What it holds now.
struct State {  // NET_DVR_SDKSTATE, 84 bytes
  std::uint32_t logins;
  std::uint32_t live_views;
  std::uint32_t playbacks;
  std::uint32_t alarm_channels;
  std::uint32_t formats;
  std::uint32_t file_searches;
  std::uint32_t log_searches;
  std::uint32_t serials;
  std::uint32_t upgrades;
  std::uint32_t talks;
  std::uint32_t broadcasts;
  std::uint32_t listeners;
  std::uint32_t email_tests;
  std::uint32_t backups;
  std::uint32_t inquest_uploads;
  std::uint32_t reserved[6];
};

// stream_type: 0 main, 1 sub, 2 third. link_mode: 0 TCP, 1 UDP. window 0: do not draw (a number of four bytes
// here, on Linux). blocked 0: return at once. protocol: 0 the vendor's own, 1 RTSP. data_type: 0 stream, 1
// sound alone.
struct PreviewInfo {  // NET_DVR_PREVIEWINFO, 280 bytes
  std::int32_t channel;
  std::uint32_t stream_type;
  std::uint32_t link_mode;
  std::uint32_t window;
  std::uint32_t blocked;
  std::uint32_t fill_gaps;
  std::uint8_t preview_mode;
  std::uint8_t stream_id[32];
  std::uint8_t protocol;
  std::uint8_t reserved1;
  std::uint8_t video_coding;
  std::uint32_t display_buffers;
  std::uint8_t npq_mode;
  std::uint8_t receive_metadata;
  std::uint8_t data_type;
  std::uint8_t reserved[213];
};

// Who sends an alarm. The first eight say which of the following eight are filled in: in the order of these.
// For a device that we have armed user_id is enough; one that pushes to a listener has only its device_ip.
struct Alarmer {  // NET_DVR_ALARMER, 372 bytes
  std::uint8_t user_id_valid;
  std::uint8_t serial_valid;
  std::uint8_t version_valid;
  std::uint8_t device_name_valid;
  std::uint8_t mac_valid;
  std::uint8_t link_port_valid;
  std::uint8_t device_ip_valid;
  std::uint8_t socket_ip_valid;
  std::int32_t user_id;
  std::uint8_t serial[48];
  std::uint32_t device_version;
  char device_name[32];
  std::uint8_t mac[6];
  std::uint16_t link_port;
  char device_ip[128];
  char socket_ip[128];
  std::uint8_t ip_protocol;
  std::uint8_t reserved1[2];
  std::uint8_t json_broken;
  std::uint16_t socket_port;
  std::uint8_t reserved2[6];
};

// size: of this structure. level: 0 high to 2 low. plate_form: 1 is ItsPlateResult. want_v40: AlarmInfoV40
// where the device can. support, bit 0: no pictures, bit 1: confirm uploads. resend: bits, what to send again
// after a broken link. deploy: 0 as client (the device keeps what happens while we are away, for one client),
// 1 in real time (any number of clients, nothing is kept).
struct AlarmSetup {  // NET_DVR_SETUPALARM_PARAM, 20 bytes
  std::uint32_t size;
  std::uint8_t level;
  std::uint8_t plate_form;
  std::uint8_t want_v40;
  std::uint8_t device_info_version;
  std::uint8_t vqd_form;
  std::uint8_t face_form;
  std::uint8_t support;
  std::uint8_t resend;
  std::uint16_t task_no;
  std::uint8_t deploy;
  std::uint8_t subscription;
  std::uint8_t reserved1[2];
  std::uint8_t pictures_as_url;
  std::uint8_t custom_control;
};

// size: of this structure. request: "GET /ISAPI/System/deviceInfo\r\n".
struct PassThroughInput {  // NET_DVR_XML_CONFIG_INPUT, 72 bytes
  std::uint32_t size;
  void* request;
  std::uint32_t request_size;
  void* body;
  std::uint32_t body_size;
  std::uint32_t receive_timeout_ms;
  std::uint8_t force_encryption;
  std::uint8_t parts;
  std::uint8_t mime_type;
  std::uint8_t reserved1;
  std::uint32_t send_timeout_ms;
  std::uint8_t reserved[24];
};

// size: of this structure. After error 29 body and status both hold the device's ResponseStatus; error 43:
// body is too small.
struct PassThroughOutput {  // NET_DVR_XML_CONFIG_OUTPUT, 72 bytes
  std::uint32_t size;
  void* body;
  std::uint32_t body_capacity;
  std::uint32_t body_size;
  void* status;
  std::uint32_t status_capacity;
  void* data;
  std::uint8_t parts;
  std::uint8_t reserved[23];
};

// size: 0xff as the stream is. quality: 0 best to 2.
struct JpegParameters {  // NET_DVR_JPEGPARA, 4 bytes
  std::uint16_t size;
  std::uint16_t quality;
};

// A camera that an NVR has taken in.
struct IpDevice {  // NET_DVR_IPDEVINFO_V31, 296 bytes
  std::uint8_t enable;
  std::uint8_t protocol;
  std::uint8_t enable_quick_add;
  std::uint8_t camera_type;
  std::uint8_t username[32];
  std::uint8_t password[16];
  std::uint8_t domain[64];
  IpAddress address;
  std::uint16_t port;
  std::uint8_t device_id[32];
  std::uint8_t enable_timing;
  std::uint8_t verify_certificate;
};

// enabled also says that it is on line. The device is number device_low + 256 * device_high - 1 - 64 * group;
// 0: none.
struct IpChannel {  // NET_DVR_IPCHANINFO, 36 bytes
  std::uint8_t enable;
  std::uint8_t device_low;
  std::uint8_t channel;
  std::uint8_t device_high;
  std::uint8_t trans_protocol;
  std::uint8_t get_stream;
  std::uint8_t reserved[30];
};

struct IpChannelV40 {  // NET_DVR_IPCHANINFO_V40, 252 bytes
  std::uint8_t enable;
  std::uint8_t reserved1;
  std::uint16_t device;
  std::uint32_t channel;
  std::uint8_t trans_protocol;
  std::uint8_t trans_mode;
  std::uint8_t factory_type;
  std::uint8_t reserved;
  std::uint8_t url[240];
};

// of_kind: a union; kind 0 is IpChannel.
struct StreamMode {  // NET_DVR_STREAM_MODE, 496 bytes
  std::uint8_t kind;
  std::uint8_t reserved[3];
  std::uint8_t of_kind[492];
};

// Config::ip_channels; the channel argument is the group, from 0; each answer holds 64 channels.
struct IpChannelConfig {  // NET_DVR_IPPARACFG_V40, 50792 bytes
  std::uint32_t size;
  std::uint32_t groups;
  std::uint32_t analog_channels;
  std::uint32_t ip_channels;
  std::uint32_t first_ip;
  std::uint8_t analog_enabled[64];
  IpDevice devices[64];
  StreamMode streams[64];
  std::uint8_t reserved2[20];
};

// Config::digital_channel_state. A channel: 0 unknown, 1 on line, others: why not.
struct DigitalChannelState {  // NET_DVR_DIGITAL_CHANNEL_STATE, 580 bytes
  std::uint32_t size;
  std::uint8_t digital_audio_chan_talk_state[64];
  std::uint8_t digital_chan_state[64];
  std::uint8_t digital_audio_chan_talk_state_ex[192];
  std::uint8_t digital_chan_state_ex[192];
  std::uint8_t analog_chan_state[32];
  std::uint8_t reserved[32];
};

// Config::get_ptz_position. In tenths, as hexadecimal digits: 0x1750 is 175.0 degrees.
struct PtzPosition {  // NET_DVR_PTZPOS, 8 bytes
  std::uint16_t action;
  std::uint16_t pan;
  std::uint16_t tilt;
  std::uint16_t zoom;
};

}  // namespace camfleet::sdkhost::abi
