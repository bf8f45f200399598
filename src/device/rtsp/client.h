#pragma once
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "device/login.h"
#include "device/rtsp/dialogue.h"
#include "device/rtsp/intake.h"
#include "device/rtsp/tracks.h"
#include "device/rtsp/udp_media.h"
#include "model/driver.h"
#include "net/resolver.h"
#include "net/slots.h"
#include "net/watched_socket.h"
#include "proto/rtsp/session.h"
#include "proto/rtsp/transport.h"

namespace camfleet::device {

// What the streams that play from one device know together of its password, on their loop. Each of them says
// goodbye and keeps its session alive with it; where it was changed meanwhile, sixteen of them at once would
// lock the account. So they ask one at a time, and not again after a refusal.
struct RtspStanding {
  explicit RtspStanding(net::Executor executor) : goodbye(std::move(executor), 1, 1024) {}
  net::Slots goodbye;
  SteadyTime asking_until{};  // a keep-alive is out; one without an answer holds up the others so long
  bool refused = false;
};

// What carries the packets (DeviceSpec::transport).
enum class Carrier : std::uint8_t {
  tcp,  // the RTSP connection itself
  udp,  // UDP, and TCP where that is refused or nothing of use comes
  any   // TCP, and UDP where the device refuses TCP
};
// "tcp", "udp", "auto"; tcp for anything else.
Carrier carrier_of(std::string_view transport);

// Which stream to play, and how to get at it.
struct RtspTarget {
  const net::AddressGuard* guard = nullptr;  // outlives the client
  url::Url url;                              // rtsp://, without a login
  std::string username;
  std::shared_ptr<const model::PasswordSource> password;  // null: none
  digest::Policy login;
  std::string trace_id;
  model::CallBudget calls;
  std::shared_ptr<RtspStanding> standing;  // null: nobody shares it
  Carrier carrier = Carrier::tcp;
};

struct RtspLimits {
  std::chrono::milliseconds phase{0};       // DESCRIBE, each SETUP, PLAY: each; 0: as RtspTarget::calls says
  std::chrono::milliseconds stall{10'000};  // without an RTP packet
  std::chrono::milliseconds teardown{1'000};  // waiting for its answer
  std::chrono::milliseconds keep_alive{0};    // 0: as the device's session timeout asks
  int redirects = 3;
  UdpLimits udp;
};

// One RTSP connection as a client; media come interleaved, or over UDP where the target says so. Lives on one
// loop and is used by one task at a time.
//
// Over UDP nothing may ever come, or no picture whole: the same pull then goes on over TCP, and so do the
// device's next ones for a while (UdpLimits::again).
//
// Connects only to the dialled host, whatever addresses the device prints (tracks.h); follows a redirect to
// the same host. Data are liveness: an unanswered keep-alive is no fault while packets come, and answered
// keep-alives do not help a stream that is silent.
class RtspClient {
 public:
  explicit RtspClient(RtspTarget target, RtspLimits limits = {});
  RtspClient(const RtspClient&) = delete;
  RtspClient& operator=(const RtspClient&) = delete;

  // Connects, logs in and reads the session description. One attempt. device.bad_credentials,
  // device.no_channel, device.busy, device.sessions_full, rtsp.foreign_url, sdp.invalid, net.*.
  net::Task<Result<void>> describe();
  // Of describe(); play() moves it away.
  const sdp::Session& description() const { return description_; }
  void forget_description() { description_ = {}; }
  // The Server header of the description's answer, valid UTF-8.
  const std::string& server() const { return server_; }

  // The whole life of a pull: describe() where that was not done, set up, play into `to`, and at the end,
  // cancellation too, TEARDOWN and close. Returns why it is over; media.stalled and net.closed among others.
  net::Task<Error> play(model::Publisher& to);

  // One OPTIONS on the connection, which is made where there is none: a heartbeat.
  net::Task<Result<void>> probe(Deadline deadline);
  void close();
  // When the last RTP packet came.
  SteadyTime last_media() const { return udp_ ? udp_->last_media() : intake_.last_media(); }

  const IntakeCounters& counters() const { return udp_ ? udp_->counters() : intake_.counters(); }

 private:
  static constexpr int kReadsPerWakeUp = 8;  // then others of this loop have their turn

  net::Task<Result<void>> connect();
  net::Task<Error> stream(model::Publisher& to);
  net::Task<Error> attempt(model::Publisher& to);
  bool wants_udp();
  void open_udp(std::size_t tracks);
  void use_tcp(const Error& why);
  net::Task<Result<void>> set_up(model::Publisher& to);
  net::Task<Result<bool>> set_up_track(const WantedTrack& wanted, std::uint8_t index, std::size_t number);
  bool assign(const WantedTrack& wanted, std::uint8_t index, std::size_t number,
              const rtsp::Transport& transport);
  net::Task<Result<void>> start_playing(model::Publisher& to);
  struct Flow;
  net::Task<Error> receive(model::Publisher& to);
  static void flows(void* flow) noexcept;
  void take(Flow& flow);
  net::Task<Error> receive_udp(model::Publisher& to);
  net::Task<> watch_udp(net::TaskGroup& group, model::Publisher& to, Error& why);
  net::Task<> watch_connection();
  Result<void> answer_messages();
  Result<void> keep_session(SteadyTime now);
  net::Task<> tear_down();

  // Sends and waits for the answer; answers a challenge, so that what returns is no 401.
  net::Task<Result<rtsp::Response>> ask(std::string_view method, const std::string& url, rtsp::Headers more,
                                        Deadline deadline, model::Publisher* to = nullptr);
  net::Task<Result<rtsp::Response>> exchange(rtsp::Request request, Deadline deadline, model::Publisher* to);
  rtsp::Request make(std::string_view method, const std::string& url, rtsp::Headers more);
  Result<bool> read(model::Publisher* to);    // what is there; true: came short, wait before the next
  Result<void> serve(rtsp::Request request);  // a request of the device
  Result<void> on_keep_alive_answer(const rtsp::Response& response);
  Result<void> send_keep_alive();
  Result<void> write_keep_alive();
  Result<void> flush_outbox();
  std::string where(std::string_view step) const;

  RtspTarget target_;
  RtspLimits limits_;
  Login login_;
  net::TcpStream stream_;
  net::WatchedSocket media_;  // has the connection while packets come on it
  Intake intake_;
  Outstanding outstanding_;
  struct UdpWatch {
    explicit UdpWatch(net::Executor executor) : bell(executor), taken(executor) {}
    net::Event bell;   // there is something to look at
    net::Event taken;  // and what the connection had was
  };
  std::unique_ptr<UdpWatch> watch_;  // of udp_
  std::unique_ptr<UdpMedia> udp_;    // null: interleaved
  bool udp_given_up_ = false;
  bool started_ = false;  // the publisher knows the tracks
  KeepAlive keep_alive_;
  std::chrono::milliseconds keep_alive_every_{};
  SteadyTime next_keep_alive_ = kNever;
  std::uint32_t cseq_ = 0;
  std::optional<digest::Attempt> keep_alive_login_;  // of the one without an answer
  bool keep_alive_told_ = false;                     // it went with a login
  bool keep_alive_refused_ = false;                  // its login was: no more of them
  rtsp::Session session_;                            // empty id: none yet
  sdp::Session description_;
  bool described_ = false;
  bool session_unknown_ = false;  // it answered 454 to a keep-alive: they go without the session's name
  url::Url base_;
  std::string aggregate_;  // the address of PLAY and TEARDOWN
  std::string server_;
  std::string outbox_;  // small requests and answers that did not fit the socket
};

}  // namespace camfleet::device
