#include "api/stream_cursor.h"

#include <gtest/gtest.h>

namespace camfleet::api {
namespace {

TEST(StreamCursor, has_one_spelling_and_an_old_one_has_no_place_in_the_ledger) {
  const StreamCursor cursor{{0x5f0c2b9a71de4430, 31}, 1000};
  EXPECT_EQ(to_text(cursor), "5f0c2b9a71de4430-1f-3e8");
  EXPECT_EQ(parse_stream_cursor("5f0c2b9a71de4430-1f-3e8"), cursor);
  const auto old = parse_stream_cursor("5f0c2b9a71de4430-1f");
  ASSERT_TRUE(old);
  EXPECT_FALSE(old->events);
  EXPECT_EQ(to_text(*old), "5f0c2b9a71de4430-1f");
  for (const auto* bad : {"", "-", "5f0c2b9a71de4430", "5f0c2b9a71de4430-1f-", "5f0c2b9a71de4430-1f-03e8",
                          "5f0c2b9a71de4430-1f-3E8", "5f0c2b9a71de4430-1f--3", "5f0c2b9a71de4430-1f-3e8-1",
                          "5f0c2b9a71de4430-1f-10000000000000000"})
    EXPECT_FALSE(parse_stream_cursor(bad)) << bad;
}

}  // namespace
}  // namespace camfleet::api
