#pragma once
#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "model/ledger.h"

namespace camfleet::model {

enum class SinkKind : std::uint8_t { webhook, file, mqtt, kafka, dapr };
std::string_view to_text(SinkKind kind);  // "webhook", ...
std::optional<SinkKind> parse_sink_kind(std::string_view text);

// One setting of a kind of sinks, as the API, the command line and the configuration file spell it.
struct SinkSetting {
  enum class Form : std::uint8_t { text, number, flag };
  std::string_view name;
  std::string_view help;
  Form form = Form::text;
  bool required = false;
  bool secret = false;  // sealed at rest and never shown
  std::int64_t least = 0;
  std::int64_t most = 0;
  std::string_view fallback = {};  // what holds where it is not given
};
// What a kind of sinks can be told. Lives for ever.
std::span<const SinkSetting> settings_of(SinkKind kind);

// Who knows which tags a device has now. Thread-safe, and does not wait.
class DeviceTags {
 public:
  virtual ~DeviceTags() = default;
  virtual std::vector<std::string> tags_of(const DeviceId& id) const = 0;  // none of one that is not there
};

// Which entries a sink gets; each empty list is no condition. Tags are those that a device has when the entry
// is looked at. A type is the vendor's word ("vmd"), and "camfleet.*" stands for all that begins so.
struct SinkFilter {
  static constexpr std::size_t kMost = 256;  // of each list

  std::vector<std::string> devices;
  std::vector<std::string> tags;
  std::vector<std::string> types;
  std::vector<std::uint16_t> channels;

  // `tags` null: no device has any.
  bool takes(const DeviceId& device, std::uint16_t channel, std::string_view type,
             const DeviceTags* tags) const;
  friend bool operator==(const SinkFilter&, const SinkFilter&) = default;
};

// What an operator says of a sink; no secret in it.
struct SinkSpec {
  std::string id;  // a slug as a device's
  SinkKind kind = SinkKind::webhook;
  bool enabled = true;
  bool paused = false;
  bool declared = false;  // by the configuration file, which alone changes it
  std::map<std::string, std::string, std::less<>> settings;
  SinkFilter filter;

