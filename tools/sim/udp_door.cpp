#include "sim/udp_door.h"

#include <utility>
#include <vector>

#include "proto/rtp/rtcp.h"

namespace camfleet::sim {
namespace {

constexpr std::size_t kFraming = 4;
constexpr std::size_t kSmall = 1000;
constexpr std::size_t kLargest = 65'507;
constexpr int kSendBuffer = 4 * 1024 * 1024;

}  // namespace

UdpWay::UdpWay(UdpDoor& door, net::Address device, const net::Address& client, rtsp::Pair ports,
               Counters& counters)
    : door_(door),
      device_(std::move(device)),
      rtp_(client, ports.rtp),
      rtcp_(client, ports.rtcp),
      counters_(counters) {
  door_.ways_[rtcp_] = this;
}

UdpWay::~UdpWay() {
  if (const auto ours = door_.ways_.find(rtcp_); ours != door_.ways_.end() && ours->second == this)
    door_.ways_.erase(ours);
}

bool UdpWay::send(std::span<const ByteView> parts) {
  // Datagrams want to be whole; each is put together once more.
  thread_local Bytes bytes;
  thread_local std::vector<std::pair<std::size_t, bool>> ends;  // of each in `bytes`; RTCP
  bytes.clear();
  ends.clear();
  std::size_t left = 0;
  for (const ByteView part : parts) {
    ByteView rest = part;
    if (part.empty()) continue;
    if (left == 0) {
      left = load16(part.data() + 2);
      rest = part.subspan(kFraming);
      ends.emplace_back(0, part[1] % 2 != 0);
    }
    bytes.insert(bytes.end(), rest.begin(), rest.end());
    left -= rest.size();
    ends.back().first = bytes.size();
  }
  thread_local std::vector<ByteView> pictures;
  pictures.clear();
  std::size_t begin = 0;
  for (const auto& [end, report] : ends) {
    const auto packet = ByteView{bytes}.subspan(begin, end - begin);
    begin = end;
    if (packet.size() > door_.largest_) continue;
    if (report)
      (void)door_.sockets_.rtcp.send(std::span{&packet, 1}, rtcp_, device_);
    else
      pictures.push_back(packet);
  }
  (void)door_.sockets_.rtp.send(pictures, rtp_, device_);
  return true;
}

Result<void> UdpDoor::bind(Settings::Udp how) {
  largest_ = how == Settings::Udp::silent ? 0 : how == Settings::Udp::small ? kSmall : kLargest;
  auto opened = pairs_.open(executor_, {.at = {net::asio::ip::address_v4::any(), 0},
                                        .device = "lo",
                                        .receive_buffer = 0,
                                        .send_buffer = kSendBuffer});
  if (!opened) return fail(std::move(opened.error()));
  sockets_ = std::move(*opened);
  return {};
}

std::unique_ptr<UdpWay> UdpDoor::way(net::Address device, const net::Address& client, rtsp::Pair ports,
                                     Counters& counters) {
  return std::make_unique<UdpWay>(*this, std::move(device), client, ports, counters);
}

net::Task<> UdpDoor::run() {
  for (;;) {
    const auto ready = co_await sockets_.rtcp.wait_readable();
    if (!ready) co_return;
    for (const auto& [bytes, from] : sockets_.rtcp.receive()) {
      const auto client = ways_.find(from);
      if (client == ways_.end()) continue;
      const auto compound = rtp::parse_rtcp(bytes);
      if (!compound || compound->reports.empty()) continue;
      client->second->last_report_ = system_clock().steady();
      add(client->second->counters_.receiver_reports);
    }
  }
}

}  // namespace camfleet::sim
