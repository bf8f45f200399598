#include "fleet/move_log.h"

#include <gtest/gtest.h>

#include <atomic>
#include <map>
#include <random>
#include <thread>

namespace camfleet::fleet {
namespace {

LogEntry about(const std::string& device, std::uint32_t attempts) {
  LogEntry entry;
  entry.device = std::make_shared<const Subject>(Subject{model::DeviceId{device}, {}});
  entry.attempts = attempts;
  return entry;
}

TEST(LogCursor, has_one_spelling) {
  for (const LogCursor cursor : {LogCursor{1, 0}, {~0ULL, ~0ULL}, {0x123, 0xABCDEF}})
    EXPECT_EQ(parse_log_cursor(to_text(cursor)), cursor);
  for (const char* text :
       {"", "-", "1-1", "0000000000000001", "0000000000000001-", "0000000000000001-01", "000000000000000A-1",
        "0000000000000001--1", "0000000000000001-+1", "0000000000000001-1 ", "0000000000000001-0x1",
        "0000000000000001-10000000000000000", "0000000000000001_1", "' OR 1=1 --", "..............-......-1"})
    EXPECT_FALSE(parse_log_cursor(text)) << text;
}

TEST(MoveLog, gives_what_follows_a_cursor_and_says_what_is_lost) {
  MoveLog log{3, 7};
  const auto start = log.cursor();
  EXPECT_EQ(start, (LogCursor{7, 0}));
  EXPECT_TRUE(log.read(start, 10).entries.empty());
  for (std::uint32_t i = 1; i <= 3; ++i) log.push(about("a", i));
  auto batch = log.read(start, 2);
  ASSERT_EQ(batch.entries.size(), 2U);
  EXPECT_EQ(batch.entries[1]->attempts, 2U);
  EXPECT_EQ(batch.next, (LogCursor{7, 2}));
  EXPECT_EQ(log.read(batch.next, 2).entries.size(), 1U);
  EXPECT_EQ(log.oldest(), start);

  log.push(about("a", 4));
  EXPECT_EQ(log.read(start, 10).lost, MoveLog::Lost::overrun);
  EXPECT_EQ(log.read(start, 10).next, log.cursor());
  EXPECT_EQ(log.read({7, 1}, 10).entries.size(), 3U);
  EXPECT_EQ(log.read({7, 5}, 10).lost, MoveLog::Lost::unknown);
  EXPECT_EQ(log.read({8, 1}, 10).lost, MoveLog::Lost::restart);
}

TEST(MoveLog, two_runs_have_different_cursors) {
  EXPECT_NE(MoveLog{1}.cursor().run, MoveLog{1}.cursor().run);
}

// Writers on several threads, readers that start anywhere and read in pieces of any size: each sees numbers
// without a hole or a repetition, each device's own moves in order, and hears of a loss only where it fell
// behind by more than the ring.
TEST(MoveLog, has_no_hole_and_no_repetition_for_any_reader) {
  const auto seed = std::random_device{}();
  RecordProperty("seed", std::to_string(seed));
  SCOPED_TRACE("seed " + std::to_string(seed));
  constexpr std::size_t kRing = 256;
  constexpr std::uint32_t kMoves = 20'000;
  constexpr int kWriters = 3;
  MoveLog log{kRing};
  std::atomic<int> writing{kWriters};
  std::vector<std::thread> threads;
  for (int w = 0; w < kWriters; ++w)
    threads.emplace_back([&, w] {
      for (std::uint32_t i = 1; i <= kMoves; ++i) log.push(about("d" + std::to_string(w), i));
      --writing;
    });
  std::atomic<std::uint64_t> seen{0};
  std::atomic<std::uint64_t> resets{0};
  for (unsigned r = 0; r < 3; ++r)
    threads.emplace_back([&, r] {
      std::mt19937 random{seed + r};
      auto cursor = r == 0 ? log.oldest() : log.cursor();
      std::map<std::string, std::uint32_t> last;
      for (;;) {
        const bool over = writing == 0;
        const auto before = log.oldest();
        const auto batch = log.read(cursor, 1 + random() % (2 * kRing));
        if (batch.lost != MoveLog::Lost::nothing) {
          // Only true where the ring had moved past us by the time of the read.
          EXPECT_EQ(batch.lost, MoveLog::Lost::overrun);
          EXPECT_LT(cursor.number, log.oldest().number);
          EXPECT_TRUE(batch.entries.empty());
          last.clear();
          ++resets;
        } else {
          EXPECT_GE(cursor.number + kRing, before.number);
          auto expected = cursor.number;
          for (const auto& entry : batch.entries) {
            ASSERT_EQ(entry->number, ++expected);
            auto& mine = last[entry->device->id.str()];
            if (mine != 0) {
              ASSERT_EQ(entry->attempts, mine + 1);
            }
            mine = entry->attempts;
            ++seen;
          }
          ASSERT_EQ(batch.next.number, expected);
        }
        cursor = batch.next;
        if (over && cursor == log.cursor()) break;
        if (random() % 64 == 0) std::this_thread::yield();
      }
    });
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(log.cursor().number, std::uint64_t{kMoves} * kWriters);
  EXPECT_GT(seen, 0U);
}

TEST(MoveLog, rings_each_bell_until_it_is_silenced) {
  struct Count final : MoveLog::Bell {
    void ring() override { ++n; }
    int n = 0;
  } a, b;
  MoveLog log{2};
  log.listen(a);
  log.listen(b);
  log.push(about("x", 1));
  log.silence(a);
  log.push(about("x", 2));
  EXPECT_EQ(a.n, 1);
  EXPECT_EQ(b.n, 2);
}

}  // namespace
}  // namespace camfleet::fleet
