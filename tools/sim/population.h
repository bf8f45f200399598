#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "sim/sound.h"

namespace camfleet::sim {

// Which way of login a device asks for; both: two challenges, SHA-256 first.
enum class Algorithms : std::uint8_t { md5, sha256, both };
enum class AlgorithmChoice : std::uint8_t { mixed, md5, sha256, both };

// What a device is: the same for the same seed and index, in every run and on every machine.
struct Identity {
  std::uint32_t index = 0;
  std::string id;     // "sim-0017"
  std::string name;   // as an installer would have typed it, UTF-8
  std::string site;   // "site-3"
  bool nvr = false;   // else an IP camera
  bool dome = false;  // deviceType IPDome
  bool h265 = false;  // what it codes its pictures in, else H.264
  Audio audio = Audio::none;
  std::uint16_t channels = 1;
  std::string model;  // "DS-2CD2146G2-ISU"
  std::string serial;
  std::string mac;            // "44:19:b6:00:00:11"
  std::string firmware;       // "V5.7.17"
  std::string firmware_date;  // "build 240606"
  std::string encoder;        // "V7.3"
  std::string password;
  std::string realm;  // of its digest challenges
  Algorithms algorithms = Algorithms::md5;
};

struct PopulationOptions {
  std::uint32_t devices = 24;
  std::uint64_t seed = 1;
  std::uint32_t nvr_every = 16;  // one device in so many is a recorder; 0: none
  std::uint16_t nvr_channels = 16;
  std::string password;                                 // of every device; empty: each has its own
  AlgorithmChoice algorithms = AlgorithmChoice::mixed;  // mixed: by the seed, but MD5 for the first device
  std::uint32_t h265_every = 0;  // one device in so many codes in H.265, the last of each so many; 0: none
  AudioChoice audio = AudioChoice::none;  // mixed: by the index, in turn none, mu-law, A-law and AAC
};

inline constexpr std::string_view kUser = "admin";

Identity identity_of(const PopulationOptions& options, std::uint32_t index);

// The password of a device where --password names none: "Cam" and the first 12 hexadecimal digits of
// SHA-256("camfleet-sim/<seed>/<index>/password").
std::string password_of(std::uint64_t seed, std::uint32_t index);

// Addresses are counted up from the first; the last octet runs from 1 to 254 and carries into the third.
// first: host byte order. nothing is checked: see AddressPlan.
class AddressPlan {
 public:
  AddressPlan(std::uint32_t first, std::uint32_t devices) : first_(first), devices_(devices) {}
  std::uint32_t address_of(std::uint32_t index) const;
  // The index of the device at that address, or -1.
  std::int64_t index_of(std::uint32_t address) const;
  // Whether all devices fit into 127/8 from the first address on.
  bool valid() const;

 private:
  std::uint32_t first_;
  std::uint32_t devices_;
};
std::string dotted(std::uint32_t address);
// False where the text is no dotted address.
bool parse_dotted(std::string_view text, std::uint32_t& out);

}  // namespace camfleet::sim
