#pragma once
// The numbers that NET_DVR_GetLastError gives, by what a gateway does about them.
#include <cstdint>
#include <string_view>

namespace camfleet::sdkhost::abi {

enum Error : std::uint32_t {
  error_none = 0,
  error_password = 1,  // wrong user or password; counts towards the device's lock
  error_permission = 2,
  error_not_initialised = 3,
  error_channel = 4,      // no such channel
  error_device_full = 5,  // too many connections at the device
  error_connect = 7,
  error_send = 8,
  error_receive = 9,
  error_receive_timeout = 10,
  error_bad_data = 11,  // the peer speaks something else
  error_order = 12,     // calls in a wrong order
  error_parameter = 17,
  error_not_supported = 23,
  error_busy = 24,
  error_failed = 29,  // the device refused (its ResponseStatus says why), or libcrypto is missing
  error_allocate = 41,
  error_small_buffer = 43,
  error_maximum = 46,  // the library holds as many as it can
  error_unknown_user = 47,
  error_max_users = 52,  // at the device
  error_socket_closed = 73,
  error_user_in_use = 74,
  error_exception = 76,
  error_channel_offline = 83,
  error_not_logged_in = 102,
  error_no_such_user = 152,  // counts towards the lock
  error_locked = 153,
  error_invalid_user = 154,  // no such user id: log in again
  error_ssl_connect = 159,
  error_no_isapi = 189,       // the device does not know this request in ISAPI mode
  error_not_activated = 250,  // the device has no password yet
  error_risky_password = 251,
  error_rtsp_permission = 401,
  error_rtsp_resources = 402,
  error_rtsp_not_found = 404,
  error_rtsp_channels = 426,  // too many live views at the device
  error_bandwidth = 800,
};

enum class ErrorClass : std::uint8_t {
  none,
  network,        // try again, with backoff
  busy,           // the device or the library has no room now: later
  credentials,    // do not try again until somebody changed them
  locked,         // not before the lock has passed; an attempt starts it anew
  not_set_up,     // no password was ever set, or only a weak one
  not_supported,  // wrong use, or the device cannot
  installation,   // the library's own files are incomplete
  storage,        // disks and recordings
  unknown,
};
// By the number; unknown ones are ErrorClass::unknown, which is to be treated like `network`.
ErrorClass error_class(std::uint32_t number);

// A short English name ("user locked"), empty where the number is not known.
std::string_view error_name(std::uint32_t number);

}  // namespace camfleet::sdkhost::abi
