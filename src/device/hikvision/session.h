#pragma once
#include "base/random.h"
#include "device/hikvision/alarm_channel.h"
#include "device/hikvision/facts.h"
#include "device/hikvision/heartbeat_pace.h"
#include "device/hikvision/isapi_client.h"
#include "device/rtsp/client.h"
#include "model/driver.h"
#include "net/backoff.h"
#include "net/slots.h"

namespace camfleet::device {

struct RtspStanding;

struct HikvisionOptions {
  std::chrono::milliseconds request{0};  // one ISAPI exchange; 0: as DeviceTarget::calls says
  std::chrono::milliseconds heartbeat_least{10'000};
  std::chrono::milliseconds heartbeat_most{20'000};
  std::chrono::milliseconds alarm_silence{60'000};  // at most; three heart-beats of a device that sends them
  std::chrono::milliseconds alarm_stable{5'000};    // a stream that ends sooner was none
  std::chrono::milliseconds alarm_retry_least{1'000};
  std::chrono::milliseconds alarm_retry_most{30'000};
  std::chrono::milliseconds alarm_head_most{45'000};  // some send the head with their first event alone
  // A power cut ends thousands of alarm streams in one moment. Of one loop a few are looked at and told at
  // once and then one each so often, so that the loop and the ledger have time for others; and so are they
  // asked for again, which costs more.
  std::chrono::microseconds alarm_end_apart{250};
  std::chrono::microseconds alarm_apart{1'000};
  unsigned alarm_at_once = 8;
  std::chrono::milliseconds alarm_untold{250};         // a wait for its turn that is longer is shown
  std::chrono::milliseconds alarm_slot_taken{60'000};  // 404: the slot of our last connection is not free yet
  std::chrono::milliseconds clock_tolerance{5'000};
  // When the clock is read again of a device that is never silent, and of one whose clock was wrong.
  std::chrono::milliseconds clock_again{600'000};
  std::chrono::milliseconds clock_off_again{60'000};
  RtspLimits rtsp;
  digest::Policy login;
};

// A logged-in Hikvision device: one control connection, one alarm connection, and an RTSP connection for each
// pull. Idle it is one coroutine with one timer, which waits for the alarm stream and asks over the control
// connection where the device has been silent for 10 to 20 s.
class HikvisionSession : public model::Session {
 public:
  HikvisionSession(net::Executor executor, model::DeviceTarget target,
                   std::shared_ptr<const HikvisionOptions> options);

  // Logs in, asks what the device is, arms the alarm channel. A refusal of the alarm channel is no error of
  // this: run() reports it and goes on trying.
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
  // Nothing where the device refuses to say; an error where the session cannot be.
  template <class T>
  net::Task<Result<std::optional<T>>> ask(std::string_view path, Result<T> (*parse)(std::string_view),
                                          Deadline deadline);
  net::Task<Result<void>> ask_channels(IsapiAnswers& answers, Deadline deadline);
  net::Task<Result<std::optional<std::int64_t>>> ask_clock(Deadline deadline);

  // The alarm stream answered 401: is it the password, or this stream alone?
  net::Task<Error> judge_alarm_refusal(Error why, Deadline deadline);
  net::Task<std::optional<Error>> beat(model::SessionObserver& observer);
  net::Task<std::optional<Error>> recognise();
  bool is_away(const Error& why, unsigned connects);  // `connects`: of the control connection, before
  net::Task<std::optional<Error>> arm_again(model::SessionObserver& observer);
  net::Task<> alarm_lost(Error why, model::SessionObserver& observer);
  void report_alarm(Error why, model::SessionObserver& observer);
  void tell_alarm(Error told, std::chrono::milliseconds wait, model::SessionObserver& observer);
  void judge_clock(model::SessionObserver& observer);
  void plan_clock();
  void heard();
  Deadline due(std::chrono::milliseconds from_now) const;
  bool has_channel(std::uint16_t channel) const;
  net::Task<Result<model::Picture>> picture(std::string path, Deadline deadline);
  // A PUT whose answer is a ResponseStatus. Never asked again: a command that came late may be the wrong one.
  net::Task<Result<>> put(std::uint16_t channel, std::string path, std::string body, Deadline deadline);

  const std::shared_ptr<const HikvisionOptions> options_;  // of all sessions
  std::chrono::milliseconds request_{0};                   // one ISAPI exchange
  model::DeviceTarget target_;
  Login login_;
  IsapiClient control_;
  AlarmChannel alarm_;
  net::Backoff alarm_backoff_;
  Rng jitter_;
  model::DeviceFacts facts_;
  isapi::DeviceKind kind_ = isapi::DeviceKind::unknown;
  bool snapshot_by_proxy_ = false;

  Error alarm_down_;        // what was reported of the alarm channel; ok: nothing
  bool clock_off_ = false;  // reported
  SteadyTime next_clock_ = kNever;
  SteadyTime next_arm_ = kNever;
  SteadyTime last_heard_{};
  SteadyTime next_beat_{};
  HeartbeatPace pace_;
  std::chrono::milliseconds alarm_head_;
  std::shared_ptr<RtspStanding> rtsp_standing_;  // of the streams that play
  net::Slots
      rtsp_turn_;  // one login at a time: a password that was changed is refused once, not once a viewer
  Error refused_;  // a login that failed: nothing tries it again in this session
};

}  // namespace camfleet::device
