// Made by scripts/sdk-abi.py from abi_layout.json: the sizes and offsets of the vendor's library.
// clang-format off
#include "sdkhost/abi.h"

#include <cstddef>

namespace camfleet::sdkhost::abi {
namespace {
template <class Whole, class Member>
constexpr std::size_t size_of(Member Whole::*) {
  return sizeof(Member);
}
}  // namespace

// NET_DVR_IPADDR
static_assert(sizeof(IpAddress) == 144);
static_assert(offsetof(IpAddress, ipv4) == 0 && size_of(&IpAddress::ipv4) == 16, "sIpV4");
static_assert(offsetof(IpAddress, ipv6) == 16 && size_of(&IpAddress::ipv6) == 128, "byIPv6");

// NET_DVR_TIME
static_assert(sizeof(Time) == 24);
static_assert(offsetof(Time, year) == 0 && size_of(&Time::year) == 4, "dwYear");
static_assert(offsetof(Time, month) == 4 && size_of(&Time::month) == 4, "dwMonth");
static_assert(offsetof(Time, day) == 8 && size_of(&Time::day) == 4, "dwDay");
static_assert(offsetof(Time, hour) == 12 && size_of(&Time::hour) == 4, "dwHour");
static_assert(offsetof(Time, minute) == 16 && size_of(&Time::minute) == 4, "dwMinute");
static_assert(offsetof(Time, second) == 20 && size_of(&Time::second) == 4, "dwSecond");

// NET_DVR_TIME_EX
static_assert(sizeof(TimeEx) == 8);
static_assert(offsetof(TimeEx, year) == 0 && size_of(&TimeEx::year) == 2, "wYear");
static_assert(offsetof(TimeEx, month) == 2 && size_of(&TimeEx::month) == 1, "byMonth");
static_assert(offsetof(TimeEx, day) == 3 && size_of(&TimeEx::day) == 1, "byDay");
static_assert(offsetof(TimeEx, hour) == 4 && size_of(&TimeEx::hour) == 1, "byHour");
static_assert(offsetof(TimeEx, minute) == 5 && size_of(&TimeEx::minute) == 1, "byMinute");
static_assert(offsetof(TimeEx, second) == 6 && size_of(&TimeEx::second) == 1, "bySecond");
static_assert(offsetof(TimeEx, reserved) == 7 && size_of(&TimeEx::reserved) == 1, "byRes");

// NET_DVR_TIME_V30
static_assert(sizeof(TimeV30) == 12);
static_assert(offsetof(TimeV30, year) == 0 && size_of(&TimeV30::year) == 2, "wYear");
static_assert(offsetof(TimeV30, month) == 2 && size_of(&TimeV30::month) == 1, "byMonth");
static_assert(offsetof(TimeV30, day) == 3 && size_of(&TimeV30::day) == 1, "byDay");
static_assert(offsetof(TimeV30, hour) == 4 && size_of(&TimeV30::hour) == 1, "byHour");
static_assert(offsetof(TimeV30, minute) == 5 && size_of(&TimeV30::minute) == 1, "byMinute");
static_assert(offsetof(TimeV30, second) == 6 && size_of(&TimeV30::second) == 1, "bySecond");
static_assert(offsetof(TimeV30, has_offset) == 7 && size_of(&TimeV30::has_offset) == 1, "byISO8601");
static_assert(offsetof(TimeV30, millisecond) == 8 && size_of(&TimeV30::millisecond) == 2, "wMilliSec");
static_assert(offsetof(TimeV30, offset_hours) == 10 && size_of(&TimeV30::offset_hours) == 1, "cTimeDifferenceH");
static_assert(offsetof(TimeV30, offset_minutes) == 11 && size_of(&TimeV30::offset_minutes) == 1, "cTimeDifferenceM");

// NET_DVR_USER_LOGIN_INFO
static_assert(sizeof(LoginInfo) == 416);
static_assert(offsetof(LoginInfo, address) == 0 && size_of(&LoginInfo::address) == 129, "sDeviceAddress");
static_assert(offsetof(LoginInfo, use_transport) == 129 && size_of(&LoginInfo::use_transport) == 1, "byUseTransport");
static_assert(offsetof(LoginInfo, port) == 130 && size_of(&LoginInfo::port) == 2, "wPort");
static_assert(offsetof(LoginInfo, username) == 132 && size_of(&LoginInfo::username) == 64, "sUserName");
static_assert(offsetof(LoginInfo, password) == 196 && size_of(&LoginInfo::password) == 64, "sPassword");
static_assert(offsetof(LoginInfo, on_result) == 264 && size_of(&LoginInfo::on_result) == 8, "cbLoginResult");
static_assert(offsetof(LoginInfo, user) == 272 && size_of(&LoginInfo::user) == 8, "pUser");
static_assert(offsetof(LoginInfo, asynchronous) == 280 && size_of(&LoginInfo::asynchronous) == 4, "bUseAsynLogin");
static_assert(offsetof(LoginInfo, proxy_type) == 284 && size_of(&LoginInfo::proxy_type) == 1, "byProxyType");
static_assert(offsetof(LoginInfo, times) == 285 && size_of(&LoginInfo::times) == 1, "byUseUTCTime");
static_assert(offsetof(LoginInfo, login_mode) == 286 && size_of(&LoginInfo::login_mode) == 1, "byLoginMode");
static_assert(offsetof(LoginInfo, tls) == 287 && size_of(&LoginInfo::tls) == 1, "byHttps");
static_assert(offsetof(LoginInfo, proxy_id) == 288 && size_of(&LoginInfo::proxy_id) == 4, "iProxyID");
static_assert(offsetof(LoginInfo, verify_certificate) == 292 && size_of(&LoginInfo::verify_certificate) == 1, "byVerifyMode");
static_assert(offsetof(LoginInfo, reserved3) == 293 && size_of(&LoginInfo::reserved3) == 119, "byRes3");

// NET_DVR_DEVICEINFO_V30
static_assert(sizeof(DeviceInfoV30) == 80);
static_assert(offsetof(DeviceInfoV30, serial) == 0 && size_of(&DeviceInfoV30::serial) == 48, "sSerialNumber");
static_assert(offsetof(DeviceInfoV30, alarm_inputs) == 48 && size_of(&DeviceInfoV30::alarm_inputs) == 1, "byAlarmInPortNum");
static_assert(offsetof(DeviceInfoV30, alarm_outputs) == 49 && size_of(&DeviceInfoV30::alarm_outputs) == 1, "byAlarmOutPortNum");
static_assert(offsetof(DeviceInfoV30, disks) == 50 && size_of(&DeviceInfoV30::disks) == 1, "byDiskNum");
static_assert(offsetof(DeviceInfoV30, type_low) == 51 && size_of(&DeviceInfoV30::type_low) == 1, "byDVRType");
static_assert(offsetof(DeviceInfoV30, analog_channels) == 52 && size_of(&DeviceInfoV30::analog_channels) == 1, "byChanNum");
static_assert(offsetof(DeviceInfoV30, first_analog) == 53 && size_of(&DeviceInfoV30::first_analog) == 1, "byStartChan");
static_assert(offsetof(DeviceInfoV30, talk_channels) == 54 && size_of(&DeviceInfoV30::talk_channels) == 1, "byAudioChanNum");
static_assert(offsetof(DeviceInfoV30, ip_channels_low) == 55 && size_of(&DeviceInfoV30::ip_channels_low) == 1, "byIPChanNum");
static_assert(offsetof(DeviceInfoV30, zero_channels) == 56 && size_of(&DeviceInfoV30::zero_channels) == 1, "byZeroChanNum");
static_assert(offsetof(DeviceInfoV30, main_protocol) == 57 && size_of(&DeviceInfoV30::main_protocol) == 1, "byMainProto");
static_assert(offsetof(DeviceInfoV30, sub_protocol) == 58 && size_of(&DeviceInfoV30::sub_protocol) == 1, "bySubProto");
static_assert(offsetof(DeviceInfoV30, support) == 59 && size_of(&DeviceInfoV30::support) == 1, "bySupport");
static_assert(offsetof(DeviceInfoV30, support1) == 60 && size_of(&DeviceInfoV30::support1) == 1, "bySupport1");
static_assert(offsetof(DeviceInfoV30, support2) == 61 && size_of(&DeviceInfoV30::support2) == 1, "bySupport2");
static_assert(offsetof(DeviceInfoV30, type) == 62 && size_of(&DeviceInfoV30::type) == 2, "wDevType");
static_assert(offsetof(DeviceInfoV30, support3) == 64 && size_of(&DeviceInfoV30::support3) == 1, "bySupport3");
static_assert(offsetof(DeviceInfoV30, stream_protocols) == 65 && size_of(&DeviceInfoV30::stream_protocols) == 1, "byMultiStreamProto");
static_assert(offsetof(DeviceInfoV30, first_ip) == 66 && size_of(&DeviceInfoV30::first_ip) == 1, "byStartDChan");
static_assert(offsetof(DeviceInfoV30, first_ip_talk) == 67 && size_of(&DeviceInfoV30::first_ip_talk) == 1, "byStartDTalkChan");
static_assert(offsetof(DeviceInfoV30, ip_channels_high) == 68 && size_of(&DeviceInfoV30::ip_channels_high) == 1, "byHighDChanNum");
static_assert(offsetof(DeviceInfoV30, support4) == 69 && size_of(&DeviceInfoV30::support4) == 1, "bySupport4");
static_assert(offsetof(DeviceInfoV30, language) == 70 && size_of(&DeviceInfoV30::language) == 1, "byLanguageType");
static_assert(offsetof(DeviceInfoV30, voice_inputs) == 71 && size_of(&DeviceInfoV30::voice_inputs) == 1, "byVoiceInChanNum");
static_assert(offsetof(DeviceInfoV30, first_voice_input) == 72 && size_of(&DeviceInfoV30::first_voice_input) == 1, "byStartVoiceInChanNo");
static_assert(offsetof(DeviceInfoV30, support5) == 73 && size_of(&DeviceInfoV30::support5) == 1, "bySupport5");
static_assert(offsetof(DeviceInfoV30, support6) == 74 && size_of(&DeviceInfoV30::support6) == 1, "bySupport6");
static_assert(offsetof(DeviceInfoV30, mirror_channels) == 75 && size_of(&DeviceInfoV30::mirror_channels) == 1, "byMirrorChanNum");
static_assert(offsetof(DeviceInfoV30, first_mirror) == 76 && size_of(&DeviceInfoV30::first_mirror) == 2, "wStartMirrorChanNo");
static_assert(offsetof(DeviceInfoV30, support7) == 78 && size_of(&DeviceInfoV30::support7) == 1, "bySupport7");
static_assert(offsetof(DeviceInfoV30, reserved2) == 79 && size_of(&DeviceInfoV30::reserved2) == 1, "byRes2");

// NET_DVR_DEVICEINFO_V40
static_assert(sizeof(DeviceInfoV40) == 344);
static_assert(offsetof(DeviceInfoV40, basic) == 0 && size_of(&DeviceInfoV40::basic) == 80, "struDeviceV30");
static_assert(offsetof(DeviceInfoV40, lock_known) == 80 && size_of(&DeviceInfoV40::lock_known) == 1, "bySupportLock");
static_assert(offsetof(DeviceInfoV40, attempts_left) == 81 && size_of(&DeviceInfoV40::attempts_left) == 1, "byRetryLoginTime");
static_assert(offsetof(DeviceInfoV40, password_level) == 82 && size_of(&DeviceInfoV40::password_level) == 1, "byPasswordLevel");
static_assert(offsetof(DeviceInfoV40, proxy_type) == 83 && size_of(&DeviceInfoV40::proxy_type) == 1, "byProxyType");
static_assert(offsetof(DeviceInfoV40, locked_seconds) == 84 && size_of(&DeviceInfoV40::locked_seconds) == 4, "dwSurplusLockTime");
static_assert(offsetof(DeviceInfoV40, encoding) == 88 && size_of(&DeviceInfoV40::encoding) == 1, "byCharEncodeType");
static_assert(offsetof(DeviceInfoV40, support_dev5) == 89 && size_of(&DeviceInfoV40::support_dev5) == 1, "bySupportDev5");
static_assert(offsetof(DeviceInfoV40, support) == 90 && size_of(&DeviceInfoV40::support) == 1, "bySupport");
static_assert(offsetof(DeviceInfoV40, login_mode) == 91 && size_of(&DeviceInfoV40::login_mode) == 1, "byLoginMode");
static_assert(offsetof(DeviceInfoV40, oem) == 92 && size_of(&DeviceInfoV40::oem) == 4, "dwOEMCode");
static_assert(offsetof(DeviceInfoV40, password_days) == 96 && size_of(&DeviceInfoV40::password_days) == 4, "iResidualValidity");
static_assert(offsetof(DeviceInfoV40, password_days_known) == 100 && size_of(&DeviceInfoV40::password_days_known) == 1, "byResidualValidity");
static_assert(offsetof(DeviceInfoV40, first_single_talk) == 101 && size_of(&DeviceInfoV40::first_single_talk) == 1, "bySingleStartDTalkChan");
static_assert(offsetof(DeviceInfoV40, single_talks) == 102 && size_of(&DeviceInfoV40::single_talks) == 1, "bySingleDTalkChanNums");
static_assert(offsetof(DeviceInfoV40, password_reset_level) == 103 && size_of(&DeviceInfoV40::password_reset_level) == 1, "byPassWordResetLevel");
static_assert(offsetof(DeviceInfoV40, stream_encryption) == 104 && size_of(&DeviceInfoV40::stream_encryption) == 1, "bySupportStreamEncrypt");
static_assert(offsetof(DeviceInfoV40, market) == 105 && size_of(&DeviceInfoV40::market) == 1, "byMarketType");
static_assert(offsetof(DeviceInfoV40, tls_support) == 106 && size_of(&DeviceInfoV40::tls_support) == 1, "byTLSCap");
static_assert(offsetof(DeviceInfoV40, reserved2) == 107 && size_of(&DeviceInfoV40::reserved2) == 237, "byRes2");

// NET_DVR_LOCAL_SDK_PATH
static_assert(sizeof(LibraryPath) == 384);
static_assert(offsetof(LibraryPath, path) == 0 && size_of(&LibraryPath::path) == 256, "sPath");
static_assert(offsetof(LibraryPath, reserved) == 256 && size_of(&LibraryPath::reserved) == 128, "byRes");

// NET_DVR_INIT_CFG_ABILITY
static_assert(sizeof(InitAbility) == 72);
static_assert(offsetof(InitAbility, logins) == 0 && size_of(&InitAbility::logins) == 4, "enumMaxLoginUsersNum");
static_assert(offsetof(InitAbility, alarm_channels) == 4 && size_of(&InitAbility::alarm_channels) == 4, "enumMaxAlarmNum");
static_assert(offsetof(InitAbility, reserved) == 8 && size_of(&InitAbility::reserved) == 64, "byRes");

// NET_DVR_LOCAL_GENERAL_CFG
static_assert(sizeof(GeneralConfig) == 256);
static_assert(offsetof(GeneralConfig, exceptions_directly) == 0 && size_of(&GeneralConfig::exceptions_directly) == 1, "byExceptionCbDirectly");
static_assert(offsetof(GeneralConfig, not_split_record_file) == 1 && size_of(&GeneralConfig::not_split_record_file) == 1, "byNotSplitRecordFile");
static_assert(offsetof(GeneralConfig, resume_upgrade_enable) == 2 && size_of(&GeneralConfig::resume_upgrade_enable) == 1, "byResumeUpgradeEnable");
static_assert(offsetof(GeneralConfig, alarm_json_picture_separate) == 3 && size_of(&GeneralConfig::alarm_json_picture_separate) == 1, "byAlarmJsonPictureSeparate");
static_assert(offsetof(GeneralConfig, reserved) == 4 && size_of(&GeneralConfig::reserved) == 4, "byRes");
static_assert(offsetof(GeneralConfig, file_size) == 8 && size_of(&GeneralConfig::file_size) == 8, "i64FileSize");
static_assert(offsetof(GeneralConfig, resume_upgrade_timeout) == 16 && size_of(&GeneralConfig::resume_upgrade_timeout) == 4, "dwResumeUpgradeTimeout");
static_assert(offsetof(GeneralConfig, alarm_reconnect_pool) == 20 && size_of(&GeneralConfig::alarm_reconnect_pool) == 1, "byAlarmReconnectMode");
static_assert(offsetof(GeneralConfig, large_pass_through) == 21 && size_of(&GeneralConfig::large_pass_through) == 1, "byStdXmlBufferSize");
static_assert(offsetof(GeneralConfig, multiplexing) == 22 && size_of(&GeneralConfig::multiplexing) == 1, "byMultiplexing");
static_assert(offsetof(GeneralConfig, fast_upgrade) == 23 && size_of(&GeneralConfig::fast_upgrade) == 1, "byFastUpgrade");
static_assert(offsetof(GeneralConfig, alarm_prealloc) == 24 && size_of(&GeneralConfig::alarm_prealloc) == 1, "byAlarmPrealloc");
static_assert(offsetof(GeneralConfig, reserved1) == 25 && size_of(&GeneralConfig::reserved1) == 231, "byRes1");

// NET_DVR_LOCAL_CHECK_DEV
static_assert(sizeof(CheckDeviceConfig) == 264);
static_assert(offsetof(CheckDeviceConfig, interval_ms) == 0 && size_of(&CheckDeviceConfig::interval_ms) == 4, "dwCheckOnlineTimeout");
static_assert(offsetof(CheckDeviceConfig, failures) == 4 && size_of(&CheckDeviceConfig::failures) == 4, "dwCheckOnlineNetFailMax");
static_assert(offsetof(CheckDeviceConfig, reserved) == 8 && size_of(&CheckDeviceConfig::reserved) == 256, "byRes");

// NET_DVR_LOCAL_MODULE_RECV_TIMEOUT_CFG
static_assert(sizeof(ReceiveTimeoutConfig) == 528);
static_assert(offsetof(ReceiveTimeoutConfig, preview_ms) == 0 && size_of(&ReceiveTimeoutConfig::preview_ms) == 4, "dwPreviewTime");
static_assert(offsetof(ReceiveTimeoutConfig, alarm_ms) == 4 && size_of(&ReceiveTimeoutConfig::alarm_ms) == 4, "dwAlarmTime");
static_assert(offsetof(ReceiveTimeoutConfig, playback_ms) == 8 && size_of(&ReceiveTimeoutConfig::playback_ms) == 4, "dwVodTime");
static_assert(offsetof(ReceiveTimeoutConfig, others_ms) == 12 && size_of(&ReceiveTimeoutConfig::others_ms) == 4, "dwElse");
static_assert(offsetof(ReceiveTimeoutConfig, reserved) == 16 && size_of(&ReceiveTimeoutConfig::reserved) == 512, "byRes");

// NET_DVR_SDKABL
static_assert(sizeof(Ability) == 84);
static_assert(offsetof(Ability, max_logins) == 0 && size_of(&Ability::max_logins) == 4, "dwMaxLoginNum");
static_assert(offsetof(Ability, max_live_views) == 4 && size_of(&Ability::max_live_views) == 4, "dwMaxRealPlayNum");
static_assert(offsetof(Ability, max_playbacks) == 8 && size_of(&Ability::max_playbacks) == 4, "dwMaxPlayBackNum");
static_assert(offsetof(Ability, max_alarm_channels) == 12 && size_of(&Ability::max_alarm_channels) == 4, "dwMaxAlarmChanNum");
static_assert(offsetof(Ability, max_formats) == 16 && size_of(&Ability::max_formats) == 4, "dwMaxFormatNum");
static_assert(offsetof(Ability, max_file_searches) == 20 && size_of(&Ability::max_file_searches) == 4, "dwMaxFileSearchNum");
static_assert(offsetof(Ability, max_log_searches) == 24 && size_of(&Ability::max_log_searches) == 4, "dwMaxLogSearchNum");
static_assert(offsetof(Ability, max_serials) == 28 && size_of(&Ability::max_serials) == 4, "dwMaxSerialNum");
static_assert(offsetof(Ability, max_upgrades) == 32 && size_of(&Ability::max_upgrades) == 4, "dwMaxUpgradeNum");
static_assert(offsetof(Ability, max_talks) == 36 && size_of(&Ability::max_talks) == 4, "dwMaxVoiceComNum");
static_assert(offsetof(Ability, max_broadcasts) == 40 && size_of(&Ability::max_broadcasts) == 4, "dwMaxBroadCastNum");
static_assert(offsetof(Ability, reserved) == 44 && size_of(&Ability::reserved) == 40, "dwRes");

// NET_DVR_SDKSTATE
static_assert(sizeof(State) == 84);
static_assert(offsetof(State, logins) == 0 && size_of(&State::logins) == 4, "dwTotalLoginNum");
static_assert(offsetof(State, live_views) == 4 && size_of(&State::live_views) == 4, "dwTotalRealPlayNum");
static_assert(offsetof(State, playbacks) == 8 && size_of(&State::playbacks) == 4, "dwTotalPlayBackNum");
static_assert(offsetof(State, alarm_channels) == 12 && size_of(&State::alarm_channels) == 4, "dwTotalAlarmChanNum");
static_assert(offsetof(State, formats) == 16 && size_of(&State::formats) == 4, "dwTotalFormatNum");
static_assert(offsetof(State, file_searches) == 20 && size_of(&State::file_searches) == 4, "dwTotalFileSearchNum");
static_assert(offsetof(State, log_searches) == 24 && size_of(&State::log_searches) == 4, "dwTotalLogSearchNum");
static_assert(offsetof(State, serials) == 28 && size_of(&State::serials) == 4, "dwTotalSerialNum");
static_assert(offsetof(State, upgrades) == 32 && size_of(&State::upgrades) == 4, "dwTotalUpgradeNum");
static_assert(offsetof(State, talks) == 36 && size_of(&State::talks) == 4, "dwTotalVoiceComNum");
static_assert(offsetof(State, broadcasts) == 40 && size_of(&State::broadcasts) == 4, "dwTotalBroadCastNum");
static_assert(offsetof(State, listeners) == 44 && size_of(&State::listeners) == 4, "dwTotalListenNum");
static_assert(offsetof(State, email_tests) == 48 && size_of(&State::email_tests) == 4, "dwEmailTestNum");
static_assert(offsetof(State, backups) == 52 && size_of(&State::backups) == 4, "dwBackupNum");
static_assert(offsetof(State, inquest_uploads) == 56 && size_of(&State::inquest_uploads) == 4, "dwTotalInquestUploadNum");
static_assert(offsetof(State, reserved) == 60 && size_of(&State::reserved) == 24, "dwRes");

// NET_DVR_PREVIEWINFO
static_assert(sizeof(PreviewInfo) == 280);
static_assert(offsetof(PreviewInfo, channel) == 0 && size_of(&PreviewInfo::channel) == 4, "lChannel");
static_assert(offsetof(PreviewInfo, stream_type) == 4 && size_of(&PreviewInfo::stream_type) == 4, "dwStreamType");
static_assert(offsetof(PreviewInfo, link_mode) == 8 && size_of(&PreviewInfo::link_mode) == 4, "dwLinkMode");
static_assert(offsetof(PreviewInfo, window) == 12 && size_of(&PreviewInfo::window) == 4, "hPlayWnd");
static_assert(offsetof(PreviewInfo, blocked) == 16 && size_of(&PreviewInfo::blocked) == 4, "bBlocked");
static_assert(offsetof(PreviewInfo, fill_gaps) == 20 && size_of(&PreviewInfo::fill_gaps) == 4, "bPassbackRecord");
static_assert(offsetof(PreviewInfo, preview_mode) == 24 && size_of(&PreviewInfo::preview_mode) == 1, "byPreviewMode");
static_assert(offsetof(PreviewInfo, stream_id) == 25 && size_of(&PreviewInfo::stream_id) == 32, "byStreamID");
static_assert(offsetof(PreviewInfo, protocol) == 57 && size_of(&PreviewInfo::protocol) == 1, "byProtoType");
static_assert(offsetof(PreviewInfo, reserved1) == 58 && size_of(&PreviewInfo::reserved1) == 1, "byRes1");
static_assert(offsetof(PreviewInfo, video_coding) == 59 && size_of(&PreviewInfo::video_coding) == 1, "byVideoCodingType");
static_assert(offsetof(PreviewInfo, display_buffers) == 60 && size_of(&PreviewInfo::display_buffers) == 4, "dwDisplayBufNum");
static_assert(offsetof(PreviewInfo, npq_mode) == 64 && size_of(&PreviewInfo::npq_mode) == 1, "byNPQMode");
static_assert(offsetof(PreviewInfo, receive_metadata) == 65 && size_of(&PreviewInfo::receive_metadata) == 1, "byRecvMetaData");
static_assert(offsetof(PreviewInfo, data_type) == 66 && size_of(&PreviewInfo::data_type) == 1, "byDataType");
static_assert(offsetof(PreviewInfo, reserved) == 67 && size_of(&PreviewInfo::reserved) == 213, "byRes");

// NET_DVR_ALARMER
static_assert(sizeof(Alarmer) == 372);
static_assert(offsetof(Alarmer, user_id_valid) == 0 && size_of(&Alarmer::user_id_valid) == 1, "byUserIDValid");
static_assert(offsetof(Alarmer, serial_valid) == 1 && size_of(&Alarmer::serial_valid) == 1, "bySerialValid");
static_assert(offsetof(Alarmer, version_valid) == 2 && size_of(&Alarmer::version_valid) == 1, "byVersionValid");
static_assert(offsetof(Alarmer, device_name_valid) == 3 && size_of(&Alarmer::device_name_valid) == 1, "byDeviceNameValid");
static_assert(offsetof(Alarmer, mac_valid) == 4 && size_of(&Alarmer::mac_valid) == 1, "byMacAddrValid");
static_assert(offsetof(Alarmer, link_port_valid) == 5 && size_of(&Alarmer::link_port_valid) == 1, "byLinkPortValid");
static_assert(offsetof(Alarmer, device_ip_valid) == 6 && size_of(&Alarmer::device_ip_valid) == 1, "byDeviceIPValid");
static_assert(offsetof(Alarmer, socket_ip_valid) == 7 && size_of(&Alarmer::socket_ip_valid) == 1, "bySocketIPValid");
static_assert(offsetof(Alarmer, user_id) == 8 && size_of(&Alarmer::user_id) == 4, "lUserID");
static_assert(offsetof(Alarmer, serial) == 12 && size_of(&Alarmer::serial) == 48, "sSerialNumber");
static_assert(offsetof(Alarmer, device_version) == 60 && size_of(&Alarmer::device_version) == 4, "dwDeviceVersion");
static_assert(offsetof(Alarmer, device_name) == 64 && size_of(&Alarmer::device_name) == 32, "sDeviceName");
static_assert(offsetof(Alarmer, mac) == 96 && size_of(&Alarmer::mac) == 6, "byMacAddr");
static_assert(offsetof(Alarmer, link_port) == 102 && size_of(&Alarmer::link_port) == 2, "wLinkPort");
static_assert(offsetof(Alarmer, device_ip) == 104 && size_of(&Alarmer::device_ip) == 128, "sDeviceIP");
static_assert(offsetof(Alarmer, socket_ip) == 232 && size_of(&Alarmer::socket_ip) == 128, "sSocketIP");
static_assert(offsetof(Alarmer, ip_protocol) == 360 && size_of(&Alarmer::ip_protocol) == 1, "byIpProtocol");
static_assert(offsetof(Alarmer, reserved1) == 361 && size_of(&Alarmer::reserved1) == 2, "byRes1");
static_assert(offsetof(Alarmer, json_broken) == 363 && size_of(&Alarmer::json_broken) == 1, "bJSONBroken");
static_assert(offsetof(Alarmer, socket_port) == 364 && size_of(&Alarmer::socket_port) == 2, "wSocketPort");
static_assert(offsetof(Alarmer, reserved2) == 366 && size_of(&Alarmer::reserved2) == 6, "byRes2");

// NET_DVR_SETUPALARM_PARAM
static_assert(sizeof(AlarmSetup) == 20);
static_assert(offsetof(AlarmSetup, size) == 0 && size_of(&AlarmSetup::size) == 4, "dwSize");
static_assert(offsetof(AlarmSetup, level) == 4 && size_of(&AlarmSetup::level) == 1, "byLevel");
static_assert(offsetof(AlarmSetup, plate_form) == 5 && size_of(&AlarmSetup::plate_form) == 1, "byAlarmInfoType");
static_assert(offsetof(AlarmSetup, want_v40) == 6 && size_of(&AlarmSetup::want_v40) == 1, "byRetAlarmTypeV40");
static_assert(offsetof(AlarmSetup, device_info_version) == 7 && size_of(&AlarmSetup::device_info_version) == 1, "byRetDevInfoVersion");
static_assert(offsetof(AlarmSetup, vqd_form) == 8 && size_of(&AlarmSetup::vqd_form) == 1, "byRetVQDAlarmType");
static_assert(offsetof(AlarmSetup, face_form) == 9 && size_of(&AlarmSetup::face_form) == 1, "byFaceAlarmDetection");
static_assert(offsetof(AlarmSetup, support) == 10 && size_of(&AlarmSetup::support) == 1, "bySupport");
static_assert(offsetof(AlarmSetup, resend) == 11 && size_of(&AlarmSetup::resend) == 1, "byBrokenNetHttp");
static_assert(offsetof(AlarmSetup, task_no) == 12 && size_of(&AlarmSetup::task_no) == 2, "wTaskNo");
static_assert(offsetof(AlarmSetup, deploy) == 14 && size_of(&AlarmSetup::deploy) == 1, "byDeployType");
static_assert(offsetof(AlarmSetup, subscription) == 15 && size_of(&AlarmSetup::subscription) == 1, "bySubScription");
static_assert(offsetof(AlarmSetup, reserved1) == 16 && size_of(&AlarmSetup::reserved1) == 2, "byRes1");
static_assert(offsetof(AlarmSetup, pictures_as_url) == 18 && size_of(&AlarmSetup::pictures_as_url) == 1, "byAlarmTypeURL");
static_assert(offsetof(AlarmSetup, custom_control) == 19 && size_of(&AlarmSetup::custom_control) == 1, "byCustomCtrl");

// NET_DVR_ALARMINFO
static_assert(sizeof(AlarmInfo) == 216);
static_assert(offsetof(AlarmInfo, type) == 0 && size_of(&AlarmInfo::type) == 4, "dwAlarmType");
static_assert(offsetof(AlarmInfo, input) == 4 && size_of(&AlarmInfo::input) == 4, "dwAlarmInputNumber");
static_assert(offsetof(AlarmInfo, outputs) == 8 && size_of(&AlarmInfo::outputs) == 16, "dwAlarmOutputNumber");
static_assert(offsetof(AlarmInfo, related_channels) == 24 && size_of(&AlarmInfo::related_channels) == 64, "dwAlarmRelateChannel");
static_assert(offsetof(AlarmInfo, channels) == 88 && size_of(&AlarmInfo::channels) == 64, "dwChannel");
static_assert(offsetof(AlarmInfo, disks) == 152 && size_of(&AlarmInfo::disks) == 64, "dwDiskNumber");

// NET_DVR_ALARMINFO_V30
static_assert(sizeof(AlarmInfoV30) == 268);
static_assert(offsetof(AlarmInfoV30, type) == 0 && size_of(&AlarmInfoV30::type) == 4, "dwAlarmType");
static_assert(offsetof(AlarmInfoV30, input) == 4 && size_of(&AlarmInfoV30::input) == 4, "dwAlarmInputNumber");
static_assert(offsetof(AlarmInfoV30, outputs) == 8 && size_of(&AlarmInfoV30::outputs) == 96, "byAlarmOutputNumber");
static_assert(offsetof(AlarmInfoV30, related_channels) == 104 && size_of(&AlarmInfoV30::related_channels) == 64, "byAlarmRelateChannel");
static_assert(offsetof(AlarmInfoV30, channels) == 168 && size_of(&AlarmInfoV30::channels) == 64, "byChannel");
static_assert(offsetof(AlarmInfoV30, disks) == 232 && size_of(&AlarmInfoV30::disks) == 33, "byDiskNumber");

// NET_DVR_ALRAM_FIXED_HEADER
static_assert(sizeof(AlarmFixedHeader) == 152);
static_assert(offsetof(AlarmFixedHeader, type) == 0 && size_of(&AlarmFixedHeader::type) == 4, "dwAlarmType");
static_assert(offsetof(AlarmFixedHeader, time) == 4 && size_of(&AlarmFixedHeader::time) == 8, "struAlarmTime");
static_assert(offsetof(AlarmFixedHeader, of_type) == 16 && size_of(&AlarmFixedHeader::of_type) == 120, "uStruAlarm");
static_assert(offsetof(AlarmFixedHeader, reserved_pointer) == 136 && size_of(&AlarmFixedHeader::reserved_pointer) == 8, "pRes");
static_assert(offsetof(AlarmFixedHeader, has_offset) == 144 && size_of(&AlarmFixedHeader::has_offset) == 1, "byTimeDiffFlag");
static_assert(offsetof(AlarmFixedHeader, offset_hours) == 145 && size_of(&AlarmFixedHeader::offset_hours) == 1, "cTimeDifferenceH");
static_assert(offsetof(AlarmFixedHeader, offset_minutes) == 146 && size_of(&AlarmFixedHeader::offset_minutes) == 1, "cTimeDifferenceM");
static_assert(offsetof(AlarmFixedHeader, reserved) == 147 && size_of(&AlarmFixedHeader::reserved) == 1, "byRes");
static_assert(offsetof(AlarmFixedHeader, ivms_channel) == 148 && size_of(&AlarmFixedHeader::ivms_channel) == 2, "wDevInfoIvmsChannel");
static_assert(offsetof(AlarmFixedHeader, reserved2) == 150 && size_of(&AlarmFixedHeader::reserved2) == 2, "byRes2");

// NET_DVR_ALARMINFO_V40
static_assert(sizeof(AlarmInfoV40) == 160);
static_assert(offsetof(AlarmInfoV40, header) == 0 && size_of(&AlarmInfoV40::header) == 152, "struAlarmFixedHeader");
static_assert(offsetof(AlarmInfoV40, data) == 152 && size_of(&AlarmInfoV40::data) == 8, "pAlarmData");

// NET_DVR_ALARM_ISAPI_INFO
static_assert(sizeof(IsapiAlarm) == 56);
static_assert(offsetof(IsapiAlarm, text) == 0 && size_of(&IsapiAlarm::text) == 8, "pAlarmData");
static_assert(offsetof(IsapiAlarm, text_size) == 8 && size_of(&IsapiAlarm::text_size) == 4, "dwAlarmDataLen");
static_assert(offsetof(IsapiAlarm, data_type) == 12 && size_of(&IsapiAlarm::data_type) == 1, "byDataType");
static_assert(offsetof(IsapiAlarm, picture_count) == 13 && size_of(&IsapiAlarm::picture_count) == 1, "byPicturesNumber");
static_assert(offsetof(IsapiAlarm, reserved) == 14 && size_of(&IsapiAlarm::reserved) == 2, "byRes");
static_assert(offsetof(IsapiAlarm, pictures) == 16 && size_of(&IsapiAlarm::pictures) == 8, "pPicPackData");
static_assert(offsetof(IsapiAlarm, reserved1) == 24 && size_of(&IsapiAlarm::reserved1) == 32, "byRes1");

// NET_DVR_ALARM_ISAPI_PICDATA
static_assert(sizeof(IsapiPicture) == 272);
static_assert(offsetof(IsapiPicture, size) == 0 && size_of(&IsapiPicture::size) == 4, "dwPicLen");
static_assert(offsetof(IsapiPicture, type) == 4 && size_of(&IsapiPicture::type) == 1, "byPicType");
static_assert(offsetof(IsapiPicture, reserved) == 5 && size_of(&IsapiPicture::reserved) == 3, "byRes");
static_assert(offsetof(IsapiPicture, filename) == 8 && size_of(&IsapiPicture::filename) == 256, "szFilename");
static_assert(offsetof(IsapiPicture, data) == 264 && size_of(&IsapiPicture::data) == 8, "pPicData");

// NET_VCA_POINT
static_assert(sizeof(VcaPoint) == 8);
static_assert(offsetof(VcaPoint, x) == 0 && size_of(&VcaPoint::x) == 4, "fX");
static_assert(offsetof(VcaPoint, y) == 4 && size_of(&VcaPoint::y) == 4, "fY");

// NET_VCA_RECT
static_assert(sizeof(VcaRect) == 16);
static_assert(offsetof(VcaRect, x) == 0 && size_of(&VcaRect::x) == 4, "fX");
static_assert(offsetof(VcaRect, y) == 4 && size_of(&VcaRect::y) == 4, "fY");
static_assert(offsetof(VcaRect, width) == 8 && size_of(&VcaRect::width) == 4, "fWidth");
static_assert(offsetof(VcaRect, height) == 12 && size_of(&VcaRect::height) == 4, "fHeight");

// NET_VCA_TARGET_INFO
static_assert(sizeof(VcaTarget) == 24);
static_assert(offsetof(VcaTarget, id) == 0 && size_of(&VcaTarget::id) == 4, "dwID");
static_assert(offsetof(VcaTarget, rect) == 4 && size_of(&VcaTarget::rect) == 16, "struRect");
static_assert(offsetof(VcaTarget, reserved) == 20 && size_of(&VcaTarget::reserved) == 4, "byRes");

// NET_VCA_RULE_INFO
static_assert(sizeof(VcaRule) == 132);
static_assert(offsetof(VcaRule, id) == 0 && size_of(&VcaRule::id) == 1, "byRuleID");
static_assert(offsetof(VcaRule, scene) == 1 && size_of(&VcaRule::scene) == 1, "bySceneID");
static_assert(offsetof(VcaRule, event_type_ex) == 2 && size_of(&VcaRule::event_type_ex) == 2, "wEventTypeEx");
static_assert(offsetof(VcaRule, name) == 4 && size_of(&VcaRule::name) == 32, "byRuleName");
static_assert(offsetof(VcaRule, event_type) == 36 && size_of(&VcaRule::event_type) == 4, "dwEventType");
static_assert(offsetof(VcaRule, parameters) == 40 && size_of(&VcaRule::parameters) == 92, "uEventParam");

// NET_VCA_DEV_INFO
static_assert(sizeof(VcaDevice) == 148);
static_assert(offsetof(VcaDevice, address) == 0 && size_of(&VcaDevice::address) == 144, "struDevIP");
static_assert(offsetof(VcaDevice, port) == 144 && size_of(&VcaDevice::port) == 2, "wPort");
static_assert(offsetof(VcaDevice, channel) == 146 && size_of(&VcaDevice::channel) == 1, "byChannel");
static_assert(offsetof(VcaDevice, ivms_channel) == 147 && size_of(&VcaDevice::ivms_channel) == 1, "byIvmsChannel");

// NET_VCA_RULE_ALARM
static_assert(sizeof(RuleAlarm) == 352);
static_assert(offsetof(RuleAlarm, size) == 0 && size_of(&RuleAlarm::size) == 4, "dwSize");
static_assert(offsetof(RuleAlarm, relative_time) == 4 && size_of(&RuleAlarm::relative_time) == 4, "dwRelativeTime");
static_assert(offsetof(RuleAlarm, time) == 8 && size_of(&RuleAlarm::time) == 4, "dwAbsTime");
static_assert(offsetof(RuleAlarm, rule) == 12 && size_of(&RuleAlarm::rule) == 132, "struRuleInfo");
static_assert(offsetof(RuleAlarm, target) == 144 && size_of(&RuleAlarm::target) == 24, "struTargetInfo");
static_assert(offsetof(RuleAlarm, device) == 168 && size_of(&RuleAlarm::device) == 148, "struDevInfo");
static_assert(offsetof(RuleAlarm, picture_size) == 316 && size_of(&RuleAlarm::picture_size) == 4, "dwPicDataLen");
static_assert(offsetof(RuleAlarm, picture_type) == 320 && size_of(&RuleAlarm::picture_type) == 1, "byPicType");
static_assert(offsetof(RuleAlarm, related_pictures) == 321 && size_of(&RuleAlarm::related_pictures) == 1, "byRelAlarmPicNum");
static_assert(offsetof(RuleAlarm, smart) == 322 && size_of(&RuleAlarm::smart) == 1, "bySmart");
static_assert(offsetof(RuleAlarm, picture_as_url) == 323 && size_of(&RuleAlarm::picture_as_url) == 1, "byPicTransType");
static_assert(offsetof(RuleAlarm, alarm_id) == 324 && size_of(&RuleAlarm::alarm_id) == 4, "dwAlarmID");
static_assert(offsetof(RuleAlarm, ivms_channel) == 328 && size_of(&RuleAlarm::ivms_channel) == 2, "wDevInfoIvmsChannelEx");
static_assert(offsetof(RuleAlarm, relative_time_flag) == 330 && size_of(&RuleAlarm::relative_time_flag) == 1, "byRelativeTimeFlag");
static_assert(offsetof(RuleAlarm, append_info_enabled) == 331 && size_of(&RuleAlarm::append_info_enabled) == 1, "byAppendInfoUploadEnabled");
static_assert(offsetof(RuleAlarm, append_info) == 336 && size_of(&RuleAlarm::append_info) == 8, "pAppendInfo");
static_assert(offsetof(RuleAlarm, picture) == 344 && size_of(&RuleAlarm::picture) == 8, "pImage");

// NET_VCA_FACESNAP_RESULT
static_assert(sizeof(FaceSnap) == 304);
static_assert(offsetof(FaceSnap, size) == 0 && size_of(&FaceSnap::size) == 4, "dwSize");
static_assert(offsetof(FaceSnap, relative_time) == 4 && size_of(&FaceSnap::relative_time) == 4, "dwRelativeTime");
static_assert(offsetof(FaceSnap, time) == 8 && size_of(&FaceSnap::time) == 4, "dwAbsTime");
static_assert(offsetof(FaceSnap, face_id) == 12 && size_of(&FaceSnap::face_id) == 4, "dwFacePicID");
static_assert(offsetof(FaceSnap, face_score) == 16 && size_of(&FaceSnap::face_score) == 4, "dwFaceScore");
static_assert(offsetof(FaceSnap, target) == 20 && size_of(&FaceSnap::target) == 24, "struTargetInfo");
static_assert(offsetof(FaceSnap, rect) == 44 && size_of(&FaceSnap::rect) == 16, "struRect");
static_assert(offsetof(FaceSnap, device) == 60 && size_of(&FaceSnap::device) == 148, "struDevInfo");
static_assert(offsetof(FaceSnap, face_size) == 208 && size_of(&FaceSnap::face_size) == 4, "dwFacePicLen");
static_assert(offsetof(FaceSnap, background_size) == 212 && size_of(&FaceSnap::background_size) == 4, "dwBackgroundPicLen");
static_assert(offsetof(FaceSnap, smart) == 216 && size_of(&FaceSnap::smart) == 1, "bySmart");
static_assert(offsetof(FaceSnap, alarm_end_mark) == 217 && size_of(&FaceSnap::alarm_end_mark) == 1, "byAlarmEndMark");
static_assert(offsetof(FaceSnap, repeat_times) == 218 && size_of(&FaceSnap::repeat_times) == 1, "byRepeatTimes");
static_assert(offsetof(FaceSnap, picture_as_url) == 219 && size_of(&FaceSnap::picture_as_url) == 1, "byUploadEventDataType");
static_assert(offsetof(FaceSnap, feature) == 220 && size_of(&FaceSnap::feature) == 16, "struFeature");
static_assert(offsetof(FaceSnap, stay_duration) == 236 && size_of(&FaceSnap::stay_duration) == 4, "fStayDuration");
static_assert(offsetof(FaceSnap, storage_ip) == 240 && size_of(&FaceSnap::storage_ip) == 16, "sStorageIP");
static_assert(offsetof(FaceSnap, storage_port) == 256 && size_of(&FaceSnap::storage_port) == 2, "wStoragePort");
static_assert(offsetof(FaceSnap, ivms_channel) == 258 && size_of(&FaceSnap::ivms_channel) == 2, "wDevInfoIvmsChannelEx");
static_assert(offsetof(FaceSnap, face_pic_quality) == 260 && size_of(&FaceSnap::face_pic_quality) == 1, "byFacePicQuality");
static_assert(offsetof(FaceSnap, uid_size) == 261 && size_of(&FaceSnap::uid_size) == 1, "byUIDLen");
static_assert(offsetof(FaceSnap, liveness) == 262 && size_of(&FaceSnap::liveness) == 1, "byLivenessDetectionStatus");
static_assert(offsetof(FaceSnap, add_info) == 263 && size_of(&FaceSnap::add_info) == 1, "byAddInfo");
static_assert(offsetof(FaceSnap, uid) == 264 && size_of(&FaceSnap::uid) == 8, "pUIDBuffer");
static_assert(offsetof(FaceSnap, add_info_buffer) == 272 && size_of(&FaceSnap::add_info_buffer) == 8, "pAddInfoBuffer");
static_assert(offsetof(FaceSnap, has_offset) == 280 && size_of(&FaceSnap::has_offset) == 1, "byTimeDiffFlag");
static_assert(offsetof(FaceSnap, offset_hours) == 281 && size_of(&FaceSnap::offset_hours) == 1, "cTimeDifferenceH");
static_assert(offsetof(FaceSnap, offset_minutes) == 282 && size_of(&FaceSnap::offset_minutes) == 1, "cTimeDifferenceM");
static_assert(offsetof(FaceSnap, resend) == 283 && size_of(&FaceSnap::resend) == 1, "byBrokenNetHttp");
static_assert(offsetof(FaceSnap, buffer1) == 288 && size_of(&FaceSnap::buffer1) == 8, "pBuffer1");
static_assert(offsetof(FaceSnap, buffer2) == 296 && size_of(&FaceSnap::buffer2) == 8, "pBuffer2");

// NET_DVR_ACS_EVENT_INFO
static_assert(sizeof(AccessEvent) == 104);
static_assert(offsetof(AccessEvent, size) == 0 && size_of(&AccessEvent::size) == 4, "dwSize");
static_assert(offsetof(AccessEvent, card) == 4 && size_of(&AccessEvent::card) == 32, "byCardNo");
static_assert(offsetof(AccessEvent, card_type) == 36 && size_of(&AccessEvent::card_type) == 1, "byCardType");
static_assert(offsetof(AccessEvent, allow_list) == 37 && size_of(&AccessEvent::allow_list) == 1, "byAllowListNo");
static_assert(offsetof(AccessEvent, report_channel) == 38 && size_of(&AccessEvent::report_channel) == 1, "byReportChannel");
static_assert(offsetof(AccessEvent, reader_kind) == 39 && size_of(&AccessEvent::reader_kind) == 1, "byCardReaderKind");
static_assert(offsetof(AccessEvent, reader) == 40 && size_of(&AccessEvent::reader) == 4, "dwCardReaderNo");
static_assert(offsetof(AccessEvent, door) == 44 && size_of(&AccessEvent::door) == 4, "dwDoorNo");
static_assert(offsetof(AccessEvent, verification) == 48 && size_of(&AccessEvent::verification) == 4, "dwVerifyNo");
static_assert(offsetof(AccessEvent, alarm_input) == 52 && size_of(&AccessEvent::alarm_input) == 4, "dwAlarmInNo");
static_assert(offsetof(AccessEvent, alarm_output) == 56 && size_of(&AccessEvent::alarm_output) == 4, "dwAlarmOutNo");
static_assert(offsetof(AccessEvent, case_sensor) == 60 && size_of(&AccessEvent::case_sensor) == 4, "dwCaseSensorNo");
static_assert(offsetof(AccessEvent, rs485) == 64 && size_of(&AccessEvent::rs485) == 4, "dwRs485No");
static_assert(offsetof(AccessEvent, multi_card_group) == 68 && size_of(&AccessEvent::multi_card_group) == 4, "dwMultiCardGroupNo");
static_assert(offsetof(AccessEvent, access_channel) == 72 && size_of(&AccessEvent::access_channel) == 2, "wAccessChannel");
static_assert(offsetof(AccessEvent, device_no) == 74 && size_of(&AccessEvent::device_no) == 1, "byDeviceNo");
static_assert(offsetof(AccessEvent, distract_control_no) == 75 && size_of(&AccessEvent::distract_control_no) == 1, "byDistractControlNo");
static_assert(offsetof(AccessEvent, employee) == 76 && size_of(&AccessEvent::employee) == 4, "dwEmployeeNo");
static_assert(offsetof(AccessEvent, local_controller) == 80 && size_of(&AccessEvent::local_controller) == 2, "wLocalControllerID");
static_assert(offsetof(AccessEvent, internet_access) == 82 && size_of(&AccessEvent::internet_access) == 1, "byInternetAccess");
static_assert(offsetof(AccessEvent, type) == 83 && size_of(&AccessEvent::type) == 1, "byType");
static_assert(offsetof(AccessEvent, mac) == 84 && size_of(&AccessEvent::mac) == 6, "byMACAddr");
static_assert(offsetof(AccessEvent, swipe_card_type) == 90 && size_of(&AccessEvent::swipe_card_type) == 1, "bySwipeCardType");
static_assert(offsetof(AccessEvent, mask) == 91 && size_of(&AccessEvent::mask) == 1, "byMask");
static_assert(offsetof(AccessEvent, serial) == 92 && size_of(&AccessEvent::serial) == 4, "dwSerialNo");
static_assert(offsetof(AccessEvent, channel_controller) == 96 && size_of(&AccessEvent::channel_controller) == 1, "byChannelControllerID");
static_assert(offsetof(AccessEvent, channel_lamp) == 97 && size_of(&AccessEvent::channel_lamp) == 1, "byChannelControllerLampID");
static_assert(offsetof(AccessEvent, channel_ir_adaptor) == 98 && size_of(&AccessEvent::channel_ir_adaptor) == 1, "byChannelControllerIRAdaptorID");
static_assert(offsetof(AccessEvent, channel_ir_emitter) == 99 && size_of(&AccessEvent::channel_ir_emitter) == 1, "byChannelControllerIREmitterID");
static_assert(offsetof(AccessEvent, helmet) == 100 && size_of(&AccessEvent::helmet) == 1, "byHelmet");
static_assert(offsetof(AccessEvent, reserved) == 101 && size_of(&AccessEvent::reserved) == 3, "byRes");

// NET_DVR_ACS_ALARM_INFO
static_assert(sizeof(AccessAlarm) == 352);
static_assert(offsetof(AccessAlarm, size) == 0 && size_of(&AccessAlarm::size) == 4, "dwSize");
static_assert(offsetof(AccessAlarm, major) == 4 && size_of(&AccessAlarm::major) == 4, "dwMajor");
static_assert(offsetof(AccessAlarm, minor) == 8 && size_of(&AccessAlarm::minor) == 4, "dwMinor");
static_assert(offsetof(AccessAlarm, time) == 12 && size_of(&AccessAlarm::time) == 24, "struTime");
static_assert(offsetof(AccessAlarm, user) == 36 && size_of(&AccessAlarm::user) == 16, "sNetUser");
static_assert(offsetof(AccessAlarm, remote) == 52 && size_of(&AccessAlarm::remote) == 144, "struRemoteHostAddr");
static_assert(offsetof(AccessAlarm, event) == 196 && size_of(&AccessAlarm::event) == 104, "struAcsEventInfo");
static_assert(offsetof(AccessAlarm, picture_size) == 300 && size_of(&AccessAlarm::picture_size) == 4, "dwPicDataLen");
static_assert(offsetof(AccessAlarm, picture) == 304 && size_of(&AccessAlarm::picture) == 8, "pPicData");
static_assert(offsetof(AccessAlarm, inductive_event_type) == 312 && size_of(&AccessAlarm::inductive_event_type) == 2, "wInductiveEventType");
static_assert(offsetof(AccessAlarm, picture_as_url) == 314 && size_of(&AccessAlarm::picture_as_url) == 1, "byPicTransType");
static_assert(offsetof(AccessAlarm, reserved1) == 315 && size_of(&AccessAlarm::reserved1) == 1, "byRes1");
static_assert(offsetof(AccessAlarm, iot_channel) == 316 && size_of(&AccessAlarm::iot_channel) == 4, "dwIOTChannelNo");
static_assert(offsetof(AccessAlarm, extension) == 320 && size_of(&AccessAlarm::extension) == 8, "pAcsEventInfoExtend");
static_assert(offsetof(AccessAlarm, has_extension) == 328 && size_of(&AccessAlarm::has_extension) == 1, "byAcsEventInfoExtend");
static_assert(offsetof(AccessAlarm, time_is_utc) == 329 && size_of(&AccessAlarm::time_is_utc) == 1, "byTimeType");
static_assert(offsetof(AccessAlarm, reserved2) == 330 && size_of(&AccessAlarm::reserved2) == 1, "byRes2");
static_assert(offsetof(AccessAlarm, has_extension_v20) == 331 && size_of(&AccessAlarm::has_extension_v20) == 1, "byAcsEventInfoExtendV20");
static_assert(offsetof(AccessAlarm, extension_v20) == 336 && size_of(&AccessAlarm::extension_v20) == 8, "pAcsEventInfoExtendV20");
static_assert(offsetof(AccessAlarm, reserved) == 344 && size_of(&AccessAlarm::reserved) == 4, "byRes");

// NET_DVR_VIDEO_INTERCOM_EVENT
static_assert(sizeof(IntercomEvent) == 568);
static_assert(offsetof(IntercomEvent, size) == 0 && size_of(&IntercomEvent::size) == 4, "dwSize");
static_assert(offsetof(IntercomEvent, time) == 4 && size_of(&IntercomEvent::time) == 8, "struTime");
static_assert(offsetof(IntercomEvent, device_number) == 12 && size_of(&IntercomEvent::device_number) == 32, "byDevNumber");
static_assert(offsetof(IntercomEvent, type) == 44 && size_of(&IntercomEvent::type) == 1, "byEventType");
static_assert(offsetof(IntercomEvent, picture_as_url) == 45 && size_of(&IntercomEvent::picture_as_url) == 1, "byPicTransType");
static_assert(offsetof(IntercomEvent, reserved1) == 46 && size_of(&IntercomEvent::reserved1) == 2, "byRes1");
static_assert(offsetof(IntercomEvent, of_type) == 48 && size_of(&IntercomEvent::of_type) == 264, "uEventInfo");
static_assert(offsetof(IntercomEvent, iot_channel) == 312 && size_of(&IntercomEvent::iot_channel) == 4, "dwIOTChannelNo");
static_assert(offsetof(IntercomEvent, reserved2) == 316 && size_of(&IntercomEvent::reserved2) == 252, "byRes2");

// NET_DVR_VIDEO_INTERCOM_ALARM
static_assert(sizeof(IntercomAlarm) == 560);
static_assert(offsetof(IntercomAlarm, size) == 0 && size_of(&IntercomAlarm::size) == 4, "dwSize");
static_assert(offsetof(IntercomAlarm, time) == 4 && size_of(&IntercomAlarm::time) == 8, "struTime");
static_assert(offsetof(IntercomAlarm, device_number) == 12 && size_of(&IntercomAlarm::device_number) == 32, "byDevNumber");
static_assert(offsetof(IntercomAlarm, type) == 44 && size_of(&IntercomAlarm::type) == 1, "byAlarmType");
static_assert(offsetof(IntercomAlarm, reserved1) == 45 && size_of(&IntercomAlarm::reserved1) == 3, "byRes1");
static_assert(offsetof(IntercomAlarm, of_type) == 48 && size_of(&IntercomAlarm::of_type) == 256, "uAlarmInfo");
static_assert(offsetof(IntercomAlarm, lock) == 304 && size_of(&IntercomAlarm::lock) == 2, "wLockID");
static_assert(offsetof(IntercomAlarm, reserved3) == 306 && size_of(&IntercomAlarm::reserved3) == 2, "byRes3");
static_assert(offsetof(IntercomAlarm, iot_channel) == 308 && size_of(&IntercomAlarm::iot_channel) == 4, "dwIOTChannelNo");
static_assert(offsetof(IntercomAlarm, reserved2) == 312 && size_of(&IntercomAlarm::reserved2) == 248, "byRes2");

// NET_DVR_PLATE_INFO
static_assert(sizeof(PlateInfo) == 96);
static_assert(offsetof(PlateInfo, type) == 0 && size_of(&PlateInfo::type) == 1, "byPlateType");
static_assert(offsetof(PlateInfo, color) == 1 && size_of(&PlateInfo::color) == 1, "byColor");
static_assert(offsetof(PlateInfo, bright) == 2 && size_of(&PlateInfo::bright) == 1, "byBright");
static_assert(offsetof(PlateInfo, license_size) == 3 && size_of(&PlateInfo::license_size) == 1, "byLicenseLen");
static_assert(offsetof(PlateInfo, confidence) == 4 && size_of(&PlateInfo::confidence) == 1, "byEntireBelieve");
static_assert(offsetof(PlateInfo, region) == 5 && size_of(&PlateInfo::region) == 1, "byRegion");
static_assert(offsetof(PlateInfo, country) == 6 && size_of(&PlateInfo::country) == 1, "byCountry");
static_assert(offsetof(PlateInfo, area) == 7 && size_of(&PlateInfo::area) == 1, "byArea");
static_assert(offsetof(PlateInfo, size_class) == 8 && size_of(&PlateInfo::size_class) == 1, "byPlateSize");
static_assert(offsetof(PlateInfo, has_add_info) == 9 && size_of(&PlateInfo::has_add_info) == 1, "byAddInfoFlag");
static_assert(offsetof(PlateInfo, country_region) == 10 && size_of(&PlateInfo::country_region) == 2, "wCRIndex");
static_assert(offsetof(PlateInfo, reserved) == 12 && size_of(&PlateInfo::reserved) == 4, "byRes");
static_assert(offsetof(PlateInfo, add_info_buffer) == 16 && size_of(&PlateInfo::add_info_buffer) == 8, "pAddInfoBuffer");
static_assert(offsetof(PlateInfo, category) == 24 && size_of(&PlateInfo::category) == 8, "sPlateCategory");
static_assert(offsetof(PlateInfo, xml_size) == 32 && size_of(&PlateInfo::xml_size) == 4, "dwXmlLen");
static_assert(offsetof(PlateInfo, xml) == 40 && size_of(&PlateInfo::xml) == 8, "pXmlBuf");
static_assert(offsetof(PlateInfo, rect) == 48 && size_of(&PlateInfo::rect) == 16, "struPlateRect");
static_assert(offsetof(PlateInfo, license) == 64 && size_of(&PlateInfo::license) == 16, "sLicense");
static_assert(offsetof(PlateInfo, confidences) == 80 && size_of(&PlateInfo::confidences) == 16, "byBelieve");

// NET_DVR_PLATE_RESULT
static_assert(sizeof(PlateResult) == 264);
static_assert(offsetof(PlateResult, size) == 0 && size_of(&PlateResult::size) == 4, "dwSize");
static_assert(offsetof(PlateResult, result_type) == 4 && size_of(&PlateResult::result_type) == 1, "byResultType");
static_assert(offsetof(PlateResult, channel) == 5 && size_of(&PlateResult::channel) == 1, "byChanIndex");
static_assert(offsetof(PlateResult, alarm_record_id) == 6 && size_of(&PlateResult::alarm_record_id) == 2, "wAlarmRecordID");
static_assert(offsetof(PlateResult, relative_time) == 8 && size_of(&PlateResult::relative_time) == 4, "dwRelativeTime");
static_assert(offsetof(PlateResult, time) == 12 && size_of(&PlateResult::time) == 32, "byAbsTime");
static_assert(offsetof(PlateResult, picture_size) == 44 && size_of(&PlateResult::picture_size) == 4, "dwPicLen");
static_assert(offsetof(PlateResult, plate_picture_size) == 48 && size_of(&PlateResult::plate_picture_size) == 4, "dwPicPlateLen");
static_assert(offsetof(PlateResult, video_size) == 52 && size_of(&PlateResult::video_size) == 4, "dwVideoLen");
static_assert(offsetof(PlateResult, traffic_light) == 56 && size_of(&PlateResult::traffic_light) == 1, "byTrafficLight");
static_assert(offsetof(PlateResult, picture_count) == 57 && size_of(&PlateResult::picture_count) == 1, "byPicNum");
static_assert(offsetof(PlateResult, lane) == 58 && size_of(&PlateResult::lane) == 1, "byDriveChan");
static_assert(offsetof(PlateResult, vehicle_type) == 59 && size_of(&PlateResult::vehicle_type) == 1, "byVehicleType");
static_assert(offsetof(PlateResult, binary_picture_size) == 60 && size_of(&PlateResult::binary_picture_size) == 4, "dwBinPicLen");
static_assert(offsetof(PlateResult, car_picture_size) == 64 && size_of(&PlateResult::car_picture_size) == 4, "dwCarPicLen");
static_assert(offsetof(PlateResult, far_picture_size) == 68 && size_of(&PlateResult::far_picture_size) == 4, "dwFarCarPicLen");
static_assert(offsetof(PlateResult, buffer3) == 72 && size_of(&PlateResult::buffer3) == 8, "pBuffer3");
static_assert(offsetof(PlateResult, buffer4) == 80 && size_of(&PlateResult::buffer4) == 8, "pBuffer4");
static_assert(offsetof(PlateResult, buffer5) == 88 && size_of(&PlateResult::buffer5) == 8, "pBuffer5");
static_assert(offsetof(PlateResult, lane_direction) == 96 && size_of(&PlateResult::lane_direction) == 1, "byRelaLaneDirectionType");
static_assert(offsetof(PlateResult, car_direction) == 97 && size_of(&PlateResult::car_direction) == 1, "byCarDirectionType");
static_assert(offsetof(PlateResult, reserved3) == 98 && size_of(&PlateResult::reserved3) == 6, "byRes3");
static_assert(offsetof(PlateResult, plate) == 104 && size_of(&PlateResult::plate) == 96, "struPlateInfo");
static_assert(offsetof(PlateResult, vehicle) == 200 && size_of(&PlateResult::vehicle) == 48, "struVehicleInfo");
static_assert(offsetof(PlateResult, buffer1) == 248 && size_of(&PlateResult::buffer1) == 8, "pBuffer1");
static_assert(offsetof(PlateResult, buffer2) == 256 && size_of(&PlateResult::buffer2) == 8, "pBuffer2");

// NET_ITS_PICTURE_INFO
static_assert(sizeof(ItsPicture) == 104);
static_assert(offsetof(ItsPicture, size) == 0 && size_of(&ItsPicture::size) == 4, "dwDataLen");
static_assert(offsetof(ItsPicture, type) == 4 && size_of(&ItsPicture::type) == 1, "byType");
static_assert(offsetof(ItsPicture, as_url) == 5 && size_of(&ItsPicture::as_url) == 1, "byDataType");
static_assert(offsetof(ItsPicture, close_up_type) == 6 && size_of(&ItsPicture::close_up_type) == 1, "byCloseUpType");
static_assert(offsetof(ItsPicture, recognition) == 7 && size_of(&ItsPicture::recognition) == 1, "byPicRecogMode");
static_assert(offsetof(ItsPicture, red_light_time) == 8 && size_of(&ItsPicture::red_light_time) == 4, "dwRedLightTime");
static_assert(offsetof(ItsPicture, time) == 12 && size_of(&ItsPicture::time) == 32, "byAbsTime");
static_assert(offsetof(ItsPicture, rect) == 44 && size_of(&ItsPicture::rect) == 16, "struPlateRect");
static_assert(offsetof(ItsPicture, recognition_rect) == 60 && size_of(&ItsPicture::recognition_rect) == 16, "struPlateRecgRect");
static_assert(offsetof(ItsPicture, data) == 80 && size_of(&ItsPicture::data) == 8, "pBuffer");
static_assert(offsetof(ItsPicture, utc) == 88 && size_of(&ItsPicture::utc) == 4, "dwUTCTime");
static_assert(offsetof(ItsPicture, reserved2) == 92 && size_of(&ItsPicture::reserved2) == 12, "byRes2");

// NET_ITS_PLATE_RESULT
static_assert(sizeof(ItsPlateResult) == 944);
static_assert(offsetof(ItsPlateResult, size) == 0 && size_of(&ItsPlateResult::size) == 4, "dwSize");
static_assert(offsetof(ItsPlateResult, match_no) == 4 && size_of(&ItsPlateResult::match_no) == 4, "dwMatchNo");
static_assert(offsetof(ItsPlateResult, group_num) == 8 && size_of(&ItsPlateResult::group_num) == 1, "byGroupNum");
static_assert(offsetof(ItsPlateResult, pic_no) == 9 && size_of(&ItsPlateResult::pic_no) == 1, "byPicNo");
static_assert(offsetof(ItsPlateResult, second_cam) == 10 && size_of(&ItsPlateResult::second_cam) == 1, "bySecondCam");
static_assert(offsetof(ItsPlateResult, feature_pic_no) == 11 && size_of(&ItsPlateResult::feature_pic_no) == 1, "byFeaturePicNo");
static_assert(offsetof(ItsPlateResult, lane) == 12 && size_of(&ItsPlateResult::lane) == 1, "byDriveChan");
static_assert(offsetof(ItsPlateResult, vehicle_type) == 13 && size_of(&ItsPlateResult::vehicle_type) == 1, "byVehicleType");
static_assert(offsetof(ItsPlateResult, det_scene_id) == 14 && size_of(&ItsPlateResult::det_scene_id) == 1, "byDetSceneID");
static_assert(offsetof(ItsPlateResult, vehicle_attribute) == 15 && size_of(&ItsPlateResult::vehicle_attribute) == 1, "byVehicleAttribute");
static_assert(offsetof(ItsPlateResult, illegal_type) == 16 && size_of(&ItsPlateResult::illegal_type) == 2, "wIllegalType");
static_assert(offsetof(ItsPlateResult, illegal_sub_type) == 18 && size_of(&ItsPlateResult::illegal_sub_type) == 8, "byIllegalSubType");
static_assert(offsetof(ItsPlateResult, post_pic_no) == 26 && size_of(&ItsPlateResult::post_pic_no) == 1, "byPostPicNo");
static_assert(offsetof(ItsPlateResult, channel) == 27 && size_of(&ItsPlateResult::channel) == 1, "byChanIndex");
static_assert(offsetof(ItsPlateResult, speed_limit) == 28 && size_of(&ItsPlateResult::speed_limit) == 2, "wSpeedLimit");
static_assert(offsetof(ItsPlateResult, channel_high) == 30 && size_of(&ItsPlateResult::channel_high) == 1, "byChanIndexEx");
static_assert(offsetof(ItsPlateResult, vehicle_position_control) == 31 && size_of(&ItsPlateResult::vehicle_position_control) == 1, "byVehiclePositionControl");
static_assert(offsetof(ItsPlateResult, plate) == 32 && size_of(&ItsPlateResult::plate) == 96, "struPlateInfo");
static_assert(offsetof(ItsPlateResult, vehicle) == 128 && size_of(&ItsPlateResult::vehicle) == 48, "struVehicleInfo");
static_assert(offsetof(ItsPlateResult, site) == 176 && size_of(&ItsPlateResult::site) == 48, "byMonitoringSiteID");
static_assert(offsetof(ItsPlateResult, device) == 224 && size_of(&ItsPlateResult::device) == 48, "byDeviceID");
static_assert(offsetof(ItsPlateResult, direction) == 272 && size_of(&ItsPlateResult::direction) == 1, "byDir");
static_assert(offsetof(ItsPlateResult, detection) == 273 && size_of(&ItsPlateResult::detection) == 1, "byDetectType");
static_assert(offsetof(ItsPlateResult, lane_direction) == 274 && size_of(&ItsPlateResult::lane_direction) == 1, "byRelaLaneDirectionType");
static_assert(offsetof(ItsPlateResult, car_direction) == 275 && size_of(&ItsPlateResult::car_direction) == 1, "byCarDirectionType");
static_assert(offsetof(ItsPlateResult, custom_illegal_type) == 276 && size_of(&ItsPlateResult::custom_illegal_type) == 4, "dwCustomIllegalType");
static_assert(offsetof(ItsPlateResult, illegal_info) == 280 && size_of(&ItsPlateResult::illegal_info) == 8, "pIllegalInfoBuf");
static_assert(offsetof(ItsPlateResult, illegal_format) == 288 && size_of(&ItsPlateResult::illegal_format) == 1, "byIllegalFromatType");
static_assert(offsetof(ItsPlateResult, pendant) == 289 && size_of(&ItsPlateResult::pendant) == 1, "byPendant");
static_assert(offsetof(ItsPlateResult, data_analysis) == 290 && size_of(&ItsPlateResult::data_analysis) == 1, "byDataAnalysis");
static_assert(offsetof(ItsPlateResult, yellow_label_car) == 291 && size_of(&ItsPlateResult::yellow_label_car) == 1, "byYellowLabelCar");
static_assert(offsetof(ItsPlateResult, dangerous_vehicles) == 292 && size_of(&ItsPlateResult::dangerous_vehicles) == 1, "byDangerousVehicles");
static_assert(offsetof(ItsPlateResult, pilot_safebelt) == 293 && size_of(&ItsPlateResult::pilot_safebelt) == 1, "byPilotSafebelt");
static_assert(offsetof(ItsPlateResult, copilot_safebelt) == 294 && size_of(&ItsPlateResult::copilot_safebelt) == 1, "byCopilotSafebelt");
static_assert(offsetof(ItsPlateResult, pilot_sun_visor) == 295 && size_of(&ItsPlateResult::pilot_sun_visor) == 1, "byPilotSunVisor");
static_assert(offsetof(ItsPlateResult, copilot_sun_visor) == 296 && size_of(&ItsPlateResult::copilot_sun_visor) == 1, "byCopilotSunVisor");
static_assert(offsetof(ItsPlateResult, pilot_call) == 297 && size_of(&ItsPlateResult::pilot_call) == 1, "byPilotCall");
static_assert(offsetof(ItsPlateResult, barrier_gate_ctrl_type) == 298 && size_of(&ItsPlateResult::barrier_gate_ctrl_type) == 1, "byBarrierGateCtrlType");
static_assert(offsetof(ItsPlateResult, alarm_data_type) == 299 && size_of(&ItsPlateResult::alarm_data_type) == 1, "byAlarmDataType");
static_assert(offsetof(ItsPlateResult, first_picture_time) == 300 && size_of(&ItsPlateResult::first_picture_time) == 12, "struSnapFirstPicTime");
static_assert(offsetof(ItsPlateResult, illegal_time) == 312 && size_of(&ItsPlateResult::illegal_time) == 4, "dwIllegalTime");
static_assert(offsetof(ItsPlateResult, picture_count) == 316 && size_of(&ItsPlateResult::picture_count) == 4, "dwPicNum");
static_assert(offsetof(ItsPlateResult, pictures) == 320 && size_of(&ItsPlateResult::pictures) == 624, "struPicInfo");

// NET_DVR_XML_CONFIG_INPUT
static_assert(sizeof(PassThroughInput) == 72);
static_assert(offsetof(PassThroughInput, size) == 0 && size_of(&PassThroughInput::size) == 4, "dwSize");
static_assert(offsetof(PassThroughInput, request) == 8 && size_of(&PassThroughInput::request) == 8, "lpRequestUrl");
static_assert(offsetof(PassThroughInput, request_size) == 16 && size_of(&PassThroughInput::request_size) == 4, "dwRequestUrlLen");
static_assert(offsetof(PassThroughInput, body) == 24 && size_of(&PassThroughInput::body) == 8, "lpInBuffer");
static_assert(offsetof(PassThroughInput, body_size) == 32 && size_of(&PassThroughInput::body_size) == 4, "dwInBufferSize");
static_assert(offsetof(PassThroughInput, receive_timeout_ms) == 36 && size_of(&PassThroughInput::receive_timeout_ms) == 4, "dwRecvTimeOut");
static_assert(offsetof(PassThroughInput, force_encryption) == 40 && size_of(&PassThroughInput::force_encryption) == 1, "byForceEncrpt");
static_assert(offsetof(PassThroughInput, parts) == 41 && size_of(&PassThroughInput::parts) == 1, "byNumOfMultiPart");
static_assert(offsetof(PassThroughInput, mime_type) == 42 && size_of(&PassThroughInput::mime_type) == 1, "byMIMEType");
static_assert(offsetof(PassThroughInput, reserved1) == 43 && size_of(&PassThroughInput::reserved1) == 1, "byRes1");
static_assert(offsetof(PassThroughInput, send_timeout_ms) == 44 && size_of(&PassThroughInput::send_timeout_ms) == 4, "dwSendTimeOut");
static_assert(offsetof(PassThroughInput, reserved) == 48 && size_of(&PassThroughInput::reserved) == 24, "byRes");

// NET_DVR_XML_CONFIG_OUTPUT
static_assert(sizeof(PassThroughOutput) == 72);
static_assert(offsetof(PassThroughOutput, size) == 0 && size_of(&PassThroughOutput::size) == 4, "dwSize");
static_assert(offsetof(PassThroughOutput, body) == 8 && size_of(&PassThroughOutput::body) == 8, "lpOutBuffer");
static_assert(offsetof(PassThroughOutput, body_capacity) == 16 && size_of(&PassThroughOutput::body_capacity) == 4, "dwOutBufferSize");
static_assert(offsetof(PassThroughOutput, body_size) == 20 && size_of(&PassThroughOutput::body_size) == 4, "dwReturnedXMLSize");
static_assert(offsetof(PassThroughOutput, status) == 24 && size_of(&PassThroughOutput::status) == 8, "lpStatusBuffer");
static_assert(offsetof(PassThroughOutput, status_capacity) == 32 && size_of(&PassThroughOutput::status_capacity) == 4, "dwStatusSize");
static_assert(offsetof(PassThroughOutput, data) == 40 && size_of(&PassThroughOutput::data) == 8, "lpDataBuffer");
static_assert(offsetof(PassThroughOutput, parts) == 48 && size_of(&PassThroughOutput::parts) == 1, "byNumOfMultiPart");
static_assert(offsetof(PassThroughOutput, reserved) == 49 && size_of(&PassThroughOutput::reserved) == 23, "byRes");

// NET_DVR_JPEGPARA
static_assert(sizeof(JpegParameters) == 4);
static_assert(offsetof(JpegParameters, size) == 0 && size_of(&JpegParameters::size) == 2, "wPicSize");
static_assert(offsetof(JpegParameters, quality) == 2 && size_of(&JpegParameters::quality) == 2, "wPicQuality");

// NET_DVR_IPDEVINFO_V31
static_assert(sizeof(IpDevice) == 296);
static_assert(offsetof(IpDevice, enable) == 0 && size_of(&IpDevice::enable) == 1, "byEnable");
static_assert(offsetof(IpDevice, protocol) == 1 && size_of(&IpDevice::protocol) == 1, "byProType");
static_assert(offsetof(IpDevice, enable_quick_add) == 2 && size_of(&IpDevice::enable_quick_add) == 1, "byEnableQuickAdd");
static_assert(offsetof(IpDevice, camera_type) == 3 && size_of(&IpDevice::camera_type) == 1, "byCameraType");
static_assert(offsetof(IpDevice, username) == 4 && size_of(&IpDevice::username) == 32, "sUserName");
static_assert(offsetof(IpDevice, password) == 36 && size_of(&IpDevice::password) == 16, "sPassword");
static_assert(offsetof(IpDevice, domain) == 52 && size_of(&IpDevice::domain) == 64, "byDomain");
static_assert(offsetof(IpDevice, address) == 116 && size_of(&IpDevice::address) == 144, "struIP");
static_assert(offsetof(IpDevice, port) == 260 && size_of(&IpDevice::port) == 2, "wDVRPort");
static_assert(offsetof(IpDevice, device_id) == 262 && size_of(&IpDevice::device_id) == 32, "szDeviceID");
static_assert(offsetof(IpDevice, enable_timing) == 294 && size_of(&IpDevice::enable_timing) == 1, "byEnableTiming");
static_assert(offsetof(IpDevice, verify_certificate) == 295 && size_of(&IpDevice::verify_certificate) == 1, "byCertificateValidation");

// NET_DVR_IPCHANINFO
static_assert(sizeof(IpChannel) == 36);
static_assert(offsetof(IpChannel, enable) == 0 && size_of(&IpChannel::enable) == 1, "byEnable");
static_assert(offsetof(IpChannel, device_low) == 1 && size_of(&IpChannel::device_low) == 1, "byIPID");
static_assert(offsetof(IpChannel, channel) == 2 && size_of(&IpChannel::channel) == 1, "byChannel");
static_assert(offsetof(IpChannel, device_high) == 3 && size_of(&IpChannel::device_high) == 1, "byIPIDHigh");
static_assert(offsetof(IpChannel, trans_protocol) == 4 && size_of(&IpChannel::trans_protocol) == 1, "byTransProtocol");
static_assert(offsetof(IpChannel, get_stream) == 5 && size_of(&IpChannel::get_stream) == 1, "byGetStream");
static_assert(offsetof(IpChannel, reserved) == 6 && size_of(&IpChannel::reserved) == 30, "byres");

// NET_DVR_IPCHANINFO_V40
static_assert(sizeof(IpChannelV40) == 252);
static_assert(offsetof(IpChannelV40, enable) == 0 && size_of(&IpChannelV40::enable) == 1, "byEnable");
static_assert(offsetof(IpChannelV40, reserved1) == 1 && size_of(&IpChannelV40::reserved1) == 1, "byRes1");
static_assert(offsetof(IpChannelV40, device) == 2 && size_of(&IpChannelV40::device) == 2, "wIPID");
static_assert(offsetof(IpChannelV40, channel) == 4 && size_of(&IpChannelV40::channel) == 4, "dwChannel");
static_assert(offsetof(IpChannelV40, trans_protocol) == 8 && size_of(&IpChannelV40::trans_protocol) == 1, "byTransProtocol");
static_assert(offsetof(IpChannelV40, trans_mode) == 9 && size_of(&IpChannelV40::trans_mode) == 1, "byTransMode");
static_assert(offsetof(IpChannelV40, factory_type) == 10 && size_of(&IpChannelV40::factory_type) == 1, "byFactoryType");
static_assert(offsetof(IpChannelV40, reserved) == 11 && size_of(&IpChannelV40::reserved) == 1, "byRes");
static_assert(offsetof(IpChannelV40, url) == 12 && size_of(&IpChannelV40::url) == 240, "strURL");

// NET_DVR_STREAM_MODE
static_assert(sizeof(StreamMode) == 496);
static_assert(offsetof(StreamMode, kind) == 0 && size_of(&StreamMode::kind) == 1, "byGetStreamType");
static_assert(offsetof(StreamMode, reserved) == 1 && size_of(&StreamMode::reserved) == 3, "byRes");
static_assert(offsetof(StreamMode, of_kind) == 4 && size_of(&StreamMode::of_kind) == 492, "uGetStream");

// NET_DVR_IPPARACFG_V40
static_assert(sizeof(IpChannelConfig) == 50792);
static_assert(offsetof(IpChannelConfig, size) == 0 && size_of(&IpChannelConfig::size) == 4, "dwSize");
static_assert(offsetof(IpChannelConfig, groups) == 4 && size_of(&IpChannelConfig::groups) == 4, "dwGroupNum");
static_assert(offsetof(IpChannelConfig, analog_channels) == 8 && size_of(&IpChannelConfig::analog_channels) == 4, "dwAChanNum");
static_assert(offsetof(IpChannelConfig, ip_channels) == 12 && size_of(&IpChannelConfig::ip_channels) == 4, "dwDChanNum");
static_assert(offsetof(IpChannelConfig, first_ip) == 16 && size_of(&IpChannelConfig::first_ip) == 4, "dwStartDChan");
static_assert(offsetof(IpChannelConfig, analog_enabled) == 20 && size_of(&IpChannelConfig::analog_enabled) == 64, "byAnalogChanEnable");
static_assert(offsetof(IpChannelConfig, devices) == 84 && size_of(&IpChannelConfig::devices) == 18944, "struIPDevInfo");
static_assert(offsetof(IpChannelConfig, streams) == 19028 && size_of(&IpChannelConfig::streams) == 31744, "struStreamMode");
static_assert(offsetof(IpChannelConfig, reserved2) == 50772 && size_of(&IpChannelConfig::reserved2) == 20, "byRes2");

// NET_DVR_DIGITAL_CHANNEL_STATE
static_assert(sizeof(DigitalChannelState) == 580);
static_assert(offsetof(DigitalChannelState, size) == 0 && size_of(&DigitalChannelState::size) == 4, "dwSize");
static_assert(offsetof(DigitalChannelState, digital_audio_chan_talk_state) == 4 && size_of(&DigitalChannelState::digital_audio_chan_talk_state) == 64, "byDigitalAudioChanTalkState");
static_assert(offsetof(DigitalChannelState, digital_chan_state) == 68 && size_of(&DigitalChannelState::digital_chan_state) == 64, "byDigitalChanState");
static_assert(offsetof(DigitalChannelState, digital_audio_chan_talk_state_ex) == 132 && size_of(&DigitalChannelState::digital_audio_chan_talk_state_ex) == 192, "byDigitalAudioChanTalkStateEx");
static_assert(offsetof(DigitalChannelState, digital_chan_state_ex) == 324 && size_of(&DigitalChannelState::digital_chan_state_ex) == 192, "byDigitalChanStateEx");
static_assert(offsetof(DigitalChannelState, analog_chan_state) == 516 && size_of(&DigitalChannelState::analog_chan_state) == 32, "byAnalogChanState");
static_assert(offsetof(DigitalChannelState, reserved) == 548 && size_of(&DigitalChannelState::reserved) == 32, "byRes");

// NET_DVR_PTZPOS
static_assert(sizeof(PtzPosition) == 8);
static_assert(offsetof(PtzPosition, action) == 0 && size_of(&PtzPosition::action) == 2, "wAction");
static_assert(offsetof(PtzPosition, pan) == 2 && size_of(&PtzPosition::pan) == 2, "wPanPos");
static_assert(offsetof(PtzPosition, tilt) == 4 && size_of(&PtzPosition::tilt) == 2, "wTiltPos");
static_assert(offsetof(PtzPosition, zoom) == 6 && size_of(&PtzPosition::zoom) == 2, "wZoomPos");

}  // namespace camfleet::sdkhost::abi
