#include "auth/fingerprint.h"

#include <sodium.h>

#include <array>

namespace camfleet::auth {

std::string fingerprint(std::initializer_list<std::string_view> texts) {
  static const auto key = [] {
    std::array<unsigned char, crypto_generichash_KEYBYTES> out{};
    randombytes_buf(out.data(), out.size());
    return out;
  }();
  crypto_generichash_state state;
  crypto_generichash_init(&state, key.data(), key.size(), crypto_generichash_BYTES);
  for (const auto text : texts) {
    const unsigned long long size = text.size();
    crypto_generichash_update(&state, reinterpret_cast<const unsigned char*>(&size), sizeof size);
    crypto_generichash_update(&state, reinterpret_cast<const unsigned char*>(text.data()), text.size());
  }
  std::string out(crypto_generichash_BYTES, '\0');
  crypto_generichash_final(&state, reinterpret_cast<unsigned char*>(out.data()), out.size());
  return out;
}

}  // namespace camfleet::auth
