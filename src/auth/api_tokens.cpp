#include "auth/api_tokens.h"

#include <fmt/core.h>
#include <sodium.h>
#include <string.h>

#include <algorithm>
#include <array>

#include "auth/private_file.h"
#include "base/bytes.h"
#include "base/log.h"
#include "base/random.h"
#include "base/text.h"

namespace camfleet::auth {
namespace {

using std::chrono::seconds;
constexpr std::string_view kVersionLine = "camfleet-api-tokens 1";
constexpr std::string_view kScopedVersionLine = "camfleet-api-tokens 2";
constexpr std::size_t kLongestLine = 8 * 1024;
constexpr std::size_t kRandomDigits = 64;
constexpr std::size_t kCheckDigits = 8;
constexpr std::size_t kTokenSize = ApiTokens::kPrefix.size() + kRandomDigits + kCheckDigits;
constexpr std::size_t kIdDigits = 8;
constexpr std::size_t kMostName = 64;
constexpr std::int64_t kMostSeconds = 253'402'300'799;  // the year 9999
constexpr std::int64_t kUseGrain = 60;                  // seconds

bool all_hex(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}
bool is_id(std::string_view id) { return id.size() == kIdDigits && all_hex(id); }

// Of what stands before it. Not a secret's business: it tells a typing error from a guess.
std::string checksum_of(std::string_view head) {
  std::array<std::uint8_t, crypto_generichash_BYTES> out{};
  ::crypto_generichash(out.data(), out.size(), reinterpret_cast<const std::uint8_t*>(head.data()),
                       head.size(), nullptr, 0);
  return to_hex(ByteView{out}.first(kCheckDigits / 2));
}
bool has_form(std::string_view token) {
  if (token.size() != kTokenSize || !token.starts_with(ApiTokens::kPrefix)) return false;
  const auto head = token.substr(0, kTokenSize - kCheckDigits);
  return all_hex(token.substr(ApiTokens::kPrefix.size())) && checksum_of(head) == token.substr(head.size());
}

bool good_name(std::string_view name) {
  return !name.empty() && name.size() <= kMostName && is_utf8(name) && std::ranges::none_of(name, [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte < 0x20 || byte == 0x7F;
  });
}

// As model::validate() has it of a device.
bool good_tag(std::string_view tag) {
  return !tag.empty() && tag.size() <= 64 && is_utf8(tag) && std::ranges::none_of(tag, [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte < 0x20 || byte == 0x7F;
  });
}
bool good_scope(const model::Scope& scope) {
  return (!scope.tags.empty() || !scope.devices.empty()) && scope.tags.size() <= model::Scope::kMostTags &&
         scope.devices.size() <= model::Scope::kMostDevices && std::ranges::all_of(scope.tags, good_tag);
}

std::string to_text(const model::Scope& scope) {
  std::string out;
  for (const auto& tag : scope.tags) out += ",t" + to_base64url(as_bytes(tag));
  for (const auto& device : scope.devices) out += ",d" + device.str();
  return out.substr(1);
}
model::ScopePtr read_scope(std::string_view text) {
  auto scope = std::make_shared<model::Scope>();
  while (!text.empty()) {
    const auto one = take_until(text, ',');
    Bytes tag;
    if (one.starts_with('t') && from_base64url(one.substr(1), tag)) {
      scope->tags.emplace_back(as_text(tag));
    } else if (const auto id = model::parse_device_id(one.substr(std::min<std::size_t>(1, one.size())));
               one.starts_with('d') && id) {
      scope->devices.push_back(*id);
    } else {
      return nullptr;
    }
  }
  return good_scope(*scope) ? scope : nullptr;
}

std::int64_t unix_seconds(const std::optional<WallTime>& time) {
  return time ? std::chrono::floor<seconds>(*time).time_since_epoch().count() : 0;
}
std::optional<WallTime> time_of(std::int64_t unix_s) {
  if (unix_s == 0) return std::nullopt;
  return WallTime{seconds{unix_s}};
}

}  // namespace

ApiTokens::ApiTokens(const SecretKey& key, std::filesystem::path file, const Clock& clock)
    : key_(key.derive("api-tokens")), file_(std::move(file)), clock_(clock), saved_(now_s()) {}

ApiTokens::~ApiTokens() {
  if (const auto saved = save_uses(); !saved)
    log::warn("auth.uses_not_saved", {{"code", camfleet::name(saved.error().code)}});
  ::explicit_bzero(key_.data(), key_.size());
}

Result<std::unique_ptr<ApiTokens>> ApiTokens::open(const SecretKey& key, std::filesystem::path file,
                                                   const Clock& clock) {
  std::unique_ptr<ApiTokens> tokens{new ApiTokens{key, std::move(file), clock}};
  if (const auto loaded = tokens->load(); !loaded) return fail(loaded.error());
  return tokens;
}

ApiTokens::Hash ApiTokens::hash_of(std::string_view token) const {
  Hash out{};
  ::crypto_generichash(out.data(), out.size(), reinterpret_cast<const std::uint8_t*>(token.data()),
                       token.size(), key_.data(), key_.size());
  return out;
}

std::int64_t ApiTokens::now_s() const {
  return std::chrono::floor<seconds>(clock_.wall()).time_since_epoch().count();
}

Result<ApiTokens::Made> ApiTokens::add(std::string_view name, Role role, std::optional<seconds> ttl,
                                       model::ScopePtr scope) {
  if (!good_name(name))
    return fail(Code::api_bad_request, "name: wants 1 to 64 bytes of UTF-8 without control characters");
  if (ttl && (*ttl < seconds{1} || *ttl > kMaxTtl))
    return fail(Code::api_bad_request, fmt::format("ttl_s: wants 1 to {}", kMaxTtl.count()));
  if (scope && !good_scope(*scope))
    return fail(Code::api_bad_request,
                "scope: wants tags (1 to 32, each of 1 to 64 bytes) or devices (1 to 64 ids), or both");

  const std::lock_guard writing{writing_};
  forget_old();
  auto text = std::string{kPrefix} + random_hex(kRandomDigits / 2);
  text += checksum_of(text);
  Secret token{std::move(text)};
  auto record = std::make_unique<Record>();
  record->hash = hash_of(token.reveal());
  {
    const std::shared_lock lock{mutex_};
    if (by_id_.size() >= kMaxTokens) return fail(Code::auth_too_many_tokens);
    do record->token.id = random_hex(kIdDigits / 2);
    while (by_id_.contains(record->token.id) || record->token.id == "00000000");
  }
  const auto now = std::chrono::floor<seconds>(clock_.wall());
  record->token.name = name;
  record->token.role = role;
  record->token.created = now;
  if (ttl) record->token.expires = now + *ttl;
  record->token.scope = std::move(scope);
  // First on disk: a token that was handed out must not be gone after a crash.
  if (const auto saved = save(record.get()); !saved) return fail(saved.error());

  Made made{std::move(token), record->token};
  const std::lock_guard lock{mutex_};
  by_id_[record->token.id] = record.get();
  by_hash_[record->hash] = std::move(record);
  return made;
}

Result<void> ApiTokens::remove(std::string_view id) {
  const std::lock_guard writing{writing_};
  {
    const std::lock_guard lock{mutex_};
    const auto found = by_id_.find(id);
    if (found == by_id_.end()) return fail(Code::auth_invalid, "id");
    const auto hash = found->second->hash;
    by_id_.erase(found);
    by_hash_.erase(hash);
  }
  return save();
}

Result<Principal> ApiTokens::find(std::string_view token) {
  if (!has_form(token)) return fail(Code::auth_invalid);
  const auto hash = hash_of(token);
  const auto now = now_s();
  const std::shared_lock lock{mutex_};
  const auto found = by_hash_.find(hash);
  if (found == by_hash_.end()) return fail(Code::auth_invalid);
  auto& record = *found->second;
  const auto& kept = record.token;
  if (kept.expires && unix_seconds(kept.expires) <= now) return fail(Code::auth_expired, kept.id);
  if (now - record.used.load(std::memory_order_relaxed) >= kUseGrain) {
    record.used.store(now, std::memory_order_relaxed);
    unsaved_.store(true, std::memory_order_relaxed);
  }
  return Principal{Principal::Kind::api_token, kept.role, kept.id, kept.name, kept.expires, kept.scope};
}

bool ApiTokens::still_good(std::string_view id) const {
  const auto now = now_s();
  const std::shared_lock lock{mutex_};
  const auto found = by_id_.find(id);
  if (found == by_id_.end()) return false;
  const auto& expires = found->second->token.expires;
  return !expires || unix_seconds(expires) > now;
}

model::ScopePtr ApiTokens::scope_of(std::string_view id) const {
  static const auto nothing = std::make_shared<const model::Scope>();
  const std::shared_lock lock{mutex_};
  const auto found = by_id_.find(id);
  return found == by_id_.end() ? nothing : found->second->token.scope;
}

std::vector<ApiToken> ApiTokens::list() const {
  std::vector<ApiToken> out;
  {
    const std::shared_lock lock{mutex_};
    out.reserve(by_id_.size());
    for (const auto& [id, record] : by_id_) {
      out.push_back(record->token);
      out.back().last_used = time_of(record->used.load(std::memory_order_relaxed));
    }
  }
  std::ranges::sort(out, {}, [](const ApiToken& token) { return std::pair{token.created, token.id}; });
  return out;
}

bool ApiTokens::uses_due() {
  if (!unsaved_.load(std::memory_order_relaxed)) return false;
  const auto now = now_s();
  auto last = saved_.load(std::memory_order_relaxed);
  return now - last >= seconds{kSaveUses}.count() && saved_.compare_exchange_strong(last, now);
}

Result<void> ApiTokens::save_uses() {
  const std::lock_guard writing{writing_};
  if (!unsaved_.load(std::memory_order_relaxed)) return {};
  return save();
}

void ApiTokens::forget_old() {
  const auto before = now_s() - seconds{kKeepExpired}.count();
  const std::lock_guard lock{mutex_};
  std::erase_if(by_hash_, [&](const auto& entry) {
    const auto& token = entry.second->token;
    if (!token.expires || unix_seconds(token.expires) > before) return false;
    by_id_.erase(token.id);
    return true;
  });
}

Result<void> ApiTokens::save(const Record* more) {
  saved_ = now_s();
  unsaved_ = false;  // before the uses are read: one that comes meanwhile is of the next time
  if (file_.empty()) return {};
  std::string content;
  bool scoped = false;
  const auto line = [&](const Record& record) {
    const auto& token = record.token;
    content += fmt::format("{} {} {} {} {} {} {}", token.id, to_text(token.role), unix_seconds(token.created),
                           unix_seconds(token.expires), record.used.load(std::memory_order_relaxed),
                           to_hex(record.hash), to_base64url(as_bytes(token.name)));
    if (token.scope) content += ' ' + to_text(*token.scope);
    scoped |= token.scope != nullptr;
    content += '\n';
  };
  {
    const std::shared_lock lock{mutex_};
    for (const auto& [id, record] : by_id_) line(*record);
  }
  if (more != nullptr) line(*more);
  const auto& version = scoped ? kScopedVersionLine : kVersionLine;
  const auto saved = replace_private(file_, std::string{version} + '\n' + content);
  if (saved) return {};
  unsaved_ = true;
  return fail(Code::storage_failed, saved.error().place);
}

Result<void> ApiTokens::load() {
  if (file_.empty()) return {};
  auto content = read_private(file_, (kMaxTokens + 1) * kLongestLine);
  if (!content) return fail(of_a_list(content.error()));
  if (!*content) return {};
  std::string_view rest = **content;
  std::size_t number = 1;
  const auto version = take_until(rest, '\n');
  auto read = version == kVersionLine || version == kScopedVersionLine
                  ? Result<void>{}
                  : fail(Code::storage_failed, "version");
  while (read && !rest.empty()) {
    ++number;
    read = read_line(take_until(rest, '\n'));
  }
  if (!read)
    return fail(Code::storage_failed, fmt::format("{}:{}: not a list of API tokens ({})", file_.string(),
                                                  number, read.error().place));
  return {};
}

Result<void> ApiTokens::read_line(std::string_view line) {
  auto record = std::make_unique<Record>();
  const auto broken = [](const char* what) { return fail(Code::storage_failed, what); };
  const auto id = take_until(line, ' ');
  const auto role = parse_role(take_until(line, ' '));
  std::array<std::int64_t, 3> times{};
  for (auto& time : times) {
    const auto read = parse_int<std::int64_t>(take_until(line, ' '));
    if (!read || *read < 0 || *read > kMostSeconds) return broken("time");
    time = *read;
  }
  const auto hash = take_until(line, ' ');
  const auto given_name = take_until(line, ' ');
  const auto scope = line.empty() ? nullptr : read_scope(line);
  Bytes name;
  if (!is_id(id) || by_id_.contains(id)) return broken("id");
  if (!role) return broken("role");
  if (hash.size() != 2 * record->hash.size() || !all_hex(hash)) return broken("hash");
  if (!from_base64url(given_name, name) || !good_name(as_text(name))) return broken("name");
  if (!line.empty() && !scope) return broken("scope");
  if (by_id_.size() >= kMaxTokens) return broken("too many");
  for (std::size_t i = 0; i < record->hash.size(); ++i)
    record->hash[i] = *parse_int<std::uint8_t>(hash.substr(2 * i, 2), 16);
  record->token = {std::string{id},
                   std::string{as_text(name)},
                   *role,
                   WallTime{seconds{times[0]}},
                   time_of(times[1]),
                   std::nullopt,
                   scope};
  record->used = times[2];
  if (by_hash_.contains(record->hash)) return broken("hash");
  by_id_[record->token.id] = record.get();
  by_hash_[record->hash] = std::move(record);
  return {};
}

}  // namespace camfleet::auth
