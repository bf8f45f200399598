#include "proto/digest/server.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/random.h"
#include "base/text.h"
#include "proto/digest/tokens.h"

namespace camfleet::digest {
namespace {

constexpr std::size_t kMaxTracked = 32;

// Not a secret to anyone who reads this: the marks of a simulated device.
std::uint64_t mark(std::uint64_t seed, std::uint64_t time, std::uint64_t serial) {
  Rng rng{seed ^ time * 0x9E3779B97F4A7C15U ^ serial << 40};
  rng();
  return rng();
}

}  // namespace

std::string Server::make_nonce(std::chrono::milliseconds now, std::uint64_t serial) const {
  const auto time = static_cast<std::uint64_t>(now.count());
  return fmt::format("{:016x}:{:x}:{:x}", mark(seed_, time, serial), time, serial);
}

// Whether we made it, it is young enough, and it has a use left.
bool Server::fresh(std::string_view nonce, std::chrono::milliseconds now) {
  auto rest = nonce;
  take_until(rest, ':');
  const auto time = parse_int<std::uint64_t>(take_until(rest, ':'), 16);
  const auto serial = parse_int<std::uint64_t>(rest, 16);
  if (!time || !serial) return false;
  const std::chrono::milliseconds made{static_cast<std::int64_t>(*time)};
  if (make_nonce(made, *serial) != nonce || now - made > options_.nonce_life || made > now) return false;
  if (options_.max_uses == 0) return true;

  auto used = std::ranges::find(uses_, nonce, &Uses::nonce);
  if (used == uses_.end()) {
    if (uses_.size() == kMaxTracked) uses_.pop_front();
    used = uses_.insert(uses_.end(), Uses{std::string{nonce}, 0});
  }
  return ++used->count <= options_.max_uses;
}

Server::Outcome Server::check(std::string_view authorization, std::string_view method, std::string_view uri,
                              std::string_view user, std::string_view password,
                              std::chrono::milliseconds now) {
  const auto sent = parse_authorization(authorization);
  if (!sent) return Outcome::missing;
  if (sent->scheme == Scheme::basic) {
    return options_.basic && sent->user == user && sent->password.equals(password) ? Outcome::ok
                                                                                   : Outcome::wrong;
  }
  Challenge challenge;
  challenge.realm = options_.realm;
  challenge.nonce = sent->nonce;
  challenge.qop = !sent->qop.empty();
  if (iequals(sent->algorithm, "SHA-256")) {
    challenge.algorithm = Algorithm::sha256;
    if (!options_.sha256) return Outcome::wrong;
  } else if (!options_.md5 || !(sent->algorithm.empty() || iequals(sent->algorithm, "MD5"))) {
    return Outcome::wrong;
  }
  if (!fresh(sent->nonce, now)) return Outcome::stale;
  if (options_.check_uri && sent->uri != uri) return Outcome::wrong;
  const auto count = parse_int<std::uint32_t>(sent->nc, 16);
  if (challenge.qop && (!count || !iequals(sent->qop, "auth"))) return Outcome::wrong;
  if (options_.has_opaque && sent->opaque != options_.opaque) return Outcome::wrong;
  const auto expected =
      response(challenge, {method, sent->uri, user, password}, count.value_or(0), sent->cnonce);
  return sent->user == user && iequals(expected, sent->response) ? Outcome::ok : Outcome::wrong;
}

std::vector<std::string> Server::challenges(std::chrono::milliseconds now, bool stale) {
  const auto nonce = make_nonce(now, ++serial_);
  std::vector<std::string> out;
  const auto digest = [&](std::string_view algorithm) {
    auto value = "Digest realm=" + quote(options_.realm);
    if (!options_.domain.empty()) value += ", domain=" + quote(options_.domain);
    if (options_.qop) value += ", qop=\"auth\"";
    value += ", nonce=" + quote(nonce);
    if (options_.has_opaque) value += ", opaque=" + quote(options_.opaque);
    if (!algorithm.empty()) value += ", algorithm=" + quote(algorithm);
    out.push_back(value + (stale ? ", stale=\"TRUE\"" : ", stale=\"FALSE\""));
  };
  if (options_.md5) digest(options_.name_md5 ? "MD5" : "");
  if (options_.sha256) digest("SHA-256");
  if (options_.basic) out.push_back("Basic realm=" + quote(options_.realm));
  if (options_.one_header && out.size() > 1) {
    return {fmt::format("{}", fmt::join(out, ", "))};
  }
  return out;
}

}  // namespace camfleet::digest
