#include "auth/file_sum.h"

#include <sodium.h>

#include <array>
#include <fstream>

#include "base/bytes.h"
#include "base/text.h"

namespace camfleet::auth {

Result<std::string> sha256_of(const std::filesystem::path& file) {
  std::ifstream in{file, std::ios::binary};
  crypto_hash_sha256_state state;
  ::crypto_hash_sha256_init(&state);
  std::array<char, 65536> piece{};
  while (in) {
    in.read(piece.data(), piece.size());
    ::crypto_hash_sha256_update(&state, reinterpret_cast<const std::uint8_t*>(piece.data()),
                                static_cast<unsigned long long>(in.gcount()));
  }
  if (!in.eof()) return fail(Code::storage_failed, file.string() + ": cannot be read");
  std::array<std::uint8_t, crypto_hash_sha256_BYTES> sum{};
  ::crypto_hash_sha256_final(&state, sum.data());
  return to_hex(sum);
}

}  // namespace camfleet::auth
