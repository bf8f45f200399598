#pragma once
#include <string>
#include <string_view>

#include "sim/clips.h"

namespace camfleet::load {

// The RTSP of a very obliging camera: everybody may have its one track, interleaved on channels 0 and 1.
class Door {
 public:
  explicit Door(const sim::Clip& clip);
  struct Answer {
    std::string text;
    std::string path;  // of the request, from the first slash
    bool plays = false;
    bool over = false;
  };
  // Takes what stands in `in` off its front, as far as it is whole. Nothing to say: empty.
  Answer take(std::string& in) const;

 private:
  std::string sdp_;
};

}  // namespace camfleet::load
