#include "storage/sqlite/registry.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sqlite3.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <fstream>
#include <thread>

#include "net/loop.h"
#include "net/loop_groups.h"
#include "net/task_group.h"
#include "storage/data_dir.h"

namespace camfleet::storage {
namespace {

model::DeviceRecord record(const std::string& id) {
  model::DeviceRecord out;
  out.spec.id = model::DeviceId{id};
  out.spec.name = "北门 \"7\" '; DROP TABLE device; --";
  out.spec.drivers = {"hikvision", "rtsp"};
  out.spec.address = "10.0.0.7";
  out.spec.http_port = 65535;
  out.spec.username = "admin";
  out.spec.url = "rtsp://10.0.0.7/Streaming/Channels/101";
  out.spec.tags = {"north", "a;b", "\"q\""};
  out.spec.sdk_login = "private";
  out.spec.sdk_tls = true;
  out.spec.always_on = true;
  out.sealed_password = "s1.abc";
  out.credential_version = 3;
  out.rejected_version = 2;
  out.known_serial = "DS-2CD20141128CCWR486867319";
  out.revision = 5;
  return out;
}

class Registry : public testing::Test {
 protected:
  Registry() {
    std::string pattern = testing::TempDir() + "camfleet-db-XXXXXX";
    path = ::mkdtemp(pattern.data());
    loops.start();
  }
  ~Registry() override { std::filesystem::remove_all(path); }

  std::unique_ptr<SqliteRegistry> open() {
    auto opened = SqliteRegistry::open(file(), pool);
    EXPECT_TRUE(opened) << opened.error().text();
    return opened ? std::move(*opened) : nullptr;
  }
  std::filesystem::path file() const { return path / "registry.db"; }

  static net::Task<> keep(net::Task<Result<void>> task, Result<void>& out) { out = co_await std::move(task); }
  Result<void> wait_for(net::Task<Result<void>> task) {
    Result<void> out;
    net::block_on(loops.at(0).executor(), keep(std::move(task), out));
    return out;
  }
  static net::Task<> put_many(SqliteRegistry& registry, int from, int count, std::atomic<int>& failed) {
    for (int i = from; i < from + count; ++i) {
      auto put = registry.put(record("cam-" + std::to_string(i)));
      const auto done = co_await std::move(put);
      if (!done) ++failed;
    }
  }
  void raw(const char* sql) const {
    sqlite3* db = nullptr;
    ASSERT_EQ(::sqlite3_open(file().c_str(), &db), SQLITE_OK);
    EXPECT_EQ(::sqlite3_exec(db, sql, nullptr, nullptr, nullptr), SQLITE_OK) << sqlite3_errmsg(db);
    ::sqlite3_close(db);
  }

