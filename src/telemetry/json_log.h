#pragma once
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/clock.h"
#include "base/log.h"

namespace camfleet::telemetry {

// One line of JSON: {"ts":"2026-11-22T14:27:51.123Z","level":"warn","event":"device.rejected",...fields}.
// Texts are cleaned to UTF-8 and cut at 4 KiB, so a hostile camera name cannot break a line; a field named
// like ts, level or event gets a "_" behind it. Without the line's end.
std::string json_line(WallTime now, log::Level level, std::string_view event, log::Fields fields);

// "warn" and the like; Level::info where the text is none.
log::Level parse_level(std::string_view text);
std::string_view to_text(log::Level level);

// Writes those lines to standard error through spdlog (one call, one line, whatever the thread). Each event
// name may write `burst` lines and then `per_second` a second; what is left out is counted and told as
// "suppressed" on the next line of that name. At most 1,024 names have a bucket of their own, the rest share
// one. Errors are never left out.
class JsonLog final : public log::Sink {
 public:
  struct Options {
    double burst = 200;
    double per_second = 20;
  };
  JsonLog() : JsonLog(Options{}) {}
  explicit JsonLog(Options options, const Clock& clock = system_clock());
  ~JsonLog() override;

  void write(log::Level level, std::string_view event, log::Fields fields) override;

 private:
  struct Bucket {
    double tokens = 0;
    SteadyTime at{};
    std::uint64_t suppressed = 0;
  };
  // -1: leave this line out; else how many were left out before it.
  std::int64_t admit(std::string_view event);

  Options options_;
  const Clock& clock_;
  struct Output;
  std::unique_ptr<Output> output_;
  std::mutex mutex_;
  std::unordered_map<std::string, Bucket> buckets_;
};

}  // namespace camfleet::telemetry
