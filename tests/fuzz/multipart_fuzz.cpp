// Any stream: the parts are the same whole, byte by byte and in pieces; they keep their limits; memory stays
// bounded.
#include "fuzz.h"
#include "proto/multipart/parser.h"

#include <algorithm>
#include <string>
#include <vector>

using namespace camfleet;
using fuzz::require;

namespace {

constexpr multipart::Limits kLimits{.headers = 512, .text = 300, .picture = 600, .preamble = 400};

struct Got {
  std::string type, name, body;
  std::uint64_t size;
  bool too_large, cut;
  bool operator==(const Got&) const = default;
};

struct Run {
  std::vector<Got> parts;
  bool failed = false;
  bool operator==(const Run&) const = default;
};

Run run(std::string_view text, std::size_t step) {
  multipart::Parser parser{kLimits};
  Run out;
  const auto take = [&] {
    for (;;) {
      const auto part = parser.next();
      if (!part) out.failed = true;
      if (!part || !*part) break;
      require((*part)->body.size() <= std::max(kLimits.text, kLimits.picture));
      require(!(*part)->too_large || (*part)->body.empty());
      out.parts.push_back({std::string{(*part)->content_type}, std::string{(*part)->name},
                           std::string{(*part)->body}, (*part)->size, (*part)->too_large, (*part)->cut});
    }
    require(step != 1 || parser.memory() <= 8 * 1024);
  };
  for (std::size_t at = 0; at < text.size(); at += std::min(step, text.size() - at)) {
    parser.feed(text.substr(at, step));
    take();
  }
  parser.finish();
  take();
  return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto text = as_text({data, size});
  const auto whole = run(text, std::string_view::npos);
  require(whole == run(text, 1));
  require(whole == run(text, 7));
  require(whole == run(text, 61));
  return 0;
}
