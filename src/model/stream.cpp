#include "model/stream.h"

namespace camfleet::model {

std::string_view to_text(Codec codec) {
  switch (codec) {
    case Codec::unknown:
      return "unknown";
    case Codec::h264:
      return "h264";
    case Codec::h265:
      return "h265";
    case Codec::mjpeg:
      return "mjpeg";
    case Codec::aac:
      return "aac";
    case Codec::pcmu:
      return "pcmu";
    case Codec::pcma:
      return "pcma";
    case Codec::g722:
      return "g722";
    case Codec::g726:
      return "g726";
    case Codec::l16:
      return "l16";
    case Codec::opus:
      return "opus";
    case Codec::mp2:
      return "mp2";
  }
  return "unknown";
}

}  // namespace camfleet::model