  std::filesystem::path path;
  net::Loops loops{2};
  net::WorkerPool pool{1, 1'000, "store"};
};

TEST_F(Registry, gives_back_what_was_put_also_after_reopening) {
  {
    auto registry = open();
    EXPECT_TRUE(wait_for(registry->put(record("gate-7"))));
    auto changed = record("gate-8");
    EXPECT_TRUE(wait_for(registry->put(changed)));
    changed.spec.name = "another";
    changed.spec.enabled = false;
    changed.revision = 6;
    EXPECT_TRUE(wait_for(registry->put(changed)));
    EXPECT_TRUE(wait_for(registry->put(record("gate-9"))));
    EXPECT_TRUE(wait_for(registry->remove(model::DeviceId{"gate-9"})));
    EXPECT_TRUE(wait_for(registry->remove(model::DeviceId{"never-there"})));
  }
  auto registry = open();
  const auto loaded = registry->load();
  ASSERT_TRUE(loaded) << loaded.error().text();
  ASSERT_EQ(loaded->size(), 2U);
  const auto wanted = record("gate-7");
  EXPECT_EQ(loaded->at(0).spec, wanted.spec);
  EXPECT_EQ(loaded->at(0).sealed_password, wanted.sealed_password);
  EXPECT_EQ(loaded->at(0).credential_version, 3U);
  EXPECT_EQ(loaded->at(0).rejected_version, 2U);
  EXPECT_EQ(loaded->at(0).known_serial, wanted.known_serial);
  EXPECT_EQ(loaded->at(1).spec.name, "another");
  EXPECT_FALSE(loaded->at(1).spec.enabled);
  EXPECT_EQ(loaded->at(1).revision, 6U);
}

TEST_F(Registry, changes_from_many_tasks_go_to_disk_together_and_all_arrive) {
  auto registry = open();
  std::atomic<int> failed{0};
  net::LoopGroups groups{loops, "test"};
  for (int task = 0; task < 40; ++task) {
    auto& loop = loops.at(static_cast<std::size_t>(task) % 2);
    loop.post([&groups, &loop, &registry, &failed, task] {
      groups.on(loop).spawn(put_many(*registry, task * 25, 25, failed));
    });
  }
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds{60};
  std::size_t stored = 0;
  while (stored < 1'000 && std::chrono::steady_clock::now() < deadline) {
    const auto counted =
        wait_for(registry->remove(model::DeviceId{"nobody"}));  // a round trip through the queue
    ASSERT_TRUE(counted);
    std::size_t now = 0;
    auto count = [&]() -> Result<void> {
      auto loaded = registry->load();
      if (!loaded) return fail(loaded.error());
      now = loaded->size();
      return {};
    };
    ASSERT_TRUE(wait_for(pool.run(count)));
    stored = now;
  }
  groups.stop_and_wait();
  EXPECT_EQ(stored, 1'000U);
  EXPECT_EQ(failed, 0);
}

TEST_F(Registry, a_newer_schema_is_refused_with_both_versions) {
  { open(); }
  raw("PRAGMA user_version=99");
  const auto opened = SqliteRegistry::open(file(), pool);
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, Code::storage_newer_schema);
  EXPECT_NE(opened.error().place.find("version 99"), std::string::npos) << opened.error().place;
  EXPECT_NE(opened.error().place.find("knows 2"), std::string::npos) << opened.error().place;
}

TEST_F(Registry, what_is_no_database_is_refused_and_left_alone) {
  const std::string junk(5'000, 'x');
  std::ofstream{file()} << junk;
  const auto opened = SqliteRegistry::open(file(), pool);
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, Code::storage_failed);
  std::ifstream in{file()};
  EXPECT_EQ(std::string(std::istreambuf_iterator<char>{in}, {}), junk);
}

TEST_F(Registry, a_migration_that_fails_leaves_the_version_before) {
  constexpr const char* kOne[] = {"CREATE TABLE a(x)"};
  constexpr const char* kTwo[] = {"CREATE TABLE a(x)", "CREATE TABLE b(x); CREATE TABLE a(x)"};
  constexpr const char* kMended[] = {"CREATE TABLE a(x)", "CREATE TABLE b(x); CREATE TABLE c(x)"};
  ASSERT_TRUE(Database::open(file(), kOne));
  EXPECT_EQ(Database::open(file(), kTwo).error().code, Code::storage_failed);
  EXPECT_TRUE(Database::open(file(), kMended));  // b was not left behind
}

// The child tells by a pipe of each device that is on disk; whatever it told must be there after kill -9.
TEST_F(Registry, nothing_that_was_acknowledged_is_lost_by_kill_9) {
  { open(); }
  for (int round = 0; round < 5; ++round) {
    int pipe[2];
    ASSERT_EQ(::pipe(pipe), 0);
    const auto child = ::fork();
    if (child == 0) {
      // Only SQLite in here: threads and loops of the parent are not in this process.
      constexpr const char* kNone[] = {"-", "-"};  // versions that the parent made
      auto db = Database::open(file(), kNone);
      if (!db) ::_exit(1);
      auto put = db->prepare(
          "INSERT OR REPLACE INTO device "
          "VALUES(?,'','[]','',80,443,554,8000,'','','','','','[]',1,0,'',1,0,'',?,0)");
      if (!put) ::_exit(2);
      for (std::int64_t i = 0;; ++i) {
        const auto id = "kill-" + std::to_string(round) + "-" + std::to_string(i);
        put->bind(1, id).bind(2, i);
        if (!put->run()) ::_exit(3);
        if (::write(pipe[1], &i, sizeof i) != sizeof i) ::_exit(4);
      }
    }
    ::close(pipe[1]);
    std::int64_t told = -1;
    for (int i = 0; i < 20 + round * 7; ++i)
      ASSERT_EQ(::read(pipe[0], &told, sizeof told), ssize_t{sizeof told});
    ::kill(child, SIGKILL);
    while (::read(pipe[0], &told, sizeof told) == ssize_t{sizeof told}) {
    }
    ::close(pipe[0]);
    int status = 0;
    ::waitpid(child, &status, 0);
    ASSERT_TRUE(WIFSIGNALED(status));

    auto registry = open();
    const auto loaded = registry->load();
    ASSERT_TRUE(loaded);
    std::int64_t found = 0;
    for (const auto& one : *loaded)
      if (one.spec.id.str().starts_with("kill-" + std::to_string(round) + "-")) ++found;
    EXPECT_GE(found, told + 1);
  }
}

}  // namespace
}  // namespace camfleet::storage
