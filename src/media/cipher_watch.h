#pragma once
#include <cstdint>
#include <vector>

#include "model/packet.h"
#include "model/stream.h"
#include "proto/h26x/nal.h"

namespace camfleet::media {

// Tells a stream that its camera encrypts (Hikvision's stream key): RTP that is in order, with pictures that
// make no sense. The first bits of each picture are looked at, which a decoder could not do without: where a
// picture begins, of what type its first slice is, and whether its parameter set is one of those that were
// sent. Of scrambled bits one in five passes by chance; of a camera's pictures all do, but for those whose
// first packet was lost. Costs a comparison for each packet and a few bits for each picture. One loop.
class CipherWatch {
 public:
  CipherWatch() = default;
  explicit CipherWatch(const model::Track& track);

  // Each packet of the track, in order. True where the verdict changed by it.
  bool take(const model::Packet& packet);
  bool encrypted() const { return encrypted_; }

 private:
  struct ParameterSet {
    std::uint32_t id = 0;
    int extra_bits = 0;  // of a slice header (H.265)
    friend bool operator==(const ParameterSet&, const ParameterSet&) = default;
  };
  void learn(ByteView pps);
  bool makes_sense(int type, ByteView slice) const;
  bool judge(bool sense);
  const ParameterSet* find(std::uint32_t id) const;

  h26x::Codec codec_ = h26x::Codec::h264;
  bool looks_ = false;
  bool judged_ = false;  // the picture of timestamp_
  bool started_ = false;
  std::uint32_t timestamp_ = 0;
  std::vector<ParameterSet> sets_;
  std::uint32_t senseless_ = 0;  // a bit for each of the last pictures
  int pictures_ = 0;             // how many bits of it count
  bool encrypted_ = false;
};

}  // namespace camfleet::media
