#include "proto/http/head.h"

#include <algorithm>
#include <array>

#include "base/bytes.h"
#include "base/text.h"
#include "proto/http/response_head.h"

namespace camfleet::http {
namespace {

std::unexpected<Error> bad(std::string_view rule) { return fail(Code::http_bad_message, std::string{rule}); }

constexpr auto kTokenBytes = [] {  // RFC 9110 section 5.6.2
  std::array<bool, 256> is{};
  for (int c = 0; c < 128; ++c)
    is[static_cast<std::size_t>(c)] =
        (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
        std::string_view{"!#$%&'*+-.^_`|~"}.find(static_cast<char>(c)) != std::string_view::npos;
  return is;
}();
bool is_token(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(),
                                      [](char c) { return kTokenBytes[static_cast<unsigned char>(c)]; });
}
bool is_control(unsigned char c) { return (c < 0x20 && c != '\t') || c == 0x7f; }
bool has_control(std::string_view text) {
  return std::any_of(text.begin(), text.end(),
                     [](char c) { return is_control(static_cast<unsigned char>(c)); });
}

// Takes a line off the front of `rest`, without its ending; nullopt where there is none, or a strict reader
// finds a bare LF.
std::optional<std::string_view> take_line(std::string_view& rest, bool tolerant) {
  const auto end = rest.find('\n');
  if (end == rest.npos) return std::nullopt;
  auto line = rest.substr(0, end);
  rest.remove_prefix(end + 1);
  if (line.ends_with('\r')) {
    line.remove_suffix(1);
  } else if (!tolerant) {
    return std::nullopt;
  }
  return line;
}

Result<Headers> parse_fields(std::string_view rest, const HeadLimits& limits, bool tolerant) {
  Headers headers;
  for (;;) {
    const auto line = take_line(rest, tolerant);
    if (!line) return bad("a line does not end in CRLF");
    if (line->empty()) break;
    if (line->front() == ' ' || line->front() == '\t') return bad("folded header line");
    const auto colon = line->find(':');
    if (colon == line->npos) return bad("header line without ':'");
    auto name = line->substr(0, colon);
    if (tolerant) name = trim(name);
    const auto value = trim(line->substr(colon + 1));
    if (!is_token(name)) return bad("header name");
    if (has_control(value)) return bad("control character in a header");
    if (name.size() > limits.name || value.size() > limits.value || headers.size() >= limits.fields)
      return fail(Code::http_too_large, "header");
    headers.add(name, value);
  }
  return headers;
}

// "HTTP/1.1" to 1.
std::optional<int> parse_version(std::string_view text) {
  if (text == "HTTP/1.1") return 1;
  if (text == "HTTP/1.0") return 0;
  return std::nullopt;
}

Result<Framing> framing_of(const Headers& headers, int minor_version) {
  const auto lengths = headers.get_all("Content-Length");
  const auto codings = headers.get_all("Transfer-Encoding");
  if (!codings.empty()) {
    if (!lengths.empty()) return bad("Transfer-Encoding with Content-Length");
    if (minor_version == 0) return bad("Transfer-Encoding in HTTP/1.0");
    if (codings.size() != 1 || !iequals(codings[0], "chunked"))
      return bad("Transfer-Encoding other than chunked");
    return Framing{Framing::Kind::chunked, 0};
  }
  if (lengths.empty()) return Framing{};
  for (const auto length : lengths)
    if (length != lengths[0]) return bad("Content-Length twice and different");
  const auto length = parse_int<std::uint64_t>(lengths[0]);
  if (!length || *length > INT64_MAX) return bad("Content-Length");
  return Framing{*length == 0 ? Framing::Kind::none : Framing::Kind::length, *length};
}

bool is_coded(const Headers& headers) {
  return std::ranges::any_of(headers.get_all("Content-Encoding"), [](std::string_view coding) {
    return !coding.empty() && !iequals(coding, "identity");
  });
}

// A blank in a target would end it.
std::string percent_byte(char c) { return "%" + to_hex(as_bytes({&c, 1})); }

void append_clean(std::string& out, std::string_view text) {
  const auto begin = out.size();
  out += text;
  for (auto at = begin; at < out.size(); ++at)
    if (is_control(static_cast<unsigned char>(out[at]))) out[at] = ' ';
}

void append_field(std::string& out, std::string_view name, std::string_view value) {
  append_clean(out, name);
  out += ": ";
  append_clean(out, value);
  out += "\r\n";
}

void append_fields(std::string& out, const Headers& headers, const Framing& framing,
                   std::span<const FieldView> more = {}) {
  for (const auto& field : headers.fields()) {
    if (iequals(field.name, "Content-Length") || iequals(field.name, "Transfer-Encoding")) continue;
    if (std::ranges::any_of(more, [&](const auto& other) { return iequals(field.name, other.name); }))
      continue;
    append_field(out, field.name, field.value);
  }
  for (const auto& field : more) append_field(out, field.name, field.value);
  if (framing.kind == Framing::Kind::length)
    out += "Content-Length: " + std::to_string(framing.length) + "\r\n";
  if (framing.kind == Framing::Kind::chunked) out += "Transfer-Encoding: chunked\r\n";
  out += "\r\n";
}

// A name or an address, and a port: RFC 9110 section 7.2 without the marks that no real name has. It comes
// back in the addresses that we hand out, so nothing passes that could be markup there. Empty is allowed.
bool is_host(std::string_view text) {
  const auto all_of = [](std::string_view part, auto allowed) { return std::ranges::all_of(part, allowed); };
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  const auto is_hex = [&](char c) { return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); };
  const auto is_name = [&](char c) {
    return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' || c == '.' ||
           c == '_' || c == '~';
  };
  if (text.starts_with('[')) {
    const auto end = text.find(']');
    if (end == text.npos || end < 3) return false;
    if (!all_of(text.substr(1, end - 1), [&](char c) { return is_hex(c) || c == ':' || c == '.'; }))
      return false;
    text.remove_prefix(end + 1);
  } else {
    const auto end = std::min(text.find(':'), text.size());
    if (!all_of(text.substr(0, end), is_name)) return false;
    text.remove_prefix(end);
  }
  return text.empty() || (text[0] == ':' && text.size() <= 6 && all_of(text.substr(1), is_digit));
}

}  // namespace

