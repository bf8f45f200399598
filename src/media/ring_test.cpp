#include "media/ring.h"

#include <gtest/gtest.h>

#include <deque>
#include <memory>
#include <random>

namespace camfleet::media {
namespace {

TEST(ring, behaves_like_a_deque_whatever_comes_and_goes) {
  constexpr unsigned kSeed = 11;
  std::mt19937 random{kSeed};
  Ring<int> ring;
  std::deque<int> model;
  for (int step = 0; step < 20'000; ++step) {
    const auto what = random() % 8;
    const bool fills = step / 1'000 % 2 == 0;
    if (what < (fills ? 6U : 2U)) {
      ring.push_back(step);
      model.push_back(step);
    } else if (!model.empty()) {
      ring.pop_front();
      model.pop_front();
    }
    if (what == 7) ring.tighten();
    ASSERT_EQ(ring.size(), model.size()) << "seed " << kSeed << " step " << step;
    for (std::size_t i = 0; i < model.size(); i += 7) ASSERT_EQ(ring[i], model[i]);
    if (model.empty()) continue;
    ASSERT_EQ(ring.front(), model.front());
    ASSERT_EQ(ring.back(), model.back());
  }
}

TEST(ring, what_is_popped_is_let_go_at_once) {
  Ring<std::shared_ptr<int>> ring;
  auto one = std::make_shared<int>(1);
  ring.push_back(one);
  EXPECT_EQ(one.use_count(), 2);
  ring.pop_front();
  EXPECT_EQ(one.use_count(), 1);
}

TEST(ring, an_even_stream_moves_nothing_and_a_burst_gives_its_memory_back) {
  Ring<int> ring;
  const auto group = [&](int frames) {
    for (int i = 0; i < frames; ++i) ring.push_back(i);
    while (!ring.empty()) ring.pop_front();
    ring.tighten();
  };
  group(50);
  const auto usual = ring.capacity();
  for (int i = 0; i < 10; ++i) group(50);
  EXPECT_EQ(ring.capacity(), usual);
  group(5'000);
  EXPECT_GE(ring.capacity(), 5'000U);
  for (int i = 0; i < 3; ++i) group(50);
  EXPECT_LT(ring.capacity(), 200U);
}

}  // namespace
}  // namespace camfleet::media
