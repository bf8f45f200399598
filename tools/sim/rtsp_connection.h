#pragma once
#include <memory>
#include <optional>
#include <string>

#include "net/tcp.h"
#include "proto/rtsp/message.h"
#include "proto/rtsp/parser.h"
#include "proto/rtsp/transport.h"
#include "sim/clips.h"
#include "sim/device.h"
#include "sim/player.h"
#include "sim/playout.h"
#include "sim/rtsp_url.h"
#include "sim/shard.h"
#include "sim/udp_door.h"
#include "sim/view.h"

namespace camfleet::sim {

// What SETUP made.
struct RtspSession {
  std::string id;  // padded with blanks, as cameras do
  StreamPath path;
  std::optional<TrackStart> pictures;  // what was set up
  std::optional<TrackStart> sound;
  bool played = false;
  std::uint64_t paused_at = 0;  // round
};

// One RTSP client of a device, on the device's loop: requests in, answers and pictures out. One session a
// connection, as cameras have it; the session ends with its connection, by TEARDOWN, or when for its timeout
// neither a request came nor a picture was taken; over UDP, where nobody takes: nor a receiver report.
class RtspConnection {
 public:
  // All but the stream outlive it.
  RtspConnection(Device& device, Shard& shard, const Clips& clips, net::TcpStream stream, std::uint64_t seed);
  RtspConnection(const RtspConnection&) = delete;
  RtspConnection& operator=(const RtspConnection&) = delete;
  ~RtspConnection();

  // Until the connection ends.
  net::Task<> run();

 private:
  // False: the connection is over.
  bool take(ByteView bytes);
  bool answer(const rtsp::Request& request);
  bool send_text(std::string_view text);
  rtsp::Response handle(const rtsp::Request& request);
  rtsp::Response describe(const rtsp::Request& request);
  rtsp::Response setup(const rtsp::Request& request);
  rtsp::Response play(const rtsp::Request& request);
  rtsp::Response pause();
  rtsp::Response teardown();
  std::optional<rtsp::Response> refuse_login(const rtsp::Request& request);
  std::optional<rtsp::Response> refuse_session(std::string_view method);
  bool owns_session(const rtsp::Request& request) const;

  std::optional<StreamPath> stream_of(const rtsp::Request& request) const;
  const Sound* sound() const;  // nullptr: the device has none
  View view_of_stream(const StreamPath& path) const;
  std::string url_of(const StreamPath& path) const;
  // The first offer that this device takes: interleaved TCP, or UDP to the client's own address.
  const rtsp::Transport* choose(const std::vector<rtsp::Transport>& offers) const;
  void stop_playing();
  void end_session();
  SteadyTime deadline() const;

  Device& device_;
  Playout& playout_;
  UdpDoor& udp_;
  const Clips& clips_;
  net::TcpStream stream_;
  Device::Presence presence_;
  Outlet outlet_;
  Rng rng_;
  std::string authority_;  // "127.1.0.1:10554"
  rtsp::Parser parser_;
  Bytes rest_;  // the beginning of an interleaved packet
  SteadyTime last_heard_;
  std::optional<RtspSession> session_;
  std::unique_ptr<UdpWay> way_;  // of a session over UDP
  std::unique_ptr<UdpWay> sound_way_;
  std::unique_ptr<Player> player_;
  bool closing_ = false;
};

}  // namespace camfleet::sim
