#pragma once
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/random.h"
#include "device/hcnetsdk/channels.h"
#include "device/hcnetsdk/driver.h"
#include "device/hcnetsdk/hosts.h"
#include "device/hcnetsdk/line.h"
#include "device/hikvision/facts.h"
#include "device/hikvision/heartbeat_pace.h"
#include "model/driver.h"
#include "net/backoff.h"

namespace camfleet::device {

// A device that a host of the vendor's library is logged in to. What it is and can do it is asked through the
// library by ISAPI, so that one device looks the same by either driver; those that do not speak it are known
// by what the login told. Idle it is one coroutine with one timer.
class HcNetSdkSession final : public model::Session {
 public:
  HcNetSdkSession(net::Executor executor, hcnetsdk::Hosts& hosts, model::DeviceTarget target,
                  const HcNetSdkOptions& options);

  net::Task<Result<void>> open(Deadline deadline);

  const model::DeviceFacts& facts() const override { return facts_; }
  net::Task<Error> run(model::SessionObserver& observer) override;
  net::Task<Error> pull(std::uint16_t channel, model::Profile profile, model::Publisher& to) override;
  net::Task<Result<model::Picture>> snapshot(std::uint16_t channel, model::Profile profile,
                                             Deadline deadline) override;
  net::Task<Result<>> ptz(std::uint16_t channel, model::PtzMove move, Deadline deadline) override;
  net::Task<Result<>> ptz_preset(std::uint16_t channel, std::uint16_t preset, Deadline deadline) override;
  net::Task<Result<model::IsapiAnswer>> isapi(model::IsapiRequest request, Deadline deadline) override;
  net::Task<Result<>> request_key_frame(std::uint16_t channel, model::Profile profile,
                                        Deadline deadline) override;

 private:
  using Milliseconds = std::chrono::milliseconds;
  // One question to the host: its answer where that is ok, else the error that it means.
  net::Task<Result<sdkhost::Answer>> ask(sdkhost::What what, const char* name, Deadline deadline);
  // GET through the library; nothing where the device refuses to say or is not understood, an error where the
  // session cannot be.
  template <class T>
  net::Task<Result<std::optional<T>>> ask_isapi(std::string_view path, Result<T> (*parse)(std::string_view),
                                                Deadline deadline);

  net::Task<Result<std::string>> resolve(std::uint16_t port, Deadline deadline);
  net::Task<Result<sdkhost::LoginResult>> login(Deadline deadline);
  net::Task<Result<sdkhost::LoginResult>> login_as(sdkhost::Mode mode, Deadline deadline);
  net::Task<Result<void>> learn(Deadline deadline);
  net::Task<Result<void>> learn_without_isapi(Deadline deadline);
  net::Task<Result<std::optional<std::int64_t>>> ask_clock(Deadline deadline);
  net::Task<Result<std::optional<std::int64_t>>> ask_clock_of_library(Deadline deadline);
  // `ip`: what was told of its IP channels; empty: nothing.
  void facts_of_login(std::span<const sdkhost::IpChannel> ip);

  // A document asked for or given by ISAPI through the library; what a refusal means where it is one.
  net::Task<Result<std::string>> through(std::string_view method, std::string path, std::string body,
                                         Deadline deadline);
  net::Task<Result<model::Picture>> picture_by_isapi(std::uint16_t channel, model::Profile profile,
                                                     Deadline deadline);
  net::Task<Result<>> move_by_library(std::uint16_t channel, model::PtzMove move, Deadline deadline);
  bool by_isapi_too(Code why) const;

  net::Task<std::optional<Error>> beat(model::SessionObserver& observer);
  net::Task<> arm_again(model::SessionObserver& observer);
  void tell_notices(model::SessionObserver& observer);
  // False: there was no room for all of them before the next heart-beat, or, the `last`, within half a
  // second.
  net::Task<bool> tell_alarms(model::SessionObserver& observer, bool last);
  // Alarms of it do not reach us just now, whatever else does; `until` nothing of the kind is heard any more.
  void blur(Error why, model::SessionObserver& observer);
  void clear_again(model::SessionObserver& observer);
  void alarm_down(Error why, model::SessionObserver& observer);
  void show_alarm_down(Error told, model::SessionObserver& observer);
  void alarm_back(model::SessionObserver& observer);
  void judge_clock(model::SessionObserver& observer);
  void heard();
  bool has_channel(std::uint16_t channel) const;

  net::Executor executor_;
  hcnetsdk::Hosts& hosts_;
  model::DeviceTarget target_;
  HcNetSdkOptions options_;
  std::shared_ptr<hcnetsdk::Line> line_;
  hcnetsdk::Place place_;
  sdkhost::LoginResult login_;
  hcnetsdk::Channels channels_;
  model::DeviceFacts facts_;
  isapi::DeviceKind kind_ = isapi::DeviceKind::unknown;
  bool speaks_isapi_ = true;
  bool has_clock_ = true;  // the library knows it of a device that does not speak ISAPI
  // What the library does not do in its way of logging in, and the device did by ISAPI.
  struct ByIsapi {
    bool picture = false, move = false, preset = false, key_frame = false;
  } by_isapi_;
  bool picture_by_proxy_ = false;

  bool armed_ = false;
  Error alarm_down_;  // what was reported of the alarm channel; ok: nothing
  SteadyTime next_arm_ = kNever;
  SteadyTime show_lost_ = kNever;  // an alarm channel that the library arms again is shown from then on
  SteadyTime clear_at_ = kNever;   // alarms that were lost on the way: blind until some time without
  Code blurred_by_ = Code::ok;
  net::Backoff alarm_backoff_;
  bool clock_off_ = false;  // reported
  Rng jitter_;
  HeartbeatPace pace_;
  SteadyTime next_beat_{};
  std::unordered_map<std::uint16_t, std::uint32_t>
      moving_;  // the PTZ command that is to be ended, by channel
};

}  // namespace camfleet::device
