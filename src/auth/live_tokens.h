#pragma once
#include <chrono>
#include <cstddef>
#include <filesystem>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "auth/issued_tokens.h"
#include "auth/secret_key.h"
#include "base/clock.h"
#include "model/ports.h"

namespace camfleet::auth {

struct LiveToken {
  std::string token;  // "v1.<payload>.<mac>", both base64url; never logged
  model::Grant grant;
};

// Makes and checks live tokens: the right to start watching one stream before a moment. A token is signed,
// not stored: HMAC-SHA-512/256 with a key derived from the installation's, so it survives a restart. What was
// handed out is listed (auth/issued_tokens.h). Thread-safe.
//
// Revocations are a small file, DATA/revoked-tokens (one "<id> <unix seconds until which it matters>" a
// line), written whole, synced and renamed at each revocation; at most kMaxRevoked. Past that the oldest of
// the issuer who has most goes, so that nobody makes another one's revocations forgotten. A token lives
// kMaxTtl at most, so what is older is forgotten.
//
// The first eight digits of a token's id are those of the API token that asked for it (kAdministrator: the
// administrator's), so that whoever takes that one back takes back these too; the gate does.
class LiveTokens final : public model::LiveGate {
 public:
  static constexpr std::chrono::seconds kMaxTtl{86'400};
  static constexpr std::size_t kMaxToken = 512;  // bytes; longer ones are refused before anything is computed
  static constexpr std::size_t kMaxRevoked = 10'000;
  static constexpr std::string_view kAdministrator = "00000000";

  // The directory of both files; where it is empty, a restart forgets revocations and the list. An unreadable
  // file is storage.failed.
  static Result<std::unique_ptr<LiveTokens>> open(const SecretKey& key,
                                                  const std::filesystem::path& directory,
                                                  const Clock& clock = system_clock());
  LiveTokens(const LiveTokens&) = delete;
  LiveTokens& operator=(const LiveTokens&) = delete;
  ~LiveTokens() override;

  // `ttl` is cut to [1 s, kMaxTtl]. `issuer` has eight hexadecimal digits. auth.too_many_live_tokens, as
  // IssuedTokens::add. Does not block: it is listed after a restart once keep() has returned.
  Result<LiveToken> make(const model::StreamKey& stream, std::chrono::seconds ttl,
                         std::string_view issuer = kAdministrator);
  // Writes down what was made, if nobody else did (blocks: call it on a worker). storage.failed: the tokens
  // work all the same.
  Result<void> keep() { return issued_.keep(); }
  static std::string_view issuer_of(std::string_view id) { return id.substr(0, kAdministrator.size()); }

  Result<model::Grant> admit(const model::StreamKey& stream, std::string_view token) const override;
  bool still_good(const model::Grant& grant) const override;

  // From now on admit() says auth.revoked and still_good() false. Counts at once, and is on disk when this
  // returns (it blocks for a sync: call it on a worker). auth.invalid: not the form of an id; storage.failed:
  // it counts, but only until a restart. An id that was never made is taken like any other.
  Result<void> revoke(std::string_view id);

  // The API token of these eight digits is gone, and with it what it made.
  void forget_issuer(std::string_view issuer) { issued_.remove_all_of(issuer); }

  // At most `most` of those that may still start and are not revoked, the first to end first, behind `after`;
  // without the tokens themselves; of one issuer where one is named.
  std::vector<model::Grant> list(const std::optional<IssuedTokens::Place>& after = std::nullopt,
                                 std::size_t most = IssuedTokens::kMost, std::string_view issuer = {}) const {
    return issued_.list(after, most, issuer);
  }

 private:
  LiveTokens(const SecretKey& key, const std::filesystem::path& directory, const Clock& clock);
  std::string sign(std::string_view head) const;
  std::string mark_of(const model::StreamKey& stream) const;
  Result<void> load();
  Result<void> save();
  void forget_old(WallTime now);
  void make_room();

  KeyBytes key_;
  std::filesystem::path revoked_file_;
  const Clock& clock_;
  IssuedTokens issued_;
  std::mutex writing_;  // one revocation at a time; taken before mutex_, which never waits for the disk
  mutable std::mutex mutex_;
  std::map<std::string, WallTime, std::less<>> revoked_;  // id -> until when it matters
};

}  // namespace camfleet::auth
