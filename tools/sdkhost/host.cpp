#include "sdkhost/host.h"

#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <fstream>

#include "base/secret.h"
#include "proto/sdkhost/descriptors.h"
#include "sdkhost/last_words.h"
#include "sdkhost/stream.h"

namespace camfleet::sdkhost {
namespace {

using Clock = std::chrono::steady_clock;

// Each may hold a call of seconds; the library has as many of its own.
constexpr std::size_t kThreads = 128;
constexpr std::size_t kMostWaiting = 16'384;  // calls
constexpr std::uint32_t kPulse = 0;           // the strand of pings; devices count from 1
constexpr std::size_t kPicture = 4 * 1024 * 1024;
constexpr std::size_t kDocument = 1024 * 1024;
constexpr std::uint32_t kTooSmall = 43;
constexpr std::chrono::seconds kLong{1};  // a call that took so long is of a device that is in doubt

template <std::size_t N>
bool put(char (&to)[N], const std::string& text) {
  if (text.size() >= N) return false;
  std::memcpy(to, text.data(), text.size());
  return true;
}

void* as_pointer(std::uint32_t number) {
  return reinterpret_cast<void*>(static_cast<std::uintptr_t>(number));
}

LoginResult told_by(const abi::DeviceInfoV40& info) {
  LoginResult out;
  const auto& basic = info.basic;
  const auto* serial = reinterpret_cast<const char*>(basic.serial);
  out.serial.assign(serial, ::strnlen(serial, sizeof basic.serial));
  out.type = basic.type != 0 ? basic.type : basic.type_low;
  out.analogue = basic.analog_channels;
  out.analogue_first = basic.first_analog;
  out.digital = static_cast<std::uint16_t>(basic.ip_channels_low + 256 * basic.ip_channels_high);
  out.digital_first = basic.first_ip;
  out.alarm_inputs = basic.alarm_inputs;
  out.mode = info.login_mode == abi::login_isapi ? Mode::isapi : Mode::native;
  out.password_level = info.password_level;
  out.lock_told = info.lock_known != 0;
  out.attempts_left = info.attempts_left;
  out.lock_seconds = info.locked_seconds;
  return out;
}

std::uint64_t resident_kib() {
  std::ifstream in{"/proc/self/statm"};
  std::uint64_t size = 0, resident = 0;
  in >> size >> resident;
  return resident * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE)) / 1024;
}

}  // namespace

std::atomic<Host*> Host::the_host{nullptr};

Host::Host(Outlet& outlet, int socket) : outlet_(outlet), socket_(socket) {
  the_host = this;
  strands_.emplace(kThreads, kMostWaiting);
}

Host::~Host() {
  strands_->stop();
  the_host = nullptr;
}

void Host::run() {
  std::string buffer(kMaxMessage + 4096, '\0');
  for (;;) {
    const auto got = ::recv(socket_, buffer.data(), buffer.size(), 0);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) break;
    auto request = decode_request({buffer.data(), static_cast<std::size_t>(got)});
    std::memset(buffer.data(), 0, static_cast<std::size_t>(got));  // may have been a login
    if (!request) break;
    take(std::move(*request));
  }
  std::vector<std::uint32_t> left;
  {
    const std::shared_lock lock{tables_};
    for (const auto& [number, device] : devices_) left.push_back(number);
  }
  for (const auto number : left) logout(number);
  strands_->stop();  // runs them, and they ask for it
  if (started_) library_->call.NET_DVR_Cleanup();
}

template <class Ask>
void Host::on_device(const Request& request, Ask ask, void (Host::*how)(Device&, Ask&, Answer&)) {
  const auto number = request.number;
  const auto device = find(ask.device);
  const auto refuse = [&](Outcome why) {
    Answer answer{number};
    answer.outcome = why;
    if (number != 0) outlet_.send(std::move(answer));
  };
  if (!device || !started_) return refuse(Outcome::unknown);
  const auto until = request.within_ms == 0 ? Clock::time_point::max()
                                            : Clock::now() + std::chrono::milliseconds{request.within_ms};
  const bool taken = strands_->post(ask.device, [this, number, until, device, ask = std::move(ask),
                                                 how]() mutable {
    const LastWords words{device->number};
    Answer answer{number};
    const auto began = Clock::now();
    if (device->gone)
      answer.outcome = Outcome::unknown;
    else if (began >= until)
      answer.outcome = Outcome::expired;
    else
      (this->*how)(*device, ask, answer);
    if constexpr (std::is_same_v<Ask, Login>) camfleet::wipe(ask.password);
    strands_->doubt(device->number, !device->gone && (device->user == kNone || Clock::now() - began > kLong));
    if (number != 0) outlet_.send(std::move(answer));
  });
  if (!taken) refuse(Outcome::busy);
}

