#include "auth/live_tokens.h"

#include <fmt/core.h>
#include <sodium.h>
#include <string.h>

#include <algorithm>

#include "auth/private_file.h"
#include "base/bytes.h"
#include "base/random.h"
#include "base/text.h"

namespace camfleet::auth {
namespace {

using std::chrono::seconds;
constexpr std::size_t kIdDigits = 24;
constexpr std::size_t kMarkDigits = 16;  // of 6 bits
// How long a revocation is remembered after its token could no longer start: viewers that began by it are
// asked for again and again meanwhile.
constexpr seconds kStillWatched = LiveTokens::kMaxTtl;

std::filesystem::path file_in(const std::filesystem::path& directory, const char* name) {
  return directory.empty() ? directory : directory / name;
}
bool is_id(std::string_view id) {
  return id.size() == kIdDigits &&
         std::ranges::all_of(id, [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}
std::int64_t unix_seconds(WallTime time) {
  return std::chrono::floor<seconds>(time).time_since_epoch().count();
}

// "<id>|<mark of the stream>|<unix seconds>". A mark and not the name, which may be long: FFmpeg cuts what
// stands before the @ of an address after 127 characters.
struct Payload {
  std::string_view id;
  std::string_view mark;
  WallTime before;
};
std::optional<Payload> read_payload(std::string_view payload) {
  const auto id = take_until(payload, '|');
  const auto mark = take_until(payload, '|');
  const auto before = parse_int<std::int64_t>(payload);
  if (!is_id(id) || mark.empty() || !before || *before < 0 || *before > 253'402'300'799) return std::nullopt;
  return Payload{id, mark, WallTime{seconds{*before}}};
}

}  // namespace

LiveTokens::LiveTokens(const SecretKey& key, const std::filesystem::path& directory, const Clock& clock)
    : key_(key.derive("live-tokens")),
      revoked_file_(file_in(directory, "revoked-tokens")),
      clock_(clock),
      issued_(file_in(directory, "live-tokens"), clock) {}
LiveTokens::~LiveTokens() { ::explicit_bzero(key_.data(), key_.size()); }

Result<std::unique_ptr<LiveTokens>> LiveTokens::open(const SecretKey& key,
                                                     const std::filesystem::path& directory,
                                                     const Clock& clock) {
  std::unique_ptr<LiveTokens> tokens{new LiveTokens{key, directory, clock}};
  if (const auto loaded = tokens->load(); !loaded) return fail(loaded.error());
  if (const auto loaded = tokens->issued_.load(); !loaded) return fail(loaded.error());
  // A crash may have come between a revocation and the list.
  for (const auto& [id, until] : tokens->revoked_) tokens->issued_.remove(id);
  return tokens;
}

std::string LiveTokens::sign(std::string_view head) const {
  std::array<std::uint8_t, crypto_auth_BYTES> mac{};
  ::crypto_auth(mac.data(), reinterpret_cast<const std::uint8_t*>(head.data()), head.size(), key_.data());
  return to_base64url(mac);
}

// Keyed, so that nobody can look for another stream with the same one.
std::string LiveTokens::mark_of(const model::StreamKey& stream) const {
  return sign("stream|" + model::to_text(stream)).substr(0, kMarkDigits);
}

Result<LiveToken> LiveTokens::make(const model::StreamKey& stream, seconds ttl, std::string_view issuer) {
  const auto now = clock_.wall();
  const auto before = std::chrono::ceil<seconds>(now + std::clamp(ttl, seconds{1}, kMaxTtl));
  LiveToken out;
  out.grant = {std::string{issuer} + random_hex((kIdDigits - issuer.size()) / 2), stream, before};
  const auto payload = fmt::format("{}|{}|{}", out.grant.id, mark_of(stream), unix_seconds(before));
  out.token = "v1." + to_base64url(as_bytes(payload));
  out.token += "." + sign(out.token);

  if (const auto listed = issued_.add(out.grant); !listed) return fail(listed.error());
  return out;
}

Result<model::Grant> LiveTokens::admit(const model::StreamKey& stream, std::string_view token) const {
  if (token.empty()) return fail(Code::auth_missing);
  if (token.size() > kMaxToken || !token.starts_with("v1.")) return fail(Code::auth_invalid);
  const auto dot = token.rfind('.');
  const auto head = token.substr(0, dot);
  const auto mac = token.substr(dot + 1);
  if (head.size() <= 3) return fail(Code::auth_invalid);
  // Compared as texts: base64url has several spellings of the same bytes, and only ours counts.
  const auto wanted = sign(head);
  if (wanted.size() != mac.size() || ::sodium_memcmp(wanted.data(), mac.data(), mac.size()) != 0)
    return fail(Code::auth_invalid);

  Bytes payload;
  if (!from_base64url(head.substr(3), payload)) return fail(Code::auth_invalid);
  const auto told = read_payload(as_text(payload));
  if (!told) return fail(Code::auth_invalid);
  model::Grant grant{std::string{told->id}, stream, told->before};
  {
    const std::lock_guard lock{mutex_};
    if (revoked_.contains(grant.id)) return fail(Code::auth_revoked, grant.id);
  }
  if (grant.start_before <= clock_.wall()) return fail(Code::auth_expired, grant.id);
  if (told->mark != mark_of(stream)) return fail(Code::auth_wrong_stream, grant.id);
  return grant;
}

bool LiveTokens::still_good(const model::Grant& grant) const {
  const std::lock_guard lock{mutex_};
  return !revoked_.contains(grant.id);
}

Result<void> LiveTokens::revoke(std::string_view id) {
  if (!is_id(id)) return fail(Code::auth_invalid, "id");
  const std::lock_guard writing{writing_};
  {
    const std::lock_guard lock{mutex_};
    const auto now = clock_.wall();
    forget_old(now);
    if (revoked_.size() >= kMaxRevoked) make_room();
    revoked_[std::string{id}] = now + kMaxTtl + kStillWatched;
  }
  issued_.remove(id);
  return save();
}

void LiveTokens::forget_old(WallTime now) {
  std::erase_if(revoked_, [&](const auto& entry) { return entry.second <= now; });
}

// Ids of one issuer stand together.
void LiveTokens::make_room() {
  auto oldest = revoked_.begin();
  std::size_t most = 0;
  for (auto at = revoked_.begin(); at != revoked_.end();) {
    const auto issuer = issuer_of(at->first);
    auto first = at;
    std::size_t count = 0;
    for (; at != revoked_.end() && issuer_of(at->first) == issuer; ++at, ++count)
      if (at->second < first->second) first = at;
    if (count > most) {
      most = count;
      oldest = first;
    }
  }
  revoked_.erase(oldest);
}

Result<void> LiveTokens::load() {
  if (revoked_file_.empty()) return {};
  auto content = read_private(revoked_file_, kMaxRevoked * 64);
  if (!content) return fail(of_a_list(content.error()));
  if (!*content) return {};
  std::string_view rest = **content;
  while (!rest.empty()) {
    auto line = take_until(rest, '\n');
    const auto id = take_until(line, ' ');
    const auto until = parse_int<std::int64_t>(line);
    if (!is_id(id) || !until || *until < 0 || *until > 253'402'300'799)
      return fail(Code::storage_failed, revoked_file_.string() + ": not a list of revoked tokens");
    revoked_[std::string{id}] = WallTime{seconds{*until}};
  }
  forget_old(clock_.wall());
  return {};
}

Result<void> LiveTokens::save() {
  if (revoked_file_.empty()) return {};
  std::string content;
  {
    const std::lock_guard lock{mutex_};
    for (const auto& [id, until] : revoked_) content += fmt::format("{} {}\n", id, unix_seconds(until));
  }
  const auto saved = replace_private(revoked_file_, content);
  if (!saved) return fail(Code::storage_failed, saved.error().place);
  return {};
}

}  // namespace camfleet::auth
