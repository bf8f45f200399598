#include "auth/secret_key.h"

#include <sodium.h>
#include <string.h>

#include <algorithm>
#include <new>
#include <stdexcept>
#include <utility>

#include "auth/private_file.h"
#include "base/bytes.h"
#include "base/random.h"
#include "base/secret.h"

namespace camfleet::auth {

SecretKey SecretKey::from_bytes(const KeyBytes& bytes) {
  if (::sodium_init() < 0) throw std::runtime_error{"libsodium does not start"};
  // Locked against swapping where the limit allows; wiped by sodium_free.
  auto* locked = static_cast<std::uint8_t*>(::sodium_malloc(bytes.size()));
  if (locked == nullptr) throw std::bad_alloc{};
  std::ranges::copy(bytes, locked);
  ::sodium_mprotect_readonly(locked);
  return SecretKey{locked};
}

SecretKey::SecretKey(SecretKey&& other) noexcept : locked_(std::exchange(other.locked_, nullptr)) {}
SecretKey& SecretKey::operator=(SecretKey&& other) noexcept {
  std::swap(locked_, other.locked_);
  return *this;
}
SecretKey::~SecretKey() {
  if (locked_ != nullptr) ::sodium_free(locked_);
}

Result<SecretKey> SecretKey::load_or_create(const std::filesystem::path& data_dir) {
  const auto file = data_dir / "secret.key";
  KeyBytes bytes{};
  for (int turn = 0; turn < 2; ++turn) {
    auto content = read_private(file, bytes.size());
    if (!content) return fail(content.error());
    if (*content) {
      const bool whole = (*content)->size() == bytes.size();
      if (whole) std::ranges::copy(as_bytes(**content), bytes.begin());
      wipe(**content);
      if (!whole) return fail(Code::auth_secret_unreadable, file.string() + ": wants 32 bytes");
      auto key = from_bytes(bytes);
      ::explicit_bzero(bytes.data(), bytes.size());
      return key;
    }
    random_bytes(bytes);
    const auto made = create_private(file, as_text(bytes));
    ::explicit_bzero(bytes.data(), bytes.size());
    if (!made) return fail(made.error());
  }
  return fail(Code::auth_secret_unreadable, file.string() + ": vanished");
}

KeyBytes SecretKey::derive(std::string_view purpose) const {
  KeyBytes out{};
  // BLAKE2b keyed with the key, over the purpose.
  ::crypto_generichash(out.data(), out.size(), reinterpret_cast<const std::uint8_t*>(purpose.data()),
                       purpose.size(), locked_, KeyBytes{}.size());
  return out;
}

}  // namespace camfleet::auth
