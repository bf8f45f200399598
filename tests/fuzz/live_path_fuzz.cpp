// The address that a viewer asks for: what is accepted names one stream in one spelling, and is the same when
// it is written again.
#include "base/text.h"
#include "fuzz.h"
#include "media/outputs/live_path.h"

using namespace camfleet;
using fuzz::require;

// Whether a segment of `path` is "." or "..".
static bool names_a_folder(std::string_view path) {
  while (!path.empty()) {
    const auto segment = take_until(path, '/');
    if (segment == "." || segment == "..") return true;
  }
  return false;
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto text = as_text({data, size});
  const auto path = media::parse_live_url(text);
  if (!path) return 0;
  const auto key = model::to_text(path->key);
  require(key.find_first_of("%\\ \r\n?#") == std::string::npos);
  // An id may hold two dots ("cam..s"), but no segment is one that leads elsewhere.
  require(!names_a_folder(key));
  require(path->authority.find_first_of("/ \r\n") == std::string::npos);
  auto again = "rtsp://" + path->authority + "/live/" + key;
  if (path->track) again += "/" + media::track_control(*path->track);
  const auto same = media::parse_live_url(again);
  require(same && same->key == path->key && same->track == path->track && same->authority == path->authority);
  return 0;
}
