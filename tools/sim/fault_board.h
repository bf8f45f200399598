#pragma once
#include <cstdint>
#include <mutex>
#include <vector>

#include "base/clock.h"
#include "net/event.h"
#include "sim/faults.h"

namespace camfleet::sim {

class Simulator;

// Which faults are active for which devices, and until when: what the control API sets and reads, from any
// thread. The devices themselves learn of it on their own loops, a moment later.
class FaultBoard {
 public:
  struct Order {
    Fault fault{};
    double amount = 0;
    std::vector<std::uint32_t> devices;  // sorted; a device has each fault once
    SteadyTime until = kNever;
  };

  // `executor` is that of the loop on which run() runs.
  FaultBoard(Simulator& simulator, net::Executor executor) : simulator_(simulator), changed_(executor) {}

  // A fault that the same devices have already gets the new amount and the new end.
  void set(Order order);
  // Takes the faults of the mask (bit: number of the fault) off these devices. How many devices had one.
  std::size_t clear(std::uint32_t faults, const std::vector<std::uint32_t>& devices);
  std::vector<Order> active() const;

  // Ends what is over; until cancelled.
  net::Task<> run();

 private:
  void tell(const std::vector<std::uint32_t>& devices, Fault fault, bool on, double amount);
  // Takes devices out of the orders for one fault; those that had it.
  std::vector<std::uint32_t> withdraw(Fault fault, const std::vector<std::uint32_t>& devices);

  Simulator& simulator_;
  net::Event changed_;
  mutable std::mutex mutex_;
  std::vector<Order> orders_;
};

// Brings a fault to a device, or takes it away, with what happens in that moment: connections that are reset,
// the power that goes, alarms that begin. On the device's loop.
struct Shard;
class Device;
void apply_fault(Shard& shard, Device& device, Fault fault, bool on, double amount);

}  // namespace camfleet::sim
