#include "events/sinks/window.h"

#include <gtest/gtest.h>

#include "events/sinks/testing/fakes.h"

namespace camfleet::events::sinks {
namespace {

using testing::entry;
using Seqs = std::vector<model::Seq>;

const SteadyTime kNow{std::chrono::seconds{100}};

TEST(Window, one_of_each_device_is_on_its_way) {
  Window window{0, {}};
  for (model::Seq seq = 1; seq <= 6; ++seq) window.add(entry(seq, seq % 2 == 1 ? "a" : "b"));
  EXPECT_EQ(window.take(kNow, 1), Seqs{1});
  EXPECT_EQ(window.take(kNow, 1), Seqs{2});
  EXPECT_EQ(window.take(kNow, 1), Seqs{}) << "both devices are busy";
  window.settle(1);
  window.release(model::DeviceId{"a"});
  EXPECT_EQ(window.take(kNow, 10), (Seqs{3, 5})) << "a batch takes a device's entries in order";
}

TEST(Window, the_cursor_stands_before_the_first_that_is_open) {
  Window window{10, {}};
  EXPECT_EQ(window.cursor(), 10U);
  window.pass(11);
  EXPECT_EQ(window.cursor(), 11U);
  window.add(entry(12, "a"));
  window.add(entry(13, "b"));
  window.pass(14);
  EXPECT_EQ(window.take(kNow, 2), (Seqs{12, 13}));
  window.settle(13);
  window.release(model::DeviceId{"b"});
  EXPECT_EQ(window.cursor(), 11U);
  window.settle(12);
  window.release(model::DeviceId{"a"});
  EXPECT_EQ(window.cursor(), 14U);
}

TEST(Window, a_device_that_waits_holds_up_no_other) {
  Window window{0, {}};
  window.add(entry(1, "a"));
  window.add(entry(2, "b"));
  window.add(entry(3, "a"));
  EXPECT_EQ(window.take(kNow, 1), Seqs{1});
  window.release(model::DeviceId{"a"}, kNow + std::chrono::seconds{5});
  EXPECT_EQ(window.take(kNow, 10), Seqs{2});
  EXPECT_EQ(window.next_due(), kNow + std::chrono::seconds{5});
  EXPECT_EQ(window.take(kNow + std::chrono::seconds{5}, 10), (Seqs{1, 3}));
}

TEST(Window, is_bounded_in_entries_and_bytes) {
  Window few{0, {.entries = 2, .bytes = 1 << 20}};
  few.add(entry(1, "a"));
  EXPECT_FALSE(few.full());
  few.add(entry(2, "a"));
  EXPECT_TRUE(few.full());
  EXPECT_EQ(few.take(kNow, 1), Seqs{1});
  few.settle(1);
  EXPECT_FALSE(few.full());
  Window small{0, {.entries = 100, .bytes = 100}};
  small.add(entry(1, "a"));
  EXPECT_TRUE(small.full());
}

TEST(Window, devices_take_turns) {
  Window window{0, {}};
  for (model::Seq seq = 1; seq <= 4; ++seq) window.add(entry(seq, "noisy"));
  window.add(entry(5, "quiet"));
  EXPECT_EQ(window.take(kNow, 1), Seqs{1});
  window.settle(1);
  window.release(model::DeviceId{"noisy"});
  EXPECT_EQ(window.take(kNow, 1), Seqs{5});
}

}  // namespace
}  // namespace camfleet::events::sinks
