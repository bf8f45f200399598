#include "storage/sqlite/event_store.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "storage/sqlite/event_archive.h"

namespace camfleet::storage {
namespace {

using model::EventState;
using namespace std::chrono_literals;

model::NewEntry entry(int number, std::string device = "gate-7", std::string type = "vmd",
                      EventState state = EventState::pulse) {
  model::NewEntry out;
  auto& one = out.entry;
  one.event = "event" + std::to_string(number);
  one.state = state;
  one.device = model::DeviceId{std::move(device)};
  one.channel = 1;
  one.type = std::move(type);
  one.description = "alarm " + std::to_string(number);
  one.received = system_clock().wall();
  one.started = one.received;
  one.happened = one.received;
  one.count = 1;
  one.payload = std::string{"<a\0b>", 5};
  return out;
}

class EventStoreTest : public ::testing::Test {
 protected:
  EventStoreTest()
      : directory{std::filesystem::temp_directory_path() /
                  ("camfleet-ev-" + std::to_string(::getpid()) + "-" +
                   ::testing::UnitTest::GetInstance()->current_test_info()->name())} {
    std::filesystem::remove_all(directory);
    restart();
  }
  ~EventStoreTest() override {
    store.reset();
    std::filesystem::remove_all(directory);
  }
  void restart() {
    store.reset();
    files = std::make_unique<EventFiles>(directory);
    store = std::make_unique<SqliteEventStore>(*files, options);
    auto recovered = store->recover();
    ASSERT_TRUE(recovered) << recovered.error().text();
    memory = std::move(*recovered);
    archive = std::make_unique<SqliteEventArchive>(*files);
  }
  void append(std::vector<model::NewEntry> entries) {
    const auto done = store->append(entries);
    ASSERT_TRUE(done) << done.error().text();
    last = std::move(entries);
  }

