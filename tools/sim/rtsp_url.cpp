#include "sim/rtsp_url.h"

#include <algorithm>

#include "base/text.h"

namespace camfleet::sim {
namespace {

// Takes "/trackID=..." off the end.
bool take_track(std::string_view& path, StreamPath& out) {
  const auto slash = path.rfind('/');
  if (slash == std::string_view::npos || !istarts_with(path.substr(slash + 1), "trackID=")) return false;
  const auto name = path.substr(slash + 9);
  out.track = true;
  out.sound = name == "2" || iequals(name, "audio");
  path = path.substr(0, slash);
  return true;
}

bool take_prefix(std::string_view& text, std::string_view prefix) {
  if (!istarts_with(text, prefix)) return false;
  text.remove_prefix(prefix.size());
  return true;
}

// "101": channel 1, main.
bool read_id(std::string_view text, StreamPath& out) {
  const auto id = parse_int<std::uint32_t>(text);
  if (!id || *id < 101 || *id > 65'599) return false;
  out.channel = static_cast<std::uint16_t>(*id / 100);
  out.profile = static_cast<std::uint8_t>(*id % 100);
  return true;
}

// "ch1/main/av_stream"
bool read_old(std::string_view text, StreamPath& out) {
  if (!take_prefix(text, "ch")) return false;
  const auto channel = parse_int<std::uint16_t>(take_until(text, '/'));
  const auto profile = take_until(text, '/');
  if (!channel || *channel == 0 || !iequals(text, "av_stream")) return false;
  out.channel = *channel;
  out.profile = iequals(profile, "main") ? 1 : iequals(profile, "sub") ? 2 : 0;
  return true;
}

}  // namespace

std::optional<StreamPath> parse_stream_url(std::string_view url) {
  StreamPath out;
  // ".../101/rtsp://host/.../101/trackID=1": the vendor's library puts an absolute control behind the
  // address.
  if (const auto second = url.find("/rtsp://", 1); second != std::string_view::npos)
    url = url.substr(second + 1);
  if (const auto scheme = url.find("://"); scheme != std::string_view::npos)
    url = url.substr(std::min(url.find('/', scheme + 3), url.size()));
  const auto question = std::min(url.find('?'), url.size());
  out.query = url.substr(question);
  if (out.query == "?") out.query.clear();
  auto path = url.substr(0, question);
  // ".../101/?query/trackID=1": what a client makes of an address with a query and a relative control.
  std::string_view query = out.query;
  if (!take_track(path, out)) take_track(query, out);
  out.query.resize(query.size());
  while (!path.empty() && path.back() == '/') path.remove_suffix(1);
  out.path = path;

  if (path.empty()) return out;
  bool known = false;
  if (take_prefix(path, "/ISAPI/Streaming/channels/") || take_prefix(path, "/Streaming/channels/"))
    known = read_id(path, out);
  else if (take_prefix(path, "/h264/") || take_prefix(path, "/mpeg4/"))
    known = read_old(path, out);
  if (!known || out.profile < 1 || out.profile > 2) return std::nullopt;
  return out;
}

}  // namespace camfleet::sim
