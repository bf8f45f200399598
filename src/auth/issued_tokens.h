#pragma once
#include <cstddef>
#include <filesystem>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "model/ports.h"

namespace camfleet::auth {

// The live tokens that were made and may still start: what is shown of them, not the tokens themselves. It
// decides nothing; a token that is not in it works all the same.
//
// DATA/live-tokens, 0600: a version line, then "<id> <unix seconds of its end> <stream>" a line. A new one is
// appended and synced; where most lines are of tokens that have ended, the file is written anew, so it never
// has more than 2 * kMost + kSlack lines. A last line that a power cut left half, or one that is not of this
// form, is left out and logged: to be without a list is better than to be without a gateway.
//
// At most kMost, and kMostOfOne of one issuer (the first eight digits of the id), so that one who makes
// tokens without end is in nobody else's way. Thread-safe; only keep() waits for the disk.
class IssuedTokens {
 public:
  static constexpr std::size_t kMost = 50'000;
  static constexpr std::size_t kMostOfOne = 20'000;
  static constexpr std::size_t kIssuerDigits = 8;

  // `file` may be empty: then nothing outlives the process.
  IssuedTokens(std::filesystem::path file, const Clock& clock) : file_(std::move(file)), clock_(clock) {}

  // Reads what is there, but for what has ended. config.exposed: others may read the file; storage.failed: it
  // is too long or no plain file.
  Result<void> load();

  // auth.too_many_live_tokens, with the seconds until the next one ends.
  Result<void> add(const model::Grant& grant);
  void remove(std::string_view id);
  // All of one issuer: what it handed out counts no longer.
  void remove_all_of(std::string_view issuer);

  // Where a page goes on: the end and the id of its last one.
  using Place = std::pair<WallTime, std::string>;
  // At most `most` of those behind `after`, the first to end first; of one issuer where one is named.
  std::vector<model::Grant> list(const std::optional<Place>& after, std::size_t most,
                                 std::string_view issuer = {}) const;
  std::size_t size() const;

  // What was added is on disk when it returns; where another call wrote it too, at once. Blocks: call it on a
  // worker. storage.failed: it is tried again with a later call, as a whole.
  Result<void> keep();

 private:
  static constexpr std::size_t kSlack = 1'000;  // lines of ended tokens that are not worth a new file
  bool put(const model::Grant& grant);
  void drop(std::map<Place, model::StreamKey>::iterator at);
  void forget_ended(WallTime now);
  void read_line(std::string_view line, WallTime now, std::size_t& broken);
  Result<void> write_all();

  const std::filesystem::path file_;
  const Clock& clock_;
  std::mutex writing_;  // one write at a time; taken before mutex_
  mutable std::mutex mutex_;
  std::map<Place, model::StreamKey> issued_;
  std::map<std::string, std::size_t, std::less<>> of_issuer_;
  std::string pending_;  // lines that are not on disk yet
  std::size_t pending_lines_ = 0;
  std::size_t lines_ = 0;    // of the file
  bool anew_ = true;         // the file is to be written as a whole
  SteadyTime not_before_{};  // a disk that refused is left alone until then
};

}  // namespace camfleet::auth
