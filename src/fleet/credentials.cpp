#include "fleet/credentials.h"

#include <bit>
#include <span>
#include <string>

#include "base/random.h"
#include "base/text.h"

namespace camfleet::fleet {
namespace {

// SipHash-2-4 (Aumasson and Bernstein, 2012): a keyed hash for short texts.
class SipHash {
 public:
  SipHash(std::uint64_t k0, std::uint64_t k1)
      : v0_(0x736f6d6570736575 ^ k0),
        v1_(0x646f72616e646f6d ^ k1),
        v2_(0x6c7967656e657261 ^ k0),
        v3_(0x7465646279746573 ^ k1) {}

  std::uint64_t of(std::string_view text) {
    std::uint64_t word = 0;
    std::size_t i = 0;
    for (const char c : text) {
      word |= std::uint64_t{static_cast<unsigned char>(c)} << (8 * (i % 8));
      if (++i % 8 == 0) {
        take(word);
        word = 0;
      }
    }
    take(word | std::uint64_t{text.size() & 0xFF} << 56);
    v2_ ^= 0xFF;
    for (int n = 0; n < 4; ++n) round();
    return v0_ ^ v1_ ^ v2_ ^ v3_;
  }

 private:
  void take(std::uint64_t word) {
    v3_ ^= word;
    round();
    round();
    v0_ ^= word;
  }
  void round() {
    v0_ += v1_;
    v1_ = std::rotl(v1_, 13) ^ v0_;
    v0_ = std::rotl(v0_, 32);
    v2_ += v3_;
    v3_ = std::rotl(v3_, 16) ^ v2_;
    v0_ += v3_;
    v3_ = std::rotl(v3_, 21) ^ v0_;
    v2_ += v1_;
    v1_ = std::rotl(v1_, 17) ^ v2_;
    v2_ = std::rotl(v2_, 32);
  }
  std::uint64_t v0_, v1_, v2_, v3_;
};

}  // namespace

Credentials::Credentials() {
  std::array<std::uint8_t, sizeof key_> bytes{};
  random_bytes(bytes);
  for (std::size_t i = 0; i < bytes.size(); ++i) key_[i / 8] = key_[i / 8] << 8 | bytes[i];
}

Credentials::Credentials(const std::array<std::uint8_t, 32>& key) {
  for (std::size_t i = 0; i < key.size(); ++i) key_[i / 8] = key_[i / 8] << 8 | key[i];
}

Credentials::Print Credentials::print_of(std::string_view username, std::string_view password) const {
  // The length in front: "ab" and "c" are not "a" and "bc".
  std::string text = std::to_string(username.size()) + ':';
  text.reserve(text.size() + username.size() + password.size());
  text.append(username).append(password);
  const Print print{SipHash{key_[0], key_[1]}.of(text), SipHash{key_[2], key_[3]}.of(text)};
  wipe(text);
  return print;
}

CredentialId Credentials::take(std::string_view username, const Secret& password) {
  if (username.empty() && password.reveal().empty()) return 0;
  const auto print = print_of(username, password.reveal());
  const auto [it, fresh] = by_print_.try_emplace(print, next_);
  if (fresh) known_[next_++].print = print;
  ++known_.at(it->second).users;
  return it->second;
}

bool Credentials::release(CredentialId id) {
  const auto it = known_.find(id);
  if (it == known_.end() || --it->second.users != 0) return false;
  by_print_.erase(it->second.print);
  known_.erase(it);
  return true;
}

bool Credentials::shared(CredentialId id) const {
  const auto it = known_.find(id);
  return it != known_.end() && it->second.users > 1;
}

}  // namespace camfleet::fleet
