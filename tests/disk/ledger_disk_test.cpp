// A sweep over a disk that fails, or a process that ends, at the nth call: a child writes some hundred events
// with pictures, tells which were acknowledged, and meets its fate; then the ledger is opened again. What was
// acknowledged is there, once, with its pictures; and a failed fsync was the end of the child.
// CAMFLEET_SWEEP=1: every n; else some, from a seed that is printed.
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <random>

#include "bad_disk.h"
#include "storage/sqlite/event_archive.h"
#include "storage/sqlite/event_store.h"

namespace camfleet::storage {
namespace {

constexpr int kBatches = 40;
constexpr int kOfBatch = 8;
constexpr int kTries = 3;  // of a batch, as the ledger tries again
constexpr int kRefused = 3;
constexpr int kNotStarted = 4;

// Small, so that there are several files in a run, and their logs are moved.
EventStoreOptions options() {
  EventStoreOptions out;
  out.max_bytes = std::uint64_t{8} * 128 * 1024;
  return out;
}

Bytes picture_of(int number) {
  return Bytes(static_cast<std::size_t>(500 + number % 7 * 300), static_cast<std::uint8_t>(number));
}

model::NewEntry entry(int number) {
  model::NewEntry out;
  auto& one = out.entry;
  one.event = "event" + std::to_string(number);
  one.state = model::EventState::pulse;
  one.device = model::DeviceId{"gate-" + std::to_string(number % 5)};
  one.type = "vmd";
  one.received = one.started = system_clock().wall();
  one.payload = std::string(700, static_cast<char>('a' + number % 26));
  if (number % 3 == 0) out.pictures.push_back({"image/jpeg", picture_of(number)});
  return out;
}

struct Ack {
  int number = 0;
  model::Seq seq = 0;
};

// In the child. Everything that it says goes through `acks`; nothing of it is left in the parent.
int write_events(const std::filesystem::path& directory, int acks, int first) {
  EventFiles files{directory};
  SqliteEventStore store{files, options()};
  if (!store.recover()) return kNotStarted;
  for (int batch = 0; batch < kBatches; ++batch) {
    std::vector<model::NewEntry> entries;
    for (int i = 0; i < kOfBatch; ++i) entries.push_back(entry(first + batch * kOfBatch + i));
    bool done = false;
    for (int tries = 0; !done && tries < kTries; ++tries) done = store.append(entries).has_value();
    if (!done) return kRefused;
    for (int i = 0; i < kOfBatch; ++i) {
      const Ack ack{first + batch * kOfBatch + i, entries[static_cast<std::size_t>(i)].entry.seq};
      if (::write(acks, &ack, sizeof ack) != sizeof ack) return kRefused;
    }
    store.settle();
    const auto now = system_clock().wall();
    if (batch % 5 == 0 && !store.mark(now, {{"gate-1", {now}}}))
      continue;  // costs a blind interval, no event
  }
  return store.close(system_clock().wall(), {}) ? 0 : kRefused;
}

struct Fate {
  const char* call;
  const char* deed;
};

class LedgerDisk : public ::testing::TestWithParam<Fate> {
 protected:
  LedgerDisk()
      : directory{std::filesystem::temp_directory_path() / ("camfleet-disk-" + std::to_string(::getpid())) /
                  "events"} {}
  ~LedgerDisk() override { std::filesystem::remove_all(directory.parent_path()); }

  // -> wait()'s status. The child's calls are counted into `calls`, where it lives to say.
  int run(const Fate& fate, unsigned long nth, int first, std::vector<Ack>& acked,
          unsigned long* calls = nullptr) {
    int ends[2];
    EXPECT_EQ(::pipe(ends), 0);
    const auto child = ::fork();
    if (child == 0) {
      ::close(ends[0]);
      bad_disk_at(fate.call, nth, fate.deed);
      const int code = write_events(directory, ends[1], first);
      const Ack count{-1, bad_disk_count(fate.call)};
      const auto told = ::write(ends[1], &count, sizeof count);
      ::_exit(told == sizeof count ? code : kRefused);
    }
    ::close(ends[1]);
    Ack ack;
    while (::read(ends[0], &ack, sizeof ack) == sizeof ack) {
      if (ack.number >= 0)
        acked.push_back(ack);
      else if (calls != nullptr)
        *calls = ack.seq;
    }
    ::close(ends[0]);
    int status = 0;
    EXPECT_EQ(::waitpid(child, &status, 0), child);
    return status;
  }

