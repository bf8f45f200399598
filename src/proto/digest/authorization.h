#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/secret.h"
#include "proto/digest/challenge.h"

namespace camfleet::digest {

// What an Authorization header answers for. `uri` is exactly the request target that is sent, query included.
struct Request {
  std::string_view method;
  std::string_view uri;
  std::string_view user;
  std::string_view password;
};

// The value of the Authorization header for one challenge (RFC 7616 section 3.4; RFC 2069 where the challenge
// has no qop; RFC 7617 for Basic). `count` and `cnonce` are used where qop or a -sess algorithm needs them.
std::string answer(const Challenge& challenge, const Request& request, std::uint32_t count,
                   std::string_view cnonce);

// The response digest alone, in lower-case hexadecimal.
std::string response(const Challenge& challenge, const Request& request, std::uint32_t count,
                     std::string_view cnonce);

// What a client sent, for the serving side. Values are unquoted; those that are absent are empty.
struct Authorization {
  Scheme scheme = Scheme::digest;
  std::string user, realm, nonce, uri, response, algorithm, cnonce, nc, qop;
  std::optional<std::string> opaque;
  Secret password;  // of Basic
};
// Nothing for another scheme and for what cannot be read.
std::optional<Authorization> parse_authorization(std::string_view value);

}  // namespace camfleet::digest
