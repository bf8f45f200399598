#pragma once
#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "media/cursor.h"
#include "media/feed.h"
#include "media/media_metrics.h"
#include "media/outputs/udp_route.h"
#include "media/outputs/viewer_trace.h"
#include "net/task_group.h"
#include "net/tcp.h"

namespace camfleet::media {

// The sending side of one RTSP connection: answers as text, and the packets of the stream that it plays,
// interleaved (RFC 2326 section 10.12), or over UDP (UdpRoute). A frame leaves in one gathered write at the
// moment it is whole; where the socket is full, what comes meanwhile leaves with the next write. It keeps no
// packets, only what is left of one that the socket took in part. Lives on one loop: the hub's, when playing.
//
// Shared by its connection and, while the socket is full, by the task that waits for it.
class RtspViewer final : public Viewer, public std::enable_shared_from_this<RtspViewer> {
 public:
  // `tasks`, `settings` and `metrics` outlive it.
  RtspViewer(net::TcpStream stream, net::TaskGroup& tasks, const Settings& settings, OutputMetrics& metrics);
  ~RtspViewer() override;

  net::TcpStream& stream() { return stream_; }
  // Sends between packets. A client that does not read its answers is closed.
  void send(std::string_view text);
  bool blocked() const { return blocked_; }

  // On which channels this client wants a track; the client may have another order than ours.
  void map(std::uint8_t track, std::uint8_t rtp_channel, std::uint8_t rtcp_channel);
  // The same over UDP, for every track or none. `outlet`, which has the sockets of our end's address, and
  // `metrics` outlive it.
  void map_udp(UdpOutlet& outlet, OutputMetrics& metrics, std::uint8_t track, rtsp::Pair ports);
  void unmap();
  bool over_udp() const { return udp_ != nullptr; }
  // When the client last sent a receiver report over UDP, or when it was set up.
  SteadyTime last_report() const { return udp_ ? udp_->last_report() : SteadyTime{}; }

  // Begins with the newest key frame. `asked`: when the client began to ask, for the time to its first
  // picture; `trace`: what it did before.
  void play(Feed& hub, SteadyTime asked, const ViewerTrace& trace);
  void pause();
  bool playing() const { return hub_ != nullptr; }

  // The first packet that a track will send, if it is there already; valid when play() comes next.
  static std::optional<std::uint64_t> first_item(const Feed& hub, std::uint8_t track);

  // Closes the socket; the first reason counts.
  void close(const Error& why);
  const Error& closed_for() const { return why_; }
  // Closes a viewer that is behind and has taken too little for too long.
  void sweep(SteadyTime now);

  void wake() override;
  void ended(const Error& why) override;
  Place place() const override { return cursor_.place(); }

 private:
  struct Channels {
    std::uint8_t track;
    std::uint8_t rtp;
    std::uint8_t rtcp;
  };
  static net::Task<> drain(std::shared_ptr<RtspViewer> self);
  void block();
  void pump();
  bool send_pending();
  void send_packets();
  void send_datagrams();
  void sent(std::size_t bytes);
  void advance(std::size_t bytes);
  // The channel on which the client gets this packet; nothing where it did not ask for the track.
  std::optional<std::uint8_t> channel_of(const model::Packet& packet) const;
  bool plain() const;
  std::span<const ByteView> own_parts(Place from, Place& to);

  net::TcpStream stream_;
  net::TaskGroup& tasks_;
  const Settings& settings_;
  OutputMetrics& tcp_metrics_;
  OutputMetrics* metrics_;         // of the kind of viewer that it is
  std::unique_ptr<UdpRoute> udp_;  // null: interleaved
  Feed* hub_ = nullptr;
  Cursor cursor_;
  std::vector<Channels> channels_;
  bool plain_ = false;  // every track on our own channels: packets leave as they are
  bool blocked_ = false;
  bool draining_ = false;
  bool pumping_ = false;
  std::string pending_;  // rest of a packet, answers
  Error why_;
  struct First {
    SteadyTime asked;
    ViewerTrace trace;
  };
  std::unique_ptr<First> first_;  // until its first picture has left
  std::uint64_t total_ = 0;       // bytes that the socket has taken
  std::uint64_t mark_ = 0;        // total_ at mark_at_
  SteadyTime mark_at_{};
};

}  // namespace camfleet::media
