#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"

namespace camfleet::sim {

// What a device's microphone is coded as.
enum class Audio : std::uint8_t { none, pcmu, pcma, aac };
enum class AudioChoice : std::uint8_t { none, pcmu, pcma, aac, mixed };

// A sound as RTP payloads, one after another and round again. Immutable; all sessions share it.
class Sound {
 public:
  // G.711: 40 ms a packet, 8,000 bytes a second.
  static Sound g711(Bytes samples);
  // AAC in ADTS frames, one access unit a packet with its AU header of 16 bits (RFC 3640). media.bad_data
  // where it is none, or not of one channel.
  static Result<Sound> aac(ByteView adts);

  std::size_t packets() const { return packets_.size(); }
  ByteView packet(std::size_t i) const {
    return ByteView{bytes_}.subspan(packets_[i].offset, packets_[i].size);
  }
  std::uint32_t clock_rate() const { return clock_rate_; }
  std::uint32_t ticks_per_packet() const { return ticks_per_packet_; }
  const Bytes& config() const { return config_; }  // AudioSpecificConfig of AAC

 private:
  struct Packet {
    std::uint32_t offset = 0;
    std::uint32_t size = 0;
  };
  Bytes bytes_;
  std::vector<Packet> packets_;
  std::uint32_t clock_rate_ = 8000;
  std::uint32_t ticks_per_packet_ = 320;
  Bytes config_;
};

struct Sounds {
  Sound pcmu, pcma, aac;
  // nullptr: the device has none, or there is no such sound.
  const Sound* of(Audio audio) const;
  static Result<Sounds> load(const std::string& folder);
};

std::uint8_t payload_type_of(Audio audio);
// As audioCompressionType says it: "G.711ulaw", "G.711alaw", "AAC"; empty for none.
std::string_view isapi_name_of(Audio audio);

}  // namespace camfleet::sim
