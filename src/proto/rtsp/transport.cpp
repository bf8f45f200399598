#include "proto/rtsp/transport.h"

#include <algorithm>
#include <utility>

#include "base/bytes.h"
#include "base/text.h"

namespace camfleet::rtsp {
namespace {

constexpr std::size_t kMaxOffers = 8;
constexpr std::size_t kMaxText = 256;

std::string_view unquote(std::string_view text) {
  if (text.size() >= 2 && text.front() == '"' && text.back() == '"') return text.substr(1, text.size() - 2);
  return text;
}

// "0-1", "0", "5000 - 5001"
std::optional<Pair> parse_pair(std::string_view text, std::uint32_t lowest, std::uint32_t highest) {
  const auto first = parse_int<std::uint32_t>(trim(take_until(text, '-')));
  if (!first) return std::nullopt;
  const auto second =
      trim(text).empty() ? *first + 1 : parse_int<std::uint32_t>(trim(text)).value_or(highest + 1);
  if (*first < lowest || *first > highest || second < lowest || second > highest) return std::nullopt;
  return Pair{static_cast<std::uint16_t>(*first), static_cast<std::uint16_t>(second)};
}

// Hikvision prints the number with %8x: blanks in front of seven digits.
std::optional<std::uint32_t> parse_ssrc(std::string_view text) {
  text = trim(text);
  return text.size() <= 8 ? parse_int<std::uint32_t>(text, 16) : std::nullopt;
}

bool read_profile(std::string_view text, Transport& transport) {
  const auto profile = to_lower(trim(take_until(text, '/')));
  const auto kind = to_lower(trim(take_until(text, '/')));
  const auto lower = to_lower(trim(text));
  if (profile != "rtp") return false;
  if (kind != "avp" && kind != "savp" && kind != "avpf" && kind != "savpf") return false;
  if (!lower.empty() && lower != "tcp" && lower != "udp") return false;
  transport.secure = kind.front() == 's';
  transport.lower = lower == "tcp" ? Transport::Lower::tcp : Transport::Lower::udp;
  return true;
}

// Splits at `separator` outside quotes.
std::string_view take_quoted(std::string_view& rest, char separator) {
  bool quoted = false;
  for (std::size_t i = 0; i < rest.size(); ++i) {
    if (rest[i] == '"') quoted = !quoted;
    if (rest[i] != separator || quoted) continue;
    const auto front = rest.substr(0, i);
    rest.remove_prefix(i + 1);
    return front;
  }
  return std::exchange(rest, {});
}

std::string pair_text(std::string_view name, const Pair& pair) {
  return ";" + std::string(name) + "=" + std::to_string(pair.rtp) + "-" + std::to_string(pair.rtcp);
}

bool is_address(std::string_view text) {
  return std::ranges::all_of(text,
                             [](char c) { return c > ' ' && c < 0x7F && c != ';' && c != ',' && c != '"'; });
}

// "play", "play,record": anything else would only be trouble on its way back.
std::string read_mode(std::string_view text) {
  auto mode = to_lower(text.substr(0, kMaxText));
  const bool fine = std::ranges::all_of(mode, [](char c) { return (c >= 'a' && c <= 'z') || c == ','; });
  return fine ? mode : std::string{};
}

}  // namespace

Result<Transport> parse_transport(std::string_view text) {
  Transport transport;
  if (!read_profile(take_quoted(text, ';'), transport))
    return fail(Code::rtsp_bad_header, "Transport: profile");

  const auto pair = [](std::string_view value, std::optional<Pair>& into, std::uint32_t low,
                       std::uint32_t high) {
    into = parse_pair(value, low, high);
    return into.has_value();
  };
  while (!text.empty()) {
    auto value = trim(take_quoted(text, ';'));
    const auto name = to_lower(trim(take_until(value, '=')));
    value = unquote(trim(value));
    bool fine = true;
    if (name == "multicast")
      transport.multicast = true;
    else if (name == "interleaved")
      fine = pair(value, transport.interleaved, 0, 255);
    else if (name == "client_port")
      fine = pair(value, transport.client_port, 1, 65535);
    else if (name == "server_port")
      fine = pair(value, transport.server_port, 1, 65535);
    else if (name == "port")
      fine = pair(value, transport.port, 1, 65535);
    else if (name == "ssrc")
      transport.ssrc = parse_ssrc(value);
    else if (name == "ttl")
      transport.ttl = parse_int<std::uint8_t>(value);
    else if (name == "mode")
      transport.mode = read_mode(value);
    else if (name == "destination")
      transport.destination = value.substr(0, kMaxText);
    else if (name == "source")
      transport.source = value.substr(0, kMaxText);
    if (!fine) return fail(Code::rtsp_bad_header, "Transport: " + name);
  }
  if (!is_address(transport.destination) || !is_address(transport.source))
    return fail(Code::rtsp_bad_header, "Transport: address");
  return transport;
}

Result<std::vector<Transport>> parse_transports(std::string_view text) {
  std::vector<Transport> offers;
  std::size_t seen = 0;
  while (!text.empty()) {
    const auto one = trim(take_quoted(text, ','));
    if (one.empty()) continue;
    if (++seen > kMaxOffers) return fail(Code::rtsp_bad_header, "Transport: more than 8 offers");
    if (auto offer = parse_transport(one)) offers.push_back(std::move(*offer));
  }
  if (offers.empty()) return fail(Code::rtsp_no_transport, "Transport");
  return offers;
}

std::string serialise(const Transport& transport) {
  std::string out = transport.secure ? "RTP/SAVP" : "RTP/AVP";
  if (transport.lower == Transport::Lower::tcp) out += "/TCP";
  out += transport.multicast ? ";multicast" : ";unicast";
  if (!transport.destination.empty()) out += ";destination=" + transport.destination;
  if (!transport.source.empty()) out += ";source=" + transport.source;
  if (transport.interleaved) out += pair_text("interleaved", *transport.interleaved);
  if (transport.port) out += pair_text("port", *transport.port);
  if (transport.client_port) out += pair_text("client_port", *transport.client_port);
  if (transport.server_port) out += pair_text("server_port", *transport.server_port);
  if (transport.ttl) out += ";ttl=" + std::to_string(*transport.ttl);
  if (transport.ssrc) {
    std::uint8_t bytes[4];
    store32(bytes, *transport.ssrc);
    out += ";ssrc=" + to_hex(bytes);
  }
  if (!transport.mode.empty()) out += ";mode=\"" + transport.mode + "\"";
  return out;
}

}  // namespace camfleet::rtsp
