#pragma once
#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <unordered_map>

#include "base/secret.h"

namespace camfleet::fleet {

// Which user name and password a device logs in with, without saying them; 0: none, or not to be known.
using CredentialId = std::uint64_t;

// Tells equal credentials of different devices: by a fingerprint under a key that was made at random for this
// process and is never written, so that it is of no use to anybody else. The text is not kept. About a
// microsecond and, for each credential, a hundred bytes. Not thread-safe: fleet/admission.h has the lock.
class Credentials {
 public:
  Credentials();
  // Under a key of the installation: equal credentials have the same fingerprint in another run too.
  explicit Credentials(const std::array<std::uint8_t, 32>& key);

  // One more device has it. 0 where there is neither a name nor a password.
  CredentialId take(std::string_view username, const Secret& password);
  // One device less; true: that was the last one.
  bool release(CredentialId id);
  // Two devices at least have it.
  bool shared(CredentialId id) const;
  std::size_t size() const { return by_print_.size(); }

  struct Print {
    std::uint64_t low = 0;
    std::uint64_t high = 0;
    bool operator==(const Print&) const = default;
  };
  struct Hash {
    std::size_t operator()(const Print& print) const { return static_cast<std::size_t>(print.low); }
  };
  // Equal for equal credentials, under this object's key.
  Print print_of(std::string_view username, std::string_view password) const;

 private:
  struct Known {
    Print print;
    std::size_t users = 0;
  };

  std::array<std::uint64_t, 4> key_{};
  CredentialId next_ = 1;
  std::unordered_map<Print, CredentialId, Hash> by_print_;
  std::unordered_map<CredentialId, Known> known_;
};

}  // namespace camfleet::fleet
