#include "auth/admin_token.h"

#include <sodium.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdlib>

#include "auth/private_file.h"
#include "base/bytes.h"
#include "base/random.h"
#include "base/text.h"

namespace camfleet::auth {
namespace {

constexpr std::size_t kMost = 512;

bool usable(std::string_view token) {
  return token.size() >= 16 && token.size() <= kMost &&
         std::ranges::all_of(token, [](char c) { return c > 0x20 && c < 0x7F; });
}

// Of texts of any length: what is compared are hashes under a key of this process, so neither length nor
// prefix shows.
std::array<std::uint8_t, 32> digest(std::string_view text) {
  static const auto key = [] {
    std::array<std::uint8_t, 32> bytes{};
    random_bytes(bytes);
    return bytes;
  }();
  std::array<std::uint8_t, 32> out{};
  ::crypto_generichash(out.data(), out.size(), reinterpret_cast<const std::uint8_t*>(text.data()),
                       text.size(), key.data(), key.size());
  return out;
}

}  // namespace

Result<AdminToken> AdminToken::given(Secret token) {
  if (!usable(token.reveal()))
    return fail(Code::config_invalid, "administrator token: wants 16 to 512 visible ASCII characters");
  return AdminToken{std::move(token)};
}

Result<AdminToken> AdminToken::load_or_create(const std::filesystem::path& data_dir) {
  const auto file = data_dir / "admin.token";
  for (int turn = 0; turn < 2; ++turn) {
    auto content = read_private(file, kMost + 2);
    if (!content) return fail(content.error());
    if (*content) {
      Secret token{std::string{trim(**content)}};
      wipe(**content);
      if (!usable(token.reveal()))
        return fail(Code::auth_secret_unreadable,
                    file.string() + ": wants 16 to 512 visible ASCII characters");
      return AdminToken{std::move(token)};
    }
    auto fresh = random_hex(32) + "\n";
    const auto made = create_private(file, fresh);
    wipe(fresh);
    if (!made) return fail(made.error());
  }
  return fail(Code::auth_secret_unreadable, file.string() + ": vanished");
}

Result<AdminToken> AdminToken::find(const std::filesystem::path& data_dir) {
  const char* text = std::getenv("CAMFLEET_ADMIN_TOKEN");
  if (text != nullptr && *text != '\0') return given(Secret{text});
  return load_or_create(data_dir);
}

bool AdminToken::matches(std::string_view presented) const {
  if (presented.empty() || presented.size() > kMost) return false;
  const auto ours = digest(token_.reveal());
  const auto theirs = digest(presented);
  return ::sodium_memcmp(ours.data(), theirs.data(), ours.size()) == 0;
}

Result<void> AdminToken::check(std::string_view authorization) const {
  const auto presented = bearer_of(authorization);
  if (presented.empty()) return fail(Code::auth_missing);
  if (!matches(presented)) return fail(Code::auth_invalid);
  return {};
}

std::string_view bearer_of(std::string_view authorization) {
  constexpr std::string_view kScheme = "Bearer ";
  authorization = trim(authorization);
  if (!istarts_with(authorization, kScheme)) return {};
  return trim(authorization.substr(kScheme.size()));
}

}  // namespace camfleet::auth
