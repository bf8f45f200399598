#include "proto/tz/zone.h"

#include <gtest/gtest.h>

namespace camfleet::tz {
namespace {

using namespace std::chrono_literals;

void put(Bytes& out, std::int64_t value, int bytes) {
  for (int i = bytes - 1; i >= 0; --i) out.push_back(static_cast<std::uint8_t>(value >> (8 * i)));
}

struct Change {
  std::int64_t at;
  std::uint8_t type;
};
void block(Bytes& out, char version, const std::vector<Change>& changes, const std::vector<int>& offsets,
           int word) {
  for (const char c : {'T', 'Z', 'i', 'f', version}) out.push_back(static_cast<std::uint8_t>(c));
  out.insert(out.end(), 15, 0);
  for (const std::size_t count :
       {std::size_t{0}, std::size_t{0}, std::size_t{0}, changes.size(), offsets.size(), std::size_t{4}})
    put(out, static_cast<std::int64_t>(count), 4);
  for (const auto& one : changes) put(out, one.at, word);
  for (const auto& one : changes) out.push_back(one.type);
  for (const auto offset : offsets) {
    put(out, offset, 4);
    put(out, 0, 2);
  }
  put(out, 0, 4);
}
// Two hours ahead from 1000 on, three from 2'000'000'000.
Bytes file(std::string_view rule) {
  const std::vector<Change> changes{{1'000, 1}, {2'000'000'000, 2}};
  const std::vector<int> offsets{3'600, 7'200, 10'800};
  Bytes out;
  block(out, '2', {}, {0}, 4);
  block(out, '2', changes, offsets, 8);
  out.insert(out.end(), rule.begin(), rule.end());
  return out;
}

TEST(Zone, a_fixed_difference_is_read_as_people_write_it) {
  EXPECT_EQ(parse_offset("+08:00"), 8h);
  EXPECT_EQ(parse_offset("-3:30"), -(3h + 30min));
  EXPECT_EQ(parse_offset("UTC+8"), 8h);
  EXPECT_EQ(parse_offset("utc"), 0s);
  EXPECT_EQ(parse_offset("Z"), 0s);
  for (const auto* text : {"", "Asia/Shanghai", "+", "+25", "+8:61", "8", "+-8"})
    EXPECT_FALSE(parse_offset(text)) << text;
}

TEST(Zone, a_name_never_leaves_the_folder_of_zones) {
  EXPECT_TRUE(is_zone_name("Asia/Shanghai"));
  EXPECT_TRUE(is_zone_name("Etc/GMT+8"));
  for (const auto* text : {"", "/etc/passwd", "../x", "a/../../x", "a b", "a\nb", "a.b"})
    EXPECT_FALSE(is_zone_name(text)) << text;
}

TEST(Zone, the_offset_is_that_of_the_last_change_before) {
  const auto zone = file("\nXST-3\n");
  EXPECT_EQ(offset_at(zone, 0), 1h);
  EXPECT_EQ(offset_at(zone, 1'000), 2h);
  EXPECT_EQ(offset_at(zone, 1'999'999'999), 2h);
  EXPECT_EQ(offset_at(zone, 2'000'000'000), 3h);
  EXPECT_EQ(utc_of(zone, std::chrono::local_seconds{8'200s + 2h}), WallTime{8'200s});
  EXPECT_EQ(utc_of(zone, std::chrono::local_seconds{2'000'000'000s + 3h}), WallTime{2'000'000'000s});
}

TEST(Zone, what_a_rule_alone_would_tell_is_not_known) {
  const auto zone = file("\nCET-1CEST,M3.5.0,M10.5.0/3\n");
  EXPECT_EQ(offset_at(zone, 1'999'999'999), 2h);
  EXPECT_FALSE(offset_at(zone, 2'000'000'000));
}

TEST(Zone, a_file_that_is_cut_or_lies_is_none) {
  const auto whole = file("");
  for (std::size_t size = 0; size < whole.size(); ++size)
    EXPECT_FALSE(offset_at(ByteView{whole}.first(size), 5'000)) << size;
  auto lies = whole;
  std::fill(lies.begin() + 20, lies.begin() + 44, std::uint8_t{0xFF});
  EXPECT_FALSE(offset_at(lies, 5'000));
  Bytes wild;
  block(wild, '1', {{1'000, 9}}, {0}, 4);
  EXPECT_FALSE(offset_at(wild, 5'000));
}

}  // namespace
}  // namespace camfleet::tz
