#pragma once
#include <atomic>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "base/bytes.h"
#include "base/error.h"
#include "net/event.h"
#include "proto/sdkhost/alarm.h"
#include "proto/sdkhost/message.h"

namespace camfleet::device::hcnetsdk {

// What a host tells one device's session, on its way from the hosts' loop to the device's. The tell()s are
// for the hosts' loop; all else belongs to the device's. Each message is one post; nothing in here locks.
class Line : public std::enable_shared_from_this<Line> {
 public:
  Line(net::Executor executor, std::string device)
      : bell(executor), device_(std::move(device)), executor_(executor) {}

  const std::string& device() const { return device_; }
  void tell(sdkhost::Notice notice);
  void tell(sdkhost::Alarm alarm, std::size_t size);
  void tell(Error over);
  // No alarm of this device may wait here any more: one that sends without end is held to this, and the ring
  // goes on for the others.
  bool full() const { return waiting_bytes_.load(std::memory_order_relaxed) > kMostWaiting; }
  // So much waits for all devices together that rings had better be left as they are.
  static bool all_full() { return all_waiting_.load(std::memory_order_relaxed) > kMostOfAll; }

  // Whoever took an alarm out says so.
  void taken(std::size_t size) {
    waiting_bytes_.fetch_sub(size, std::memory_order_relaxed);
    all_waiting_.fetch_sub(size, std::memory_order_relaxed);
  }
  ~Line();

  struct Waiting {
    sdkhost::Alarm alarm;
    std::size_t size = 0;
  };
  net::Event bell;  // for each of these
  std::deque<sdkhost::Notice> notices;
  std::deque<Waiting> alarms;
  std::optional<Error> over;  // why the host does nothing for it any more

 private:
  static constexpr std::size_t kMostWaiting = 8 << 20;
  static constexpr std::size_t kMostOfAll = 256 << 20;
  inline static std::atomic<std::size_t> all_waiting_{0};
  const std::string device_;  // its id
  net::Executor executor_;
  std::atomic<std::size_t> waiting_bytes_{0};
};

// The same of one stream. Media come in blocks of several records, one block a wake-up of the hosts' loop:
//   4 bytes length, 1 byte type, the record's bytes; and so on.
// Where a block was dropped, the next begins with a record of sdkhost::kLoss.
class StreamLine : public std::enable_shared_from_this<StreamLine> {
 public:
  explicit StreamLine(net::Executor executor) : bell(executor), executor_(executor) {}

  // False: the device's loop is too far behind, and the block was dropped.
  bool tell(Bytes block);
  void tell(sdkhost::Notice notice);
  void tell(Error over);
  void taken(std::size_t size) { waiting_bytes_.fetch_sub(size, std::memory_order_relaxed); }

  net::Event bell;
  std::deque<Bytes> blocks;
  std::deque<sdkhost::Notice> notices;
  std::optional<Error> over;

 private:
  static constexpr std::size_t kMostWaiting = 8 << 20;
  net::Executor executor_;
  std::atomic<std::size_t> waiting_bytes_{0};
  bool lost_ = false;  // on the hosts' loop
};

}  // namespace camfleet::device::hcnetsdk