  // What is on disk, by the number of the event, after a start that finds what the child left.
  void look(const std::vector<Ack>& acked, const std::string& told) {
    EventFiles files{directory};
    SqliteEventStore store{files, options()};
    const auto memory = store.recover();
    ASSERT_TRUE(memory) << told << memory.error().text();
    SqliteEventArchive archive{files};
    std::map<std::string, model::LedgerEntryPtr> there;
    model::Seq before = 0;
    for (;;) {
      const auto page = archive.read(before, 1'000);
      ASSERT_TRUE(page) << told << page.error().text();
      if (page->empty()) break;
      for (const auto& one : *page) {
        ASSERT_GT(one->seq, before) << told;
        before = one->seq;
        ASSERT_TRUE(there.emplace(one->event, one).second) << told << one->event << " is there twice";
      }
    }
    EXPECT_EQ(memory->newest, before) << told;
    for (const auto& ack : acked) {
      const auto found = there.find("event" + std::to_string(ack.number));
      ASSERT_NE(found, there.end()) << told << "event" << ack.number << " was acknowledged and is not there";
      // 0: it was there already, from the run before.
      if (ack.seq != 0) EXPECT_EQ(found->second->seq, ack.seq) << told;
      ASSERT_EQ(found->second->pictures.size(), ack.number % 3 == 0 ? 1U : 0U) << told;
      for (const auto& picture : found->second->pictures) {
        const auto stored = archive.picture(picture.id);
        ASSERT_TRUE(stored) << told << stored.error().text();
        EXPECT_EQ(stored->picture.data, picture_of(ack.number)) << told;
      }
    }
    for (const auto& file : std::filesystem::directory_iterator{directory})
      EXPECT_NE(file.path().extension(), ".damaged") << told << file.path();
  }

  void judge(int status, const Fate& fate, const std::string& told) {
    const bool sync_failed = std::string_view{fate.call} == "sync" && std::string_view{fate.deed} == "eio";
    if (WIFSIGNALED(status)) {
      EXPECT_EQ(WTERMSIG(status), sync_failed ? SIGABRT : SIGKILL) << told;
      return;
    }
    // After a failed sync nothing is gone on with; where that was at the start, there is none.
    const int code = WEXITSTATUS(status);
    if (sync_failed)
      EXPECT_EQ(code, kNotStarted) << told;
    else
      EXPECT_TRUE(code == 0 || code == kRefused || code == kNotStarted) << told << code;
  }

  std::filesystem::path directory;
};

TEST_P(LedgerDisk, whatever_fails_at_whichever_call_what_was_acknowledged_stays) {
  const auto fate = GetParam();
  std::vector<Ack> all;
  unsigned long calls = 0;
  ASSERT_EQ(run({fate.call, "count"}, 0, 0, all, &calls), 0);
  ASSERT_EQ(all.size(), std::size_t{kBatches} * kOfBatch);
  look(all, "without a fault: ");
  ASSERT_GT(calls, 50U);

  const auto seed = std::random_device{}();
  const bool every = std::getenv("CAMFLEET_SWEEP") != nullptr;  // NOLINT(concurrency-mt-unsafe): one thread
  const unsigned long step = every ? 1 : std::max<unsigned long>(1, calls / 6);
  std::printf("%lu calls of %s, one in %lu is %s, seed %u\n", calls, fate.call, step, fate.deed, seed);
  for (unsigned long nth = 1 + seed % step; nth <= calls; nth += step) {
    const auto told = std::string{fate.call} + ' ' + std::to_string(nth) + ' ' + fate.deed + ": ";
    std::filesystem::remove_all(directory);
    std::vector<Ack> acked;
    const int status = run(fate, nth, 0, acked);
    judge(status, fate, told);
    look(acked, told);
    // The same again, with a fault while it is looked at what the first one left.
    const int again = run(fate, 1 + nth % 7, kBatches * kOfBatch / 2, acked);
    judge(again, fate, told + "again: ");
    look(acked, told + "again: ");
    if (HasFatalFailure() || HasNonfatalFailure()) return;
  }
}

INSTANTIATE_TEST_SUITE_P(Fates, LedgerDisk,
                         ::testing::Values(Fate{"write", "eio"}, Fate{"write", "full"},
                                           Fate{"write", "short"}, Fate{"write", "kill"},
                                           Fate{"write", "torn"}, Fate{"sync", "eio"}, Fate{"sync", "kill"}),
                         [](const auto& info) {
                           return std::string{info.param.call} + "_" + info.param.deed;
                         });

}  // namespace
}  // namespace camfleet::storage
