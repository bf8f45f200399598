#pragma once
#include "fuzz.h"
#include "proto/h26x/annexb.h"
#include "proto/h26x/depacketizer.h"

namespace camfleet::fuzz {

inline void check_invariants(h26x::Codec codec, const h26x::AccessUnit& unit) {
  require(unit.size() > 0 && unit.size() <= h26x::kMaxNals && unit.data.size() <= h26x::kMaxAccessUnit);
  std::size_t total = 0;
  bool picture = false;
  bool key = false;
  for (std::size_t i = 0; i < unit.size(); ++i) {
    const auto nal = unit.nal(i);
    require(is_inside(nal, unit.data) && !nal.empty() && nal.size() <= h26x::kMaxNal && nal.back() != 0);
    require(h26x::find_start_code(nal) == nal.size());
    require(load32(nal.data() - 4) == nal.size());
    const auto type = h26x::nal_type(codec, nal);
    require(type >= 0 && type < (codec == h26x::Codec::h264 ? 24 : 48));
    picture = picture || h26x::is_vcl(codec, type);
    key = key || h26x::is_key(codec, type);
    total += 4 + nal.size();
  }
  require(picture && key == unit.key && total == unit.data.size());
}

// Input: packets of a byte of flags (1 marker, 2 next timestamp, 4 loss before, 8 a long one), a length, and
// the payload.
inline void run_depacketizer(h26x::Depacketizer& depacketizer, const std::uint8_t* data, std::size_t size) {
  Input input(data, size);
  std::uint32_t timestamp = 0xFFFFFF00;
  bool first = true;
  const auto drain = [&] {
    int count = 0;
    while (const auto unit = depacketizer.pull()) {
      check_invariants(depacketizer.codec(), *unit);
      require(!first || unit->key);
      first = false;
      require(++count <= 4);
    }
  };
  while (!input.empty()) {
    const auto flags = input.byte();
    if ((flags & 2) != 0) timestamp += 3600;
    const auto payload = input.take((flags & 8) != 0 ? input.word() : input.byte());
    const auto seen = h26x::classify(depacketizer.codec(), payload);
    require(!seen.key_start || (seen.key && seen.vcl && seen.picture_start));
    depacketizer.push({payload, (flags & 1) != 0, timestamp, (flags & 4) != 0});
    drain();
  }
  depacketizer.flush();
  drain();
  require(depacketizer.parameter_sets().sps().size() <= 4 &&
          depacketizer.parameter_sets().pps().size() <= 16);
}

}  // namespace camfleet::fuzz
