#pragma once
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "net/asio.h"

namespace camfleet::fleet {

// Whose turn it is to change a device: changes of one device wait for each other, in the order in which they
// came; changes of others go on beside them. A caller asks for all its devices at once, so two callers never
// wait for each other. The queue is as long as there are callers. Thread-safe; outlives its turns.
class Turns {
 public:
  // Given back when it ends, from any thread.
  class Turn {
   public:
    Turn() = default;
    Turn(Turn&& other) noexcept;
    Turn& operator=(Turn&& other) noexcept;
    ~Turn();

   private:
    friend class Turns;
    struct Waiter;
    Turn(Turns* owner, std::shared_ptr<Waiter> waiter) : owner_(owner), waiter_(std::move(waiter)) {}
    Turns* owner_ = nullptr;
    std::shared_ptr<Waiter> waiter_;
  };

  // Each id once. No deadline: a change is as long as a write to the disk and the end of a session, and both
  // are bounded. Throws when cancelled, and leaves the queue.
  net::Task<Turn> take(std::vector<std::string> ids);

 private:
  using Waiter = Turn::Waiter;
  void leave(const std::shared_ptr<Waiter>& waiter);

  std::mutex mutex_;
  // The first of each is at work, unless it waits for another of its devices.
  std::unordered_map<std::string, std::vector<std::shared_ptr<Waiter>>> queues_;
};

}  // namespace camfleet::fleet
