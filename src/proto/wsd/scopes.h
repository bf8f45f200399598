#pragma once
#include <string>
#include <string_view>
#include <vector>

namespace camfleet::wsd {

// What the scopes of an ONVIF device tell of it: onvif://www.onvif.org/<category>/<value>, percent-decoded,
// valid UTF-8, without control characters; the first of each category counts.
struct ScopeFacts {
  std::string name;      // "HIKVISION DS-2CD2146G2-ISU"
  std::string hardware;  // the model
  std::string location;  // several are joined by ", "
  std::string mac;       // "44:19:b6:00:00:11", of devices that tell it (Hikvision)
  friend bool operator==(const ScopeFacts&, const ScopeFacts&) = default;
};
ScopeFacts read_scopes(const std::vector<std::string>& scopes);

// The rule of a Probe (RFC 3986 matching): same scheme and host, and the segments of `wanted` begin those of
// `offered`.
bool scope_matches(std::string_view wanted, std::string_view offered);

}  // namespace camfleet::wsd
