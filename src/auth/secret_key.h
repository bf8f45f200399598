#pragma once
#include <array>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string_view>

#include "base/result.h"

namespace camfleet::auth {

using KeyBytes = std::array<std::uint8_t, 32>;

// The one key of an installation, from which all others are derived: DATA/secret.key, 0600, made at the first
// start. Kept in locked memory that is wiped when it ends. Immutable, thread-safe.
class SecretKey {
 public:
  // Reads the key, or makes one where there is none. auth.secret_unreadable: of a wrong length;
  // config.exposed: others may read it; config.data_dir_unwritable: cannot be made.
  static Result<SecretKey> load_or_create(const std::filesystem::path& data_dir);
  static SecretKey from_bytes(const KeyBytes& bytes);

  SecretKey(SecretKey&&) noexcept;
  SecretKey& operator=(SecretKey&&) noexcept;
  ~SecretKey();

  // A key for one purpose ("live-tokens"), from which neither this one nor another purpose's can be told. The
  // caller wipes it.
  KeyBytes derive(std::string_view purpose) const;

 private:
  explicit SecretKey(std::uint8_t* locked) : locked_(locked) {}
  std::uint8_t* locked_;
};

}  // namespace camfleet::auth
