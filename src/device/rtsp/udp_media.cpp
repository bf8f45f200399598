#include "device/rtsp/udp_media.h"

#include <algorithm>
#include <string>

#include "base/metrics.h"
#include "net/address.h"
#include "proto/rtp/packet.h"
#include "proto/rtp/rtcp.h"

namespace camfleet::device {
namespace {

constexpr int kReceiveBuffer = 1024 * 1024;  // a key picture, while others have their turn
constexpr int kBatchesPerTurn = 4;           // then others of this loop have theirs

SteadyTime now() { return std::chrono::steady_clock::now(); }

struct Metrics {
  metrics::Gauge& streams = metrics::gauge("camfleet_udp_streams", "Streams that come over UDP now.");
  metrics::Counter& lost =
      metrics::counter("camfleet_udp_lost_total", "RTP packets of cameras that did not come in time.");
  metrics::Counter& reordered =
      metrics::counter("camfleet_udp_reordered_total", "RTP packets of cameras put back in their place.");
  metrics::Counter& late = metrics::counter("camfleet_udp_late_total",
                                            "RTP packets of cameras that came when they were given up.");
  metrics::Counter& duplicates =
      metrics::counter("camfleet_udp_duplicates_total", "RTP packets of cameras that came again.");
  metrics::Counter& foreign = metrics::counter("camfleet_udp_foreign_total",
                                               "Datagrams on ports of cameras that somebody else sent.");
  metrics::Counter& overrun = metrics::counter(
      "camfleet_udp_overrun_total", "Datagrams of cameras that the system dropped since we were late.");
};
const Metrics& udp_metrics() {
  static const Metrics all;
  return all;
}

}  // namespace

void count_fallback(const Error& why) {
  metrics::counter("camfleet_udp_fallbacks_total", "Pulls over UDP that went on over TCP, by reason.",
                   {{"code", std::string(name(why.code))}})
      .add();
}

struct UdpMedia::Track {
  explicit Track(const rtp::ReorderLimits& limits) : reorder(limits) {}
  net::DatagramPair sockets;
  Intake::Track about;
  bool assigned = false;
  std::uint32_t clock_rate = 90'000;
  std::optional<rtsp::Pair> server;
  net::Endpoint reporter;  // whoever sends us reports, where the device named no port
  rtp::Reorder reorder;
  rtp::Reception reception;
  rtp::ReorderCounters told;  // in the metrics
  std::uint64_t lost_before = 0;
  std::uint64_t foreign = 0;
  std::uint64_t overrun = 0;
  std::uint32_t last_sr = 0;
  SteadyTime last_sr_at{};
};

// Sees the packets of the picture on their way.
class UdpMedia::Tap final : public model::Publisher {
 public:
  Tap(UdpMedia& media, model::Publisher& to, bool gap) : media_(media), to_(to), gap_(gap) {}
  void start(model::StreamInfo) override {}
  void packet(model::Packet packet) override {
    if (media_.wholeness_ && !packet.rtcp && media_.tracks_[packet.track]->about.starts) {
      media_.wholeness_->packet(packet, gap_);
      if (media_.wholeness_->hopeless(packet.arrival)) media_.bell_.set();
    }
    to_.packet(std::move(packet));
  }
  void flush() override {}

