#pragma once
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "media/hubs.h"
#include "media/outputs/attempts.h"
#include "media/outputs/live_path.h"
#include "media/outputs/rtsp_settings.h"
#include "media/outputs/rtsp_viewer.h"
#include "model/ports.h"
#include "net/descriptor.h"
#include "net/task_group.h"
#include "net/tcp.h"
#include "proto/rtsp/parser.h"
#include "proto/rtsp/transport.h"

namespace camfleet::media {

// What all RTSP connections share; outlives them.
struct RtspContext {
  Hubs& hubs;
  const model::LiveGate& gate;
  const RtspSettings& settings;
  Attempts& attempts;
  OutputMetrics& metrics;
  // Of viewers over UDP, by loop; null or empty: nobody gets UDP.
  OutputMetrics* udp_metrics = nullptr;
  const std::vector<std::unique_ptr<UdpOutlet>>* udp = nullptr;
};

// A connection between two loops: all of it that is not bound to one. No session yet.
struct RtspHandover {
  net::Descriptor socket;
  rtsp::Parser parser;
  Bytes unread;
  std::unique_ptr<rtsp::Request> request;  // to be answered over there
  std::optional<model::Grant> grant;
  unsigned wrong_tokens = 0;
  SteadyTime accepted{};
  SteadyTime authorised{};
  net::Loop* to = nullptr;
};

// One viewer's RTSP conversation (RFC 2326), its media interleaved or over UDP to where the connection comes
// from. States init, ready, playing; one session a
// connection, whose id is good on this connection alone. The right to watch comes with a live token and is
// bound to the connection; it is asked again while it lasts. Where a request names a stream of another loop,
// the connection moves there before the stream is opened. Lives on one loop, in the frame of its task.
class RtspConnection {
 public:
  RtspConnection(const RtspContext& context, net::Loop& loop, net::TaskGroup& tasks, net::TcpStream stream,
                 RtspHandover& carried);

  // Until the connection has ended (null is returned) or has to move.
  net::Task<std::unique_ptr<RtspHandover>> serve();
  // Closes what is overdue.
  void sweep(SteadyTime now);

 private:
  enum class State : std::uint8_t { init, ready, playing };

  enum class Next : std::uint8_t { nothing, request, other, broken };
  Next next_message(std::unique_ptr<rtsp::Request>& request);
  net::Task<bool> read_more();
  // False: the connection is to be closed or moved.
  net::Task<bool> handle(std::unique_ptr<rtsp::Request> whole);
  net::Task<bool> on_stream(const rtsp::Request& request);
  net::Task<bool> authorise(const rtsp::Request& request, const LivePath& path);
  net::Task<bool> open(const rtsp::Request& request, const LivePath& path);
  bool leave_for(net::Loop& loop, const rtsp::Request& request);
  void describe(const rtsp::Request& request, const LivePath& path);
  void setup(const rtsp::Request& request, const LivePath& path);
  bool play(const rtsp::Request& request, const LivePath& path);
  void teardown(const rtsp::Request& request);

  void answer(const rtsp::Request& request, rtsp::Response response);
  void end_session();
  // What to answer to an offer, with the track mapped; nothing where it is not for us.
  std::optional<rtsp::Transport> accept_tcp(const rtsp::Transport& offer, std::uint8_t track);
  std::optional<rtsp::Transport> accept_udp(const rtsp::Transport& offer, std::uint8_t track);
  std::optional<rtsp::Pair> choose_channels(const rtsp::Transport& offer) const;
  bool channel_taken(int channel) const;

  RtspContext context_;
  net::Loop& loop_;
  std::shared_ptr<RtspViewer> viewer_;
  net::Endpoint remote_;
  rtsp::Parser parser_;
  Bytes unread_;
  std::unique_ptr<rtsp::Request> first_;  // came with the handover
  std::unique_ptr<RtspHandover> leaving_;

  State state_ = State::init;
  std::string session_;
  std::optional<model::Grant> grant_;
  Watch lease_;
  std::uint32_t generation_ = 0;  // of the pull that was described
  struct Mapped {
    std::uint8_t track;
    rtsp::Pair channels;  // ports, over UDP
  };
  std::vector<Mapped> mapped_;

  unsigned wrong_tokens_ = 0;
  SteadyTime accepted_;
  SteadyTime authorised_{};
  SteadyTime opened_{};       // the stream
  SteadyTime asked_{};        // when this viewer first asked for its stream
  SteadyTime last_request_;   // whole
  SteadyTime partial_since_;  // a message has begun and is not whole; from accept for the first
  bool asked_anything_ = false;
  bool watched_ = false;  // it played, now or before
  Error broken_by_;       // what it sent that is no RTSP
  SteadyTime checked_;    // the grant
  SteadyTime window_;     // of input_
  std::size_t input_ = 0;
};

}  // namespace camfleet::media
