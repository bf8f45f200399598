#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

// SADP, by which Hikvision's own tool finds devices: plain XML in single datagrams. Bytes in, values out. We
// write inquiries only; the types that change devices (activate, update, ...) do not exist here. Nothing in
// it is authenticated.
namespace camfleet::sadp {

inline constexpr std::string_view kGroup = "239.255.255.250";
inline constexpr std::uint16_t kPort = 37020;
inline constexpr std::size_t kMaxField = 256;  // bytes; a longer value is left out

enum class Kind : std::uint8_t { inquiry, match, hello };

// What a device says of itself. Texts are valid UTF-8; what it left out is empty or nothing. Addresses are as
// they came: the factory address, zeros, or a lie.
struct Device {
  std::string type;    // DeviceType, a number of the vendor
  std::string model;   // DeviceDescription
  std::string serial;  // DeviceSN
  std::string mac;     // MAC, as it came
  std::string ipv4, ipv4_mask, ipv4_gateway;
  std::string ipv6;
  std::optional<std::uint16_t> http_port, command_port, sdk_over_tls_port;
  std::optional<std::uint16_t> analog_channels, digital_channels;
  std::string firmware;  // SoftwareVersion, "V5.5.6build 180326"
  std::string encoder;   // DSPVersion
  std::string booted;    // BootTime, local time of the device
  std::optional<bool> dhcp;
  std::optional<bool> activated;  // nothing: old firmware, which knows no activation
  friend bool operator==(const Device&, const Device&) = default;
};

struct Message {
  Kind kind = Kind::inquiry;
  std::string uuid;   // of the inquiry that it answers
  std::string types;  // "inquiry", "inquiry_v32", "hello"
  Device device;      // of a match and a hello
  friend bool operator==(const Message&, const Message&) = default;
};

// Devices write XML that is none; what xml::parse refuses as malformed is searched for the elements alone.
// xml.*; device.unexpected_answer for anything else than these three kinds, of a Probe all but inquiries too.
Result<Message> parse(std::string_view datagram);

// "inquiry" is understood by all, "inquiry_v32" asks newer ones for more. `uuid` in capitals.
std::string write_inquiry(std::string_view uuid, std::string_view types = "inquiry");
// As a device answers, line by line with CRLF.
std::string write_device(const Message& message);

}  // namespace camfleet::sadp