 private:
  UdpMedia& media_;
  model::Publisher& to_;
  bool gap_;
};

UdpMedia::UdpMedia(net::Executor executor, const UdpLimits& limits, net::Address device, net::Address local,
                   net::Event& bell)
    : executor_(executor),
      limits_(limits),
      device_(net::normalised(device)),
      local_(std::move(local)),
      bell_(bell),
      timer_(executor),
      rng_(0) {
  std::uint64_t seed = 0;
  random_bytes({reinterpret_cast<std::uint8_t*>(&seed), sizeof seed});
  rng_ = Rng{seed};
  ssrc_ = static_cast<std::uint32_t>(rng_());
}

UdpMedia::~UdpMedia() {
  if (started_ != SteadyTime{}) udp_metrics().streams.add(-1);
  for (const auto& track : tracks_) count(*track);
}

Result<void> UdpMedia::open() {
  auto sockets = limits_.ports->open(
      executor_, {.at = {local_, 0}, .device = {}, .receive_buffer = kReceiveBuffer, .send_buffer = 0});
  if (!sockets) return fail(std::move(sockets.error()));
  auto& track = *tracks_.emplace_back(std::make_unique<Track>(limits_.reorder));
  track.sockets = std::move(*sockets);
  return {};
}

rtsp::Pair UdpMedia::ports(std::size_t number) const {
  const auto& sockets = tracks_[number]->sockets;
  return {sockets.rtp.local().port(), sockets.rtcp.local().port()};
}

void UdpMedia::assign(std::size_t number, const Intake::Track& about, std::uint32_t clock_rate,
                      std::optional<rtsp::Pair> server) {
  // Tracks that the device refused leave no hole: numbers of packets are those of the stream's tracks.
  if (number != about.index) std::swap(tracks_[number], tracks_[about.index]);
  auto& track = *tracks_[about.index];
  track.about = about;
  track.assigned = true;
  track.clock_rate = clock_rate == 0 ? 90'000 : clock_rate;
  track.server = server;
  media_.assign(static_cast<std::uint8_t>(2 * about.index), static_cast<std::uint8_t>(2 * about.index + 1),
                about);
}

void UdpMedia::punch() {
  const ByteView nothing;
  for (const auto& track : tracks_) {
    if (!track->assigned || !track->server) continue;
    (void)track->sockets.rtp.send(std::span{&nothing, 1}, {device_, track->server->rtp});
    report(*track, now());
  }
}

void UdpMedia::start(net::TaskGroup& group, model::Publisher& to) {
  started_ = now();
  next_report_ = started_ + limits_.report;
  udp_metrics().streams.add(1);
  std::erase_if(tracks_, [](const auto& track) { return !track->assigned; });
  for (const auto& track : tracks_) {
    if (track->about.starts) wholeness_.emplace(started_, limits_.whole);
    group.spawn(receive(*track, to));
    group.spawn(listen(*track, to));
  }
  group.spawn(tend(to));
}

Error UdpMedia::judge(SteadyTime at) const {
  if (!heard_ && at >= started_ + limits_.first)
    return {Code::rtsp_udp_silent, "no packet from " + device_.to_string(), 0};
  if (wholeness_ && wholeness_->hopeless(at))
    return {Code::rtsp_udp_silent, "no whole picture from " + device_.to_string(), 0};
  return {};
}

SteadyTime UdpMedia::next_judgement() const {
  if (!heard_) return started_ + limits_.first;
  return wholeness_ ? wholeness_->due() : kNever;
}

net::Task<> UdpMedia::receive(Track& track, model::Publisher& to) {
  for (int batches = 0;;) {
    const auto batch = track.sockets.rtp.receive();
    if (batch.empty()) {
      (void)co_await track.sockets.rtp.wait_readable();
      continue;
    }
    const auto at = now();
    for (const auto& datagram : batch) take(track, datagram, at, to);
    to.flush();
    if (due() < armed_) timer_.set();
    if (++batches % kBatchesPerTurn == 0) co_await net::asio::post(net::use_task);
  }
}

net::Task<> UdpMedia::listen(Track& track, model::Publisher& to) {
  for (int batches = 0;;) {
    const auto batch = track.sockets.rtcp.receive();
    if (batch.empty()) {
      (void)co_await track.sockets.rtcp.wait_readable();
      continue;
    }
    const auto at = now();
    for (const auto& datagram : batch) take_report(track, datagram, at, to);
    to.flush();
    if (++batches % kBatchesPerTurn == 0) co_await net::asio::post(net::use_task);
  }
}

void UdpMedia::take(Track& track, const net::Datagrams::Received& datagram, SteadyTime at,
                    model::Publisher& to) {
  if (net::normalised(datagram.from.address()) != device_) {
    ++track.foreign;
    return;
  }
  // RTCP on the port for RTP occurs (live555 of old).
  if (rtp::is_rtcp(datagram.bytes)) return take_report(track, datagram, at, to);
  const auto packet = rtp::parse(datagram.bytes);
  if (!packet) return;
  heard_ = true;
  const auto taken = track.reorder.take(packet->ssrc, packet->sequence, datagram.bytes, at);
  if (taken == rtp::Reorder::Taken::now || taken == rtp::Reorder::Taken::kept) {
    const auto ticks = std::chrono::duration<double>(at.time_since_epoch()).count() * track.clock_rate;
    track.reception.received(packet->ssrc, packet->sequence, packet->timestamp,
                             static_cast<std::uint32_t>(static_cast<std::uint64_t>(ticks)));
  }
  if (taken == rtp::Reorder::Taken::now) hand_on(track, datagram.bytes, at, to);
  release(track, at, to);
}

void UdpMedia::take_report(Track& track, const net::Datagrams::Received& datagram, SteadyTime at,
                           model::Publisher& to) {
  if (net::normalised(datagram.from.address()) != device_) {
    ++track.foreign;
    return;
  }
  const auto compound = rtp::parse_rtcp(datagram.bytes);
  if (!compound) return;
  for (const auto& report : compound->reports) {
    const auto* sent = std::get_if<rtp::SenderReport>(&report);
    if (sent == nullptr) continue;
    track.last_sr = rtp::compact(sent->ntp);
    track.last_sr_at = at;
    track.reporter = datagram.from;
  }
  media_.datagram(static_cast<std::uint8_t>(2 * track.about.index + 1), datagram.bytes, at, &to);
}

void UdpMedia::hand_on(Track& track, ByteView bytes, SteadyTime at, model::Publisher& to) {
  const auto lost = track.reorder.counters().lost;
  Tap tap{*this, to, lost != track.lost_before};
  track.lost_before = lost;
  media_.datagram(static_cast<std::uint8_t>(2 * track.about.index), bytes, at, &tap);
}

void UdpMedia::release(Track& track, SteadyTime at, model::Publisher& to) {
  while (const auto bytes = track.reorder.next(at)) hand_on(track, *bytes, at, to);
}

SteadyTime UdpMedia::due() const {
  auto due = next_report_;
  for (const auto& track : tracks_) due = std::min(due, track->reorder.due());
  return due;
}

net::Task<> UdpMedia::tend(model::Publisher& to) {
  for (;;) {
    armed_ = due();
    co_await timer_.wait(armed_);
    const auto at = now();
    for (const auto& track : tracks_) release(*track, at, to);
    to.flush();
    if (at < next_report_) continue;
    // Not in step with others (RFC 3550 section 6.2).
    next_report_ =
        at + std::chrono::duration_cast<std::chrono::milliseconds>(limits_.report * (0.5 + rng_.unit()));
    for (const auto& track : tracks_) {
      report(*track, at);
      count(*track);
    }
  }
}

void UdpMedia::report(Track& track, SteadyTime at) {
  net::Endpoint to = track.reporter;
  if (track.server) to = {device_, track.server->rtcp};
  if (to.port() == 0) return;
  rtp::ReceiverReport receiver{.ssrc = ssrc_, .blocks = {}};
  if (track.reception.packets() > 0) {
    const std::chrono::duration<double> since = at - track.last_sr_at;
    const bool any = track.last_sr != 0;
    receiver.blocks.push_back(track.reception.report(
        track.last_sr, any ? static_cast<std::uint32_t>(std::min(since.count(), 65'535.0) * 65'536) : 0));
  }
  Bytes bytes;
  rtp::write(bytes, receiver);
  rtp::write(bytes, rtp::SourceDescription{.ssrc = ssrc_, .cname = "camfleet"});
  const ByteView view{bytes};
  (void)track.sockets.rtcp.send(std::span{&view, 1}, to);
}

void UdpMedia::count(Track& track) {
  const auto& all = udp_metrics();
  const auto& counters = track.reorder.counters();
  all.lost.add(counters.lost - track.told.lost);
  all.reordered.add(counters.reordered - track.told.reordered);
  all.late.add(counters.late - track.told.late);
  all.duplicates.add(counters.duplicates - track.told.duplicates);
  track.told = counters;
  all.foreign.add(std::exchange(track.foreign, 0));
  const auto overrun = track.sockets.rtp.overrun();
  all.overrun.add(overrun - track.overrun);
  track.overrun = overrun;
}

}  // namespace camfleet::device
