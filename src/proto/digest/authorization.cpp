#include "proto/digest/authorization.h"

#include <openssl/evp.h>

#include <array>
#include <initializer_list>

#include <fmt/format.h>

#include "base/bytes.h"
#include "base/text.h"
#include "proto/digest/tokens.h"

namespace camfleet::digest {
namespace {

bool is_session(Algorithm algorithm) {
  return algorithm == Algorithm::md5_sess || algorithm == Algorithm::sha256_sess;
}

// Of the parts joined by colons. A password among them is never copied.
std::string hash(Algorithm algorithm, std::initializer_list<std::string_view> parts) {
  const bool md5 = algorithm == Algorithm::md5 || algorithm == Algorithm::md5_sess;
  auto* context = EVP_MD_CTX_new();
  EVP_DigestInit_ex(context, md5 ? EVP_md5() : EVP_sha256(), nullptr);
  bool first = true;
  for (const auto part : parts) {
    if (!first) EVP_DigestUpdate(context, ":", 1);
    first = false;
    EVP_DigestUpdate(context, part.data(), part.size());
  }
  std::array<std::uint8_t, EVP_MAX_MD_SIZE> out{};
  unsigned size = 0;
  EVP_DigestFinal_ex(context, out.data(), &size);
  EVP_MD_CTX_free(context);
  return to_hex(ByteView{out}.first(size));
}

}  // namespace

std::string response(const Challenge& challenge, const Request& request, std::uint32_t count,
                     std::string_view cnonce) {
  const auto algorithm = challenge.algorithm;
  auto ha1 = hash(algorithm, {request.user, challenge.realm, request.password});
  if (is_session(algorithm)) {
    auto session = hash(algorithm, {ha1, challenge.nonce, cnonce});
    wipe(ha1);
    ha1 = std::move(session);
  }
  const auto ha2 = hash(algorithm, {request.method, request.uri});
  auto out = challenge.qop
                 ? hash(algorithm, {ha1, challenge.nonce, fmt::format("{:08x}", count), cnonce, "auth", ha2})
                 : hash(algorithm, {ha1, challenge.nonce, ha2});
  wipe(ha1);
  return out;
}

std::string answer(const Challenge& challenge, const Request& request, std::uint32_t count,
                   std::string_view cnonce) {
  if (challenge.scheme == Scheme::basic) {
    std::string plain;
    plain.reserve(request.user.size() + 1 + request.password.size());
    plain.append(request.user).append(1, ':').append(request.password);
    auto out = "Basic " + to_base64(as_bytes(plain));
    wipe(plain);
    return out;
  }
  auto out = fmt::format("Digest username={}, realm={}, nonce={}, uri={}, response=\"{}\"",
                         quote(request.user), quote(challenge.realm), quote(challenge.nonce),
                         quote(request.uri), response(challenge, request, count, cnonce));
  if (!challenge.algorithm_text.empty()) out += ", algorithm=" + std::string{name(challenge.algorithm)};
  if (challenge.opaque) out += ", opaque=" + quote(*challenge.opaque);
  if (challenge.qop) out += fmt::format(", qop=auth, nc={:08x}", count);
  if (challenge.qop || is_session(challenge.algorithm)) out += ", cnonce=" + quote(cnonce);
  return out;
}

std::optional<Authorization> parse_authorization(std::string_view value) {
  value = trim(value);
  if (istarts_with(value, "Basic ")) {
    Bytes decoded;
    if (!from_base64(trim(value.substr(6)), decoded)) return std::nullopt;
    const auto text = as_text(decoded);
    const auto colon = text.find(':');
    if (colon == std::string_view::npos) return std::nullopt;
    Authorization found;
    found.scheme = Scheme::basic;
    found.user = text.substr(0, colon);
    found.password = Secret{std::string{text.substr(colon + 1)}};
    return found;
  }
  Tokens tokens{value};
  const auto scheme = tokens.scheme();
  if (!scheme || !iequals(*scheme, "Digest")) return std::nullopt;
  Authorization found;
  while (!tokens.done()) {
    auto parameter = tokens.parameter();
    if (!parameter) return std::nullopt;
    const auto is = [&](std::string_view name) { return iequals(parameter->name, name); };
    if (is("username"))
      found.user = std::move(parameter->value);
    else if (is("realm"))
      found.realm = std::move(parameter->value);
    else if (is("nonce"))
      found.nonce = std::move(parameter->value);
    else if (is("uri"))
      found.uri = std::move(parameter->value);
    else if (is("response"))
      found.response = std::move(parameter->value);
    else if (is("algorithm"))
      found.algorithm = std::move(parameter->value);
    else if (is("cnonce"))
      found.cnonce = std::move(parameter->value);
    else if (is("nc"))
      found.nc = std::move(parameter->value);
    else if (is("qop"))
      found.qop = std::move(parameter->value);
    else if (is("opaque"))
      found.opaque = std::move(parameter->value);
  }
  return found;
}

}  // namespace camfleet::digest