  // The setting, or what holds where it was not given.
  std::string_view text(std::string_view name) const;
  std::int64_t number(std::string_view name) const;
  bool flag(std::string_view name) const;
};
// sink.invalid names the member: an unknown or missing setting, a number out of its range, no address.
Result<void> check(const SinkSpec& spec);

// A sink to be made, or a change of one: what is not given stays. Secrets stand among the settings; whoever
// takes the wish seals them and wipes the text.
struct SinkWish {
  std::string id;
  std::optional<SinkKind> kind;
  std::optional<bool> enabled;
  std::optional<bool> paused;
  std::map<std::string, std::optional<std::string>, std::less<>> settings;  // nullopt: as if never given
  std::optional<SinkFilter> filter;
  bool from_oldest = false;  // of a new one: all that the ledger has, in place of what comes from now on
};

// What a store keeps of a sink.
struct SinkRecord {
  SinkSpec spec;
  std::map<std::string, std::string, std::less<>> sealed;  // secrets by the name of their setting
  std::uint64_t revision = 1;
  Seq first = 1;   // the first entry that was meant for it
  Seq cursor = 0;  // up to here all is acknowledged, parked or not for it
  std::uint64_t delivered = 0;
};

// An entry that a sink does not take: kept until an operator decides.
struct ParkedEntry {
  Seq seq = 0;
  std::string id;  // LedgerEntry::id()
  DeviceId device;
  Code reason = Code::sink_rejected;
  std::string detail;
  std::uint32_t tries = 0;
  WallTime at{};
};

// Where sinks are kept: their settings, how far they are, and what is parked. Calls return when it is on disk
// and run in the order in which they were made. storage.failed.
class SinkStore {
 public:
  virtual ~SinkStore() = default;
  struct Loaded {
    std::vector<SinkRecord> sinks;
    std::map<std::string, std::vector<ParkedEntry>, std::less<>> parked;  // by sink, ascending
    std::map<std::string, std::map<Seq, std::uint32_t>, std::less<>> attempts;
    bool clean = true;  // mark_stopped() was the last that was heard
  };
  // At the start, blocking. From now on the store counts as in use, until mark_stopped().
  virtual Result<Loaded> load() = 0;
  virtual net::Task<Result<void>> put(SinkRecord record) = 0;  // all of it but cursor and delivered, if known
  virtual net::Task<Result<void>> remove(std::string id) = 0;
  virtual net::Task<Result<void>> progress(std::string id, Seq cursor, std::uint64_t delivered) = 0;
  virtual net::Task<Result<void>> attempt(std::string id, Seq seq, std::uint32_t count) = 0;
  virtual net::Task<Result<void>> park(std::string id, ParkedEntry entry) = 0;
  virtual net::Task<Result<void>> unpark(std::string id, Seq seq) = 0;
  virtual net::Task<Result<void>> mark_stopped() = 0;
};

enum class SinkState : std::uint8_t {
  idle,        // has all there is
  delivering,  // there is more, and it goes out
  retrying,    // waits before it tries again
  refused,     // the sink does not let us: tried seldom
  paused,      // by an operator, or switched off
};
std::string_view to_text(SinkState state);

// How a sink is at one moment.
struct SinkView {
  SinkSpec spec;
  std::vector<std::string> secrets;  // which of them are set
  std::uint64_t revision = 1;
  SinkState state = SinkState::idle;
  Error reason;  // of retrying and refused
  Seq cursor = 0;
  Seq newest = 0;             // of the ledger
  std::uint64_t pending = 0;  // entries past the cursor that are not acknowledged, other sinks' included
  std::uint64_t delivered = 0;
  std::uint64_t retries = 0;  // since the start
  std::uint64_t parked = 0;
  std::optional<WallTime> last_delivery;
  std::optional<WallTime> next_attempt;

  struct Replay {
    bool running = false;
    std::uint64_t delivered = 0;
    std::uint64_t failed = 0;
    Seq at = 0;
    Seq until = 0;
  };
  std::optional<Replay> replay;  // the latest since the start
};

// Entries to be delivered once more: those that were received in [from, to), of these devices where some are
// named, at most `rate` a second.
struct ReplayWish {
  std::optional<WallTime> from;
  std::optional<WallTime> to;
  std::vector<DeviceId> devices;
  std::uint32_t rate = 100;
};

// The sinks as the API sees them. Thread-safe; tasks may be run on any loop. sink.unknown where there is none
// of that id; api.precondition_failed where `revision` is not the present one; storage.failed.
class Sinks {
 public:
  virtual ~Sinks() = default;
  virtual net::Task<Result<std::vector<SinkView>>> list() = 0;  // by id
  virtual net::Task<Result<SinkView>> show(std::string id) = 0;
  // sink.exists, sink.invalid, sink.too_many.
  virtual net::Task<Result<SinkView>> add(SinkWish wish) = 0;
  virtual net::Task<Result<SinkView>> edit(SinkWish wish, std::optional<std::uint64_t> revision) = 0;
  virtual net::Task<Result<void>> remove(std::string id, std::optional<std::uint64_t> revision) = 0;
  virtual net::Task<Result<SinkView>> set_paused(std::string id, bool paused) = 0;
  // Delivers an entry of type camfleet.test, now and once; what became of it.
  virtual net::Task<Result<void>> test(std::string id) = 0;
  virtual net::Task<Result<SinkView>> replay(std::string id, ReplayWish wish) = 0;
  virtual net::Task<Result<std::vector<ParkedEntry>>> parked(std::string id, Seq after,
                                                             std::size_t limit) = 0;
  // Once more, now. events.expired: the ledger does not have it any more.
  virtual net::Task<Result<void>> retry_parked(std::string id, Seq seq) = 0;
  virtual net::Task<Result<void>> drop_parked(std::string id, Seq seq) = 0;
};

}  // namespace camfleet::model
