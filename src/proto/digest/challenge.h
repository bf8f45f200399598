#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace camfleet::digest {

enum class Scheme : std::uint8_t { basic, digest };
enum class Algorithm : std::uint8_t { md5, md5_sess, sha256, sha256_sess };
std::string_view name(Algorithm algorithm);  // "MD5", "SHA-256-sess"

// One way to log in that a 401 offers (RFC 7235 section 4.1, RFC 7616 section 3.3, RFC 7617).
struct Challenge {
  Scheme scheme = Scheme::digest;
  std::string realm;
  std::string nonce;
  std::optional<std::string> opaque;  // must be echoed, even when empty
  Algorithm algorithm = Algorithm::md5;
  std::string algorithm_text;  // as the device wrote it, echoed so; empty where it named none (= MD5)
  bool qop = false;            // offers qop=auth; without it the response takes the form of RFC 2069
  bool stale = false;          // the nonce was too old, the password was not judged
  bool operator==(const Challenge&) const = default;
};

inline constexpr std::size_t kMaxParameter = 512;  // bytes of realm, nonce, opaque
inline constexpr std::size_t kMaxChallenges = 8;   // of one answer

// Every usable challenge of one WWW-Authenticate value, in its order: one value may hold several. Left out
// are schemes and algorithms that we do not speak, qop without "auth", and what breaks a limit; garbage gives
// nothing. Parameters may come in any order, quoted or not, and unknown ones are ignored.
std::vector<Challenge> parse_challenges(std::string_view value);

}  // namespace camfleet::digest
