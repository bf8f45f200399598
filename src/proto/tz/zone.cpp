#include "proto/tz/zone.h"

#include <algorithm>

#include "base/text.h"

namespace camfleet::tz {
namespace {

using std::chrono::seconds;

constexpr std::size_t kHead = 44;

std::int64_t load64(const std::uint8_t* at) {
  return static_cast<std::int64_t>(std::uint64_t{load32(at)} << 32 | load32(at + 4));
}

// The counts of a block, and where its parts are. `word`: bytes of a time.
struct Block {
  std::uint32_t utc_marks, standard_marks, leaps, times, types, letters;
  std::size_t word, size;
};
std::optional<Block> block(ByteView in, std::size_t word) {
  if (in.size() < kHead || as_text(in.first(4)) != "TZif") return std::nullopt;
  const auto count = [&](std::size_t index) { return load32(in.data() + 20 + 4 * index); };
  Block out{count(0), count(1), count(2), count(3), count(4), count(5), word, 0};
  for (const auto one : {out.utc_marks, out.standard_marks, out.leaps, out.times, out.types, out.letters})
    if (one > 0xFFFF) return std::nullopt;
  out.size = kHead + out.times * (word + 1) + out.types * 6 + out.letters + out.leaps * (word + 4) +
             out.standard_marks + out.utc_marks;
  if (out.types == 0 || in.size() < out.size) return std::nullopt;
  return out;
}

}  // namespace

std::optional<seconds> parse_offset(std::string_view text) {
  text = trim(text);
  if (istarts_with(text, "UTC") || istarts_with(text, "GMT"))
    text.remove_prefix(3);
  else if (text == "Z")
    text.remove_prefix(1);
  else if (text.empty())
    return std::nullopt;
  if (text.empty()) return seconds{0};
  const bool behind = text.front() == '-';
  if (!behind && text.front() != '+') return std::nullopt;
  text.remove_prefix(1);
  const auto hours = parse_int<int>(take_until(text, ':'));
  const auto minutes = text.empty() ? std::optional{0} : parse_int<int>(text);
  if (!hours || !minutes || *hours < 0 || *hours > 14 || *minutes < 0 || *minutes > 59) return std::nullopt;
  const auto offset = std::chrono::hours{*hours} + std::chrono::minutes{*minutes};
  return behind ? -seconds{offset} : seconds{offset};
}

bool is_zone_name(std::string_view text) {
  if (text.empty() || text.size() > 64 || text.front() == '/' || text.find("..") != text.npos) return false;
  return std::ranges::all_of(text, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '/' ||
           c == '_' || c == '-' || c == '+';
  });
}

std::optional<seconds> offset_at(ByteView file, std::int64_t utc_s) {
  auto found = block(file, 4);
  if (!found) return std::nullopt;
  // From version 2 on the same stands behind it once more, in 64 bits, and a rule for what comes after.
  std::string_view rule;
  if (file[4] >= '2') {
    file = file.subspan(found->size);
    found = block(file, 8);
    if (!found) return std::nullopt;
    rule = as_text(file.subspan(found->size));
  }
  const auto time = [&](std::size_t index) {
    const auto* at = file.data() + kHead + index * found->word;
    return found->word == 8 ? load64(at) : std::int64_t{static_cast<std::int32_t>(load32(at))};
  };
  const auto* indices = file.data() + kHead + found->times * found->word;
  const auto* types = indices + found->times;
  std::size_t low = 0, high = found->times;  // the changes that were before
  while (low < high) {
    const auto middle = (low + high) / 2;
    if (time(middle) <= utc_s)
      low = middle + 1;
    else
      high = middle;
  }
  if (low == found->times && rule.find(',') != rule.npos) return std::nullopt;
  const std::size_t type = low == 0 ? 0 : indices[low - 1];
  if (type >= found->types) return std::nullopt;
  return seconds{static_cast<std::int32_t>(load32(types + 6 * type))};
}

std::optional<WallTime> utc_of(ByteView file, std::chrono::local_seconds local) {
  const auto as_utc = local.time_since_epoch().count();
  auto offset = offset_at(file, as_utc);
  if (!offset) return std::nullopt;
  // Close enough now to be on the right side of a change.
  offset = offset_at(file, as_utc - offset->count());
  if (!offset) return std::nullopt;
  return WallTime{seconds{as_utc} - *offset};
}

}  // namespace camfleet::tz
