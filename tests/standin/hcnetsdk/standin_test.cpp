// The stand-in as a program sees it: loaded by its name, against simulated devices.
#include <dlfcn.h>
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <mutex>
#include <thread>

#include "proto/ps/rtp_stream.h"
#include "proto/rtp/packet.h"
#include "sdkhost/abi.h"
#include "sdkhost/alarms.h"
#include "sim/testing/rig.h"

namespace camfleet::standin {
namespace {
namespace abi = sdkhost::abi;
using namespace std::chrono_literals;

// What callbacks brought. One for all tests, as callbacks may come late.
struct Heard {
  std::mutex mutex;
  std::condition_variable bell;
  std::vector<sdkhost::Alarm> alarms;
  std::vector<std::string_view> refused;
  std::vector<std::uint32_t> exceptions;
  std::vector<abi::Handle> handles;
  std::vector<std::pair<abi::Handle, std::uint32_t>> logins;  // user id, error
  std::vector<std::uint32_t> data_types;
  std::vector<Bytes> program;
  std::vector<Bytes> rtp;

  template <class Condition>
  bool until(Condition&& condition) {
    std::unique_lock lock{mutex};
    return bell.wait_for(lock, 20s, condition);
  }
  // A copy, for more may come at any time.
  template <class T>
  T now(const T& part) {
    const std::lock_guard guard{mutex};
    return part;
  }
};
Heard* heard = nullptr;

void on_message(std::int32_t command, abi::Alarmer*, char* info, std::uint32_t size, void*) {
  auto reading = sdkhost::read_alarms(command, info, size);
  const std::lock_guard guard{heard->mutex};
  for (auto& alarm : reading.alarms) heard->alarms.push_back(std::move(alarm));
  if (!reading.refused.empty()) heard->refused.push_back(reading.refused);
  heard->bell.notify_all();
}
void on_exception(std::uint32_t type, abi::Handle, abi::Handle handle, void*) {
  const std::lock_guard guard{heard->mutex};
  heard->exceptions.push_back(type);
  heard->handles.push_back(handle);
  heard->bell.notify_all();
}
std::uint32_t (*last_error)() = nullptr;
void on_login(std::int32_t user_id, std::uint32_t result, abi::DeviceInfoV40*, void*) {
  const auto error = result == 1 ? 0 : last_error();
  const std::lock_guard guard{heard->mutex};
  heard->logins.emplace_back(user_id, error);
  heard->bell.notify_all();
}
void on_data(abi::Handle, std::uint32_t type, std::uint8_t* data, std::uint32_t size, void*) {
  const std::lock_guard guard{heard->mutex};
  heard->data_types.push_back(type);
  if (type == abi::data_stream) heard->program.emplace_back(data, data + size);
  if (type == abi::data_std_video) heard->rtp.emplace_back(data, data + size);
  heard->bell.notify_all();
}

struct Standin : sim::testing::SimulatorTest {
  Standin() {
    control_file =
        std::filesystem::temp_directory_path() / ("camfleet-standin-" + std::to_string(::getpid()) + ".json");
    std::filesystem::remove(control_file);
    ::setenv("CAMFLEET_STANDIN", control_file.c_str(), 1);
    heard = &mine;
    library = ::dlopen(CAMFLEET_STANDIN_LIBRARY, RTLD_NOW | RTLD_LOCAL);
    EXPECT_NE(library, nullptr) << ::dlerror();
    settings.lock_after = 3;
#define LOAD(name, result, parameters)                                      \
  sdk.name = reinterpret_cast<decltype(sdk.name)>(::dlsym(library, #name)); \
  EXPECT_NE(sdk.name, nullptr) << #name;
    CAMFLEET_SDK_FUNCTIONS(LOAD)
    CAMFLEET_SDK_FUNCTIONS_6_1(LOAD)
#undef LOAD
    last_error = sdk.NET_DVR_GetLastError;
  }
  ~Standin() override {
    sdk.NET_DVR_Cleanup();
    std::filesystem::remove(control_file);
  }
  void init() {
    start();
    ASSERT_EQ(sdk.NET_DVR_Init(), 1);
    sdk.NET_DVR_SetReconnect(100, 1);
    sdk.NET_DVR_SetExceptionCallBack_V30(0, 0, on_exception, nullptr);
    sdk.NET_DVR_SetDVRMessageCallBack_V51(0, on_message, nullptr);
  }
  void faults(std::string_view text) {
    const auto fresh = control_file.string() + ".new";
    std::ofstream{fresh} << text;
    std::filesystem::rename(fresh, control_file);
  }
  abi::LoginInfo login_of(std::uint32_t index, abi::LoginMode mode, std::string password = {}) {
    const auto& device = *simulator->device(index);
    if (password.empty()) password = device.identity().password;
    abi::LoginInfo login{};
    std::strcpy(login.address, device.address().c_str());
    std::strcpy(login.username, "admin");
    std::strcpy(login.password, password.c_str());
    login.port = ports.http;
    login.login_mode = mode;
    return login;
  }
  abi::Handle log_in(std::uint32_t index, abi::LoginMode mode = abi::login_private) {
    auto login = login_of(index, mode);
    info = {};
    return sdk.NET_DVR_Login_V40(&login, &info);
  }
  abi::Handle arm(abi::Handle user) {
    abi::AlarmSetup setup{};
    setup.size = sizeof setup;
    setup.want_v40 = 1;
    return sdk.NET_DVR_SetupAlarmChan_V41(user, &setup);
  }
  abi::Handle play(abi::Handle user, std::int32_t channel, abi::DataCallback raw) {
    abi::PreviewInfo preview{};
    preview.channel = channel;
    preview.blocked = 1;
    return sdk.NET_DVR_RealPlay_V40(user, &preview, raw, nullptr);
  }

  Heard mine;
  std::filesystem::path control_file;
  void* library = nullptr;
  abi::Functions sdk;
  abi::DeviceInfoV40 info{};
};

TEST_F(Standin, says_what_it_is_and_does_nothing_before_init) {
  const auto name = reinterpret_cast<const char* (*)()>(::dlsym(library, "camfleet_standin"));
  ASSERT_NE(name, nullptr);
  EXPECT_NE(std::string_view{name()}.find("stand-in"), std::string_view::npos);
  EXPECT_EQ(sdk.NET_DVR_GetSDKVersion(), 0u);
  EXPECT_EQ(sdk.NET_DVR_Logout(0), 0);
  EXPECT_EQ(sdk.NET_DVR_GetLastError(), abi::error_not_initialised);
}

TEST_F(Standin, limits_are_raised_before_init_and_kept) {
  abi::InitAbility ability{};
  ability.logins = ability.alarm_channels = 4'000;
  EXPECT_EQ(sdk.NET_DVR_SetSDKInitCfg(abi::init_ability, &ability), 0)
      << "not one of the numbers that there are";
  ability.logins = ability.alarm_channels = 10'240;
  EXPECT_EQ(sdk.NET_DVR_SetSDKInitCfg(abi::init_ability, &ability), 1);
  init();
  abi::Ability can{};
  EXPECT_EQ(sdk.NET_DVR_GetSDKAbility(&can), 1);
  EXPECT_EQ(can.max_logins, 10'240u);
  faults(R"({"logins": 2})");
  EXPECT_EQ(log_in(1), 0);
  EXPECT_EQ(log_in(2), 1);
  EXPECT_EQ(log_in(3), -1);
  EXPECT_EQ(sdk.NET_DVR_GetLastError(), abi::error_maximum);
  EXPECT_EQ(sdk.NET_DVR_Logout(0), 1);
  EXPECT_EQ(log_in(3), 0) << "a number that was given back is the next one";
}

TEST_F(Standin, an_asynchronous_login_gives_a_submission_and_tells_the_user_id_later) {
  init();
  auto login = login_of(1, abi::login_isapi);
  login.asynchronous = 1;
  login.on_result = on_login;
  const auto submission = sdk.NET_DVR_Login_V40(&login, nullptr);
  EXPECT_GE(submission, 0);
  ASSERT_TRUE(mine.until([&] { return mine.logins.size() == 1; }));
  EXPECT_EQ(mine.now(mine.logins)[0], (std::pair<abi::Handle, std::uint32_t>{0, 0u}));
  EXPECT_NE(submission, 0);

  login = login_of(2, abi::login_isapi, "wrong");
  login.asynchronous = 1;
  login.on_result = on_login;
  EXPECT_GE(sdk.NET_DVR_Login_V40(&login, nullptr), 0);
  ASSERT_TRUE(mine.until([&] { return mine.logins.size() == 2; }));
  EXPECT_EQ(mine.now(mine.logins)[1].second, abi::error_password);
  EXPECT_EQ(stat(2, "wrong_passwords"), 1u) << "one attempt is one answer";
}

TEST_F(Standin, a_lock_is_told_with_its_seconds) {
  init();
  auto login = login_of(1, abi::login_private, "wrong");
  for (const int left : {2, 1}) {
    info = {};
    EXPECT_EQ(sdk.NET_DVR_Login_V40(&login, &info), -1);
    EXPECT_EQ(sdk.NET_DVR_GetLastError(), abi::error_password);
    EXPECT_EQ(info.lock_known, 1);
    EXPECT_EQ(info.attempts_left, left);
  }
  EXPECT_EQ(sdk.NET_DVR_Login_V40(&login, &info), -1);
  EXPECT_EQ(sdk.NET_DVR_GetLastError(), abi::error_locked);
  EXPECT_GT(info.locked_seconds, 1'700u);
}

TEST_F(Standin, alarms_come_as_structures_or_as_documents) {
  init();
  const auto old_way = log_in(1, abi::login_private);
  const auto alarm = arm(old_way);
  ASSERT_GE(alarm, 0) << sdk.NET_DVR_GetLastError();
  command(1, "alarm", R"({"type":"VMD","channel":1,"seconds":1})");
  ASSERT_TRUE(mine.until([&] { return !mine.alarms.empty(); }));
  const auto first = mine.now(mine.alarms).front();
  EXPECT_EQ(first.type, "vmd");
  EXPECT_EQ(first.channel, 1);
  EXPECT_FALSE(first.time.empty());
  EXPECT_EQ(sdk.NET_DVR_Logout(old_way), 0);
  EXPECT_EQ(sdk.NET_DVR_GetLastError(), abi::error_user_in_use);
  EXPECT_EQ(sdk.NET_DVR_CloseAlarmChan_V30(alarm), 1);
  EXPECT_EQ(sdk.NET_DVR_Logout(old_way), 1);

  const auto new_way = log_in(2, abi::login_isapi);
  ASSERT_GE(arm(new_way), 0);
  command(2, "alarm", R"({"type":"linedetection","channel":1,"seconds":1})");
  ASSERT_TRUE(mine.until([&] { return !mine.alarms.back().document.empty(); }));
  EXPECT_NE(mine.now(mine.alarms).back().document.find("linedetection"), std::string::npos);
}

TEST_F(Standin, wrong_alarm_buffers_are_refused_by_the_reader) {
  init();
  const auto user = log_in(1, abi::login_private);
  ASSERT_GE(arm(user), 0);
  for (const auto* wrong : {"truncated", "oversized", "empty", "null", "wild"}) {
    faults(std::string{R"({"alarms": ")"} + wrong + "\"}");
    const auto before = mine.now(mine.refused).size();
    command(1, "alarm", R"({"type":"VMD","channel":1,"seconds":1})");
    EXPECT_TRUE(mine.until([&] { return mine.refused.size() > before; })) << wrong;
  }
  EXPECT_TRUE(mine.now(mine.alarms).empty());
}

TEST_F(Standin, a_view_hands_over_both_forms_of_a_stream) {
  init();
  const auto user = log_in(1);
  const auto live = play(user, 1, on_data);
  ASSERT_GE(live, 0) << sdk.NET_DVR_GetLastError();
  EXPECT_EQ(sdk.NET_DVR_SetStandardDataCallBackEx(live, on_data, nullptr), 1);
  ASSERT_TRUE(mine.until([&] { return mine.rtp.size() > 20 && mine.program.size() > 20; }));
  EXPECT_EQ(sdk.NET_DVR_StopRealPlay(live), 1);
  for (const auto& packet : mine.rtp) EXPECT_TRUE(rtp::parse(packet));
  EXPECT_NE(std::ranges::find(mine.data_types, abi::data_sdp), mine.data_types.end());
  // The program stream is one that becomes RTP again.
  ps::RtpStream source{1};
  std::size_t packets = 0;
  for (const auto& piece : mine.program) {
    source.push(piece);
    while (source.pull()) ++packets;
  }
  ASSERT_NE(source.description(), nullptr);
  EXPECT_EQ(source.description()->medias[0].codec(), sdp::Codec::h264);
  EXPECT_GT(packets, 5u);
  EXPECT_EQ(source.demuxer_counters().skipped_bytes, 0u);
  const auto count = mine.data_types.size();
  EXPECT_EQ(sdk.NET_DVR_Logout(user), 1);
  EXPECT_EQ(mine.data_types.size(), count) << "nothing comes after the stop";
}

TEST_F(Standin, a_channel_that_is_not_there_is_error_4) {
  init();
  const auto user = log_in(1);
  EXPECT_EQ(play(user, 2, on_data), -1);
  EXPECT_EQ(sdk.NET_DVR_GetLastError(), abi::error_channel);
  EXPECT_EQ(play(77, 1, on_data), -1);
  EXPECT_EQ(sdk.NET_DVR_GetLastError(), abi::error_invalid_user);
}

TEST_F(Standin, a_recorder_counts_its_channels_from_33_by_the_old_protocol) {
  settings.population.nvr_every = 1;
  settings.population.nvr_channels = 3;
  init();
  const auto user = log_in(0, abi::login_private);
  EXPECT_EQ(info.basic.first_ip, 33);
  EXPECT_EQ(info.basic.ip_channels_low, 3);
  EXPECT_GE(play(user, 35, nullptr), 0);
  EXPECT_EQ(play(user, 36, nullptr), -1);
  auto config = std::make_unique<abi::IpChannelConfig>();
  std::uint32_t size = 0;
  ASSERT_EQ(
      sdk.NET_DVR_GetDVRConfig(user, abi::config_get_ip_channels, 0, config.get(), sizeof *config, &size), 1);
  EXPECT_EQ(config->ip_channels, 3u);
  EXPECT_EQ(config->first_ip, 33u);
  const auto state = [&](std::size_t channel) {
    abi::IpChannel out;
    std::memcpy(&out, config->streams[channel].of_kind, sizeof out);
    return out;
  };
  EXPECT_EQ(state(0).enable, 1);
  EXPECT_EQ(state(2).device_low, 3);
  EXPECT_EQ(state(3).device_low, 0);
  EXPECT_EQ(
      sdk.NET_DVR_GetDVRConfig(user, abi::config_get_ip_channels, 1, config.get(), sizeof *config, &size), 0);
}

TEST_F(Standin, by_isapi_it_takes_no_pictures_and_a_device_may_speak_none) {
  init();
  std::string picture(1 << 20, '\0');
  std::uint32_t size = 0;
  abi::JpegParameters how{};
  const auto take = [&](abi::Handle user) {
    return sdk.NET_DVR_CaptureJPEGPicture_NEW(user, 1, &how, picture.data(),
                                              static_cast<std::uint32_t>(picture.size()), &size);
  };
  EXPECT_EQ(take(log_in(1, abi::login_private)), 1);
  EXPECT_GT(size, 0U);
  const auto user = log_in(1, abi::login_isapi);
  EXPECT_EQ(take(user), 0);
  EXPECT_EQ(sdk.NET_DVR_GetLastError(), abi::error_no_isapi);
  faults(R"({"no_isapi":true})");
  abi::PassThroughInput in{};
  in.size = sizeof in;
  abi::PassThroughOutput out{};
  out.size = sizeof out;
  EXPECT_EQ(sdk.NET_DVR_STDXMLConfig(user, &in, &out), 0);
  EXPECT_EQ(sdk.NET_DVR_GetLastError(), abi::error_not_supported);
}

TEST_F(Standin, a_port_that_speaks_no_tls_is_error_159) {
  init();
  auto login = login_of(1, abi::login_isapi);
  login.tls = abi::tls_on;
  EXPECT_EQ(sdk.NET_DVR_Login_V40(&login, &info), -1);
  EXPECT_EQ(sdk.NET_DVR_GetLastError(), abi::error_ssl_connect);
}

TEST_F(Standin, the_alarm_link_is_made_anew_and_the_handle_stays) {
  init();
  const auto user = log_in(1);
  const auto alarm = arm(user);
  ASSERT_GE(alarm, 0);
  command(1, "power", R"({"on":false})");
  const auto told = [&](std::uint32_t type) {
    return std::ranges::find(mine.exceptions, type) != mine.exceptions.end();
  };
  ASSERT_TRUE(mine.until([&] { return told(abi::exception_alarm_retry); }));
  command(1, "power", R"({"on":true})");
  ASSERT_TRUE(mine.until([&] { return told(abi::exception_alarm_back); }));
  for (const auto handle : mine.now(mine.handles)) EXPECT_EQ(handle, alarm);
  command(1, "alarm", R"({"type":"VMD","channel":1,"seconds":1})");
  EXPECT_TRUE(mine.until([&] { return !mine.alarms.empty(); }));
}

TEST_F(Standin, pass_through_gives_the_devices_document_and_its_refusal) {
  init();
  const auto user = log_in(1);
  char request[] = "GET /ISAPI/System/deviceInfo\r\n";
  std::string body(64 * 1024, '\0'), status(4096, '\0');
  abi::PassThroughInput in{};
  in.size = sizeof in;
  in.request = request;
  in.request_size = sizeof request - 1;
  abi::PassThroughOutput out{};
  out.size = sizeof out;
  out.body = body.data();
  out.body_capacity = static_cast<std::uint32_t>(body.size());
  out.status = status.data();
  out.status_capacity = static_cast<std::uint32_t>(status.size());
  ASSERT_EQ(sdk.NET_DVR_STDXMLConfig(user, &in, &out), 1);
  EXPECT_NE(body.find("<DeviceInfo"), std::string::npos);
  out.body_capacity = 10;
  EXPECT_EQ(sdk.NET_DVR_STDXMLConfig(user, &in, &out), 0);
  EXPECT_EQ(sdk.NET_DVR_GetLastError(), abi::error_small_buffer);
  char unknown[] = "GET /ISAPI/Nothing/here";
  in.request = unknown;
  in.request_size = sizeof unknown - 1;
  EXPECT_EQ(sdk.NET_DVR_STDXMLConfig(user, &in, &out), 0);
  EXPECT_EQ(sdk.NET_DVR_GetLastError(), abi::error_failed);
  EXPECT_NE(status.find("ResponseStatus"), std::string::npos);
}

TEST_F(Standin, fails_every_call_where_that_is_wished_for) {
  init();
  faults(R"({"error": 41})");
  EXPECT_EQ(log_in(1), -1);
  EXPECT_EQ(sdk.NET_DVR_GetLastError(), 41u);
  faults(R"({"error": 24, "error_in": "NET_DVR_SetupAlarmChan_V41"})");
  const auto user = log_in(1);
  EXPECT_GE(user, 0);
  EXPECT_EQ(arm(user), -1);
  EXPECT_EQ(sdk.NET_DVR_GetLastError(), abi::error_busy);
}

TEST_F(Standin, crashes_where_that_is_wished_for_and_once_only) {
  faults(R"({"crash": "init", "once": true})");
  std::filesystem::remove(control_file.string() + ".init");
  EXPECT_EXIT(sdk.NET_DVR_Init(), ::testing::KilledBySignal(SIGSEGV), "");
  EXPECT_EQ(sdk.NET_DVR_Init(), 1) << "another process had it";
  std::filesystem::remove(control_file.string() + ".init");
}

TEST_F(Standin, calls_back_after_the_stop_where_that_is_wished_for) {
  init();
  const auto user = log_in(1);
  const auto live = play(user, 1, on_data);
  ASSERT_TRUE(mine.until([&] { return !mine.program.empty(); }));
  faults(R"({"after_stop": true})");
  EXPECT_EQ(sdk.NET_DVR_StopRealPlay(live), 1);
  const auto count = mine.now(mine.data_types).size();
  EXPECT_TRUE(mine.until([&] { return mine.data_types.size() > count; }));
}

TEST_F(Standin, the_heartbeat_tells_a_device_that_has_gone_and_come_back) {
  init();
  faults(R"({"heartbeat_ms": 100})");
  ASSERT_GE(log_in(1), 0);
  command(1, "power", R"({"on":false})");
  const auto told = [&](std::uint32_t type) {
    return std::ranges::find(mine.exceptions, type) != mine.exceptions.end();
  };
  ASSERT_TRUE(mine.until([&] { return told(abi::exception_login); }));
  command(1, "power", R"({"on":true})");
  EXPECT_TRUE(mine.until([&] { return told(abi::exception_login_back); }));
}

}  // namespace
}  // namespace camfleet::standin
