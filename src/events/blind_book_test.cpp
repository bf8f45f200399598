#include "events/blind_book.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <map>
#include <optional>

#include "base/random.h"

namespace camfleet::events {
namespace {

using model::NewEntry;

// What readers are shown is brought up to date by what changed, and never drifts from the book itself.
TEST(BlindBook, what_is_shown_and_counted_is_what_is_open_whatever_happens) {
  constexpr std::uint64_t kSeed = 20261128;
  RecordProperty("seed", std::to_string(kSeed));
  Rng dice{kSeed};
  constexpr std::array kReasons{Code::blind_link_down, Code::blind_not_armed, Code::blind_disabled,
                                Code::blind_congested, Code::blind_unsupported};
  BlindBook book;
  BlindBook::Open shown;
  WallTime now{std::chrono::hours{1}};
  std::size_t most = 0;
  for (int batch = 0; batch < 2'000; ++batch) {
    std::vector<NewEntry> out;
    const auto size = dice.below(8);
    for (std::uint64_t i = 0; i < size; ++i) {
      now += std::chrono::milliseconds{7};
      const model::DeviceId device{"cam-" + std::to_string(dice.below(40))};
      switch (dice.below(4)) {
        case 0:
          book.armed(device, now, out);
          break;
        case 1:
          book.enter(device, dice.below(2) == 0 ? std::nullopt : std::optional{now}, now, out);
          break;
        default:
          book.blind(device, Error{kReasons[dice.below(kReasons.size())]}, now, now, out);
      }
    }
    book.show(shown);
    ASSERT_EQ(shown.size(), book.size());
    std::map<Code, std::size_t> counted;
    for (const auto& [device, interval] : shown) {
      const auto& is = book.open().at(device);
      ASSERT_EQ(interval.event, is.event);
      ASSERT_EQ(interval.reason, is.reason);
      ++counted[interval.reason];
    }
    for (const auto& [reason, count] : book.by_reason()) ASSERT_EQ(count, counted[reason]) << name(reason);
    most = std::max(most, shown.size());
  }
  EXPECT_GT(most, 20U) << "it was tried";
}

TEST(BlindBook, what_was_open_at_the_last_end_is_shown_and_counted_at_once) {
  BlindBook before;
  std::vector<NewEntry> out;
  const WallTime now{std::chrono::hours{1}};
  before.blind(model::DeviceId{"cam-1"}, Error{Code::blind_link_down}, now, now, out);
  before.blind(model::DeviceId{"cam-2"}, Error{Code::blind_disabled}, now, now, out);
  BlindBook after;
  after.restore({out[0].entry, out[1].entry});
  BlindBook::Open shown;
  after.show(shown);
  EXPECT_EQ(shown.size(), 2U);
  EXPECT_EQ(after.by_reason().at(Code::blind_link_down), 1U);
  EXPECT_EQ(after.by_reason().at(Code::blind_disabled), 1U);
  EXPECT_EQ(after.by_reason().at(Code::blind_congested), 0U);
}

}  // namespace
}  // namespace camfleet::events
