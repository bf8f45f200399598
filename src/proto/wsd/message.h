#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

// WS-Discovery (April 2005, as ONVIF uses it): SOAP in single datagrams, by which devices say that they are
// there. Bytes in, values out. Nothing in it is authenticated: whoever is on the network can say anything.
namespace camfleet::wsd {

inline constexpr std::string_view kGroup = "239.255.255.250";
inline constexpr std::uint16_t kPort = 3702;
// What is read of one message; the rest is left out without a word.
inline constexpr std::size_t kMaxTargets = 16;
inline constexpr std::size_t kMaxWords = 64;  // of one list: types, scopes, addresses
inline constexpr std::size_t kMaxWord = 512;  // bytes; a longer word is left out

enum class Kind : std::uint8_t { hello, bye, probe, probe_matches, resolve, resolve_matches };
std::string_view name(Kind kind);  // "ProbeMatches"

// One thing that can be found ("target service").
struct Target {
  // Its endpoint reference, lower case and without "urn:uuid:" or "uuid:" where it has one: stable, whatever
  // address the device has. Empty where a device left it out.
  std::string epr;
  std::vector<std::string> types;   // without their prefixes: "NetworkVideoTransmitter"
  std::vector<std::string> scopes;  // URIs, as they came
  std::vector<std::string> xaddrs;  // as they came, of any scheme, to anywhere
  std::uint32_t metadata_version = 0;
  friend bool operator==(const Target&, const Target&) = default;
};

struct Message {
  Kind kind = Kind::hello;
  std::string message_id;
  std::string relates_to;  // of matches: the message_id of the probe
  // Of a Hello, a Bye and matches what is announced; of a Probe and a Resolve one that says what is sought.
  std::vector<Target> targets;
  friend bool operator==(const Message&, const Message&) = default;
};

// Takes any version of the namespaces, and messages without a header. xml.*; device.unexpected_answer where
// the XML is none of the six messages.
Result<Message> parse(std::string_view datagram);

// As devices and clients write it. `message.message_id` is "uuid:..." or "urn:uuid:...". A Hello, a Bye and a
// Probe go to the group, an answer to whoever asked.
std::string write(const Message& message);

// "urn:uuid:ABC" and "uuid:abc" are the same: "abc". Of any other URI nothing is changed.
std::string normalised_epr(std::string_view text);

}  // namespace camfleet::wsd