  std::filesystem::path directory;
  EventStoreOptions options;
  std::unique_ptr<EventFiles> files;
  std::unique_ptr<SqliteEventStore> store;
  std::unique_ptr<SqliteEventArchive> archive;
  model::LedgerMemory memory;
  std::vector<model::NewEntry> last;
};

TEST_F(EventStoreTest, what_was_written_is_there_after_a_restart_as_it_was) {
  append({entry(1), entry(2)});
  append({entry(3)});
  EXPECT_EQ(last[0].entry.seq, 3U);
  restart();  // without a close: as after a kill
  EXPECT_FALSE(memory.clean);
  EXPECT_EQ(memory.newest, 3U);
  ASSERT_EQ(memory.recent.size(), 3U);
  const auto read = archive->read(1, 10);
  ASSERT_TRUE(read && read->size() == 2);
  const auto& two = *(*read)[0];
  EXPECT_EQ(two.seq, 2U);
  EXPECT_EQ(two.description, "alarm 2");
  EXPECT_EQ(two.payload, (std::string{"<a\0b>", 5}));
  EXPECT_EQ(two.happened, two.received);
  append({entry(4)});
  EXPECT_EQ(last[0].entry.seq, 4U);
}

TEST_F(EventStoreTest, an_id_is_written_once) {
  append({entry(1), entry(1), entry(2)});
  EXPECT_EQ(last[0].entry.seq, 1U);
  EXPECT_EQ(last[1].entry.seq, 0U);
  EXPECT_EQ(last[2].entry.seq, 2U);
  append({entry(2)});
  EXPECT_EQ(last[0].entry.seq, 0U);
}

TEST_F(EventStoreTest, an_id_is_written_once_though_another_file_was_begun) {
  options.max_bytes = 8 * 64 * 1024;
  restart();
  append({entry(1)});
  for (int i = 2; files->all().size() < 3; ++i) {
    auto large = entry(i);
    large.entry.payload = std::string(32 * 1024, 'x');
    append({std::move(large)});
  }
  append({entry(1), entry(1'000)});
  EXPECT_EQ(last[0].entry.seq, 0U);
  EXPECT_GT(last[1].entry.seq, 0U);
  restart();
  append({entry(1), entry(1'000), entry(1'001)});
  EXPECT_EQ(last[0].entry.seq, 0U);
  EXPECT_EQ(last[1].entry.seq, 0U);
  EXPECT_GT(last[2].entry.seq, 0U);
  // Nobody looks for what happened after the file was begun; what a terminal tells of yesterday is looked
  // for.
  auto later = entry(1);
  later.entry.started = *(later.entry.happened = system_clock().wall() + 1h);
  append({std::move(later)});
  EXPECT_GT(last[0].entry.seq, 0U);
}

TEST_F(EventStoreTest, a_file_that_was_begun_without_room_for_its_tables_is_no_damage) {
  append({entry(1)});
  store.reset();
  std::ofstream{directory / "ev-2020-01-01.db"};
  restart();
  EXPECT_FALSE(std::filesystem::exists(directory / "ev-2020-01-01.db.damaged"));
  EXPECT_EQ(memory.newest, 1U);
  EXPECT_EQ(archive->read(0, 10)->size(), 1U);
}

TEST_F(EventStoreTest,
       a_damaged_state_is_put_aside_and_devices_were_heard_when_the_newest_entry_was_written) {
  append({entry(1, "a"), entry(2, "b")});
  const auto received = last[1].entry.received;
  ASSERT_TRUE(store->close(system_clock().wall(), {{"a", {received}}}));
  store.reset();
  {
    std::fstream file{directory / "state.db", std::ios::in | std::ios::out | std::ios::binary};
    for (int i = 0; i < 5'000; ++i) file.put('x');
  }
  restart();
  EXPECT_FALSE(memory.clean);
  EXPECT_EQ(memory.newest, 2U);
  EXPECT_TRUE(std::filesystem::exists(directory / "state.db.damaged"));
  ASSERT_EQ(memory.devices.size(), 2U);
  for (const auto& [id, mark] : memory.devices) {
    EXPECT_LE(mark.heard, received) << id;
    EXPECT_GE(mark.heard, received - 5s) << id;
  }
  append({entry(3)});
  EXPECT_EQ(last[0].entry.seq, 3U);
  // One that is gone is the same.
  store.reset();
  for (const auto* name : {"state.db", "state.db-wal", "state.db-shm"})
    std::filesystem::remove(directory / name);
  restart();
  EXPECT_FALSE(memory.clean);
  EXPECT_EQ(memory.devices.size(), 3U);
  EXPECT_EQ(memory.newest, 3U);
}

TEST_F(EventStoreTest, a_clean_end_and_marks_are_remembered) {
  const auto heard = system_clock().wall();
  ASSERT_TRUE(store->mark(heard, {{"gate-7", {heard}}, {"gate-8", {heard}}}));
  ASSERT_TRUE(store->forget("gate-8"));
  ASSERT_TRUE(store->close(heard, {}));
  restart();
  EXPECT_TRUE(memory.clean);
  EXPECT_EQ(memory.alive, heard);
  ASSERT_EQ(memory.devices.size(), 1U);
  EXPECT_EQ(memory.devices["gate-7"].heard, heard);
  restart();
  EXPECT_FALSE(memory.clean);
}

TEST_F(EventStoreTest, lists_are_paged_filtered_and_limited_to_what_may_be_seen) {
  std::vector<model::NewEntry> some;
  for (int i = 0; i < 10; ++i) some.push_back(entry(i, i % 2 == 0 ? "a" : "b", i < 5 ? "vmd" : "io"));
  append(std::move(some));
  model::EventQuery query;
  query.limit = 4;
  std::vector<model::Seq> seen;
  for (;;) {
    const auto page = archive->list(query);
    ASSERT_TRUE(page);
    for (const auto& one : page->items) seen.push_back(one->seq);
    if (!page->next) break;
    query.after = *page->next;
  }
  EXPECT_EQ(seen, (std::vector<model::Seq>{10, 9, 8, 7, 6, 5, 4, 3, 2, 1}));

  model::EventQuery filtered;
  filtered.devices = {model::DeviceId{"a"}};
  filtered.types = {"io"};
  filtered.ascending = true;
  const auto two = archive->list(filtered);
  ASSERT_TRUE(two && two->items.size() == 2);
  EXPECT_EQ(two->items[0]->seq, 7U);

  model::EventQuery scoped;
  scoped.visible = [](const model::DeviceId& id) { return id.str() == "b"; };
  scoped.limit = 2;
  const auto page = archive->list(scoped);
  ASSERT_TRUE(page && page->items.size() == 2 && page->next);
  EXPECT_EQ(page->items[0]->device.str(), "b");

  const auto rows = archive->account({}, std::vector<model::Seq>{5});
  ASSERT_TRUE(rows);
  std::uint64_t stored = 0;
  std::uint64_t up_to = 0;
  for (const auto& row : *rows) {
    stored += row.stored;
    up_to += row.up_to[0];
  }
  EXPECT_EQ(stored, 10U);
  EXPECT_EQ(up_to, 5U);
}

TEST_F(EventStoreTest, blind_intervals_that_are_open_come_back) {
  auto start = entry(1, "a", "camfleet.blind", EventState::start);
  start.entry.detail = "blind.link_down";
  auto end = start;
  end.entry.state = EventState::end;
  end.entry.happened = *start.entry.happened + 5s;
  auto other = entry(2, "b", "camfleet.blind", EventState::start);
  other.entry.detail = "blind.not_armed";
  append({start, other, end});
  restart();
  ASSERT_EQ(memory.open_blind.size(), 1U);
  EXPECT_EQ(memory.open_blind[0].device.str(), "b");
  const auto ended = archive->blind({});
  ASSERT_TRUE(ended && ended->size() == 1);
  EXPECT_EQ(*(*ended)[0].to - (*ended)[0].from, 5s);
  EXPECT_EQ((*ended)[0].reason, Code::blind_link_down);
}

TEST_F(EventStoreTest, pictures_are_on_disk_before_their_entry_and_a_spoiled_one_is_told) {
  auto with = entry(1);
  with.pictures.push_back({"image/jpeg", Bytes(1'000, 0xAB)});
  with.pictures.push_back({"image/png", Bytes(10, 0xCD)});
  append({std::move(with)});
  ASSERT_EQ(last[0].entry.pictures.size(), 2U);
  const auto& ref = last[0].entry.pictures[1];
  const auto picture = archive->picture(ref.id);
  ASSERT_TRUE(picture) << picture.error().text();
  EXPECT_EQ(picture->device.str(), "gate-7");
  EXPECT_EQ(picture->picture.data, Bytes(10, 0xCD));
  for (const auto* bad :
       {"", "x", "2026-11-28_", "2026-11-28_99999999999", "../../etc/passwd_0", "2026-11-28_-1"})
    EXPECT_FALSE(archive->picture(bad)) << bad;
  const auto path = files->pictures(files->all().back());
  {
    std::fstream file{path, std::ios::in | std::ios::out | std::ios::binary};
    file.seekp(500);
    file.put('x');
  }
  const auto spoiled = archive->picture(last[0].entry.pictures[0].id);
  ASSERT_FALSE(spoiled);
  EXPECT_EQ(spoiled.error().code, Code::ledger_damaged);
  std::filesystem::remove(path);
  EXPECT_EQ(archive->picture(ref.id).error().code, Code::events_expired);
}

TEST_F(EventStoreTest, a_damaged_file_is_put_aside_and_numbers_are_not_used_again) {
  append({entry(1), entry(2)});
  ASSERT_TRUE(store->close(system_clock().wall(), {}));
  const auto path = files->database(files->all().back());
  store.reset();
  archive.reset();
  {
    std::fstream file{path, std::ios::in | std::ios::out | std::ios::binary};
    for (int i = 0; i < 100; ++i) file.put('x');
  }
  restart();
  EXPECT_GT(memory.newest, 2U);
  EXPECT_TRUE(std::filesystem::exists(path.string() + ".damaged"));
  append({entry(3)});
  EXPECT_GT(last[0].entry.seq, 3U);
}

TEST_F(EventStoreTest, whole_files_are_removed_and_what_no_sink_has_only_by_the_cap) {
  options.max_bytes = 512 * 1024;
  restart();
  for (int i = 0; i < 60; ++i) {
    auto large = entry(i);
    large.entry.payload = std::string(32 * 1024, 'x');
    append({std::move(large)});
  }
  ASSERT_GT(files->all().size(), 3U);
  const auto removed = store->retain(0, system_clock().wall());
  ASSERT_TRUE(removed && *removed);
  EXPECT_GT((*removed)->undelivered, 0U);
  EXPECT_EQ(archive->oldest(), (*removed)->last + 1);
  const auto rest = archive->read(0, 1'000);
  ASSERT_TRUE(rest);
  EXPECT_EQ(rest->front()->seq, (*removed)->last + 1);
  for (int i = 0; i < 100; ++i) ASSERT_TRUE(store->retain(60, system_clock().wall()));
  const auto kept = archive->read(0, 1'000);
  ASSERT_TRUE(kept);
  EXPECT_EQ(kept->back()->seq, 60U);
}

TEST(EventFiles, names_are_read_strictly) {
  EXPECT_EQ(parse_event_file("ev-2026-11-28.db")->stem(), "ev-2026-11-28");
  EXPECT_EQ(parse_event_file("ev-2026-11-28.2.db")->stem(), "ev-2026-11-28.2");
  for (const auto* bad :
       {"ev-2026-11-28.1.db", "ev-2026-11-28.db-wal", "ev-2026-11-2x.db", "ev-.db", "state.db",
        "ev-2026-11-28..db", "ev-2026-11-28.02x.db", "ev-2026-11-28.db.damaged"})
    EXPECT_FALSE(parse_event_file(bad)) << bad;
}

}  // namespace
}  // namespace camfleet::storage