void Host::take(Request request) {
  const auto number = request.number;
  std::visit(
      [this, number, &request](auto& ask) {
        using Ask = std::decay_t<decltype(ask)>;
        if constexpr (std::is_same_v<Ask, Init>) {
          begin(number, ask);
        } else if constexpr (std::is_same_v<Ask, Ping>) {
          ping(number);
        } else if constexpr (std::is_same_v<Ask, Logout>) {
          logout(ask.device);
        } else if constexpr (std::is_same_v<Ask, Login>) {
          {
            const std::unique_lock lock{tables_};
            auto& device = devices_[ask.device];
            if (!device) device = std::make_shared<Device>(ask.device);
          }
          strands_->doubt(ask.device, true);
          on_device(request, std::move(ask), &Host::login);
        } else if constexpr (std::is_same_v<Ask, Arm>) {
          on_device(request, ask, &Host::arm);
        } else if constexpr (std::is_same_v<Ask, Disarm>) {
          on_device(request, ask, &Host::disarm);
        } else if constexpr (std::is_same_v<Ask, Play>) {
          on_device(request, ask, &Host::play);
        } else if constexpr (std::is_same_v<Ask, Stop>) {
          on_device(request, ask, &Host::stop);
        } else if constexpr (std::is_same_v<Ask, Snapshot>) {
          on_device(request, ask, &Host::snapshot);
        } else if constexpr (std::is_same_v<Ask, Ptz>) {
          on_device(request, ask, &Host::ptz);
        } else if constexpr (std::is_same_v<Ask, Preset>) {
          on_device(request, ask, &Host::preset);
        } else if constexpr (std::is_same_v<Ask, KeyFrame>) {
          on_device(request, ask, &Host::key_frame);
        } else if constexpr (std::is_same_v<Ask, Isapi>) {
          on_device(request, std::move(ask), &Host::isapi);
        } else if constexpr (std::is_same_v<Ask, AskClock>) {
          on_device(request, ask, &Host::clock);
        } else if constexpr (std::is_same_v<Ask, AskIpChannels>) {
          on_device(request, ask, &Host::ip_channels);
        } else {
          on_device(request, ask, &Host::check);
        }
      },
      request.what);
  wipe(request);
}

// On the receiving thread: nothing else can be asked before.
void Host::begin(std::uint32_t number, const Init& init) {
  Answer answer{number};
  const auto failed = [&](const Library::Failure& failure) {
    answer.outcome = failure.outcome;
    answer.error = failure.error;
    answer.text = failure.text;
    outlet_.send(std::move(answer));
  };
  if (started_) return failed({Outcome::not_started, 0, "started already"});
  auto loaded = Library::load(init.directory);
  if (!loaded) return failed(loaded.error());
  library_ = std::move(*loaded);
  auto begun = library_->start(init);
  if (!begun) return failed(begun.error());
  const auto& call = library_->call;
  call.NET_DVR_SetExceptionCallBack_V30(0, 0, &Host::on_exception, nullptr);
  if (call.NET_DVR_SetDVRMessageCallBack_V50 != nullptr)
    call.NET_DVR_SetDVRMessageCallBack_V50(0, &Host::on_message, nullptr);
  else
    call.NET_DVR_SetDVRMessageCallBack_V30(&Host::on_message, nullptr);
  started_ = true;
  answer.body = encode_body(*begun);
  outlet_.send(std::move(answer));
}

void Host::ping(std::uint32_t number) {
  strands_->post(kPulse, [this, number] {
    Pong pong;
    abi::State state{};
    if (started_ && library_->call.NET_DVR_GetSDKState(&state) != 0) {
      pong.logins = state.logins;
      pong.streams = state.live_views;
      pong.alarms = state.alarm_channels;
    }
    const auto calls = strands_->state();
    pong.waiting = calls.waiting;
    pong.oldest_ms = static_cast<std::uint32_t>(calls.oldest.count());
    pong.oldest_device = calls.oldest_key;
    pong.resident_kib = resident_kib();
    pong.frames_dropped = frames_dropped_;
    pong.alarms_refused = outlet_.alarms_refused();
    pong.alarms_unreadable = alarms_unreadable_;
    outlet_.tidy();
    Answer answer{number};
    answer.body = encode_body(pong);
    outlet_.send(std::move(answer));
  });
}

