#include "media/cipher_watch.h"

#include <algorithm>
#include <bit>

#include "proto/h26x/annexb.h"
#include "proto/h26x/bit_reader.h"
#include "proto/rtp/packet.h"

namespace camfleet::media {
namespace {

constexpr int kWindow = 32;  // pictures
constexpr int kLeast = 16;   // before there is a verdict
constexpr std::size_t kMostSets = 64;
constexpr std::uint32_t kMostPps264 = 255;
constexpr std::uint32_t kMostPps265 = 63;

}  // namespace

// The parameter sets of its description do not count: there may be more in the stream, and in use.
CipherWatch::CipherWatch(const model::Track& track)
    : codec_(track.codec == model::Codec::h265 ? h26x::Codec::h265 : h26x::Codec::h264),
      looks_(track.codec == model::Codec::h264 || track.codec == model::Codec::h265) {}

const CipherWatch::ParameterSet* CipherWatch::find(std::uint32_t id) const {
  const auto at = std::ranges::find(sets_, id, &ParameterSet::id);
  return at == sets_.end() ? nullptr : &*at;
}

// H.264 section 7.3.2.2, H.265 section 7.3.2.3.1.
void CipherWatch::learn(ByteView pps) {
  const bool h264 = codec_ == h26x::Codec::h264;
  h26x::BitReader bits{pps.subspan(std::min<std::size_t>(pps.size(), h264 ? 1 : 2))};
  ParameterSet set;
  set.id = bits.ue();
  const auto sequence = bits.ue();
  if (!h264) {
    bits.skip(2);
    set.extra_bits = static_cast<int>(bits.bits(3));
  }
  if (!bits.ok() || set.id > (h264 ? kMostPps264 : kMostPps265) || sequence > 31) return;
  const auto known = std::ranges::find(sets_, set.id, &ParameterSet::id);
  if (known != sets_.end())
    *known = set;
  else if (sets_.size() < kMostSets)
    sets_.push_back(set);
}

// The first slice of a picture: H.264 section 7.3.3, H.265 section 7.3.6.1.
bool CipherWatch::makes_sense(int type, ByteView slice) const {
  h26x::BitReader bits{slice};
  if (codec_ == h26x::Codec::h264) {
    if (bits.ue() != 0) return false;  // its first macroblock
    const auto kind = bits.ue();
    const auto set = bits.ue();
    if (!bits.ok() || kind > 9 || set > kMostPps264) return false;
    // 2 and 4: I and SI, and 5 more where all slices of the picture are.
    if (type == h26x::h264::kIdr && kind % 5 != 2 && kind % 5 != 4) return false;
    return sets_.empty() || find(set) != nullptr;
  }
  if (!bits.flag()) return false;  // the first slice segment of its picture
  const bool key = type >= h26x::h265::kBlaWLp && type <= 23;
  if (key) bits.skip(1);
  const auto set = bits.ue();
  if (!bits.ok() || set > kMostPps265) return false;
  if (sets_.empty()) return true;
  const auto* const known = find(set);
  if (known == nullptr) return false;
  bits.skip(known->extra_bits);
  const auto kind = bits.ue();  // B, P, I
  return bits.ok() && kind <= 2;
}

bool CipherWatch::judge(bool sense) {
  senseless_ = senseless_ << 1 | (sense ? 0U : 1U);
  pictures_ = std::min(pictures_ + 1, kWindow);
  if (pictures_ < kLeast) return false;
  const auto counted = pictures_ == kWindow ? senseless_ : senseless_ & ((1U << pictures_) - 1);
  const bool was = encrypted_;
  if (!encrypted_)
    encrypted_ = std::popcount(counted) * 2 >= pictures_;
  else
    encrypted_ = (senseless_ & 0xFFFFU) != 0;  // sixteen good ones in a row
  return was != encrypted_;
}

bool CipherWatch::take(const model::Packet& packet) {
  if (!looks_) return false;
  if (started_ && judged_ && packet.timestamp == timestamp_) return false;
  if (!started_ || packet.timestamp != timestamp_) judged_ = false;
  started_ = true;
  timestamp_ = packet.timestamp;
  const auto rtp = rtp::parse(packet.rtp());
  if (!rtp) return false;
  const ByteView payload = h26x::behind_start_code(rtp->payload);
  const bool h264 = codec_ == h26x::Codec::h264;
  const int type = h26x::nal_type(codec_, payload);
  if (type < 0) return false;
  const auto nal = [&](ByteView one, bool& changed) {
    const int kind = h26x::nal_type(codec_, one);
    if (kind == (h264 ? h26x::h264::kPps : h26x::h265::kPps)) learn(one);
    if (judged_ || !h26x::is_vcl(codec_, kind)) return;
    judged_ = true;
    changed = judge(makes_sense(kind, one.subspan(h264 ? 1 : 2)));
  };
  bool changed = false;
  if (type == (h264 ? h26x::h264::kStapA : h26x::h265::kAggregate)) {
    auto rest = payload.subspan(h264 ? 1 : 2);
    while (rest.size() > 2) {
      const std::size_t size = load16(rest.data());
      if (size < 2 || size > rest.size() - 2) break;
      nal(rest.subspan(2, size), changed);
      rest = rest.subspan(2 + size);
    }
  } else if (type == (h264 ? h26x::h264::kFuA : h26x::h265::kFragment)) {
    const std::size_t head = h264 ? 1 : 2;
    if (payload.size() <= head + 1) return false;
    const auto fragment = payload[head];
    const int kind = fragment & (h264 ? 0x1F : 0x3F);
    if (judged_ || !h26x::is_vcl(codec_, kind)) return false;
    judged_ = true;
    // Where its beginning was lost, there is nothing to judge.
    if ((fragment & 0x80) != 0) changed = judge(makes_sense(kind, payload.subspan(head + 1)));
  } else {
    nal(payload, changed);
  }
  return changed;
}

}  // namespace camfleet::media
