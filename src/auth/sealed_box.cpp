#include "auth/sealed_box.h"

#include <sodium.h>
#include <string.h>

#include <algorithm>

#include "base/bytes.h"
#include "base/random.h"

namespace camfleet::auth {
namespace {

// The cipher leaves its last block, plain text, on the stack below us.
constexpr std::size_t kStack = 16384;

constexpr std::string_view kVersion = "s1.";
constexpr std::size_t kNonce = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES;
constexpr std::size_t kTag = crypto_aead_xchacha20poly1305_ietf_ABYTES;
constexpr std::size_t kMaxPlain = 64 * 1024;

}  // namespace

SealedBox::SealedBox(const SecretKey& key) : key_(key.derive("sealed-box")) {}
SealedBox::~SealedBox() { ::explicit_bzero(key_.data(), key_.size()); }

std::string SealedBox::seal(const Secret& plain, std::string_view context) const {
  const auto text = as_bytes(plain.reveal());
  const auto aad = as_bytes(context);
  Bytes out(kNonce + text.size() + kTag);
  random_bytes(std::span{out}.first(kNonce));
  ::crypto_aead_xchacha20poly1305_ietf_encrypt(out.data() + kNonce, nullptr, text.data(), text.size(),
                                               aad.data(), aad.size(), nullptr, out.data(), key_.data());
  ::sodium_stackzero(kStack);
  return std::string{kVersion} + to_base64url(out);
}

Result<Secret> SealedBox::open(std::string_view sealed, std::string_view context) const {
  const auto bad = [&] { return fail(Code::auth_secret_unreadable, std::string{context}); };
  if (!sealed.starts_with(kVersion) || sealed.size() > 2 * kMaxPlain) return bad();
  Bytes in;
  // Only the one spelling that seal() makes: base64 has room for others of the same bytes.
  const auto body = sealed.substr(kVersion.size());
  if (!from_base64url(body, in) || in.size() < kNonce + kTag || to_base64url(in) != body) return bad();
  const auto aad = as_bytes(context);
  std::string plain(in.size() - kNonce - kTag, '\0');
  const int failed = ::crypto_aead_xchacha20poly1305_ietf_decrypt(
      reinterpret_cast<std::uint8_t*>(plain.data()), nullptr, nullptr, in.data() + kNonce, in.size() - kNonce,
      aad.data(), aad.size(), in.data(), key_.data());
  ::sodium_stackzero(kStack);
  if (failed != 0) {
    wipe(plain);
    return bad();
  }
  Secret out{plain};  // a short string is copied by a move too: wipe what we held
  wipe(plain);
  return out;
}

}  // namespace camfleet::auth
