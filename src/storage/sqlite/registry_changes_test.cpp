// Batches, what is kept apart, and what goes wrong with disks and rows.
#include <gtest/gtest.h>
#include <signal.h>
#include <sqlite3.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>

#include "net/loop.h"
#include "net/loop_groups.h"
#include "storage/sqlite/registry.h"

namespace camfleet::storage {
namespace {

model::DeviceRecord record(const std::string& id) {
  model::DeviceRecord out;
  out.spec.id = model::DeviceId{id};
  out.spec.address = "10.0.0.7";
  out.sealed_password = "s1.abc";
  out.known_serial = "SN-1";
  out.rejected_version = 1;
  return out;
}

class RegistryChanges : public testing::Test {
 protected:
  RegistryChanges() {
    std::string pattern = testing::TempDir() + "camfleet-db-XXXXXX";
    path = ::mkdtemp(pattern.data());
    loops.start();
  }
  ~RegistryChanges() override { std::filesystem::remove_all(path); }

  std::filesystem::path file() const { return path / "registry.db"; }
  std::unique_ptr<SqliteRegistry> open() {
    auto opened = SqliteRegistry::open(file(), pool);
    EXPECT_TRUE(opened) << opened.error().text();
    return opened ? std::move(*opened) : nullptr;
  }
  static net::Task<> keep(net::Task<Result<void>> task, Result<void>& out) { out = co_await std::move(task); }
  Result<void> apply(SqliteRegistry& registry, std::vector<model::StoreChange> changes) {
    Result<void> out;
    net::block_on(loops.at(0).executor(), keep(registry.apply(std::move(changes)), out));
    return out;
  }
  static model::DeviceRecord only(SqliteRegistry& registry) {
    auto loaded = registry.load();
    EXPECT_TRUE(loaded && loaded->size() == 1);
    return loaded->front();
  }
  void raw(const std::string& sql) const {
    sqlite3* db = nullptr;
    ASSERT_EQ(::sqlite3_open(file().c_str(), &db), SQLITE_OK);
    EXPECT_EQ(::sqlite3_exec(db, sql.c_str(), nullptr, nullptr, nullptr), SQLITE_OK) << sqlite3_errmsg(db);
    ::sqlite3_close(db);
  }

