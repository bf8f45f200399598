#pragma once
#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/secret.h"

namespace camfleet::url {

inline constexpr std::size_t kMaxLength = 2048;

// An RTSP or HTTP address without its login, so it may be logged. Plain value.
struct Url {
  std::string scheme;      // "rtsp", "rtsps", "http" or "https"
  std::string host;        // a name, an IPv4 address, or an IPv6 address without its brackets; lower case
  std::uint16_t port = 0;  // 0 where the text named none
  std::string target;      // path and query, each byte as it was written; empty, or begins with '/' or '?'

  std::uint16_t effective_port() const;  // 554, 322, 80 or 443 where none was named
  bool secure() const { return scheme == "rtsps" || scheme == "https"; }
  std::string authority() const;  // "host", "host:8554", "[::1]:554"
  std::string text() const;       // "rtsp://host:8554/path?query"
  bool operator==(const Url&) const = default;
};

// An address with the login that stood in it, percent-decoded: the login goes into a digest, never on a
// request line.
struct Parsed {
  Url url;
  std::string user;
  Secret password;
  bool has_login = false;
};

// Reads what an operator typed or a device answered. A password may hold `@ : / # ? %` in percent form, and
// plainly where the text has one reading only. A fragment is cut off. Code::url_invalid for any other scheme,
// a bad host or port, a zone of an IPv6 address, blanks and control bytes, and more than 2 KiB; the place
// never shows the text, for it may hold a password.
Result<Parsed> parse(std::string_view text);

// The same for the Content-Base of a device: also without a scheme, "192.168.1.10:554/stream0/", which is
// then RTSP.
Result<Parsed> parse_content_base(std::string_view text);

// The address of a track, as RTSP clients make it of the base and an `a=control`: `*` and nothing mean the
// base, an absolute control stands alone (its login is dropped), one that begins with `?` is appended as it
// is, and all else is appended to the base's text behind exactly one slash, even where the base has a query.
// Code::url_invalid where the outcome is no address.
Result<Url> join(const Url& base, std::string_view control);

// Whether both name the same host, whatever port and path. Names are not resolved.
bool same_host(const Url& a, const Url& b);

// "%41" to "A"; a '%' that two hexadecimal digits do not follow stays.
std::string percent_decode(std::string_view text);
// Everything but unreserved characters (RFC 3986 section 2.3) in percent form: for user names, passwords and
// query values.
std::string percent_encode(std::string_view text);

}  // namespace camfleet::url
