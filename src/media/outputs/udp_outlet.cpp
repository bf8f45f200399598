#include "media/outputs/udp_outlet.h"

#include <algorithm>

#include "net/within.h"
#include "proto/rtp/rtcp.h"

namespace camfleet::media {
namespace {

constexpr std::size_t kMostAddresses = 8;  // of ours
constexpr int kSendBuffer = 4 * 1024 * 1024;
constexpr std::chrono::milliseconds kPause{3};
constexpr int kBatchesPerTurn = 4;  // of reports, then others of this loop have their turn

}  // namespace

UdpOutlet::UdpOutlet(net::DatagramPairs& pairs, net::TaskGroup& tasks)
    : pairs_(pairs), tasks_(tasks), bell_(tasks.executor()) {}

Result<rtsp::Pair> UdpOutlet::open(const net::Address& local) {
  auto known = sockets_.find(local);
  if (known == sockets_.end()) {
    if (sockets_.size() >= kMostAddresses) return fail(Code::rtsp_no_ports, "of one more address of ours");
    auto opened = pairs_.open(
        tasks_.executor(), {.at = {local, 0}, .device = {}, .receive_buffer = 0, .send_buffer = kSendBuffer});
    if (!opened) return fail(std::move(opened.error()));
    if (sockets_.empty()) tasks_.spawn(pace());
    known = sockets_.emplace(local, std::move(*opened)).first;
    // What comes to the port for RTP only opens a NAT's way to us; nobody reads it.
    tasks_.spawn(listen(known->second.rtcp));
  }
  return rtsp::Pair{known->second.rtp.local().port(), known->second.rtcp.local().port()};
}

void UdpOutlet::add(Client& client, const net::Endpoint& rtcp) { clients_[rtcp] = &client; }

void UdpOutlet::remove(Client& client, const net::Endpoint& rtcp) {
  const auto known = clients_.find(rtcp);
  if (known != clients_.end() && known->second == &client) clients_.erase(known);
  std::erase(waiting_, &client);
  std::ranges::replace(turn_, &client, nullptr);
}

Result<std::size_t> UdpOutlet::send_rtp(std::span<const ByteView> parts, const net::Endpoint& to,
                                        const net::Address& local) {
  return sockets_.at(local).rtp.send(parts, to);
}

Result<std::size_t> UdpOutlet::send_rtcp(std::span<const ByteView> parts, const net::Endpoint& to,
                                         const net::Address& local) {
  return sockets_.at(local).rtcp.send(parts, to);
}

void UdpOutlet::later(Client& client) {
  waiting_.push_back(&client);
  if (waiting_.size() == 1) bell_.set();
}

net::Task<> UdpOutlet::pace() {
  for (;;) {
    if (waiting_.empty()) co_await bell_.wait();
    co_await net::sleep_for(kPause);
    turn_.swap(waiting_);
    for (std::size_t i = 0; i < turn_.size(); ++i) {
      if (turn_[i] != nullptr) turn_[i]->go_on();
    }
    turn_.clear();
  }
}

net::Task<> UdpOutlet::listen(net::Datagrams& rtcp) {
  for (int batches = 0;;) {
    const auto batch = rtcp.receive();
    if (batch.empty()) {
      (void)co_await rtcp.wait_readable();
      continue;
    }
    const auto now = system_clock().steady();
    for (const auto& [bytes, from] : batch) {
      // Whoever is no viewer is not listened to, and BYE says nothing to anybody: TEARDOWN does.
      const auto client = clients_.find(from);
      if (client == clients_.end()) continue;
      const auto compound = rtp::parse_rtcp(bytes);
      if (!compound) continue;
      const bool report = std::ranges::any_of(compound->reports, [](const rtp::Report& each) {
        return std::holds_alternative<rtp::ReceiverReport>(each);
      });
      if (report) client->second->alive(now);
    }
    if (++batches % kBatchesPerTurn == 0) co_await net::asio::post(net::use_task);
  }
}

}  // namespace camfleet::media
