#pragma once
#include <cstddef>
#include <limits>

#include "base/clock.h"
#include "base/error.h"
#include "media/gop_cache.h"

namespace camfleet::media {

// Somebody who is told of what a stream has; lives on the stream's loop. It keeps a Cursor into the stream's
// cache, reads what it can when woken, and never makes anybody wait. It detaches itself before it ends.
class Viewer {
 public:
  virtual ~Viewer() = default;
  // Whole frames have come. May detach this viewer or others.
  virtual void wake() = 0;
  // The stream is over, and why; this viewer is detached already.
  virtual void ended(const Error& why) = 0;
  // What this viewer has yet to read.
  virtual Place place() const = 0;

 private:
  friend class ViewerList;
  static constexpr std::size_t kNowhere = std::numeric_limits<std::size_t>::max();
  std::size_t slot_ = kNowhere;
};

}  // namespace camfleet::media
