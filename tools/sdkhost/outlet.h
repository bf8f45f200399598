#pragma once
#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <thread>
#include <unordered_map>
#include <vector>

#include "proto/sdkhost/alarm.h"
#include "proto/sdkhost/message.h"
#include "proto/sdkhost/ring.h"

namespace camfleet::sdkhost {

// All that goes to the gateway. Thread-safe: the library calls back from many threads, and none of them waits
// in here for anything but another's copy.
//
// Alarms and media go straight into memory that is the gateway's own: what was taken is read even where this
// process dies a moment later. An alarm that finds no room, because the gateway is far behind, is refused and
// counted, and its device is told of: that time is written down as blind. Notices are kept, a few for each
// device, until the socket takes them. Answers wait for the socket, on the threads that made them.
class Outlet {
 public:
  // The ring of a descriptor that was inherited; nothing where it is none.
  struct Ring {
    static std::optional<Ring> open(int memory, int bell);
    RingWriter writer;
    int memory;
    int bell;
    std::uint64_t written = 0;  // since its memory was last given back
    bool write(std::initializer_list<ByteView> pieces);
  };

  Outlet(int socket, Ring alarms, Ring media);
  ~Outlet();

  // An answer with a long body goes in several messages.
  void send(Answer answer);
  // Repetitions are left out; of what changes faster than the gateway reads, the first and the last remain.
  void tell(const Notice& notice);
  // False: there was no room for it. The gateway is told.
  bool send(Alarm alarm);
  // False: no room now.
  bool send_media(std::uint32_t stream, std::uint8_t type, ByteView bytes);
  // Gives the memory of rings back that are empty: it would stay as large as the worst burst.
  void tidy();

  std::uint64_t alarms_refused() const { return alarms_refused_.load(std::memory_order_relaxed); }

 private:
  void send(const std::string& message);
  void tell_all();

  int socket_;
  std::mutex socket_mutex_;
  std::mutex media_mutex_;
  Ring media_;
  std::mutex alarm_mutex_;
  Ring alarms_;
  std::atomic<std::uint64_t> alarms_refused_{0};

  std::mutex notice_mutex_;
  std::condition_variable notice_more_;
  std::unordered_map<std::uint64_t, std::vector<Notice>> notices_;  // by whom they are of
  std::deque<std::uint64_t> next_;                                  // whose are told next
  bool stopping_ = false;
  std::thread teller_;
};

}  // namespace camfleet::sdkhost
