#pragma once
#include <string>
#include <string_view>

#include "auth/secret_key.h"
#include "model/ports.h"

namespace camfleet::auth {

// SecretBox by XChaCha20-Poly1305 (libsodium). A sealed text is "s1." and base64url of nonce and ciphertext;
// the context is authenticated with it, so a password moved to another device's row does not open. Immutable,
// thread-safe.
class SealedBox final : public model::SecretBox {
 public:
  explicit SealedBox(const SecretKey& key);
  SealedBox(const SealedBox&) = delete;
  SealedBox& operator=(const SealedBox&) = delete;
  ~SealedBox() override;

  std::string seal(const Secret& plain, std::string_view context) const override;
  // auth.secret_unreadable: another key, another context, or a changed text.
  Result<Secret> open(std::string_view sealed, std::string_view context) const override;

 private:
  KeyBytes key_;
};

}  // namespace camfleet::auth
