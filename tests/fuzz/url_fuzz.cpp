// Any text: an address that was read writes itself as text that reads the same, holds nothing that could
// break a request line, and shows no login. Input: a base, a NUL, a control.
#include <algorithm>

#include "fuzz.h"
#include "proto/url/url.h"

using namespace camfleet;
using fuzz::require;

namespace {

void check_invariants(const url::Url& url) {
  const auto text = url.text();
  require(
      std::ranges::none_of(text, [](char c) { return static_cast<unsigned char>(c) <= 0x20 || c == 0x7F; }));
  require(!url.host.empty() && url.effective_port() != 0);
  const auto again = url::parse(text);
  if (text.size() <= url::kMaxLength) require(again && again->url == url && !again->has_login);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto text = as_text({data, size});
  const auto end = std::min(text.find('\0'), text.size());
  const auto control = text.substr(std::min(end + 1, text.size()));
  for (const auto& parsed : {url::parse(text.substr(0, end)), url::parse_content_base(text.substr(0, end))}) {
    if (!parsed) continue;
    check_invariants(parsed->url);
    if (const auto joined = url::join(parsed->url, control)) check_invariants(*joined);
  }
  require(url::percent_decode(url::percent_encode(text)) == text);
  return 0;
}