  std::filesystem::path path;
  net::Loops loops{1};
  net::WorkerPool pool{1, 1'000, "store"};
};

TEST_F(RegistryChanges, an_edit_leaves_what_the_device_taught_and_a_lesson_leaves_what_was_said) {
  auto registry = open();
  ASSERT_TRUE(apply(*registry, {model::StoreChange::put(record("gate-7"))}));
  auto edited = record("gate-7");
  edited.spec.name = "North";
  edited.spec.tags = {"a"};
  edited.sealed_password = "s1.def";
  edited.credential_version = 2;
  edited.revision = 2;
  edited.known_serial = "not to be written";
  edited.rejected_version = 99;
  ASSERT_TRUE(apply(*registry, {{model::StoreChange::Kind::edit, edited}}));
  EXPECT_EQ(only(*registry).spec, edited.spec);
  EXPECT_EQ(only(*registry).sealed_password, "s1.def");
  EXPECT_EQ(only(*registry).known_serial, "SN-1");
  EXPECT_EQ(only(*registry).rejected_version, 1U);

  auto lesson = record("gate-7");
  lesson.known_serial = "SN-2";
  lesson.rejected_version = 2;
  ASSERT_TRUE(apply(*registry, {model::StoreChange::learn(lesson)}));
  EXPECT_EQ(only(*registry).spec.name, "North");
  EXPECT_EQ(only(*registry).revision, 2U);
  EXPECT_EQ(only(*registry).known_serial, "SN-2");
  EXPECT_EQ(only(*registry).rejected_version, 2U);

  ASSERT_TRUE(apply(*registry, {{model::StoreChange::Kind::edit, edited, true, true}}));
  EXPECT_EQ(only(*registry).known_serial, "");
  EXPECT_EQ(only(*registry).rejected_version, 0U);
  ASSERT_TRUE(apply(*registry, {{model::StoreChange::Kind::edit, record("nobody")},
                                model::StoreChange::learn(record("nobody"))}));
  EXPECT_EQ(registry->load()->size(), 1U);
}

TEST_F(RegistryChanges, thousands_go_in_together) {
  auto registry = open();
  std::vector<model::StoreChange> changes;
  for (int i = 0; i < 5'000; ++i)
    changes.push_back(model::StoreChange::put(record("cam-" + std::to_string(i))));
  changes.push_back(model::StoreChange::remove(model::DeviceId{"cam-7"}));
  ASSERT_TRUE(apply(*registry, std::move(changes)));
  EXPECT_EQ(open()->load()->size(), 4'999U);
}

TEST_F(RegistryChanges, a_damaged_row_does_not_keep_the_others_from_starting) {
  auto registry = open();
  ASSERT_TRUE(
      apply(*registry, {model::StoreChange::put(record("cam-1")), model::StoreChange::put(record("cam-2")),
                        model::StoreChange::put(record("cam-3")), model::StoreChange::put(record("cam-4"))}));
  registry.reset();
  raw("UPDATE device SET tags='[1' WHERE id='cam-1'; UPDATE device SET http_port=99999 WHERE id='cam-2'; "
      "UPDATE device SET revision=-1 WHERE id='cam-3'");
  const auto loaded = open()->load();
  ASSERT_TRUE(loaded) << loaded.error().text();
  ASSERT_EQ(loaded->size(), 1U);
  EXPECT_EQ(loaded->front().spec.id.str(), "cam-4");
}

// As the first release wrote it, byte for byte of its schema: what was shipped can be read for ever.
TEST_F(RegistryChanges, a_database_of_version_1_is_read) {
  raw("CREATE TABLE device(id TEXT PRIMARY KEY, name TEXT NOT NULL, drivers TEXT NOT NULL, address TEXT NOT "
      "NULL, "
      "http_port INTEGER NOT NULL, https_port INTEGER NOT NULL, rtsp_port INTEGER NOT NULL, sdk_port INTEGER "
      "NOT NULL, "
      "sdk_login TEXT NOT NULL, username TEXT NOT NULL, url TEXT NOT NULL, transport TEXT NOT NULL, "
      "timezone TEXT NOT NULL, tags TEXT NOT NULL, enabled INTEGER NOT NULL, always_on INTEGER NOT NULL, "
      "sealed_password TEXT NOT NULL, credential_version INTEGER NOT NULL, rejected_version INTEGER NOT "
      "NULL, "
      "known_serial TEXT NOT NULL, revision INTEGER NOT NULL) STRICT, WITHOUT ROWID; "
      "INSERT INTO device "
      "VALUES('gate-7','North','[\"hikvision\"]','10.0.0.7',80,443,554,8000,'auto','admin','','tcp',"
      "'','[\"a\"]',1,0,'s1.abc',3,2,'SN-1',5); PRAGMA user_version=1");
  auto registry = open();
  const auto kept = only(*registry);
  EXPECT_EQ(kept.spec.name, "North");
  EXPECT_EQ(kept.spec.rtsp_port, 554);
  EXPECT_FALSE(kept.spec.sdk_tls);
  EXPECT_EQ(kept.credential_version, 3U);
  EXPECT_EQ(kept.rejected_version, 2U);
  EXPECT_EQ(kept.known_serial, "SN-1");
  EXPECT_EQ(kept.revision, 5U);
}

TEST_F(RegistryChanges, a_full_disk_fails_the_batch_whole_and_nothing_before_it) {
  auto registry = open();
  ASSERT_TRUE(apply(*registry, {model::StoreChange::put(record("gate-7"))}));
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &before), 0);
  const auto handler = ::signal(SIGXFSZ, SIG_IGN);
  const rlimit small{16 * 1024, before.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &small), 0);
  std::vector<model::StoreChange> changes;
  for (int i = 0; i < 500; ++i)
    changes.push_back(model::StoreChange::put(record("cam-" + std::to_string(i))));
  const auto refused = apply(*registry, std::move(changes));
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &before), 0);
  ::signal(SIGXFSZ, handler);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Code::storage_failed);
  EXPECT_EQ(registry->load()->size(), 1U);
  EXPECT_TRUE(apply(*registry, {model::StoreChange::put(record("gate-8"))}));
  registry.reset();
  EXPECT_EQ(open()->load()->size(), 2U);
}

TEST_F(RegistryChanges, a_disk_that_may_not_be_written_is_refused_at_the_start) {
  { open(); }
  std::filesystem::create_directory(path / "deep");
  std::ofstream{path / "deep/registry.db"};
  std::filesystem::remove(path / "deep/registry.db");
  std::filesystem::create_directory(path / "deep/registry.db");  // what cannot be opened, also by root
  const auto opened = SqliteRegistry::open(path / "deep/registry.db", pool);
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code, Code::storage_failed);
}

// The child dies at a random moment of a migration in two steps; the next start finds either version whole.
TEST_F(RegistryChanges, a_migration_that_is_killed_leaves_one_version_or_the_other) {
  constexpr const char* kOne[] = {"CREATE TABLE a(x)"};
  constexpr const char* kTwo[] = {
      "CREATE TABLE a(x)",
      "CREATE TABLE b AS WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n "
      "WHERE i<200000) SELECT i, hex(randomblob(50)) AS h FROM n; CREATE TABLE c(x)"};
  ASSERT_TRUE(Database::open(file(), kOne));
  for (int round = 0; round < 6; ++round) {
    const auto child = ::fork();
    if (child == 0) {
      [[maybe_unused]] const auto done = Database::open(file(), kTwo);
      ::_exit(0);
    }
    ::usleep(static_cast<useconds_t>(3'000 * (round + 1)));  // any moment is right
    ::kill(child, SIGKILL);
    ::waitpid(child, nullptr, 0);
    auto again = Database::open(file(), kTwo);
    ASSERT_TRUE(again) << again.error().text();
    auto rows = again->prepare("SELECT count(*) FROM b");
    ASSERT_TRUE(rows);
    ASSERT_TRUE(*rows->step());
    EXPECT_EQ(rows->number(0), 200'000);
    *rows = Statement{};
    ASSERT_TRUE(again->execute("DROP TABLE b; DROP TABLE c; PRAGMA user_version=1"));
  }
}

}  // namespace
}  // namespace camfleet::storage
