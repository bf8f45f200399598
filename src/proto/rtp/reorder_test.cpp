#include "proto/rtp/reorder.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <set>
#include <vector>

#include "base/random.h"

namespace camfleet::rtp {
namespace {

using namespace std::chrono_literals;

// A stream that is pushed through, on a clock of its own. Packets carry their number in 32 bits, so that what
// comes out can be told from what went in also after the sequence number has wrapped.
struct Line {
  explicit Line(ReorderLimits limits = {}) : reorder(limits) {}

  void send(std::uint32_t number, std::uint32_t ssrc = 7) {
    std::uint8_t bytes[4];
    store32(bytes, number);
    last = reorder.take(ssrc, static_cast<std::uint16_t>(number), bytes, now);
    if (last == Reorder::Taken::now) out.push_back(number);
    drain();
  }
  void wait(std::chrono::milliseconds time) {
    now += time;
    drain();
  }
  void drain() {
    while (const auto bytes = reorder.next(now)) out.push_back(load32(bytes->data()));
  }
  void run(std::uint32_t from, std::uint32_t count, std::uint32_t ssrc = 7) {
    for (std::uint32_t i = 0; i < count; ++i) send(from + i, ssrc);
  }

  Reorder reorder;
  SteadyTime now{1h};
  Reorder::Taken last{};
  std::vector<std::uint32_t> out;
};

std::vector<std::uint32_t> numbers(std::uint32_t from, std::uint32_t count) {
  std::vector<std::uint32_t> all;
  for (std::uint32_t i = 0; i < count; ++i) all.push_back(from + i);
  return all;
}

TEST(Reorder, what_comes_in_order_passes_at_once_through_the_wrap) {
  Line line;
  for (std::uint32_t i = 0; i < 200'000; ++i) {
    line.send(65'000 + i);
    ASSERT_EQ(line.last, Reorder::Taken::now);
  }
  EXPECT_EQ(line.out, numbers(65'000, 200'000));
  EXPECT_EQ(line.reorder.counters().lost, 0U);
  EXPECT_EQ(line.reorder.due(), kNever);
}

TEST(Reorder, a_missing_packet_is_waited_for_and_no_longer_than_that) {
  Line line;
  line.run(10, 2);
  line.send(13);
  line.send(14);
  EXPECT_EQ(line.out, numbers(10, 2));
  EXPECT_EQ(line.reorder.due(), line.now + 100ms);
  line.wait(99ms);
  EXPECT_EQ(line.out.size(), 2U);
  line.wait(1ms);
  EXPECT_EQ(line.out, (std::vector<std::uint32_t>{10, 11, 13, 14}));
  EXPECT_EQ(line.reorder.counters().lost, 1U);
  line.send(12);
  EXPECT_EQ(line.last, Reorder::Taken::late);
  line.send(13);
  EXPECT_EQ(line.last, Reorder::Taken::duplicate);
  line.send(15);
  EXPECT_EQ(line.last, Reorder::Taken::now);
  EXPECT_EQ(line.reorder.counters().late, 1U);
  EXPECT_EQ(line.reorder.counters().duplicates, 1U);
}

// Row 55 of the bad inputs: reordering of 64.
TEST(Reorder, packets_that_are_displaced_by_up_to_64_come_out_in_order) {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Rng rng{seed};
    const auto begin = static_cast<std::uint32_t>(rng.below(65'536));
    auto sent = numbers(begin, 5'000);
    // The first stays where it is: what comes before it is late by definition.
    for (std::size_t i = 1; i + 64 < sent.size(); i += 64)
      std::shuffle(sent.begin() + static_cast<std::ptrdiff_t>(i),
                   sent.begin() + static_cast<std::ptrdiff_t>(i + 64), rng);
    Line line;
    for (const auto number : sent) line.send(number);
    EXPECT_EQ(line.out, numbers(begin, 5'000));
    EXPECT_EQ(line.reorder.counters().lost, 0U);
    EXPECT_GT(line.reorder.counters().reordered, 1'000U);
  }
}

// Row 55: loss of 30 %, bursts of 500, duplicates, reordering, all at once.
TEST(Reorder, whatever_a_network_does_what_comes_out_is_in_order_and_accounted_for) {
  for (std::uint64_t seed = 1; seed <= 40; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Rng rng{seed};
    const double loss = rng.unit() * 0.3, twice = rng.unit(), displaced = rng.unit() * 0.5;
    const auto begin = static_cast<std::uint32_t>(rng.below(65'536));
    struct Event {
      double at;
      std::uint32_t number;
    };
    std::vector<Event> events;
    std::uint32_t burst_ends = 0;
    for (std::uint32_t i = 0; i < 20'000; ++i) {
      if (i > burst_ends && rng.unit() < 0.0005) burst_ends = i + 500;
      if (i > 0 && (i < burst_ends || rng.unit() < loss)) continue;
      const auto at = [&] { return i + (i > 0 && rng.unit() < displaced ? rng.unit() * 64 : 0.0); };
      events.push_back({at(), begin + i});
      if (i > 0 && rng.unit() < twice) events.push_back({at(), begin + i});
    }
    std::ranges::sort(events, {}, &Event::at);
    std::set<std::uint32_t> sent;
    for (const auto& event : events) sent.insert(event.number);
    Line line;
    std::size_t most = 0;
    for (const auto& event : events) {
      line.wait(1ms);
      line.send(event.number);
      most = std::max(most, line.reorder.waiting());
    }
    line.wait(1s);
    ASSERT_TRUE(std::ranges::is_sorted(line.out));
    ASSERT_EQ(std::ranges::adjacent_find(line.out), line.out.end()) << "each once";
    for (const auto number : line.out) ASSERT_TRUE(sent.contains(number));
    const auto& counters = line.reorder.counters();
    EXPECT_EQ(line.out.size() + counters.lost, line.out.back() - begin + 1);
    EXPECT_GE(line.out.size() + counters.late, sent.size()) << "what was sent came out, or came too late";
    EXPECT_EQ(line.out.size() + counters.late + counters.duplicates, events.size());
    EXPECT_EQ(counters.restarts + counters.strays, 0U);
    EXPECT_LE(most, 513U);
  }
}

TEST(Reorder, everything_twice_is_everything_once) {
  Line line;
  for (std::uint32_t i = 0; i < 70'000; ++i) {
    line.send(i);
    line.send(i);
  }
  EXPECT_EQ(line.out, numbers(0, 70'000));
  EXPECT_EQ(line.reorder.counters().duplicates, 70'000U);
}

TEST(Reorder, the_window_is_bounded_in_packets_and_bytes_whatever_the_time) {
  Line line{{.packets = 512, .bytes = 1 << 20, .wait = 1h}};
  line.send(0);
  line.run(2, 600);
  EXPECT_LE(line.reorder.waiting(), 512U);
  EXPECT_EQ(line.reorder.counters().lost, 1U);
  EXPECT_EQ(line.out.size(), 601U) << "it gave up on the one that is missing";

  Reorder large{{.packets = 512, .bytes = 100'000, .wait = 1h}};
  const Bytes packet(10'000);
  (void)large.take(1, 0, packet, SteadyTime{});
  for (std::uint16_t i = 2; i < 30; ++i) {
    (void)large.take(1, i, packet, SteadyTime{});
    while (large.next(SteadyTime{})) {
    }
    EXPECT_LE(large.waiting(), 10U);
  }
}

// Row 52: +30,000.
TEST(Reorder, a_wild_jump_counts_when_it_is_confirmed_and_nothing_of_it_is_lost) {
  Line line;
  line.run(100, 5);
  line.send(107);  // waits when the source begins anew
  line.run(30'100, 10);
  EXPECT_EQ(line.out.size(), 16U);
  EXPECT_EQ(line.out[5], 107U);
  EXPECT_EQ(line.out[6], 30'100U);
  EXPECT_EQ(line.reorder.counters().restarts, 1U);
  line.send(60'000);
  line.send(30'110);
  EXPECT_EQ(line.out.back(), 30'110U);
  EXPECT_EQ(line.reorder.counters().strays, 1U);
  EXPECT_EQ(line.reorder.counters().restarts, 1U);
}

// Row 52: backwards, by more and by less than the window, and a restart at random.
TEST(Reorder, a_stream_that_goes_back_is_believed_in_the_end) {
  for (const std::uint32_t back : {50U, 1'000U, 1'100U, 20'000U}) {
    SCOPED_TRACE(back);
    Line line;
    line.run(40'000, 2'000);
    line.out.clear();
    line.run(42'000 - back, 1'000);
    EXPECT_GE(line.out.size(), back < 100 ? 950U : 900U);
    EXPECT_EQ(line.out.back(), 42'999U - back);
    EXPECT_TRUE(std::ranges::is_sorted(line.out));
  }
}

// Row 54: another SSRC in mid-stream, and two at a time.
TEST(Reorder, another_source_takes_over_without_loss_and_two_at_a_time_do_not_flap) {
  Line line;
  line.run(100, 10, 7);
  line.run(50'000, 10, 8);
  EXPECT_EQ(line.out.size(), 20U);
  EXPECT_EQ(line.reorder.counters().restarts, 1U);
  for (std::uint32_t i = 0; i < 100; ++i) {
    line.send(50'010 + i, 8);
    line.send(900 + i, 9);
  }
  EXPECT_EQ(line.reorder.counters().restarts, 1U);
  EXPECT_EQ(line.out.size(), 120U);
  EXPECT_EQ(line.out.back(), 50'109U);
}

TEST(Reorder, random_numbers_cost_bounded_memory) {
  Rng rng{4};
  Line line;
  for (int i = 0; i < 200'000; ++i) {
    line.send(static_cast<std::uint32_t>(rng()), static_cast<std::uint32_t>(rng.below(3)));
    ASSERT_LE(line.reorder.waiting(), 516U);
    line.now += 1ms;
  }
}

}  // namespace
}  // namespace camfleet::rtp
