#include "api/rfc3339.h"

#include <gtest/gtest.h>

namespace camfleet::api {
namespace {

std::string again(std::string_view text) {
  const auto time = parse_rfc3339(text);
  return time ? to_rfc3339(*time) : "none";
}

TEST(Rfc3339, reads_what_we_write_and_what_others_do) {
  EXPECT_EQ(again("2026-11-22T14:27:51.123Z"), "2026-11-22T14:27:51.123Z");
  EXPECT_EQ(again("2026-11-22T14:27:51Z"), "2026-11-22T14:27:51.000Z");
  EXPECT_EQ(again("2026-11-22t14:27:51.1234567z"), "2026-11-22T14:27:51.123Z");
  EXPECT_EQ(again("2026-11-22 22:27:51+08:00"), "2026-11-22T14:27:51.000Z");
  EXPECT_EQ(again("2024-02-28T23:30:00-01:00"), "2024-02-29T00:30:00.000Z");
}

TEST(Rfc3339, refuses_what_is_no_moment) {
  for (const auto* text :
       {"", "2026-11-22", "2026-11-22T14:27:51", "2026-02-30T00:00:00Z", "2026-11-22T24:00:00Z",
        "2026-11-22T14:60:00Z", "2026-11-22T14:27:51.Z", "2026-11-22T14:27:51+8", "26-11-22T14:27:51Z",
        "2026-11-22T14:27:51Z ", "-026-11-22T14:27:51Z", "yesterday"})
    EXPECT_EQ(again(text), "none") << text;
}

}  // namespace
}  // namespace camfleet::api
