#pragma once
#include <cstdint>

#include "base/bytes.h"
#include "proto/h26x/nal.h"

namespace camfleet::sdkhost {

// Where pieces of a stream were lost, it goes on with the next picture that can be decoded alone: what comes
// before would show as rubbish. Knows from the head or the description that pass which codec it is.
// No threads.
class KeyGate {
 public:
  // Something was lost just now.
  void close() { closed_ = true; }
  // Whether this piece goes on; `type` as MediaType (descriptors.h). What the stream is made of always does.
  bool pass(std::uint32_t type, ByteView bytes);

 private:
  bool begins(std::uint32_t type, ByteView bytes) const;

  bool closed_ = false;
  h26x::Codec codec_ = h26x::Codec::h264;
};

}  // namespace camfleet::sdkhost
