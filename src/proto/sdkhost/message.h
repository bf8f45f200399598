#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/result.h"

// What the gateway and camfleet-sdkhost say to each other: one message a datagram of their socket pair,
// requests one way, answers and notices the other. Alarms and pictures of streams do not come this way but
// through the rings (ring.h). Devices and streams go by numbers that the gateway gives and never gives again
// within one host, so that what comes late of an earlier one is known as such.
namespace camfleet::sdkhost {

// A request of 64 KiB of ISAPI, its path and what is around it; a longer answer comes in several.
inline constexpr std::size_t kMaxMessage = 72 * 1024;
inline constexpr std::size_t kMaxAnswer = 8 * 1024 * 1024;

// How the library is to log in; the vendor's own protocol, or ISAPI.
enum class Mode : std::uint8_t { native = 0, isapi = 1 };
enum class Profile : std::uint8_t { main = 0, sub = 1, third = 2 };

struct Init {
  std::string directory;        // of libhcnetsdk.so
  std::uint32_t logins = 2048;  // as many as the library is to be able to hold
  std::uint32_t connect_ms = 3000;
  std::uint32_t receive_ms = 5000;
  void fields(auto& list) { list(directory, logins, connect_ms, receive_ms); }
};
// Holds the password in the plain: whoever made or read it wipes it (wipe(), below).
struct Login {
  std::uint32_t device = 0;
  std::string address;  // numeric
  std::uint16_t port = 0;
  Mode mode = Mode::native;
  bool tls = false;
  std::string user, password;
  void fields(auto& list) { list(device, address, port, mode, tls, user, password); }
};
// Streams and the alarm channel of the device are closed first. Also ends a login that is under way.
struct Logout {
  std::uint32_t device = 0;
  void fields(auto& list) { list(device); }
};
struct Arm {
  std::uint32_t device = 0;
  void fields(auto& list) { list(device); }
};
struct Disarm {
  std::uint32_t device = 0;
  void fields(auto& list) { list(device); }
};
struct Play {
  std::uint32_t device = 0, stream = 0;
  std::uint32_t channel = 1;  // as the library numbers it
  Profile profile = Profile::main;
  void fields(auto& list) { list(device, stream, channel, profile); }
};
struct Stop {
  std::uint32_t device = 0, stream = 0;
  void fields(auto& list) { list(device, stream); }
};
struct Snapshot {
  std::uint32_t device = 0, channel = 1;
  void fields(auto& list) { list(device, channel); }
};
struct Ptz {
  std::uint32_t device = 0, channel = 1;
  std::uint32_t command = 0;  // the vendor's number
  bool stop = false;
  std::uint32_t speed = 4;  // 1 to 7
  void fields(auto& list) { list(device, channel, command, stop, speed); }
};
struct Preset {
  std::uint32_t device = 0, channel = 1, index = 1;
  void fields(auto& list) { list(device, channel, index); }
};
struct KeyFrame {
  std::uint32_t device = 0, channel = 1;
  Profile profile = Profile::main;
  void fields(auto& list) { list(device, channel, profile); }
};
struct Isapi {
  std::uint32_t device = 0;
  std::string method, path, body;
  std::uint32_t timeout_ms = 5000;
  void fields(auto& list) { list(device, method, path, body, timeout_ms); }
};
// Whether a login is alive, by the library's own question.
struct Check {
  std::uint32_t device = 0;
  void fields(auto& list) { list(device); }
};
// Answered when the library has answered a small question: not by one that hangs.
struct Ping {
  void fields(auto& list) { list(); }
};
// The clock of a device, and 64 of a recorder's IP channels (group 0 on): where it does not speak ISAPI.
struct AskClock {
  std::uint32_t device = 0;
  void fields(auto& list) { list(device); }
};
struct AskIpChannels {
  std::uint32_t device = 0, group = 0;
  void fields(auto& list) { list(device, group); }
};
using What = std::variant<Init, Login, Logout, Arm, Disarm, Play, Stop, Snapshot, Ptz, Preset, KeyFrame,
                          Isapi, Check, Ping, AskClock, AskIpChannels>;

struct Request {
  std::uint32_t number = 0;     // of its answer
  std::uint32_t within_ms = 0;  // what has not begun by then is not done: nobody waits any more; 0: no limit
  What what;
};

enum class Outcome : std::uint8_t {
  ok,
  library,       // `error` is the library's number
  unreadable,    // no such file, or it cannot be loaded
  incompatible,  // a function is missing, or it is for another machine
  not_started,   // NET_DVR_Init failed
  unknown,       // no such device or stream; or logged out meanwhile
  busy,          // too much is waiting already
  too_large,
  expired,  // it waited for longer than it was to
};
struct Answer {
  std::uint32_t number = 0;
  Outcome outcome = Outcome::ok;
  std::uint32_t error = 0;
  std::string text;   // for people; no secret
  std::string body;   // by what was asked
  bool more = false;  // the body goes on in the next answer of this number
  void fields(auto& list) { list(number, outcome, error, text, body, more); }
};

enum class NoticeKind : std::uint8_t {
  device_lost,  // the library does not reach it; goes on trying
  device_back,
  alarm_lost,
  alarm_back,
  alarm_closed,  // for good: the alarm channel must be set up anew
  stream_lost,
  stream_back,
  stream_closed,
  alarms_dropped,     // `error` alarms of it found no room
  alarms_unreadable,  // `error` alarms of it could not be understood
  died_in_call,       // a signal ends the host in a call for this device
};
struct Notice {
  NoticeKind kind = NoticeKind::device_lost;
  std::uint32_t id = 0;     // of the device, of stream_*: the stream's
  std::uint32_t error = 0;  // the library's number or exception
  void fields(auto& list) { list(kind, id, error); }
};
using Told = std::variant<Answer, Notice>;

// Bodies of answers.
struct InitResult {
  std::uint32_t version = 0, build = 0;
  std::uint32_t logins = 0, streams = 0, alarms = 0;  // as many as the library says that it can hold
  std::string missing;                                // functions that are optional and not there
  void fields(auto& list) { list(version, build, logins, streams, alarms, missing); }
};
// Also the body of a refused login, with what the library said of attempts and locks.
struct LoginResult {
  std::string serial;
  std::uint16_t type = 0;
  std::uint16_t analogue = 0, analogue_first = 1;  // channels of its own, and the number of the first
  std::uint16_t digital = 0, digital_first = 1;
  std::uint8_t alarm_inputs = 0;
  Mode mode = Mode::native;
  std::uint8_t password_level = 0;
  bool lock_told = false;          // the next two are
  std::uint8_t attempts_left = 0;  // after a wrong password
  std::uint32_t lock_seconds = 0;  // until it unlocks
  void fields(auto& list) {
    list(serial, type, analogue, analogue_first, digital, digital_first, alarm_inputs, mode, password_level,
         lock_told, attempts_left, lock_seconds);
  }
};
struct Pong {
  std::uint32_t logins = 0, streams = 0, alarms = 0;  // that the library holds
  std::uint32_t waiting = 0;                          // calls that wait for a thread
  std::uint32_t oldest_ms = 0;                        // how long the longest call is under way
  std::uint32_t oldest_device = 0;                    // whose that is; 0: nobody's
  std::uint64_t resident_kib = 0;
  std::uint64_t frames_dropped = 0;  // pieces of media that found no room
  std::uint64_t alarms_refused = 0, alarms_unreadable = 0;
  void fields(auto& list) {
    list(logins, streams, alarms, waiting, oldest_ms, oldest_device, resident_kib, frames_dropped,
         alarms_refused, alarms_unreadable);
  }
};
// As the device's own clock shows it; not checked.
struct ClockResult {
  std::uint32_t year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0;
  void fields(auto& list) { list(year, month, day, hour, minute, second); }
};
enum class IpChannel : std::uint8_t { none, offline, online };
struct IpChannelsResult {
  std::uint32_t groups = 0;  // as the device says
  std::vector<IpChannel> channels;
  void fields(auto& list) { list(groups, channels); }
};

std::string encode(const Request& request);
std::string encode(const Answer& answer);
std::string encode(const Notice& notice);
// sdk.bad_data for what is no message.
Result<Request> decode_request(std::string_view datagram);
Result<Told> decode_told(std::string_view datagram);

template <class T>
std::string encode_body(const T& value);
template <class T>
std::optional<T> decode_body(std::string_view body);

// The password of a login, where the request is one.
void wipe(Request& request);

}  // namespace camfleet::sdkhost
