// Any text: limits hold, every media has a payload type, and what we write of it reads back the same.
#include "base/text.h"
#include "fuzz.h"
#include "proto/sdp/codec_config.h"
#include "proto/sdp/sdp.h"

using namespace camfleet;
using fuzz::require;

namespace {

void check_invariants(const sdp::Session& session) {
  require(is_utf8(session.name) && is_utf8(session.range) && is_utf8(session.tool));
  require(session.medias.size() <= 16);
  for (const auto& media : session.medias) {
    require(!media.formats.empty() && media.formats.size() <= 32);
    require(media.framerate >= 0 && media.framerate <= 1000);
    if (media.dimensions) require(media.dimensions->width > 0 && media.dimensions->height <= 16'384);
    for (const auto& format : media.formats) {
      require(format.payload_type <= 127 && format.channels >= 1 && is_utf8(format.encoding));
      for (const auto& set : sdp::parameter_sets(format)) require(!set.empty() && set.size() <= 4096);
      if (const auto aac = sdp::aac_config(format)) require(aac->sample_rate > 0 && aac->channels <= 8);
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  auto session = sdp::parse(as_text({data, size}));
  if (!session) return 0;
  check_invariants(*session);
  session->left_out = 0;
  // Static types get the lines that they had not: a text at the limits may then be past them.
  if (const auto again = sdp::parse(sdp::write(*session, "::1", 1))) require(*again == *session);
  return 0;
}
