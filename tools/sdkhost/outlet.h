#pragma once
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <thread>

#include "proto/sdkhost/alarm.h"
#include "proto/sdkhost/message.h"
#include "proto/sdkhost/ring.h"

namespace camfleet::sdkhost {

// All that goes to the gateway. Thread-safe: the library calls back from many threads.
//
// Answers and notices wait for the socket. Alarms go into a bounded queue, and a thread moves them to their
// ring; where that is full because the gateway is slow, they wait, and behind a full queue the callback
// itself waits, up to kPatience: then the alarm is refused, counted and told of, and the gateway records the
// time as blind. Media never wait.
class Outlet {
 public:
  static constexpr std::size_t kMostQueued = 64 << 20;  // bytes of alarms
  static constexpr std::chrono::seconds kPatience{10};

  // The ring of a descriptor that was inherited; nothing where it is none.
  struct Ring {
    static std::optional<Ring> open(int memory, int bell);
    RingWriter writer;
    int bell;
    void wake();
  };

  Outlet(int socket, Ring alarms, Ring media);
  ~Outlet();

  // An answer with a long body goes in several messages.
  void send(Answer answer);
  void send(const Notice& notice);
  // False: there was no room for it within kPatience.
  bool send(Alarm alarm);
  // False: no room now.
  bool send_media(std::uint32_t stream, std::uint8_t type, ByteView bytes);

  std::uint64_t alarms_refused() const { return alarms_refused_.load(std::memory_order_relaxed); }

 private:
  void send(std::string message);
  void move_alarms();

  int socket_;
  std::mutex socket_mutex_;
  std::mutex media_mutex_;
  Ring media_;
  Ring alarms_;
  std::mutex alarm_mutex_;
  std::condition_variable alarm_room_, alarm_more_;
  std::deque<std::string> queue_;
  std::size_t queued_ = 0;
  bool stopping_ = false;
  std::atomic<std::uint64_t> alarms_refused_{0};
  std::thread mover_;
};

}  // namespace camfleet::sdkhost
