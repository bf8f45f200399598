#pragma once
#include "model/event_store.h"

namespace camfleet::model {

// How the ledger is.
struct LedgerState {
  Code code = Code::ok;  // ledger.*, events.congested: what is wrong with it now
  std::string detail;
  Seq newest = 0;
  Seq oldest = 0;
  std::size_t queued = 0;   // reports that are not on disk yet
  std::uint64_t bytes = 0;  // on disk
  std::size_t open = 0;     // events that go on
  std::size_t blind = 0;    // devices that could not tell of an alarm now
};

// The ledger as the API reads it. Thread-safe; tasks run on the loop of the caller, the reading on threads of
// its own. events.congested: too many read at once.
class EventBook {
 public:
  virtual ~EventBook() = default;
  virtual LedgerFeed& feed() = 0;
  virtual LedgerState state() const = 0;
  // As EventArchive's of the same names.
  virtual net::Task<Result<EventPage>> list(EventQuery query) = 0;
  virtual net::Task<Result<std::vector<LedgerEntryPtr>>> show(std::string event) = 0;
  virtual net::Task<Result<StoredPicture>> picture(std::string id) = 0;
  virtual net::Task<Result<std::vector<AccountRow>>> account(EventQuery query, std::vector<Seq> marks) = 0;
  // Those that go on first, then those that ended.
  virtual net::Task<Result<std::vector<BlindInterval>>> blind(BlindQuery query) = 0;
};

}  // namespace camfleet::model
