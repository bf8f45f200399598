#pragma once
// FLV taken apart again, strictly: what does not fit exactly is nothing.
#include <optional>
#include <vector>

#include "base/bytes.h"

namespace camfleet::flv::testing {

struct Tag {
  std::uint8_t type = 0;  // 8 sound, 9 picture, 18 data
  std::uint32_t time = 0;
  ByteView data;
};

struct File {
  bool audio = false;
  bool video = false;
  std::vector<Tag> tags;
};

// Whole tags, each with its size behind it.
inline std::optional<std::vector<Tag>> read_tags(ByteView bytes) {
  std::vector<Tag> out;
  while (!bytes.empty()) {
    if (bytes.size() < 15) return std::nullopt;
    const std::size_t size = load32(bytes.data()) & 0xFFFFFF;
    if (bytes.size() < 15 + size || size == 0) return std::nullopt;
    if (load32(&bytes[11 + size]) != 11 + size) return std::nullopt;
    if ((load32(&bytes[7]) & 0xFFFFFF) != 0) return std::nullopt;  // a stream id
    out.push_back(
        {bytes[0], std::uint32_t{bytes[7]} << 24 | load32(&bytes[4]) >> 8, bytes.subspan(11, size)});
    bytes = bytes.subspan(15 + size);
  }
  return out;
}

inline std::optional<File> read_file(ByteView bytes) {
  if (bytes.size() < 13 || as_text(bytes.first(3)) != "FLV" || bytes[3] != 1 || load32(&bytes[5]) != 9 ||
      load32(&bytes[9]) != 0)
    return std::nullopt;
  auto tags = read_tags(bytes.subspan(13));
  if (!tags) return std::nullopt;
  return File{(bytes[4] & 4) != 0, (bytes[4] & 1) != 0, std::move(*tags)};
}

}  // namespace camfleet::flv::testing
