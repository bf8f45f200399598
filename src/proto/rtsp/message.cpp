#include "proto/rtsp/message.h"

#include <algorithm>

#include "base/text.h"
#include "proto/rtsp/status.h"

namespace camfleet::rtsp {
namespace {

// What is written on a line must not be able to end it.
void append_clean(std::string& out, std::string_view text) {
  for (const char c : text) out.push_back(c == '\r' || c == '\n' || c == '\0' ? ' ' : c);
}

void append_head(std::string& out, const Headers& headers, std::size_t body) {
  for (const auto& [name, value] : headers) {
    if (iequals(name, "Content-Length")) continue;
    append_clean(out, name);
    out += ": ";
    append_clean(out, value);
    out += "\r\n";
  }
  if (body > 0) out += "Content-Length: " + std::to_string(body) + "\r\n";
  out += "\r\n";
}

}  // namespace

std::optional<std::string_view> Headers::get(std::string_view name) const {
  for (const auto& header : list_)
    if (iequals(header.name, name)) return header.value;
  return std::nullopt;
}

std::vector<std::string_view> Headers::all(std::string_view name) const {
  std::vector<std::string_view> values;
  for (const auto& header : list_)
    if (iequals(header.name, name)) values.push_back(header.value);
  return values;
}

void Headers::set(std::string_view name, std::string value) {
  remove(name);
  add(std::string(name), std::move(value));
}

void Headers::remove(std::string_view name) {
  std::erase_if(list_, [&](const Header& header) { return iequals(header.name, name); });
}

std::optional<std::uint32_t> cseq(const Headers& headers) {
  const auto value = headers.get("CSeq");
  return value ? parse_int<std::uint32_t>(trim(*value)) : std::nullopt;
}

std::string serialise(const Request& request) {
  std::string out;
  out.reserve(256 + request.body.size());
  append_clean(out, request.method);
  out += ' ';
  append_clean(out, request.url);
  out += " RTSP/1.0\r\n";
  append_head(out, request.headers, request.body.size());
  return out += request.body;
}

std::string serialise(const Response& response) {
  std::string out = "RTSP/1.0 " + std::to_string(response.status) + " ";
  out.reserve(256 + response.body.size());
  append_clean(out, response.reason.empty() ? reason_phrase(response.status) : response.reason);
  out += "\r\n";
  append_head(out, response.headers, response.body.size());
  return out += response.body;
}

}  // namespace camfleet::rtsp
