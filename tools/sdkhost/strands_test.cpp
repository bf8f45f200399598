#include "sdkhost/strands.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <latch>
#include <vector>

namespace camfleet::sdkhost {
namespace {

TEST(SdkHostStrands, jobs_of_one_key_run_one_after_the_other) {
  std::array<std::vector<int>, 8> seen;
  std::array<std::atomic<int>, 8> inside{};
  std::atomic<bool> overlapped{false};
  {
    Strands strands{4, 10'000};
    for (int i = 0; i < 800; ++i) {
      const auto key = static_cast<std::size_t>(i % 8);
      ASSERT_TRUE(strands.post(static_cast<std::uint32_t>(key + 1), [&, key, i] {
        if (++inside[key] != 1) overlapped = true;
        seen[key].push_back(i);
        --inside[key];
      }));
    }
  }
  EXPECT_FALSE(overlapped);
  for (std::size_t key = 0; key < 8; ++key) {
    ASSERT_EQ(seen[key].size(), 100U);
    EXPECT_TRUE(std::ranges::is_sorted(seen[key])) << key;
  }
}

TEST(SdkHostStrands, a_device_that_hangs_holds_one_thread) {
  std::latch release{1};
  std::latch others{20};
  Strands strands{2, 100};
  strands.post(1, [&release] { release.wait(); });
  strands.post(1, [] {});
  for (std::uint32_t i = 0; i < 20; ++i) strands.post(2 + i, [&others] { others.count_down(); });
  others.wait();
  EXPECT_EQ(strands.state().waiting, 1U);
  EXPECT_EQ(strands.state().oldest_key, 1U);
  release.count_down();
}

// However many do not answer: threads are left for those that do.
TEST(SdkHostStrands, a_crowd_in_doubt_leaves_threads_for_the_rest) {
  std::latch release{1};
  std::latch others{20};
  std::atomic<int> inside{0}, most{0};
  {
    Strands strands{8, 1'000};
    for (std::uint32_t key = 1; key <= 100; ++key) {
      strands.doubt(key, true);
      ASSERT_TRUE(strands.post(key, [&] {
        most = std::max(most.load(), ++inside);
        release.wait();
        --inside;
      }));
    }
    for (std::uint32_t key = 201; key <= 220; ++key) strands.post(key, [&others] { others.count_down(); });
    others.wait();
    release.count_down();
  }
  EXPECT_EQ(inside, 0);
  EXPECT_LE(most, 6);
}

TEST(SdkHostStrands, who_answers_again_is_served_with_the_others) {
  std::latch release{1};
  std::latch done{1};
  Strands strands{2, 1'000};
  for (std::uint32_t key = 1; key <= 4; ++key) {
    strands.doubt(key, true);
    strands.post(key, [&release] { release.wait(); });
  }
  strands.doubt(9, true);
  strands.doubt(9, false);
  strands.post(9, [&done] { done.count_down(); });
  done.wait();
  release.count_down();
}

TEST(SdkHostStrands, too_much_is_refused) {
  std::latch release{1};
  Strands strands{1, 3};
  std::latch begun{1};
  ASSERT_TRUE(strands.post(1, [&] {
    begun.count_down();
    release.wait();
  }));
  begun.wait();
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(strands.post(2, [] {}));
  EXPECT_FALSE(strands.post(3, [] {}));
  EXPECT_EQ(strands.state().waiting, 3U);
  release.count_down();
}

}  // namespace
}  // namespace camfleet::sdkhost
