#pragma once
#include <string_view>

#include "base/clock.h"
#include "media/feed.h"
#include "media/media_metrics.h"
#include "model/ids.h"

namespace camfleet::media {

// When one viewer's steps were done on the way to its first picture. What did not happen, or is not known, is
// empty.
struct ViewerTrace {
  SteadyTime accepted{};    // its connection; of a later request of an HTTP connection, that it came
  SteadyTime authorised{};  // its right to watch was shown
  SteadyTime opened{};      // the stream was set up, or was so already
  SteadyTime played{};      // it asked for packets
  SteadyTime packet{};      // the first packet for it was there
  SteadyTime key{};         // the first key picture was there

  // Takes `packet` and `key` from the stream, when the first of it has left.
  void look(const Feed& feed);
};

// The first byte of a picture has left: one line in the log, and camfleet_viewer_step_seconds of each step,
// counted from the step before it that is known.
void tell_first_picture(const ViewerTrace& trace, const OutputMetrics& metrics, std::string_view remote,
                        const model::StreamKey& stream, SteadyTime now);

}  // namespace camfleet::media