void Host::refused(Answer& answer) const {
  answer.outcome = Outcome::library;
  answer.error = library_->error();
  answer.text = library_->text_of(answer.error);
}

// --- logins

void Host::login(Device& device, Login& ask, Answer& answer) {
  close(device);  // of an earlier way to log in
  abi::LoginInfo info{};
  abi::DeviceInfoV40 told{};
  const bool fits =
      put(info.address, ask.address) && put(info.username, ask.user) && put(info.password, ask.password);
  camfleet::wipe(ask.password);
  if (!fits) {
    answer.outcome = Outcome::library;
    answer.error = 17;
    answer.text = "a user name or password of more than 63 bytes";
    return;
  }
  info.port = ask.port;
  info.login_mode = ask.mode == Mode::isapi ? abi::login_isapi : abi::login_private;
  info.tls = ask.tls ? abi::tls_on : abi::tls_off;
  const auto user = library_->call.NET_DVR_Login_V40(&info, &told);
  ::explicit_bzero(info.password, sizeof info.password);
  if (user < 0) refused(answer);
  answer.body = encode_body(told_by(told));
  if (user < 0) return;
  device.user = user;
  if (device.gone) return close(device);  // given up meanwhile
  const std::unique_lock lock{tables_};
  users_[user] = device.number;
}

void Host::logout(std::uint32_t number) {
  const auto device = find(number);
  if (!device) return;
  device->gone = true;
  {
    const std::unique_lock lock{tables_};
    devices_.erase(number);
  }
  // Behind what runs of it; it must not be lost to a full queue.
  while (!strands_->post(number, [this, device] {
    const LastWords words{device->number};
    close(*device);
    strands_->doubt(device->number, false);
  }))
    std::this_thread::sleep_for(std::chrono::milliseconds{10});
}

void Host::close(Device& device) {
  while (!device.streams.empty()) close_stream(device, device.streams.begin()->first);
  close_alarm(device);
  if (device.user == kNone) return;
  {
    // Before the library may give its number to another.
    const std::unique_lock lock{tables_};
    users_.erase(device.user);
  }
  library_->call.NET_DVR_Logout(device.user);
  device.user = kNone;
}

void Host::check(Device& device, Check&, Answer& answer) {
  if (library_->call.NET_DVR_RemoteControl(device.user, abi::control_check_user, nullptr, 0) == 0)
    refused(answer);
}

// --- alarms

void Host::arm(Device& device, Arm&, Answer& answer) {
  close_alarm(device);
  abi::AlarmSetup setup{};
  setup.size = sizeof setup;
  setup.level = 1;
  setup.plate_form = 1;
  setup.want_v40 = 1;
  setup.deploy = 1;  // others may listen as well
  device.alarm = library_->call.NET_DVR_SetupAlarmChan_V41(device.user, &setup);
  if (device.alarm < 0) {
    device.alarm = kNone;
    refused(answer);
  }
}

void Host::disarm(Device& device, Disarm&, Answer&) { close_alarm(device); }

void Host::close_alarm(Device& device) {
  if (device.alarm == kNone) return;
  library_->call.NET_DVR_CloseAlarmChan_V30(device.alarm);
  device.alarm = kNone;
}

// --- streams

void Host::play(Device& device, Play& ask, Answer& answer) {
  const auto stream = std::make_shared<Stream>(ask.stream);
  {
    // Media may come before the call returns.
    const std::unique_lock lock{tables_};
    streams_[ask.stream] = stream;
  }
  device.streams[ask.stream] = stream;
  abi::PreviewInfo preview{};
  preview.channel = static_cast<std::int32_t>(ask.channel);
  preview.stream_type = static_cast<std::uint32_t>(ask.profile);
  preview.blocked = 1;  // it says then why it fails
  const auto& call = library_->call;
  stream->handle = call.NET_DVR_RealPlay_V40(device.user, &preview, &Host::on_media, as_pointer(ask.stream));
  if (stream->handle < 0) {
    refused(answer);
    close_stream(device, ask.stream);
    return;
  }
  {
    const std::unique_lock lock{tables_};
    views_[stream->handle] = ask.stream;
  }
  const bool standard = call.NET_DVR_SetStandardDataCallBackEx != nullptr &&
                        call.NET_DVR_SetStandardDataCallBackEx(stream->handle, &Host::on_standard_media,
                                                               as_pointer(ask.stream)) != 0;
  stream->standard = standard;
}

void Host::stop(Device& device, Stop& ask, Answer&) { close_stream(device, ask.stream); }

