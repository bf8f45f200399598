#include "media/outputs/live_path.h"

#include "base/text.h"
#include "proto/url/url.h"

namespace camfleet::media {
namespace {

constexpr std::string_view kRoot = "/live/";
constexpr std::string_view kTrack = "trackID=";

// "trackID=7" to 7; what is not a track stays.
bool read_track(std::string_view segment, std::optional<unsigned>& track) {
  if (!segment.starts_with(kTrack)) return false;
  track = parse_int<unsigned>(segment.substr(kTrack.size()));
  return track.has_value();
}

// The last segment of `path`, taken off where it names a track.
bool take_track(std::string_view& path, std::optional<unsigned>& track) {
  const auto slash = path.rfind('/');
  if (slash == std::string_view::npos || !path.substr(slash + 1).starts_with(kTrack)) return true;
  if (!read_track(path.substr(slash + 1), track)) return false;
  path = path.substr(0, slash);
  return true;
}

}  // namespace

std::string track_control(unsigned track) { return std::string(kTrack) + std::to_string(track); }

Result<LivePath> parse_live_url(std::string_view text) {
  if (text.find("://@") != std::string_view::npos) return fail(Code::url_invalid, "user");
  auto parsed = url::parse(text);
  if (!parsed) return fail(parsed.error());
  const url::Url& url = parsed->url;
  if (url.scheme != "rtsp" && url.scheme != "rtsps") return fail(Code::url_invalid, "scheme");

  LivePath out;
  out.authority = url.authority();
  std::string_view rest = url.target;
  std::string_view path = take_until(rest, '?');
  std::string_view query = rest;
  // Some clients append the track to the whole address, query and all.
  if (!take_track(query, out.track)) return fail(Code::url_invalid, "track");
  if (path.find_first_of("%\\;") != std::string_view::npos) return fail(Code::url_invalid, "path");
  if (!path.starts_with(kRoot)) return fail(Code::api_not_found, "path");
  path.remove_prefix(kRoot.size());
  if (path.ends_with('/')) path.remove_suffix(1);
  if (!take_track(path, out.track)) return fail(Code::url_invalid, "track");
  if (path.empty() || path.ends_with('/') || path.find("//") != std::string_view::npos)
    return fail(Code::url_invalid, "path");
  auto key = model::parse_stream_key(path);
  if (!key) return fail(Code::url_invalid, "path");
  out.key = std::move(*key);

  while (!query.empty()) {
    const std::string_view pair = take_until(query, '&');
    if (pair.starts_with("token=")) out.token = url::percent_decode(pair.substr(6));
  }
  return out;
}

}  // namespace camfleet::media
