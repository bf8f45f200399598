#pragma once
// Fragments of MP4 taken apart, and a reader of what a packager makes.
#include <string>
#include <string_view>
#include <vector>

#include "media/outputs/packager.h"

namespace camfleet::media::testing {

struct Box {
  std::string type;
  std::string_view body;
};

// The boxes of a level; `rest` is what is not whole yet.
inline std::vector<Box> boxes(std::string_view bytes, std::string_view* rest = nullptr) {
  std::vector<Box> out;
  while (bytes.size() >= 8) {
    const std::size_t size = load32(as_bytes(bytes).data());
    if (size < 8 || size > bytes.size()) break;
    out.push_back({std::string(bytes.substr(4, 4)), bytes.substr(8, size - 8)});
    bytes.remove_prefix(size);
  }
  if (rest != nullptr) *rest = bytes;
  return out;
}
inline std::string_view child(std::string_view bytes, std::string_view type) {
  for (const Box& box : boxes(bytes)) {
    if (box.type == type) return box.body;
  }
  return {};
}
inline std::string types(const std::vector<Box>& list) {
  std::string out;
  for (const Box& box : list) out += box.type + " ";
  return out;
}

struct Moment {
  std::uint32_t track;
  std::uint64_t decode_time;
  std::uint32_t samples;
  std::uint32_t duration;  // of the first
  std::int32_t offset;     // of the first: shown minus decoded
  bool key;
  std::size_t size;
};
// Of one fragment with one run.
inline Moment moment(std::string_view moof) {
  const auto traf = child(moof, "traf");
  const auto tfdt = as_bytes(child(traf, "tfdt"));
  const auto trun = as_bytes(child(traf, "trun"));
  const auto tfhd = as_bytes(child(traf, "tfhd"));
  Moment out{};
  out.track = load32(&tfhd[4]);
  out.samples = load32(&trun[4]);
  out.decode_time =
      tfdt[0] == 1 ? std::uint64_t{load32(&tfdt[4])} << 32 | load32(&tfdt[8]) : load32(&tfdt[4]);
  const auto flags = load32(&trun[0]) & 0xFFFFFF;
  std::size_t at = 8;
  if (flags & 0x001) at += 4;
  std::uint32_t sample_flags = 0;
  if (flags & 0x004) sample_flags = load32(&trun[at]), at += 4;
  if (flags & 0x100) out.duration = load32(&trun[at]), at += 4;
  if (flags & 0x200) out.size = load32(&trun[at]), at += 4;
  if (flags & 0x400) sample_flags = load32(&trun[at]), at += 4;
  if (flags & 0x800) out.offset = static_cast<std::int32_t>(load32(&trun[at]));
  const auto header = load32(&tfhd[0]) & 0xFFFFFF;
  at = 8;
  if (header & 0x01) at += 8;
  if (header & 0x02) at += 4;
  if (header & 0x08) out.duration = load32(&tfhd[at]), at += 4;
  if (header & 0x10) out.size = load32(&tfhd[at]), at += 4;
  if (header & 0x20 && sample_flags == 0) sample_flags = load32(&tfhd[at]);
  out.key = (sample_flags & 0x10000) == 0;
  return out;
}

// Reads what a packager makes.
class Collector final : public Viewer {
 public:
  explicit Collector(Packager& packager) : packager_(&packager) {
    cursor_.join(packager.cache(), true);
    packager.attach(*this);
    wake();
  }
  ~Collector() override {
    if (packager_ != nullptr) packager_->detach(*this);
  }
  void wake() override {
    cursor_.catch_up(packager_->cache(), {});
    while (!cursor_.waiting() && cursor_.place().item < packager_->cache().end().item) {
      got.push_back(packager_->cache().at(cursor_.place().item));
      cursor_.advance(got.back().size);
    }
  }
  void ended(const Error& why) override {
    over = why.code;
    packager_ = nullptr;
  }
  Place place() const override { return cursor_.place(); }
  std::vector<Fragment> got;
  Code over = Code::ok;

 private:
  Packager* packager_;
  Cursor cursor_;
};

}  // namespace camfleet::media::testing
