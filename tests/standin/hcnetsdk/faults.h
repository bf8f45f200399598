#pragma once
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace camfleet::standin {

// What the library is to do wrong, from a JSON document: the text or the path in CAMFLEET_STANDIN, or
// standin.json beside the library. A file is read again when it changes. README.md has the members.
struct Faults {
  std::string crash;     // login, logout, cleanup, callback, live, play, isapi, init: the process dies there
  std::string hang;      // the same, and everything: the call never returns
  std::string device;    // crash, hang, alarms and stream: of this address only; empty: of all
  std::size_t leak = 0;  // bytes a login
  unsigned late_ms = 0;  // each callback comes so much later
  bool after_stop = false;  // one more callback after Stop..., Close... and Logout returned
  std::uint32_t error = 0;  // calls fail with this number
  std::string error_in;     // of this function only: "NET_DVR_Login_V40"; empty: of all
  std::string alarms;  // truncated, oversized, empty, null, wild, wild_pictures: how alarm buffers are wrong
  std::string stream;  // truncated, oversized, empty, null, garbage, wild: how stream buffers are
  unsigned pictures = 0;               // that come with an alarm
  std::size_t picture_bytes = 20'000;  // of each
  int alarm_channel = -1;              // that alarms tell; -1: the truth
  bool v30 = false;                    // alarms in the older structure, whatever the alarm channel asked for
  int channels = -1;                   // what the login says; -1: the truth
  int analogue = -1, first_analogue = -1, digital = -1, first_digital = -1;  // the same, one by one
  bool no_isapi = false;         // the device does not speak ISAPI through the library
  bool heartbeat_fails = false;  // the library does not reach the device, which is there
  unsigned heartbeat_ms = 0;     // in place of what LocalConfig says; 0: that
  unsigned logins = 0;           // the limit; 0: the real one
  bool once = false;             // crash and hang: one time for this file, whatever process does it

  bool concerns(std::string_view address) const { return device.empty() || device == address; }
};

// Those in force now. Thread-safe.
Faults faults();
// Those of the last 20 ms: for each packet of a stream, where looking at a file would be what a stream costs.
std::shared_ptr<const Faults> recent_faults();
// Whether `fault` (crash or hang) names `place`, for this device; counts as its one time where `once` is set.
bool strikes(const std::string& fault, std::string_view place, std::string_view device = {});
// Dies or hangs where that is wished for.
void at(std::string_view place, std::string_view device = {});

}  // namespace camfleet::standin
