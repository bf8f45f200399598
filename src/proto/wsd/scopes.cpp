#include "proto/wsd/scopes.h"

#include <algorithm>

#include "base/text.h"
#include "proto/url/url.h"

namespace camfleet::wsd {
namespace {

constexpr std::string_view kPrefix = "onvif://www.onvif.org/";
constexpr std::size_t kMaxLocation = 256;

std::string readable(std::string_view encoded) {
  auto text = clean_utf8(url::percent_decode(encoded));
  std::erase_if(text, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
  return std::string{trim(text)};
}

}  // namespace

ScopeFacts read_scopes(const std::vector<std::string>& scopes) {
  ScopeFacts facts;
  const auto first = [](std::string& field, std::string_view value) {
    if (field.empty()) field = readable(value);
  };
  for (const auto& scope : scopes) {
    if (!istarts_with(scope, kPrefix)) continue;
    std::string_view value = std::string_view{scope}.substr(kPrefix.size());
    const auto category = to_lower(take_until(value, '/'));
    if (category == "name") first(facts.name, value);
    if (category == "hardware") first(facts.hardware, value);
    if (category == "mac") first(facts.mac, value);
    if (category == "location" && facts.location.size() < kMaxLocation) {
      const auto place = readable(value);
      if (!place.empty()) facts.location += (facts.location.empty() ? "" : ", ") + place;
    }
  }
  return facts;
}

bool scope_matches(std::string_view wanted, std::string_view offered) {
  while (wanted.ends_with('/')) wanted.remove_suffix(1);
  if (offered.size() < wanted.size() || offered.substr(0, wanted.size()) != wanted) return false;
  return offered.size() == wanted.size() || offered[wanted.size()] == '/';
}

}  // namespace camfleet::wsd
