#pragma once
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "net/http_server.h"
#include "net/listener.h"
#include "net/loop.h"
#include "net/loop_groups.h"
#include "sim/alarm_log.h"
#include "sim/clips.h"
#include "sim/device.h"
#include "sim/discovery.h"
#include "sim/fault_board.h"
#include "sim/settings.h"
#include "sim/shard.h"

namespace camfleet::sim {

struct Ports {
  std::uint16_t http = 0;
  std::uint16_t rtsp = 0;
  std::uint16_t control = 0;
};

// A whole simulated fleet: two listening sockets on the loopback device, the devices behind them, and the
// control API.
class Simulator {
 public:
  Simulator(Settings settings, Clips clips, const Clock& clock = system_clock());
  ~Simulator();  // stops

  // Binds and begins. Errors as net::TcpListener::bind; config.invalid for addresses that are not in 127/8.
  Result<Ports> start();
  void stop();

  const Settings& settings() const { return settings_; }
  const AddressPlan& plan() const { return plan_; }
  const Clock& clock() const { return clock_; }
  std::size_t devices() const { return devices_.size(); }
  // nullptr where there is no such device. What it does belongs on shard_of(device).
  Device* device(std::uint64_t index);
  Shard& shard_of(const Device& device) { return *shards_[device.identity().index % shards_.size()]; }
  // Connections to addresses that are no device's.
  std::uint64_t strangers() const { return strangers_.load(std::memory_order_relaxed); }
  SteadyTime started() const { return started_; }
  net::Loop& loop(std::size_t index) { return loops_.at(index); }
  const Clips& clips() const { return clips_; }
  FaultBoard& faults() { return faults_; }
  const AlarmLog& alarm_log() const { return alarm_log_; }

 private:
  enum class Service : std::uint8_t { http, rtsp };
  net::Task<> accept(net::TcpListener& listener, Service service);
  void welcome(Device& device, net::Descriptor descriptor, Service service);
  net::Task<> hold(Device& device, net::TcpStream stream, Service service);
  void serve(Device& device, net::TcpStream stream, Service service);
  net::Task<> answer(net::HttpExchange& exchange);
  Device* device_at(const net::Endpoint& local);

  Settings settings_;
  Clips clips_;
  const Clock& clock_;
  AddressPlan plan_;
  SteadyTime started_{};
  AlarmLog alarm_log_;
  std::vector<std::unique_ptr<Device>> devices_;
  net::Loops loops_;
  std::vector<std::unique_ptr<Shard>> shards_;
  FaultBoard faults_;
  std::atomic<std::uint64_t> strangers_{0};
  std::optional<net::TcpListener> http_listener_;
  std::optional<net::TcpListener> rtsp_listener_;
  net::HttpServer isapi_;
  net::HttpServer control_;
  std::optional<Discovery> discovery_;
  net::LoopGroups tasks_;
  bool running_ = false;
};

}  // namespace camfleet::sim
