#include "proto/http/retry_after.h"

#include <gtest/gtest.h>

namespace camfleet::http {
namespace {

using namespace std::chrono_literals;
constexpr WallTime kNow{std::chrono::sys_days{std::chrono::year{1994} / 11 / 6} + 8h + 49min + 7s};

TEST(RetryAfter, takes_seconds_and_each_form_of_a_date) {
  EXPECT_EQ(retry_after("120", kNow), 120);
  EXPECT_EQ(retry_after(" 0 ", kNow), 0);
  EXPECT_EQ(retry_after("000000030", kNow), 30);
  EXPECT_EQ(retry_after("Sun, 06 Nov 1994 08:49:37 GMT", kNow), 30);
  EXPECT_EQ(retry_after("Sunday, 06-Nov-94 08:49:37 GMT", kNow), 30);
  EXPECT_EQ(retry_after("Sun Nov  6 08:49:37 1994", kNow), 30);
}

TEST(RetryAfter, a_hostile_value_is_bounded_or_nothing) {
  EXPECT_EQ(retry_after("1000000000000", kNow), 86'400);
  EXPECT_EQ(retry_after(std::string(5'000, '9'), kNow), 86'400);
  EXPECT_EQ(retry_after("Thu, 01 Jan 2099 00:00:00 GMT", kNow), 86'400);
  EXPECT_EQ(retry_after("Sun, 06 Nov 1994 08:00:00 GMT", kNow), 0);
  for (const char* text :
       {"", "-5", "+5", "1.5", "soon", "12 minutes", "0x10", "Sun, 31 Feb 1994 08:49:37 GMT",
        "Sun, 06 Nov 1994 25:49:37 GMT", "Sun, 06 Nov 1994", "::", "\xFF\xFE", "99:99:99 1 Jan 1"})
    EXPECT_EQ(retry_after(text, kNow), std::nullopt) << text;
}

}  // namespace
}  // namespace camfleet::http
