#pragma once
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "fleet/device_state.h"
#include "model/device.h"

namespace camfleet::fleet {

// Whom an entry is about, as it was then; shared by the entries of one device.
struct Subject {
  model::DeviceId id;
  std::vector<std::string> tags;
};
using SubjectPtr = std::shared_ptr<const Subject>;

struct LogEntry {
  enum class Kind : std::uint8_t { move, added, changed, removed };

  std::uint64_t number = 0;  // given by the log: 1, 2, 3, ... in this run
  Kind kind = Kind::move;
  DeviceState from = DeviceState::waiting;  // equal to `to` where nothing moved
  DeviceState to = DeviceState::waiting;
  Code reason = Code::ok;
  std::string detail;
  WallTime at{};
  std::uint32_t attempts = 0;
  std::optional<WallTime> next_attempt;
  SubjectPtr device;
  SubjectPtr was{};  // as it was before, where its tags are what changed; else null
};
using LogEntryPtr = std::shared_ptr<const LogEntry>;
std::string_view to_text(LogEntry::Kind kind);

// A place in the log of one run: everything up to `number` has been seen.
struct LogCursor {
  std::uint64_t run = 0;
  std::uint64_t number = 0;
  friend bool operator==(const LogCursor&, const LogCursor&) = default;
};
// "5f0c2b9a71de4430-1f": for callers an opaque text. nullopt: none of ours.
std::string to_text(const LogCursor& cursor);
std::optional<LogCursor> parse_log_cursor(std::string_view text);

// The latest moves of all devices, and who was added, changed and removed: one bounded ring that
// everybody who wants to hear of them reads at a place of his own. A reader costs the log nothing, and one
// that is too slow loses its place and is told so; nothing ever waits for a reader.
//
// Whoever writes makes the change visible first and then writes it here, so that who takes cursor() and then
// reads the fleet misses nothing: a change is in what he reads, or in the log after the cursor, or in both.
//
// Thread-safe. A push is a short lock; what is read is made for its reader.
class MoveLog {
 public:
  // `run`: tells the runs of a gateway apart; 0: a random one.
  explicit MoveLog(std::size_t capacity, std::uint64_t run = 0);
  MoveLog(const MoveLog&) = delete;
  MoveLog& operator=(const MoveLog&) = delete;

  void push(LogEntry entry);

  // After the newest, and before the oldest that is still here.
  LogCursor cursor() const;
  LogCursor oldest() const;

  enum class Lost : std::uint8_t {
    nothing,
    overrun,  // what follows the cursor is no longer here
    restart,  // it is of another run
    unknown,  // it is ahead of us: nobody got it here
  };
  struct Batch {
    Lost lost = Lost::nothing;
    std::vector<LogEntryPtr> entries;  // without a hole after the cursor; none where something was lost
    LogCursor next;                    // after them; where something was lost, after the newest
  };
  Batch read(const LogCursor& after, std::size_t most) const;

  // Rung at each push, on its thread and under the log's lock: must not wait, nor call the log. Taken off by
  // silence(), after which it does not ring.
  class Bell {
   public:
    virtual ~Bell() = default;
    virtual void ring() = 0;
  };
  void listen(Bell& bell);
  void silence(Bell& bell);

 private:
  // Of thousands of entries few are read, and most of them have none of what is rare: kept in a quarter of
  // the room.
  struct Rare {
    std::string detail;
    std::optional<WallTime> next_attempt;
    SubjectPtr was;
  };
  struct Kept {
    SubjectPtr device;
    WallTime at{};
    std::shared_ptr<const Rare> rare;
    std::uint32_t attempts = 0;
    Code reason = Code::ok;
    LogEntry::Kind kind = LogEntry::Kind::move;
    DeviceState from = DeviceState::waiting;
    DeviceState to = DeviceState::waiting;
  };
  static Kept small(LogEntry entry);
  static LogEntryPtr whole(const Kept& kept, std::uint64_t number);

  const std::size_t capacity_;
  const std::uint64_t run_;
  mutable std::mutex mutex_;
  std::deque<Kept> entries_;  // numbers without a gap
  std::uint64_t last_ = 0;
  std::vector<Bell*> bells_;
};

}  // namespace camfleet::fleet