std::optional<std::size_t> end_of_head(std::string_view bytes, bool tolerant) {
  for (std::size_t at = 0; (at = bytes.find('\n', at)) != bytes.npos; ++at) {
    if (bytes.substr(at + 1, 2) == "\r\n") return at + 3;
    if (tolerant && bytes.substr(at + 1, 1) == "\n") return at + 2;
  }
  return std::nullopt;
}

Result<Request> parse_request_head(std::string_view head, const HeadLimits& limits) {
  if (head.size() > limits.head) return fail(Code::http_too_large, "request head");
  const auto line = take_line(head, false);
  if (!line) return bad("a line does not end in CRLF");
  Request request;
  auto rest = *line;
  const auto method = take_until(rest, ' ');
  const auto target = take_until(rest, ' ');
  if (!is_token(method) || method.size() > 32) return bad("method");
  if (target.size() > limits.target) return fail(Code::http_too_large, "request target");
  if (target.empty() || has_control(target) || target.find('\t') != target.npos) return bad("request target");
  const auto version = parse_version(rest);
  if (!version) return bad("HTTP version");
  request.method = method;
  request.target = target;
  request.minor_version = *version;
  auto headers = parse_fields(head, limits, false);
  if (!headers) return fail(headers.error());
  request.headers = std::move(*headers);
  const auto hosts = request.headers.get_all("Host");
  if (hosts.size() > 1 || (hosts.empty() && *version == 1)) return bad("Host missing or repeated");
  if (!hosts.empty() && !is_host(hosts[0])) return bad("Host");
  // Of two, one reader takes the first and another the last.
  if (request.headers.get_all("Authorization").size() > 1) return bad("Authorization repeated");
  return request;
}

Result<Response> parse_response_head(std::string_view head, const HeadLimits& limits) {
  if (head.size() > limits.head) return fail(Code::http_too_large, "response head");
  const auto line = take_line(head, true);
  if (!line) return bad("status line");
  auto rest = *line;
  const auto version = parse_version(take_until(rest, ' '));
  const auto status = take_until(rest, ' ');
  if (!version) return bad("HTTP version");
  const auto number = parse_int<int>(status);
  if (status.size() != 3 || !number || *number < 100 || *number > 599) return bad("status code");
  if (has_control(rest)) return bad("control character in the reason");
  Response response;
  response.status = *number;
  response.reason = rest;
  response.minor_version = *version;
  auto headers = parse_fields(head, limits, true);
  if (!headers) return fail(headers.error());
  response.headers = std::move(*headers);
  return response;
}

Result<Framing> request_framing(const Request& head) {
  if (is_coded(head.headers)) return fail(Code::api_unsupported_type, "Content-Encoding");
  return framing_of(head.headers, head.minor_version);
}

Result<Framing> response_framing(const Response& head, std::string_view request_method) {
  auto framing = framing_of(head.headers, head.minor_version);
  if (!framing) return framing;
  if (head.status < 200 || head.status == 204 || head.status == 304 || request_method == "HEAD")
    return Framing{};
  if (is_coded(head.headers)) return bad("Content-Encoding that was not asked for");
  if (framing->kind == Framing::Kind::none && !head.headers.has("Content-Length"))
    return Framing{Framing::Kind::until_close, 0};
  return framing;
}

bool keeps_alive(const Headers& headers, int minor_version) {
  if (headers.has_token("Connection", "close")) return false;
  return minor_version >= 1 || headers.has_token("Connection", "keep-alive");
}

std::string serialise(const Request& head, const Framing& framing) {
  std::string out;
  out.reserve(256);
  append_clean(out, head.method);
  out += ' ';
  for (const char c : head.target) {
    if (c == ' ' || is_control(static_cast<unsigned char>(c)) || c == '\t') {
      out += percent_byte(c);
    } else {
      out += c;
    }
  }
  out += head.minor_version == 0 ? " HTTP/1.0\r\n" : " HTTP/1.1\r\n";
  append_fields(out, head.headers, framing);
  return out;
}

std::string serialise(const Response& head, const Framing& framing) { return serialise(head, framing, {}); }

std::string serialise(const Response& head, const Framing& framing, std::span<const FieldView> more) {
  std::string out;
  out.reserve(512);
  out += head.minor_version == 0 ? "HTTP/1.0 " : "HTTP/1.1 ";
  out += std::to_string(head.status);
  out += ' ';
  append_clean(out, head.reason.empty() ? reason_of(head.status) : std::string_view{head.reason});
  out += "\r\n";
  append_fields(out, head.headers, framing, more);
  return out;
}

}  // namespace camfleet::http