void Host::close_stream(Device& device, std::uint32_t number) {
  const auto found = device.streams.find(number);
  if (found == device.streams.end()) return;
  const auto stream = found->second;
  device.streams.erase(found);
  {
    const std::unique_lock lock{tables_};
    streams_.erase(number);
    views_.erase(stream->handle);
  }
  if (stream->handle >= 0) library_->call.NET_DVR_StopRealPlay(stream->handle);
}

void Host::key_frame(Device& device, KeyFrame& ask, Answer& answer) {
  const auto& call = library_->call;
  const auto channel = static_cast<std::int32_t>(ask.channel);
  const auto done = ask.profile == Profile::sub ? call.NET_DVR_MakeKeyFrameSub(device.user, channel)
                                                : call.NET_DVR_MakeKeyFrame(device.user, channel);
  if (done == 0) refused(answer);
}

// --- what is asked once

void Host::snapshot(Device& device, Snapshot& ask, Answer& answer) {
  abi::JpegParameters how{};
  how.size = 0xFF;
  std::string picture(kPicture, '\0');
  std::uint32_t size = 0;
  if (library_->call.NET_DVR_CaptureJPEGPicture_NEW(device.user, static_cast<std::int32_t>(ask.channel), &how,
                                                    picture.data(),
                                                    static_cast<std::uint32_t>(picture.size()), &size) == 0)
    return refused(answer);
  picture.resize(std::min<std::size_t>(size, picture.size()));
  answer.body = std::move(picture);
}

void Host::ptz(Device& device, Ptz& ask, Answer& answer) {
  if (library_->call.NET_DVR_PTZControlWithSpeed_Other(device.user, static_cast<std::int32_t>(ask.channel),
                                                       ask.command, ask.stop ? 1 : 0, ask.speed) == 0)
    refused(answer);
}

void Host::preset(Device& device, Preset& ask, Answer& answer) {
  if (library_->call.NET_DVR_PTZPreset_Other(device.user, static_cast<std::int32_t>(ask.channel),
                                             abi::preset_go, ask.index) == 0)
    refused(answer);
}

void Host::isapi(Device& device, Isapi& ask, Answer& answer) {
  if (library_->call.NET_DVR_STDXMLConfig == nullptr) {
    answer.outcome = Outcome::library;
    answer.error = 23;
    return;
  }
  auto request = ask.method + ' ' + ask.path + "\r\n";
  for (std::size_t capacity = kDocument;; capacity = kMaxAnswer) {
    std::string body(capacity, '\0');
    std::string status(16 * 1024, '\0');
    abi::PassThroughInput in{};
    in.size = sizeof in;
    in.request = request.data();
    in.request_size = static_cast<std::uint32_t>(request.size());
    if (!ask.body.empty()) {
      in.body = ask.body.data();
      in.body_size = static_cast<std::uint32_t>(ask.body.size());
    }
    in.receive_timeout_ms = ask.timeout_ms;
    abi::PassThroughOutput out{};
    out.size = sizeof out;
    out.body = body.data();
    out.body_capacity = static_cast<std::uint32_t>(body.size());
    out.status = status.data();
    out.status_capacity = static_cast<std::uint32_t>(status.size());
    if (library_->call.NET_DVR_STDXMLConfig(device.user, &in, &out) != 0) {
      body.resize(std::min<std::size_t>(out.body_size, body.size()));
      // Some put the answer to a PUT into the status alone.
      if (body.empty()) body.assign(status.data(), ::strnlen(status.data(), status.size()));
      answer.body = std::move(body);
      return;
    }
    refused(answer);
    if (answer.error == kTooSmall && capacity < kMaxAnswer) {
      answer.outcome = Outcome::ok;
      continue;
    }
    answer.body.assign(status.data(), ::strnlen(status.data(), status.size()));
    return;
  }
}

// --- tables

Host::DevicePtr Host::find(std::uint32_t number) {
  const std::shared_lock lock{tables_};
  const auto found = devices_.find(number);
  return found == devices_.end() ? nullptr : found->second;
}

std::optional<std::uint32_t> Host::device_of(abi::Handle user) {
  const std::shared_lock lock{tables_};
  const auto found = users_.find(user);
  if (found == users_.end()) return std::nullopt;
  return found->second;
}

std::shared_ptr<Host::Stream> Host::stream_of(std::uint32_t number) {
  const std::shared_lock lock{tables_};
  const auto found = streams_.find(number);
  return found == streams_.end() ? nullptr : found->second;
}

}  // namespace camfleet::sdkhost
