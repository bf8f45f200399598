#include "sim/fault_board.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "sim/player.h"
#include "sim/simulator.h"

namespace camfleet::sim {

void FaultBoard::set(Order order) {
  const std::lock_guard lock{mutex_};
  withdraw(order.fault, order.devices);
  tell(order.devices, order.fault, true, order.amount);
  if (!kind_of(order.fault).lasts) return;
  orders_.push_back(std::move(order));
  net::asio::post(simulator_.loop(0).executor(), [this] { changed_.set(); });
}

std::size_t FaultBoard::clear(std::uint32_t faults, const std::vector<std::uint32_t>& devices) {
  const std::lock_guard lock{mutex_};
  std::vector<std::uint32_t> all;
  for (const auto& kind : fault_kinds()) {
    if ((faults >> static_cast<unsigned>(kind.fault) & 1) == 0) continue;
    const auto had = withdraw(kind.fault, devices);
    tell(had, kind.fault, false, 0);
    all.insert(all.end(), had.begin(), had.end());
  }
  std::ranges::sort(all);
  const auto again = std::ranges::unique(all);
  return all.size() - again.size();
}

std::vector<std::uint32_t> FaultBoard::withdraw(Fault fault, const std::vector<std::uint32_t>& devices) {
  std::vector<std::uint32_t> had;
  for (auto& order : orders_) {
    if (order.fault != fault) continue;
    std::vector<std::uint32_t> stay;
    std::ranges::set_intersection(order.devices, devices, std::back_inserter(had));
    std::ranges::set_difference(order.devices, devices, std::back_inserter(stay));
    order.devices = std::move(stay);
  }
  std::erase_if(orders_, [](const Order& order) { return order.devices.empty(); });
  return had;
}

void FaultBoard::tell(const std::vector<std::uint32_t>& devices, Fault fault, bool on, double amount) {
  for (const auto index : devices) {
    Device& device = *simulator_.device(index);
    auto& shard = simulator_.shard_of(device);
    shard.loop.post([&shard, &device, fault, on, amount] { apply_fault(shard, device, fault, on, amount); });
  }
}

std::vector<FaultBoard::Order> FaultBoard::active() const {
  const std::lock_guard lock{mutex_};
  return orders_;
}

net::Task<> FaultBoard::run() {
  for (;;) {
    auto next = kNever;
    {
      const std::lock_guard lock{mutex_};
      const auto now = simulator_.clock().steady();
      for (auto& order : orders_) {
        if (order.until <= now)
          tell(std::exchange(order.devices, {}), order.fault, false, 0);
        else
          next = std::min(next, order.until);
      }
      std::erase_if(orders_, [](const Order& order) { return order.devices.empty(); });
    }
    co_await changed_.wait(next);
  }
}

void apply_fault(Shard& shard, Device& device, Fault fault, bool on, double amount) {
  auto& faults = device.faults();
  if (!kind_of(fault).lasts) {
    if (fault == Fault::reset) faults.count(fault, device.reset_connections());
    if (fault == Fault::account_lock) {
      device.account().lock(device.clock().steady(), std::chrono::seconds{static_cast<std::int64_t>(amount)});
      faults.count(fault);
    }
    return;
  }
  if (on)
    faults.set(fault, amount);
  else
    faults.clear(fault);
  if (fault == Fault::rtp_loss || fault == Fault::rtp_duplicate || fault == Fault::rtp_reorder) {
    device.packet_fate() = {};
    if (faults.on(Fault::rtp_loss) || faults.on(Fault::rtp_duplicate) || faults.on(Fault::rtp_reorder))
      device.packet_fate() = [&faults] {
        if (faults.hits(Fault::rtp_loss)) return Fate::lost;
        if (faults.hits(Fault::rtp_duplicate)) return Fate::twice;
        return faults.hits(Fault::rtp_reorder) ? Fate::later : Fate::sent;
      };
  }
  if (fault == Fault::reboot) {
    device.power(!on);
    if (on) faults.count(fault);
  }
  // Whoever takes over an address knows nothing of the connections to it.
  if (fault == Fault::address_taken) device.reset_connections();
  if (fault == Fault::alarm_burst && on) shard.alarms.burst(device);
  if (fault == Fault::alarm_end || fault == Fault::no_heartbeat) device.wake_alarm_streams();
}

}  // namespace camfleet::sim
