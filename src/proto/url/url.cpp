#include "proto/url/url.h"

#include <algorithm>

#include "base/text.h"

namespace camfleet::url {
namespace {

constexpr bool is_digit(char c) { return c >= '0' && c <= '9'; }
constexpr bool is_alnum(char c) { return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
constexpr bool is_hex(char c) { return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }
constexpr int hex_value(char c) { return is_digit(c) ? c - '0' : (c | 0x20) - 'a' + 10; }
constexpr bool is_control_or_blank(char c) {
  return static_cast<unsigned char>(c) <= 0x20 || static_cast<unsigned char>(c) == 0x7F;
}
constexpr bool is_control(char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; }

std::uint16_t default_port(std::string_view scheme) {
  if (scheme == "rtsp") return 554;
  if (scheme == "rtsps") return 322;
  if (scheme == "http") return 80;
  return 443;
}

bool known_scheme(std::string_view scheme) {
  return scheme == "rtsp" || scheme == "rtsps" || scheme == "http" || scheme == "https";
}

bool read_name(std::string_view text, std::string& host) {
  const bool fine = !text.empty() && text.size() <= 255 && std::ranges::all_of(text, [](char c) {
    return is_alnum(c) || c == '-' || c == '.' || c == '_';
  });
  if (fine) host = to_lower(text);
  return fine;
}

// The shape of an IPv6 address; the resolver has the last word.
bool read_v6(std::string_view text, std::string& host) {
  const bool fine = text.size() >= 2 && text.size() <= 45 && std::ranges::count(text, ':') >= 2 &&
                    std::ranges::all_of(text, [](char c) { return is_hex(c) || c == ':' || c == '.'; });
  if (fine) host = to_lower(text);
  return fine;
}

bool read_host_and_port(std::string_view text, Url& url) {
  std::string_view port;
  if (text.starts_with('[')) {
    const auto close = text.find(']');
    if (close == std::string_view::npos || !read_v6(text.substr(1, close - 1), url.host)) return false;
    port = text.substr(close + 1);
    if (!port.empty() && port.front() != ':') return false;
  } else {
    const auto colon = std::min(text.find(':'), text.size());
    if (!read_name(text.substr(0, colon), url.host)) return false;
    port = text.substr(colon);
  }
  url.port = 0;
  if (port.size() <= 1) return true;  // "host" and "host:"
  const auto number = parse_int<std::uint16_t>(port.substr(1));
  if (!number || *number == 0) return false;
  url.port = *number;
  return true;
}

// Splits what stands behind "://" into login, host and the rest. RFC 3986 ends the authority at the first of
// "/?#"; where that makes no host, one of them is part of a password that somebody typed plainly, and the
// only '@' in front of a host ends it.
bool split(std::string_view text, Url& url, std::string_view& login, bool& has_login,
           std::string_view& rest) {
  constexpr std::string_view ends = "/?#";
  const auto try_at = [&](std::size_t begin) {
    const auto end = std::min(text.find_first_of(ends, begin), text.size());
    Url read = url;
    if (!read_host_and_port(text.substr(begin, end - begin), read)) return false;
    url = std::move(read);
    rest = text.substr(end);
    return true;
  };

  const auto end = std::min(text.find_first_of(ends), text.size());
  const auto at = text.substr(0, end).rfind('@');
  has_login = at != std::string_view::npos;
  if (has_login) login = text.substr(0, at);
  if (try_at(has_login ? at + 1 : 0)) return true;

  Url found;
  std::size_t readings = 0;
  std::size_t where = 0;
  for (auto i = text.find('@'); i != std::string_view::npos; i = text.find('@', i + 1)) {
    const auto stop = std::min(text.find_first_of(ends, i + 1), text.size());
    if (!read_host_and_port(text.substr(i + 1, stop - i - 1), found)) continue;
    where = i;
    if (++readings > 1) return false;
  }
  if (readings == 0) return false;
  has_login = true;
  login = text.substr(0, where);
  return try_at(where + 1);
}

std::unexpected<Error> invalid(std::string_view rule) { return fail(Code::url_invalid, std::string(rule)); }

}  // namespace

std::uint16_t Url::effective_port() const { return port != 0 ? port : default_port(scheme); }

std::string Url::authority() const {
  const bool v6 = host.find(':') != std::string::npos;
  auto out = v6 ? "[" + host + "]" : host;
  if (port != 0) out += ":" + std::to_string(port);
  return out;
}

std::string Url::text() const { return scheme + "://" + authority() + target; }

Result<Parsed> parse(std::string_view text) {
  if (text.size() > kMaxLength) return invalid("longer than 2048 bytes");
  text = trim(text);
  if (std::ranges::any_of(text, is_control_or_blank)) return invalid("a blank or a control byte");

  const auto colon = text.find("://");
  if (colon == std::string_view::npos) return invalid("no scheme");
  Parsed parsed;
  parsed.url.scheme = to_lower(text.substr(0, colon));
  if (!known_scheme(parsed.url.scheme)) return invalid("not rtsp, rtsps, http or https");

  std::string_view login;
  std::string_view rest;
  if (!split(text.substr(colon + 3), parsed.url, login, parsed.has_login, rest))
    return invalid("host or port");
  parsed.url.target = std::string(rest.substr(0, rest.find('#')));

  if (parsed.has_login) {
    const auto user = take_until(login, ':');
    parsed.user = percent_decode(user);
    parsed.password = Secret(percent_decode(login));
    if (std::ranges::any_of(parsed.user, is_control) ||
        std::ranges::any_of(parsed.password.reveal(), is_control))
      return invalid("a control byte in the login");
  }
  return parsed;
}

Result<Parsed> parse_content_base(std::string_view text) {
  text = trim(text);
  const auto scheme = text.find("://");
  if (scheme != std::string_view::npos && scheme < text.find('/')) return parse(text);
  if (text.starts_with("//")) text.remove_prefix(2);
  if (text.size() > kMaxLength) return invalid("longer than 2048 bytes");
  return parse("rtsp://" + std::string(text));
}

Result<Url> join(const Url& base, std::string_view control) {
  control = trim(control);
  if (control.empty() || control == "*") return base;

  const auto absolute = control.find("://");
  if (absolute != std::string_view::npos && absolute < control.find_first_of("/?")) {
    auto parsed = parse(control);
    if (!parsed) return fail(std::move(parsed.error()));
    return std::move(parsed->url);
  }

  auto text = base.text();
  if (!control.starts_with('?')) {
    while (text.ends_with('/')) text.pop_back();
    while (control.starts_with('/')) control.remove_prefix(1);
    text += '/';
  }
  auto parsed = parse(text.append(control));
  if (!parsed) return fail(std::move(parsed.error()));
  return std::move(parsed->url);
}

bool same_host(const Url& a, const Url& b) { return iequals(a.host, b.host); }

std::string percent_decode(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%' && i + 2 < text.size() && is_hex(text[i + 1]) && is_hex(text[i + 2])) {
      out.push_back(static_cast<char>(hex_value(text[i + 1]) << 4 | hex_value(text[i + 2])));
      i += 2;
    } else {
      out.push_back(text[i]);
    }
  }
  return out;
}

std::string percent_encode(std::string_view text) {
  constexpr std::string_view digits = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (is_alnum(c) || c == '-' || c == '.' || c == '_' || c == '~') {
      out.push_back(c);
    } else {
      out.append({'%', digits[byte >> 4], digits[byte & 15]});
    }
  }
  return out;
}

}  // namespace camfleet::url
