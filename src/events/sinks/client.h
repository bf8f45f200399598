#pragma once
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

#include "base/error.h"
#include "model/ledger.h"

namespace camfleet::events::sinks {

// What became of one attempt to deliver an entry; who retries what follows from it.
enum class Verdict : std::uint8_t {
  delivered,     // acknowledged by the other side
  not_tried,     // an earlier one of its device failed
  sink_failed,   // the other side is not there: for ever, with growing pauses
  throttled,     // it asks for patience, Error::retry_after_s
  event_failed,  // it failed with this one, and may take it another time
  rejected,      // it will never take this one
  refused        // it will take none until somebody changes something: login, right, address
};

struct Outcome {
  Verdict verdict = Verdict::not_tried;
  Error error;
};

struct Delivery {
  model::LedgerEntryPtr entry;
  bool replayed = false;  // once more, because an operator wants it
  Outcome outcome;        // filled in by Client::deliver
};

// The other side of a sink, in whatever protocol. Lives on the loop of the sinks. A cancelled delivery leaves
// the client fit for the next one.
class Client {
 public:
  virtual ~Client() = default;

  struct Limits {
    std::size_t at_once = 1;  // calls of deliver() that may run at the same time
    std::size_t batch = 1;    // entries in one of them
  };
  virtual Limits limits() const = 0;
  // Delivers the entries in their order, of each device one after the other, and says of each what became of
  // it. Comes back within a bounded time.
  virtual net::Task<> deliver(std::span<Delivery> batch) = 0;
  // Closes what is open; no deliver() is running.
  virtual net::Task<> stop() = 0;
};

}  // namespace camfleet::events::sinks
