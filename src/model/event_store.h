#pragma once
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "model/ledger.h"

namespace camfleet::model {

// An entry on its way to disk: what is not decided yet is its seq.
struct NewEntry {
  LedgerEntry entry;
  std::vector<EventPicture> pictures;  // written first; their references come into the entry
  std::uint32_t reports = 1;           // of the device that it stands for: those since the event's last entry
};

// What is known of a device beside its events, on disk.
struct DeviceMark {
  WallTime heard{};  // when it was last heard, as of the last mark
};

// What the ledger goes on with after a start.
struct LedgerMemory {
  bool clean = true;  // the last run ended by itself
  Seq newest = 0;
  WallTime alive{};                           // when the last run said so last; zero: there was none
  std::map<std::string, DeviceMark> devices;  // by id
  std::vector<LedgerEntry> recent;            // of the last minutes of the last run, ascending, no payloads
  std::vector<LedgerEntry> open_blind;        // beginnings of blind intervals that have not ended
};

// Writes the ledger. Used by one thread, the ledger's. A failed fsync ends the process: what the disk then
// holds is unknown, and a second try that succeeds proves nothing (the kernel forgets the pages that failed).
class EventStore {
 public:
  virtual ~EventStore() = default;
  virtual Result<LedgerMemory> recover() = 0;
  // All of them in one transaction, on disk when it returns. One whose id is there already is left out: its
  // seq stays 0. ledger.full, ledger.read_only, ledger.failed: nothing was written, and it may be tried
  // again.
  virtual Result<void> append(std::span<NewEntry> entries) = 0;
  // That all that was received up to `alive` is on disk, and when devices were last heard. Lost marks make
  // blind intervals longer, never shorter.
  virtual Result<void> mark(WallTime alive, const std::map<std::string, DeviceMark>& devices) = 0;
  // Forgets the mark of a device that left.
  virtual Result<void> forget(const std::string& device) = 0;
  // What is done between batches: moving the log into the database. Cheap where there is little.
  virtual void settle() = 0;
  // Removes what is older or more than allowed, whole days at a time. Nothing past `needed`, which some sink
  // has not got yet, unless the cap forces it: then what went is returned.
  struct Removed {
    Seq last = 0;  // the newest that went
    WallTime from{};
    WallTime to{};
    std::uint64_t undelivered = 0;
  };
  virtual Result<std::optional<Removed>> retain(Seq needed, WallTime now) = 0;
  // The last run ended by itself.
  virtual Result<void> close(WallTime alive, const std::map<std::string, DeviceMark>& devices) = 0;
};

struct EventQuery {
  std::vector<DeviceId> devices;  // none: all
  std::optional<std::uint16_t> channel;
  std::vector<std::string> types;
  std::vector<EventState> states;
  std::optional<WallTime> from;  // received
  std::optional<WallTime> to;
  bool ascending = false;
  std::optional<Seq> after;  // in the order asked for
  std::size_t limit = 100;
  std::function<bool(const DeviceId&)> visible;  // empty: all; asked on a thread of the reader's
};

struct EventPage {
  std::vector<LedgerEntryPtr> items;  // without payloads
  std::optional<Seq> next;            // where the next page begins; nothing: that was all
};

// A time in which a device could not have told of an alarm.
struct BlindInterval {
  std::string event;  // its id in the ledger
  DeviceId device;
  WallTime from{};
  std::optional<WallTime> to;  // nothing: it goes on
  Code reason = Code::blind_not_armed;
  std::string text;
};

// The interval that a beginning or an end in the ledger is of; an end has both moments.
BlindInterval blind_interval_of(const LedgerEntry& entry);

struct BlindQuery {
  std::vector<DeviceId> devices;
  std::optional<WallTime> since;  // those that went on after it
  std::optional<WallTime> until;
  bool open = false;  // only those that go on
  std::size_t limit = 1000;
  std::function<bool(const DeviceId&)> visible;
};

// Entries of one device, channel, type and state in a time.
struct AccountRow {
  DeviceId device;
  std::uint16_t channel = 0;
  std::string type;
  EventState state = EventState::pulse;
  std::uint64_t seen = 0;            // reports of the device that they stand for
  std::uint64_t stored = 0;          // entries
  std::vector<std::uint64_t> up_to;  // of them, those up to each of the seqs that were asked about
};

struct StoredPicture {
  DeviceId device;  // whose it is: not everybody may see it
  EventPicture picture;
};

// Reads the ledger. Thread-safe and blocking: for threads of a pool. Sees what is committed.
class EventArchive {
 public:
  virtual ~EventArchive() = default;
  virtual Seq oldest() const = 0;
  virtual Result<std::vector<LedgerEntryPtr>> read(Seq after, std::size_t limit) = 0;
  virtual Result<EventPage> list(const EventQuery& query) = 0;
  // All entries of an event, with payloads; events.unknown.
  virtual Result<std::vector<LedgerEntryPtr>> show(const std::string& event) = 0;
  // events.unknown, events.expired, ledger.damaged.
  virtual Result<StoredPicture> picture(const std::string& id) = 0;
  virtual Result<std::vector<AccountRow>> account(const EventQuery& query, std::span<const Seq> marks) = 0;
  // Those that ended, in the order of their ends.
  virtual Result<std::vector<BlindInterval>> blind(const BlindQuery& query) = 0;
  virtual std::uint64_t bytes() const = 0;
};

}  // namespace camfleet::model
