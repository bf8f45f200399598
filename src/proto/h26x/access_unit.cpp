#include "proto/h26x/access_unit.h"

#include <algorithm>

#include "proto/h26x/sps_syntax.h"

namespace camfleet::h26x {
namespace {

constexpr std::size_t kMaxSetSize = 4096;
constexpr std::uint32_t kNoId = ~0U;

// The id under which a parameter set replaces another. Only the head is read: what is wrong further back is
// for who uses the set.
std::uint32_t id_of(Codec codec, int type, ByteView nal) {
  BitReader reader(nal.subspan(codec == Codec::h264 ? 1 : 2));
  std::uint32_t id = kNoId;
  if (codec == Codec::h264) {
    if (type == h264::kSps) reader.skip(24);
    id = reader.ue();
  } else if (type == h265::kVps) {
    id = reader.bits(4);
  } else if (type == h265::kPps) {
    id = reader.ue();
  } else {
    reader.skip(4);
    const auto sub_layers = reader.bits(3);
    reader.skip(1 + 88 + 8);  // nesting flag, general profile, general level
    skip_h265_sub_layer_levels(reader, sub_layers);
    id = reader.ue();
  }
  return reader.ok() ? id : kNoId;
}

}  // namespace

bool AccessUnit::append(ByteView nal) {
  if (nal.size() > kMaxNal || ranges.size() >= kMaxNals || data.size() + 4 + nal.size() > kMaxAccessUnit)
    return false;
  const auto at = data.size();
  data.resize(at + 4);
  store32(&data[at], static_cast<std::uint32_t>(nal.size()));
  data.insert(data.end(), nal.begin(), nal.end());
  ranges.push_back({static_cast<std::uint32_t>(at + 4), static_cast<std::uint32_t>(nal.size())});
  return true;
}

void AccessUnit::clear() {
  timestamp = 0;
  key = parameter_sets = false;
  data.clear();
  ranges.clear();
}

bool ParameterSets::update(Codec codec, ByteView nal) {
  const auto type = nal_type(codec, nal);
  if (type < 0 || !is_parameter_set(codec, type) || nal.size() > kMaxSetSize) return false;
  const auto id = id_of(codec, type, nal);
  if (id == kNoId) return false;

  const bool h264 = codec == Codec::h264;
  const bool pps = type == (h264 ? h264::kPps : h265::kPps);
  auto& sets = pps ? pps_ : type == h265::kVps ? vps_ : sps_;
  const auto old =
      std::ranges::find_if(sets, [&](const Bytes& set) { return id_of(codec, type, set) >= id; });
  if (old != sets.end() && std::ranges::equal(*old, nal)) return false;

  if (old != sets.end() && id_of(codec, type, *old) == id) {
    old->assign(nal.begin(), nal.end());
  } else {
    if (sets.size() >= (pps ? 16U : 4U)) return false;
    sets.insert(old, Bytes(nal.begin(), nal.end()));
  }
  ++generation_;
  return true;
}

}  // namespace camfleet::h26x
