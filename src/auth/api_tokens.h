#pragma once
#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <vector>

#include "auth/access.h"
#include "auth/secret_key.h"
#include "base/clock.h"
#include "base/secret.h"
#include "model/scope.h"

namespace camfleet::auth {

// What is kept of an API token; the token itself is not.
struct ApiToken {
  std::string id;    // 8 hexadecimal digits, not secret
  std::string name;  // 1 to 64 bytes
  Role role = Role::view;
  WallTime created{};
  std::optional<WallTime> expires;
  std::optional<WallTime> last_used;  // to the minute
  model::ScopePtr scope{};            // null: all devices
};

// API tokens: names, roles, an end. A token is "cft_", 256 random bits and a checksum of 32 bits, all
// hexadecimal, so that scanners for leaked secrets find it and a mistyped one is told from a guess. Kept is a
// hash of it (BLAKE2b with a key derived from the installation's), which is also what a lookup compares: its
// time tells nothing.
//
// DATA/api-tokens, 0600: a version line, then "<id> <role> <created> <expires> <last used> <hash> <name>" a
// line, and " <scope>" behind it of a token that is limited to some devices ("tbm9ydGg,dgate-7": a tag in
// base64url, a device). A file with such a token is of version 2, which an older gateway refuses: it would
// take them for tokens without a limit. Written whole, synced and renamed at each change; the times of use go
// along with the next change, or save_uses(), or the destructor, so that a kill -9 may lose some minutes of
// them and nothing else.
//
// At most kMaxTokens; past that add() is auth.too_many_tokens, after those that expired long ago
// (kKeepExpired) were forgotten. Thread-safe; looking up takes a shared lock and never waits for the disk.
class ApiTokens {
 public:
  static constexpr std::size_t kMaxTokens = 1'000;
  static constexpr std::chrono::seconds kMaxTtl{10LL * 365 * 86'400};
  static constexpr std::chrono::hours kKeepExpired{30 * 24};
  static constexpr std::chrono::minutes kSaveUses{5};
  static constexpr std::string_view kPrefix = "cft_";

  // A file that others may read is config.exposed, an unreadable or damaged one storage.failed: lost
  // revocations would be worse than no start. `file` may be empty: then nothing outlives the process.
  static Result<std::unique_ptr<ApiTokens>> open(const SecretKey& key, std::filesystem::path file,
                                                 const Clock& clock = system_clock());
  ApiTokens(const ApiTokens&) = delete;
  ApiTokens& operator=(const ApiTokens&) = delete;
  ~ApiTokens();

  struct Made {
    Secret token;  // shown once
    ApiToken kept;
  };
  // On disk when it returns (blocks: call it on a worker). No `ttl`: until it is removed. api.bad_request: a
  // name of 0 or over 64 bytes, not UTF-8 or with control characters, a ttl outside [1 s, kMaxTtl];
  // auth.too_many_tokens; storage.failed (then there is no such token). `scope`: 1 to 32 tags as a device may
  // have them and 64 ids, one of either at least; else api.bad_request.
  Result<Made> add(std::string_view name, Role role, std::optional<std::chrono::seconds> ttl,
                   model::ScopePtr scope = {});
  // From now on it is auth.invalid. Counts at once, and is on disk when this returns (blocks). auth.invalid:
  // there is no token of this id; storage.failed: it counts, but only until a restart.
  Result<void> remove(std::string_view id);

  // Whose it is; notes the use. auth.invalid, auth.expired.
  Result<Principal> find(std::string_view token);
  // There is such a token and it has not expired: what was begun with it may go on.
  bool still_good(std::string_view id) const;
  // To what it is limited; null where it is not. Of a token that is not there: a scope of nothing.
  model::ScopePtr scope_of(std::string_view id) const;
  std::vector<ApiToken> list() const;  // oldest first

  // True once every kSaveUses at most, where uses are not on disk: then call save_uses() on a worker.
  bool uses_due();
  Result<void> save_uses();

 private:
  using Hash = std::array<std::uint8_t, 32>;
  struct Record {
    ApiToken token;
    Hash hash{};
    std::atomic<std::int64_t> used{0};  // unix seconds, 0: never
  };
  ApiTokens(const SecretKey& key, std::filesystem::path file, const Clock& clock);
  Hash hash_of(std::string_view token) const;
  std::int64_t now_s() const;
  Result<void> load();
  Result<void> read_line(std::string_view line);
  // Of those that there are and of `more`. Under writing_.
  Result<void> save(const Record* more = nullptr);
  void forget_old();

  KeyBytes key_;
  const std::filesystem::path file_;
  const Clock& clock_;
  std::mutex writing_;  // one change at a time; taken before mutex_
  mutable std::shared_mutex mutex_;
  std::map<Hash, std::unique_ptr<Record>> by_hash_;
  std::map<std::string, Record*, std::less<>> by_id_;
  std::atomic<bool> unsaved_{false};
  std::atomic<std::int64_t> saved_{0};  // when uses were last written, in unix seconds
};

}  // namespace camfleet::auth
