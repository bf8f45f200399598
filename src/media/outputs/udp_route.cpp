#include "media/outputs/udp_route.h"

#include <algorithm>
#include <utility>

namespace camfleet::media {
namespace {

constexpr std::size_t kMostParts = 128;  // in one system call
constexpr double kBurst = 120'000;       // bytes: a key picture; what a socket holds by default
constexpr double kLeastRate = 2e6;  // bytes a second past that, and at least so many times the stream's own:
constexpr double kSpeed = 3;
constexpr std::size_t kLargest = 65'507;  // that a datagram carries over IPv4

SteadyTime now() { return system_clock().steady(); }

}  // namespace

UdpRoute::UdpRoute(UdpOutlet& outlet, net::Address peer, net::Address local, std::function<void()> go_on)
    : outlet_(outlet),
      peer_(std::move(peer)),
      local_(std::move(local)),
      again_(std::move(go_on)),
      allowance_(kBurst),
      earned_at_(now()),
      last_report_(earned_at_) {}

UdpRoute::~UdpRoute() {
  for (const auto& track : tracks_) outlet_.remove(*this, {peer_, track.ports.rtcp});
}

void UdpRoute::map(std::uint8_t track, rtsp::Pair ports) {
  tracks_.push_back({track, ports});
  outlet_.add(*this, {peer_, ports.rtcp});
}

const UdpRoute::Ports* UdpRoute::ports_of(const model::Packet& packet) const {
  const auto found = std::ranges::find(tracks_, packet.track, &Ports::track);
  return found == tracks_.end() ? nullptr : &*found;
}

void UdpRoute::earn(const PacketCache& cache, SteadyTime at) {
  const std::chrono::duration<double> passed = at - earned_at_;
  earned_at_ = at;
  if (cache.bytes() == 0) return;
  const std::chrono::duration<double> age = cache.newest() - cache.at(cache.begin().item).arrival;
  const auto rate = static_cast<double>(cache.bytes()) / std::max(1.0, age.count());
  allowance_ = std::min(kBurst, allowance_ + passed.count() * std::max(kLeastRate, kSpeed * rate));
}

void UdpRoute::go_on() {
  waiting_ = false;
  again_();
}

UdpRoute::Sent UdpRoute::send(Feed& hub, Cursor& cursor) {
  Sent sent;
  if (waiting_) return sent;
  earn(hub.cache(), now());
  thread_local std::vector<ByteView> parts;
  while (!cursor.waiting() && cursor.place().item < hub.complete().item) {
    if (allowance_ <= 0) {
      waiting_ = true;
      outlet_.later(*this);
      break;
    }
    const auto& cache = hub.cache();
    const auto& first = cache.at(cursor.place().item);
    const auto* to = ports_of(first);
    if (to == nullptr || first.size - 4 > kLargest) {
      if (to != nullptr) ++sent.dropped;
      cursor.advance(first.size);
      continue;
    }
    // As many as go to the same port.
    parts.clear();
    double bytes = 0;
    for (auto i = cursor.place().item; i < hub.complete().item && parts.size() < kMostParts; ++i) {
      const auto& packet = cache.at(i);
      if (packet.track != first.track || packet.rtcp != first.rtcp || packet.size - 4 > kLargest) break;
      if (bytes >= allowance_) break;
      parts.push_back(packet.rtp());
      bytes += packet.size;
    }
    const net::Endpoint at{peer_, first.rtcp ? to->ports.rtcp : to->ports.rtp};
    const auto took = first.rtcp ? outlet_.send_rtcp(parts, at, local_) : outlet_.send_rtp(parts, at, local_);
    if (took && *took == 0) {  // no room: others have it, and the loop goes on
      waiting_ = true;
      outlet_.later(*this);
      break;
    }
    // What cannot be sent at all is lost, as it would be on its way.
    const auto count = took ? *took : parts.size();
    if (!took) sent.dropped += count;
    for (std::size_t i = 0; i < count; ++i) {
      const auto size = cache.at(cursor.place().item).size;
      cursor.advance(size);
      if (!took) continue;
      allowance_ -= size;
      sent.bytes += size;
    }
  }
  return sent;
}

}  // namespace camfleet::media
