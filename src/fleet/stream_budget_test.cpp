#include "fleet/stream_budget.h"

#include <gtest/gtest.h>

namespace camfleet::fleet {
namespace {

using namespace std::chrono_literals;

constexpr SteadyTime kNow{1h};

TEST(StreamBudget, a_device_that_never_refused_takes_any_number) {
  StreamBudget budget;
  EXPECT_FALSE(budget.limit());
  EXPECT_TRUE(budget.allows(0, true, kNow));
  EXPECT_TRUE(budget.allows(500, true, kNow));
}

TEST(StreamBudget, one_is_kept_for_playback_and_one_more_while_no_alarm_channel_is_armed) {
  StreamBudget budget;
  budget.refused(6, kNow);
  EXPECT_EQ(budget.limit(), 6U);
  EXPECT_TRUE(budget.allows(4, true, kNow));
  EXPECT_FALSE(budget.allows(5, true, kNow));
  EXPECT_TRUE(budget.allows(3, false, kNow));
  EXPECT_FALSE(budget.allows(4, false, kNow));
}

TEST(StreamBudget, of_many_asked_for_at_once_the_smallest_number_counts) {
  StreamBudget budget;
  for (const std::size_t playing : {9U, 8U, 7U, 6U}) budget.refused(playing, kNow);
  budget.refused(8, kNow + 1s);
  EXPECT_EQ(budget.limit(), 6U);
}

TEST(StreamBudget, a_device_of_one_stream_still_shows_it) {
  for (const std::size_t playing : {0U, 1U, 2U}) {
    StreamBudget budget;
    budget.refused(playing, kNow);
    EXPECT_TRUE(budget.allows(0, true, kNow)) << playing;
    EXPECT_TRUE(budget.allows(0, false, kNow)) << playing;
    EXPECT_FALSE(budget.allows(1, true, kNow)) << playing;
  }
}

TEST(StreamBudget, the_lesson_is_put_to_the_test_again_and_corrected) {
  StreamBudget budget;
  budget.refused(2, kNow);
  const auto later = kNow + StreamBudget::kDoubt;
  EXPECT_TRUE(budget.allows(2, true, later));
  budget.played(3);
  EXPECT_EQ(budget.limit(), 3U);
  budget.refused(5, later);  // others had held its sessions
  EXPECT_EQ(budget.limit(), 5U);
  EXPECT_FALSE(budget.allows(4, true, later));
}

TEST(StreamBudget, what_an_earlier_run_learned_counts_until_it_is_doubted) {
  const SteadyTime now{std::chrono::hours{5}};
  StreamBudget budget;
  budget.recall(6, now - std::chrono::minutes{3});
  EXPECT_EQ(budget.limit(), 6U);
  EXPECT_TRUE(budget.allows(4, true, now));
  EXPECT_FALSE(budget.allows(5, true, now));
  EXPECT_TRUE(budget.allows(5, true, now + std::chrono::minutes{7})) << "is put to the test again";
  EXPECT_EQ(budget.limit(), 6U) << "and is shown until then";
}

}  // namespace
}  // namespace camfleet::fleet
