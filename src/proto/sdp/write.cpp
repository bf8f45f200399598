#include <fmt/format.h>

#include "proto/sdp/sdp.h"

namespace camfleet::sdp {
namespace {

// A line ends where it is meant to end.
std::string clean(std::string_view text) {
  std::string out(text);
  for (auto& c : out)
    if (c == '\r' || c == '\n' || c == '\0') c = ' ';
  return out;
}

void line(std::string& out, std::string_view start, std::string_view value) {
  out.append(start).append(clean(value)).append("\r\n");
}

void write_format(std::string& out, const Format& format) {
  if (!format.encoding.empty()) {
    auto map = fmt::format("{} {}", format.payload_type, format.encoding);
    if (format.clock_rate > 0) map += fmt::format("/{}", format.clock_rate);
    if (format.channels > 1) map += fmt::format("{}/{}", format.clock_rate > 0 ? "" : "/", format.channels);
    line(out, "a=rtpmap:", map);
  }
  if (format.parameters.empty()) return;
  auto fmtp = fmt::format("{} ", format.payload_type);
  for (std::size_t i = 0; i < format.parameters.size(); ++i) {
    const auto& [name, value] = format.parameters[i];
    if (i > 0) fmtp += "; ";
    fmtp += value.empty() ? name : name + "=" + value;
  }
  line(out, "a=fmtp:", fmtp);
}

void write_media(std::string& out, const Media& media) {
  auto first =
      fmt::format("{} {} {}", media.kind, media.port, media.protocol.empty() ? "RTP/AVP" : media.protocol);
  for (const auto& format : media.formats) first += fmt::format(" {}", format.payload_type);
  line(out, "m=", first);
  if (media.bandwidth_kbps > 0) out += fmt::format("b=AS:{}\r\n", media.bandwidth_kbps);
  for (const auto& format : media.formats) write_format(out, format);
  if (media.framerate > 0) out += fmt::format("a=framerate:{}\r\n", media.framerate);
  if (media.dimensions)
    out += fmt::format("a=x-dimensions:{},{}\r\n", media.dimensions->width, media.dimensions->height);
  switch (media.direction) {
    case Direction::recvonly:
      out += "a=recvonly\r\n";
      break;
    case Direction::sendonly:
      out += "a=sendonly\r\n";
      break;
    case Direction::sendrecv:
      out += "a=sendrecv\r\n";
      break;
    case Direction::inactive:
      out += "a=inactive\r\n";
      break;
    case Direction::unspecified:
      break;
  }
  if (!media.control.empty()) line(out, "a=control:", media.control);
}

}  // namespace

std::string write(const Session& session, std::string_view address, std::uint64_t id) {
  const auto where =
      fmt::format("IN {} {}", address.find(':') == std::string_view::npos ? "IP4" : "IP6", address);
  std::string out = "v=0\r\n";
  line(out, "o=", fmt::format("- {} 1 {}", id, where));
  line(out, "s=", session.name.empty() ? " " : session.name);
  line(out, "c=", where);
  if (session.bandwidth_kbps > 0) out += fmt::format("b=AS:{}\r\n", session.bandwidth_kbps);
  out += "t=0 0\r\n";
  if (!session.tool.empty()) line(out, "a=tool:", session.tool);
  if (!session.range.empty()) line(out, "a=range:", session.range);
  if (!session.control.empty()) line(out, "a=control:", session.control);
  if (!session.media_header.empty()) line(out, "a=Media_header:", "MEDIAINFO=" + session.media_header + ";");
  for (const auto& media : session.medias) write_media(out, media);
  return out;
}

}  // namespace camfleet::sdp
