#pragma once
#include <atomic>
#include <memory>

#include "events/ledger.h"
#include "net/event.h"

namespace camfleet::events {

// What a report takes in the queue beside its texts.
inline constexpr std::size_t kReportBytes = 512;

inline std::size_t size_of(const model::Event& event) {
  auto size = kReportBytes + event.payload.size() + event.description.size();
  for (const auto& picture : event.pictures) size += picture.data.size();
  return size;
}
inline std::size_t size_of(const model::LedgerEntry& entry) {
  return kReportBytes + entry.payload.size() + entry.description.size();
}

// What is known of one device on all threads.
struct Ledger::OfDevice {
  explicit OfDevice(model::DeviceId of) : id(std::move(of)) {}
  const model::DeviceId id;
  std::atomic<std::int64_t> heard{0};  // microseconds, 0: not in this run
  std::atomic<std::uint32_t> pending{0};
};

// Who waits until some reports are on disk.
struct Ledger::Receipt {
  Receipt(net::Executor executor, std::size_t reports) : done(executor), on(executor), left(reports) {}
  net::Event done;
  net::Executor on;
  std::size_t left;  // the thread's
};

// What is queued for the thread that writes.
struct Ledger::Item {
  enum class Kind : std::uint8_t { report, enter, armed, blind, moved, gone };
  Kind kind = Kind::report;
  std::shared_ptr<OfDevice> device;
  model::Event event{};
  Error why{};
  WallTime at{};
  WallTime since{};
  model::DeviceState state = model::DeviceState::waiting;
  std::shared_ptr<Receipt> receipt{};
  std::size_t bytes = kReportBytes;
};

}  // namespace camfleet::events
