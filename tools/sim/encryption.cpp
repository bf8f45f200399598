#include "sim/encryption.h"

#include "base/random.h"

namespace camfleet::sim {

ByteView encrypt(h26x::Codec codec, ByteView payload, bool all, std::deque<Bytes>& keep) {
  using namespace h26x;
  const int type = nal_type(codec, payload);
  if (type < 0 || (!all && is_parameter_set(codec, type))) return payload;
  const bool fragment = codec == Codec::h264 ? type == h264::kFuA : type == h265::kFragment;
  const std::size_t plain = (codec == Codec::h264 ? 1U : 2U) + (fragment ? 1U : 0U);
  if (payload.size() <= plain) return payload;
  auto& copy = keep.emplace_back(payload.begin(), payload.end());
  Rng noise{payload.size() * 0x9e3779b97f4a7c15U ^ copy[copy.size() / 2]};
  for (std::size_t i = plain; i < copy.size(); ++i) copy[i] ^= static_cast<std::uint8_t>(noise() >> 13);
  return copy;
}

}  // namespace camfleet::sim
