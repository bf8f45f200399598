#include "proto/digest/challenge.h"

#include "base/text.h"
#include "proto/digest/tokens.h"

namespace camfleet::digest {
namespace {

struct Named {
  std::string_view name;
  Algorithm algorithm;
};
constexpr Named kAlgorithms[] = {{"MD5", Algorithm::md5},
                                 {"MD5-sess", Algorithm::md5_sess},
                                 {"SHA-256", Algorithm::sha256},
                                 {"SHA-256-sess", Algorithm::sha256_sess},
                                 {"SHA256", Algorithm::sha256}};

bool offers_auth(std::string_view qop) {
  while (!qop.empty()) {
    if (iequals(trim(take_until(qop, ',')), "auth")) return true;
  }
  return false;
}

// A challenge and whether everything about it can be used.
struct Candidate {
  Challenge challenge;
  bool known = false;
  bool good = true;
};

void apply(Candidate& candidate, const Parameter& parameter) {
  auto& challenge = candidate.challenge;
  const auto limited = [&](std::string& field) {
    if (parameter.value.size() > kMaxParameter) candidate.good = false;
    field = parameter.value;
  };
  if (iequals(parameter.name, "realm")) {
    limited(challenge.realm);
  } else if (iequals(parameter.name, "nonce")) {
    limited(challenge.nonce);
  } else if (iequals(parameter.name, "opaque")) {
    limited(challenge.opaque.emplace());
  } else if (iequals(parameter.name, "stale")) {
    challenge.stale = iequals(trim(parameter.value), "true");
  } else if (iequals(parameter.name, "qop")) {
    // An empty qop is seen as none; "auth-int" alone asks for what we do not do.
    challenge.qop = offers_auth(parameter.value);
    if (!challenge.qop && !trim(parameter.value).empty()) candidate.good = false;
  } else if (iequals(parameter.name, "algorithm")) {
    challenge.algorithm_text = std::string{trim(parameter.value)};
    if (challenge.algorithm_text.empty()) return;
    for (const auto& [name, algorithm] : kAlgorithms) {
      if (!iequals(challenge.algorithm_text, name)) continue;
      challenge.algorithm = algorithm;
      return;
    }
    candidate.good = false;
  }
}

}  // namespace

std::string_view name(Algorithm algorithm) { return kAlgorithms[static_cast<std::size_t>(algorithm)].name; }

std::vector<Challenge> parse_challenges(std::string_view value) {
  std::vector<Challenge> found;
  Candidate candidate;
  const auto close = [&] {
    const bool usable = candidate.known && candidate.good &&
                        (candidate.challenge.scheme == Scheme::basic || !candidate.challenge.nonce.empty());
    if (usable && found.size() < kMaxChallenges) found.push_back(std::move(candidate.challenge));
    candidate = {};
  };

  Tokens tokens{value};
  while (!tokens.done()) {
    if (const auto scheme = tokens.scheme()) {
      close();
      candidate.known = iequals(*scheme, "Digest") || iequals(*scheme, "Basic");
      candidate.challenge.scheme = iequals(*scheme, "Basic") ? Scheme::basic : Scheme::digest;
    } else if (const auto parameter = tokens.parameter()) {
      apply(candidate, *parameter);
    } else {
      tokens.skip();
    }
  }
  close();
  return found;
}

}  // namespace camfleet::digest
