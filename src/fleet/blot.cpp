#include "fleet/blot.h"

#include <algorithm>
#include <array>

#include "base/bytes.h"
#include "proto/url/url.h"
#include "proto/xml/node.h"

namespace camfleet::fleet {
namespace {

constexpr std::size_t kShort = 6;
constexpr std::string_view kBlot = "******";

bool is_word(char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

void blot(std::string& text, std::string_view what) {
  const bool words = what.size() < kShort;
  for (std::size_t at = text.find(what); at != std::string::npos; at = text.find(what, at)) {
    const bool inside = (at > 0 && is_word(text[at - 1])) ||
                        (at + what.size() < text.size() && is_word(text[at + what.size()]));
    if (words && inside) {
      ++at;
      continue;
    }
    text.replace(at, what.size(), kBlot);
    at += kBlot.size();
  }
}

}  // namespace

std::string blotted(std::string text, const Secret& password, std::string_view user) {
  if (password.empty()) return text;
  const std::string plain{password.reveal()};
  std::string basic = std::string{user} + ':' + plain;
  std::array forms{plain, xml::escape(plain), url::percent_encode(plain), to_base64(as_bytes(basic)),
                   to_base64(as_bytes(plain))};
  for (const auto& form : forms)
    if (form != kBlot) blot(text, form);
  for (auto& form : forms) wipe(form);
  wipe(basic);
  return text;
}

}  // namespace camfleet::fleet
