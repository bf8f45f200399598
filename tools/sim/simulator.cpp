#include "sim/simulator.h"

#include <arpa/inet.h>
#include <sys/socket.h>

#include <algorithm>
#include <thread>
#include <utility>

#include "net/address.h"
#include "sim/control.h"
#include "sim/isapi_site.h"
#include "sim/rtsp_connection.h"
#include "sim/silence.h"

namespace camfleet::sim {
namespace {

constexpr std::size_t kMaxConnections = 200'000;
constexpr int kSendBuffer = 256 * 1024;  // a camera holds no more back for a slow reader

unsigned loops_for(unsigned wanted) {
  return wanted != 0 ? wanted : std::clamp(std::thread::hardware_concurrency(), 1U, 4U);
}

net::HttpLimits isapi_limits() {
  net::HttpLimits limits;
  limits.idle_timeout = std::chrono::seconds{120};
  return limits;
}

// Closes with a reset, as a host does where nobody listens.
void reset(net::Descriptor descriptor) {
  const linger at_once{.l_onoff = 1, .l_linger = 0};
  ::setsockopt(descriptor.fd(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
}

net::Endpoint local_of(const net::Descriptor& descriptor) {
  sockaddr_in address{};
  socklen_t size = sizeof address;
  if (::getsockname(descriptor.fd(), reinterpret_cast<sockaddr*>(&address), &size) != 0) return {};
  return {net::asio::ip::address_v4{ntohl(address.sin_addr.s_addr)}, ntohs(address.sin_port)};
}

net::Task<> serve_rtsp(Device& device, Shard& shard, const Clips& clips, net::TcpStream stream,
                       std::uint64_t seed) {
  RtspConnection connection{device, shard, clips, std::move(stream), seed};
  co_await connection.run();
}

}  // namespace

Simulator::Simulator(Settings settings, Clips clips, const Clock& clock)
    : settings_(std::move(settings)),
      clips_(std::move(clips)),
      clock_(clock),
      plan_(settings_.first_address, settings_.population.devices + settings_.discovery_others),
      loops_(loops_for(settings_.loops), "sim"),
      faults_(*this, loops_.at(0).executor()),
      isapi_(
          loops_, [this](net::HttpExchange& exchange) { return answer(exchange); }, isapi_limits()),
      control_(loops_, [this](net::HttpExchange& exchange) { return answer_control(exchange, *this); }),
      tasks_(loops_, "sim") {}

Simulator::~Simulator() { stop(); }

Result<Ports> Simulator::start() {
  if (!plan_.valid())
    return fail(Code::config_invalid, "address: all devices must fit into 127.0.0.1 to 127.255.255.254");
  const auto& fleet = settings_.population;
  if ((fleet.h265_every != 0 && !clips_.has_h265()) ||
      (fleet.audio != AudioChoice::none && clips_.sounds.of(Audio::pcmu) == nullptr))
    return fail(Code::config_invalid,
                "the folder of clips has no H.265 or no sound: make it with scripts/make-clips.sh");
  const auto control = net::parse_host_port(settings_.control);
  const auto control_host = control ? net::parse_address(control->host) : std::nullopt;
  if (!control_host) return fail(Code::config_invalid, "control: wants ADDRESS:PORT");

  const net::ListenerOptions options{
      .backlog = 4096, .limits = {.total = kMaxConnections, .per_address = kMaxConnections}, .device = "lo"};
  const auto anywhere = [](std::uint16_t port) {
    return net::Endpoint{net::asio::ip::address_v4::any(), port};
  };
  const auto executor = loops_.at(0).executor();
  auto http = net::TcpListener::bind(executor, anywhere(settings_.http_port), options);
  if (!http) return fail(http.error());
  auto rtsp = net::TcpListener::bind(executor, anywhere(settings_.rtsp_port), options);
  if (!rtsp) return fail(rtsp.error());
  const auto control_at = control_.listen({*control_host, control->port});
  if (!control_at) return fail(control_at.error());
  settings_.http_port = http->local().port();
  settings_.rtsp_port = rtsp->local().port();
  http_listener_.emplace(std::move(*http));
  rtsp_listener_.emplace(std::move(*rtsp));

  started_ = clock_.steady();
  for (std::size_t i = 0; i < loops_.size(); ++i) {
    shards_.push_back(std::make_unique<Shard>(loops_.at(i), clock_));
    if (settings_.udp == Settings::Udp::off) continue;
    if (const auto opened = shards_.back()->udp.bind(settings_.udp); !opened) return fail(opened.error());
  }
  devices_.reserve(settings_.population.devices);
  for (std::uint32_t i = 0; i < settings_.population.devices; ++i) {
    devices_.push_back(std::make_unique<Device>(identity_of(settings_.population, i),
                                                dotted(plan_.address_of(i)), settings_, alarm_log_, clock_));
    shard_of(*devices_.back()).alarms.enlist(*devices_.back());
  }

  if (settings_.discovery) {
    discovery_.emplace(*this, executor);
    if (const auto opened = discovery_->open(); !opened) return fail(opened.error());
  }

  running_ = true;
  loops_.start();
  for (auto& shard : shards_) {
    shard->loop.post([this, &shard = *shard] {
      auto& tasks = tasks_.on(shard.loop);
      tasks.spawn(shard.playout.run());
      tasks.spawn(shard.alarms.run());
      if (shard.udp.open()) tasks.spawn(shard.udp.run());
      if (shard.loop.index() != 0) return;
      tasks.spawn(faults_.run());
      tasks.spawn(accept(*http_listener_, Service::http));
      tasks.spawn(accept(*rtsp_listener_, Service::rtsp));
      if (!discovery_) return;
      tasks.spawn(discovery_->run_wsd());
      tasks.spawn(discovery_->run_sadp());
      tasks.spawn(discovery_->send_due());
    });
  }
  return Ports{settings_.http_port, settings_.rtsp_port, control_at->port()};
}

void Simulator::stop() {
  if (!running_) return;
  running_ = false;
  tasks_.stop_and_wait();
  isapi_.stop_and_wait();
  control_.stop_and_wait();
  loops_.stop();
}

Device* Simulator::device(std::uint64_t index) {
  return index < devices_.size() ? devices_[index].get() : nullptr;
}

Device* Simulator::device_at(const net::Endpoint& local) {
  if (!local.address().is_v4()) return nullptr;
  const auto index = plan_.index_of(local.address().to_v4().to_uint());
  return index < 0 ? nullptr : device(static_cast<std::uint64_t>(index));
}

net::Task<> Simulator::accept(net::TcpListener& listener, Service service) {
  for (;;) {
    auto descriptor = co_await listener.accept();
    Device* const device = device_at(local_of(descriptor));
    if (device == nullptr) {
      strangers_.fetch_add(1, std::memory_order_relaxed);
      reset(std::move(descriptor));
      continue;
    }
    shard_of(*device).loop.post([this, device, service, descriptor = std::move(descriptor)]() mutable {
      welcome(*device, std::move(descriptor), service);
    });
  }
}

void Simulator::welcome(Device& device, net::Descriptor descriptor, Service service) {
  if (!device.is_on() || device.faults().bites(Fault::refuse)) return reset(std::move(descriptor));
  add(device.counters().connections);
  device.connected(descriptor.fd());
  auto& shard = shard_of(device);
  if (service == Service::rtsp)
    ::setsockopt(descriptor.fd(), SOL_SOCKET, SO_SNDBUF, &kSendBuffer, sizeof kSendBuffer);
  auto stream = net::TcpStream::adopt(shard.loop.executor(), std::move(descriptor));
  if (!stream) return;
  if (device.faults().on(Fault::silence))
    tasks_.on(shard.loop).spawn(hold(device, std::move(*stream), service));
  else
    serve(device, std::move(*stream), service);
}

// Accepted, but nobody is at home.
net::Task<> Simulator::hold(Device& device, net::TcpStream stream, Service service) {
  const auto awake = co_await wait_out_silence(device, stream);
  if (awake) serve(device, std::move(stream), service);
}

void Simulator::serve(Device& device, net::TcpStream stream, Service service) {
  auto& shard = shard_of(device);
  if (service == Service::http) return isapi_.serve(shard.loop, std::move(stream));
  const auto seed = settings_.population.seed ^ std::uint64_t{device.identity().index} << 32 ^
                    device.counters().connections.load(std::memory_order_relaxed);
  tasks_.on(shard.loop).spawn(serve_rtsp(device, shard, clips_, std::move(stream), Rng{seed}()));
}

net::Task<> Simulator::answer(net::HttpExchange& exchange) {
  Device* const device = device_at(exchange.local());
  if (device == nullptr) co_return;  // accept() has closed all others
  co_await answer_isapi(exchange, *device, shard_of(*device).playout, clips_);
}

}  // namespace camfleet::sim
