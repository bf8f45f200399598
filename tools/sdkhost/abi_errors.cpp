#include "sdkhost/abi_errors.h"

#include <algorithm>
#include <array>

namespace camfleet::sdkhost::abi {
namespace {
struct Row {
  std::uint32_t number;
  ErrorClass what;
  std::string_view name;
};

constexpr std::array kRows = std::to_array<Row>({
    {0, ErrorClass::none, "no error"},
    {1, ErrorClass::credentials, "wrong user or password"},
    {2, ErrorClass::credentials, "no permission"},
    {3, ErrorClass::not_supported, "not initialised"},
    {4, ErrorClass::not_supported, "no such channel"},
    {5, ErrorClass::busy, "too many connections at the device"},
    {6, ErrorClass::not_supported, "versions do not match"},
    {7, ErrorClass::network, "connect failed"},
    {8, ErrorClass::network, "send failed"},
    {9, ErrorClass::network, "receive failed"},
    {10, ErrorClass::network, "receive timed out"},
    {11, ErrorClass::network, "bad data received"},
    {12, ErrorClass::not_supported, "calls in a wrong order"},
    {13, ErrorClass::credentials, "operation not permitted"},
    {14, ErrorClass::network, "command timed out"},
    {17, ErrorClass::not_supported, "wrong parameter"},
    {18, ErrorClass::not_supported, "channel in error"},
    {19, ErrorClass::storage, "no disk"},
    {20, ErrorClass::storage, "no such disk"},
    {21, ErrorClass::storage, "disk full"},
    {22, ErrorClass::storage, "disk error"},
    {23, ErrorClass::not_supported, "not supported"},
    {24, ErrorClass::busy, "device busy"},
    {26, ErrorClass::credentials, "malformed password"},
    {27, ErrorClass::busy, "disk is being formatted"},
    {28, ErrorClass::busy, "device out of resources"},
    {29, ErrorClass::not_supported, "operation failed at the device"},
    {31, ErrorClass::busy, "talk channel taken"},
    {33, ErrorClass::not_supported, "no such file"},
    {36, ErrorClass::busy, "previous operation unfinished"},
    {38, ErrorClass::storage, "playback failed"},
    {39, ErrorClass::storage, "file format"},
    {41, ErrorClass::installation, "resource cannot be allocated"},
    {43, ErrorClass::not_supported, "buffer too small"},
    {44, ErrorClass::network, "socket cannot be created"},
    {45, ErrorClass::network, "socket option refused"},
    {46, ErrorClass::busy, "the library holds its maximum"},
    {47, ErrorClass::credentials, "user does not exist"},
    {52, ErrorClass::busy, "maximum of users at the device"},
    {53, ErrorClass::installation, "own address not found"},
    {55, ErrorClass::credentials, "our address is not allowed"},
    {56, ErrorClass::credentials, "our MAC address is not allowed"},
    {58, ErrorClass::busy, "player ports used up"},
    {64, ErrorClass::installation, "player library not loaded"},
    {65, ErrorClass::installation, "player library lacks a function"},
    {72, ErrorClass::network, "socket cannot be bound"},
    {73, ErrorClass::network, "connection closed"},
    {74, ErrorClass::not_supported, "user id in use"},
    {76, ErrorClass::not_supported, "exception in the library"},
    {83, ErrorClass::network, "IP channel off line"},
    {84, ErrorClass::installation, "RTSP library not loaded"},
    {85, ErrorClass::installation, "conversion library not loaded"},
    {86, ErrorClass::busy, "maximum of IP devices"},
    {87, ErrorClass::busy, "maximum reached"},
    {90, ErrorClass::busy, "backup in progress"},
    {91, ErrorClass::not_supported, "channel does not support it"},
    {98, ErrorClass::not_supported, "not on this operating system"},
    {102, ErrorClass::credentials, "not logged in"},
    {104, ErrorClass::busy, "ports used up"},
    {105, ErrorClass::not_supported, "packet type"},
    {147, ErrorClass::not_supported, "certificate"},
    {148, ErrorClass::installation, "OpenSSL not loaded"},
    {149, ErrorClass::installation, "OpenSSL lacks a function"},
    {151, ErrorClass::not_supported, "invalid communication"},
    {152, ErrorClass::credentials, "user name does not exist"},
    {153, ErrorClass::locked, "user locked"},
    {154, ErrorClass::not_supported, "invalid user id"},
    {155, ErrorClass::not_supported, "login version too low"},
    {156, ErrorClass::installation, "libcrypto not loaded"},
    {157, ErrorClass::installation, "libssl not loaded"},
    {158, ErrorClass::installation, "iconv not loaded"},
    {159, ErrorClass::network, "TLS handshake failed"},
    {161, ErrorClass::installation, "iconv lacks a function"},
    {162, ErrorClass::installation, "zlib not loaded"},
    {165, ErrorClass::network, "test server failed"},
    {182, ErrorClass::busy, "links used up"},
    {183, ErrorClass::credentials, "access key"},
    {186, ErrorClass::not_supported, "replaced by an asynchronous call"},
    {187, ErrorClass::busy, "multiplexed ports used up"},
    {188, ErrorClass::not_supported, "invalid link"},
    {189, ErrorClass::not_supported, "not in ISAPI mode"},
    {250, ErrorClass::not_set_up, "device not activated"},
    {251, ErrorClass::not_set_up, "risky password"},
    {401, ErrorClass::credentials, "RTSP: no permission"},
    {402, ErrorClass::busy, "RTSP: out of resources"},
    {403, ErrorClass::not_supported, "RTSP: parameter"},
    {404, ErrorClass::not_supported, "RTSP: no such URL"},
    {406, ErrorClass::network, "RTSP: stopped by the device"},
    {407, ErrorClass::not_supported, "RTSP: no port"},
    {426, ErrorClass::busy, "RTSP: too many channels"},
    {800, ErrorClass::busy, "bandwidth exceeded at the device"},
    {889, ErrorClass::busy, "maximum of streams"},
});
static_assert(std::ranges::is_sorted(kRows, {}, &Row::number));

const Row* row(std::uint32_t number) {
  const auto found = std::ranges::lower_bound(kRows, number, {}, &Row::number);
  return found != kRows.end() && found->number == number ? &*found : nullptr;
}
}  // namespace

ErrorClass error_class(std::uint32_t number) {
  if (const auto* known = row(number)) return known->what;
  // Groups: components that were not loaded or are of another version; the steps of RTSP.
  if ((number >= 107 && number <= 115) || (number >= 121 && number <= 142)) return ErrorClass::installation;
  if (number >= 410 && number <= 446) return ErrorClass::network;
  return ErrorClass::unknown;
}

std::string_view error_name(std::uint32_t number) {
  const auto* known = row(number);
  return known != nullptr ? known->name : std::string_view{};
}

}  // namespace camfleet::sdkhost::abi
