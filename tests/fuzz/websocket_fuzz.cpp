// Any bytes from a client: the limits hold, and every cut of the input gives the same messages and the same
// verdict.
#include <algorithm>
#include <string>
#include <vector>

#include "base/text.h"
#include "fuzz.h"
#include "proto/websocket/frame.h"

using namespace camfleet;
using fuzz::require;

namespace {

constexpr websocket::Limits kLimits{.frame = 1000, .message = 2000, .fragments = 8};

struct Read {
  std::vector<std::string> messages;
  websocket::CloseCode code = websocket::CloseCode::normal;
  friend bool operator==(const Read&, const Read&) = default;
};

Read read(ByteView bytes, std::size_t piece) {
  websocket::Decoder decoder{kLimits};
  Read out;
  for (std::size_t at = 0; at < bytes.size(); at += piece) {
    auto in = bytes.subspan(at, std::min(piece, bytes.size() - at));
    for (;;) {
      const auto message = decoder.next(in);
      if (!message) {
        out.code = decoder.code();
        require(out.code != websocket::CloseCode::normal);
        return out;
      }
      if (!*message) break;
      const auto& whole = **message;
      require(whole.data.size() <= kLimits.message);
      if (whole.opcode == websocket::Opcode::text) require(is_utf8(whole.data));
      if (static_cast<int>(whole.opcode) >= 8) require(whole.data.size() <= 125);
      out.messages.push_back(whole.data);
    }
    require(in.empty());
  }
  return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  fuzz::Input input{data, size};
  const std::size_t piece = 1 + input.byte() % 16u;
  require(read(input.rest(), input.rest().size() + 1) == read(input.rest(), piece));
  return 0;
}
