#include "media/outputs/rtsp_viewer.h"

#include <algorithm>

#include "net/address.h"
#include "proto/rtsp/message.h"

namespace camfleet::media {
namespace {

constexpr std::size_t kMaxPending = 128 * 1024;  // a packet and some answers
constexpr std::size_t kMaxParts = 128;

SteadyTime now() { return system_clock().steady(); }

}  // namespace

RtspViewer::RtspViewer(net::TcpStream stream, net::TaskGroup& tasks, const Settings& settings,
                       OutputMetrics& metrics)
    : stream_(std::move(stream)),
      tasks_(tasks),
      settings_(settings),
      tcp_metrics_(metrics),
      metrics_(&metrics) {}

RtspViewer::~RtspViewer() { pause(); }

void RtspViewer::send(std::string_view text) {
  if (pending_.size() + text.size() > kMaxPending) return close(Error{Code::media_slow_viewer, "answers"});
  pending_ += text;
  pump();
}

void RtspViewer::map(std::uint8_t track, std::uint8_t rtp_channel, std::uint8_t rtcp_channel) {
  channels_.push_back({track, rtp_channel, rtcp_channel});
}

void RtspViewer::map_udp(UdpOutlet& outlet, OutputMetrics& metrics, std::uint8_t track, rtsp::Pair ports) {
  if (!udp_)
    udp_ = std::make_unique<UdpRoute>(outlet, net::normalised(stream_.remote().address()),
                                      net::normalised(stream_.local().address()), [this] { pump(); });
  udp_->map(track, ports);
  metrics_ = &metrics;
}

void RtspViewer::unmap() {
  channels_.clear();
  udp_.reset();
  metrics_ = &tcp_metrics_;
}

bool RtspViewer::plain() const {
  const auto info = hub_->info();
  return info && channels_.size() == info->tracks.size() &&
         std::ranges::all_of(
             channels_, [](const Channels& c) { return c.rtp == 2 * c.track && c.rtcp == 2 * c.track + 1; });
}

void RtspViewer::play(Feed& hub, SteadyTime asked, const ViewerTrace& trace) {
  if (hub_ != nullptr) return;
  hub_ = &hub;
  plain_ = plain();
  first_ = std::make_unique<First>(First{asked, trace});
  mark_at_ = now();
  mark_ = total_;
  cursor_.join(hub.cache(), hub.has_keys());
  hub.attach(*this);
  hub.count_viewers(+1);
  metrics_->viewers.add(1);
  pump();
}

void RtspViewer::pause() {
  if (hub_ == nullptr) return;
  hub_->detach(*this);
  hub_->count_viewers(-1);
  metrics_->viewers.add(-1);
  hub_ = nullptr;
}

std::optional<std::uint64_t> RtspViewer::first_item(const Feed& hub, std::uint8_t track) {
  const auto& cache = hub.cache();
  if (!cache.key()) return std::nullopt;
  for (auto i = cache.key()->item; i < cache.end().item; ++i) {
    const model::Packet& packet = cache.at(i);
    if (packet.track == track && !packet.rtcp) return i;
  }
  return std::nullopt;
}

void RtspViewer::close(const Error& why) {
  if (!why_) why_ = why;
  pause();
  stream_.close();
}

void RtspViewer::ended(const Error& why) { close(why); }

void RtspViewer::sweep(SteadyTime at) {
  if (!blocked_ || total_ - mark_ >= settings_.slow_bytes) {
    mark_ = total_;
    mark_at_ = at;
  } else if (at - mark_at_ >= settings_.slow_limit) {
    metrics_->slow.add();
    close(Error{Code::media_slow_viewer, hub_ != nullptr ? model::to_text(hub_->key()) : "answers"});
  }
}

void RtspViewer::wake() { pump(); }

void RtspViewer::block() {
  blocked_ = true;
  if (draining_) return;
  draining_ = true;
  tasks_.spawn(drain(shared_from_this()));
}

net::Task<> RtspViewer::drain(std::shared_ptr<RtspViewer> self) {
  while (self->blocked_) {
    const auto ready = co_await self->stream_.wait_writable(kNever);
    if (!ready) break;
    self->blocked_ = false;
    self->pump();
  }
  self->draining_ = false;
}

void RtspViewer::pump() {
  if (pumping_) return;
  pumping_ = true;
  if (hub_ != nullptr) {
    // Also while the socket is full, so that the cache need not keep what this viewer will never send.
    const auto lost = cursor_.catch_up(hub_->cache(), settings_.lag);
    if (lost > 0) {
      metrics_->dropped.add(lost);
      hub_->status().dropped.fetch_add(lost, std::memory_order_relaxed);
    }
  }
  if (!blocked_ && stream_.open() && send_pending() && hub_ != nullptr && !udp_) send_packets();
  if (udp_ && hub_ != nullptr) send_datagrams();
  pumping_ = false;
}

bool RtspViewer::send_pending() {
  while (!pending_.empty()) {
    const ByteView view = as_bytes(pending_);
    const auto taken = stream_.try_write({&view, 1});
    if (!taken) {
      close(taken.error());
      return false;
    }
    if (*taken == 0) {
      block();
      return false;
    }
    total_ += *taken;
    pending_.erase(0, *taken);
  }
  if (pending_.capacity() > 1024) std::string{}.swap(pending_);
  return true;
}

void RtspViewer::send_packets() {
  while (!cursor_.waiting() && cursor_.place().item < hub_->complete().item) {
    Place to = cursor_.place();
    const auto parts = plain_ ? hub_->parts(to) : own_parts(cursor_.place(), to);
    if (parts.empty()) {  // nothing of it is for this client
      cursor_.advance(to);
      continue;
    }
    const auto taken = stream_.try_write(parts);
    if (!taken) return close(taken.error());
    if (*taken == 0) return block();
    sent(*taken);
    advance(*taken);
    if (!pending_.empty() && !send_pending()) return;
  }
}

void RtspViewer::send_datagrams() {
  const auto done = udp_->send(*hub_, cursor_);
  if (done.bytes > 0) sent(done.bytes);
  if (done.dropped == 0) return;
  metrics_->dropped.add(done.dropped);
  hub_->status().dropped.fetch_add(done.dropped, std::memory_order_relaxed);
}

void RtspViewer::sent(std::size_t bytes) {
  total_ += bytes;
  metrics_->sent.add(bytes);
  if (!first_) return;
  const auto at = now();
  const auto first = std::move(first_);
  metrics_->first_picture.observe(std::chrono::duration<double>(at - first->asked).count());
  first->trace.look(*hub_);
  tell_first_picture(first->trace, *metrics_, net::to_string(stream_.remote()), hub_->key(), at);
}

void RtspViewer::advance(std::size_t bytes) {
  while (bytes > 0) {
    const model::Packet& packet = hub_->cache().at(cursor_.place().item);
    cursor_.advance(packet.size);
    const auto channel = channel_of(packet);
    if (!channel) continue;
    if (bytes < packet.size) {
      std::string whole{as_text(packet.framed())};
      whole[1] = static_cast<char>(*channel);
      pending_ = whole.substr(bytes);
      return;
    }
    bytes -= packet.size;
  }
}

std::optional<std::uint8_t> RtspViewer::channel_of(const model::Packet& packet) const {
  if (plain_) return static_cast<std::uint8_t>(2 * packet.track + (packet.rtcp ? 1 : 0));
  for (const Channels& c : channels_) {
    if (c.track == packet.track) return packet.rtcp ? c.rtcp : c.rtp;
  }
  return std::nullopt;
}

// With our own four bytes in front of a packet where the client counts its channels in another way.
std::span<const ByteView> RtspViewer::own_parts(Place from, Place& to) {
  static thread_local std::vector<ByteView> parts;
  static thread_local std::array<std::array<std::uint8_t, 4>, kMaxParts> heads;
  parts.clear();
  std::size_t used = 0;
  to = from;
  while (to.item < hub_->complete().item && used < heads.size()) {
    const model::Packet& packet = hub_->cache().at(to.item);
    to.item += 1;
    to.byte += packet.size;
    const auto channel = channel_of(packet);
    if (!channel) continue;
    if (packet.framed()[1] == *channel) {
      parts.push_back(packet.framed());
      continue;
    }
    auto& head = heads[used++];
    rtsp::write_frame_header(head.data(), *channel, static_cast<std::uint16_t>(packet.size - 4));
    parts.emplace_back(head.data(), head.size());
    parts.push_back(packet.rtp());
  }
  return parts;
}

}  // namespace camfleet::media
