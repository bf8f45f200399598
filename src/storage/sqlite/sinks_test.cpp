#include "storage/sqlite/sinks.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include "net/testing/run.h"

namespace camfleet::storage {
namespace {

class SinkStore : public ::testing::Test {
 protected:
  void SetUp() override {
    directory_ = std::filesystem::temp_directory_path() / ("sinks-" + std::to_string(::getpid()));
    std::filesystem::remove_all(directory_);
    std::filesystem::create_directory(directory_);
  }
  void TearDown() override { std::filesystem::remove_all(directory_); }

  std::unique_ptr<SqliteSinks> open() {
    auto opened = SqliteSinks::open(directory_ / "sinks.db", pool_);
    EXPECT_TRUE(opened) << opened.error().text();
    return std::move(*opened);
  }
  static void good(const Result<void>& done) { EXPECT_TRUE(done) << done.error().text(); }
  static model::SinkRecord record(const std::string& id) {
    model::SinkRecord out;
    out.spec.id = id;
    out.spec.kind = model::SinkKind::mqtt;
    out.spec.paused = true;
    out.spec.settings = {{"url", "mqtt://broker"}, {"topic", "a \"b\" 门"}};
    out.spec.filter.devices = {"gate-7"};
    out.spec.filter.tags = {"north", "门"};
    out.spec.filter.types = {"vmd"};
    out.spec.filter.channels = {1, 65535};
    out.sealed = {{"password", "s1.xyz"}};
    out.first = 8;
    out.cursor = 7;
    return out;
  }

  net::WorkerPool pool_{1, 1000, "test"};
  std::filesystem::path directory_;
};

TEST_F(SinkStore, gives_back_what_it_got) {
  const auto made = record("broker");
  {
    auto store = open();
    ASSERT_TRUE(store->load());
    good(net::testing::run(store->put(made)));
    good(net::testing::run(store->progress("broker", 4711, 4000)));
    model::ParkedEntry parked{12,
                              "e/start",
                              model::DeviceId{"gate-7"},
                              Code::sink_rejected,
                              "status 400",
                              3,
                              WallTime{std::chrono::microseconds{1'764'000'000'123'456}}};
    good(net::testing::run(store->park("broker", parked)));
    good(net::testing::run(store->attempt("broker", 4712, 2)));
  }
  auto store = open();
  const auto loaded = store->load();
  ASSERT_TRUE(loaded);
  EXPECT_FALSE(loaded->clean) << "nobody said that it stopped";
  ASSERT_EQ(loaded->sinks.size(), 1U);
  const auto& back = loaded->sinks[0];
  EXPECT_EQ(back.spec.kind, made.spec.kind);
  EXPECT_TRUE(back.spec.paused);
  EXPECT_EQ(back.spec.settings, made.spec.settings);
  EXPECT_EQ(back.spec.filter, made.spec.filter);
  EXPECT_EQ(back.sealed, made.sealed);
  EXPECT_EQ(back.first, 8U);
  EXPECT_EQ(back.cursor, 4711U);
  EXPECT_EQ(back.delivered, 4000U);
  ASSERT_EQ(loaded->parked.at("broker").size(), 1U);
  const auto& parked = loaded->parked.at("broker")[0];
  EXPECT_EQ(parked.seq, 12U);
  EXPECT_EQ(parked.id, "e/start");
  EXPECT_EQ(parked.reason, Code::sink_rejected);
  EXPECT_EQ(parked.at.time_since_epoch().count(), 1'764'000'000'123'456);
  EXPECT_EQ(loaded->attempts.at("broker").at(4712), 2U);
}

TEST_F(SinkStore, a_change_leaves_the_cursor_and_a_cursor_forgets_attempts_behind_it) {
  auto store = open();
  auto changed = record("broker");
  good(net::testing::run(store->put(changed)));
  good(net::testing::run(store->attempt("broker", 9, 1)));
  good(net::testing::run(store->attempt("broker", 11, 1)));
  good(net::testing::run(store->progress("broker", 10, 3)));
  changed.spec.enabled = false;
  changed.revision = 2;
  good(net::testing::run(store->put(changed)));
  const auto loaded = store->load();
  ASSERT_TRUE(loaded);
  EXPECT_EQ(loaded->sinks[0].cursor, 10U);
  EXPECT_EQ(loaded->sinks[0].revision, 2U);
  EXPECT_FALSE(loaded->sinks[0].spec.enabled);
  EXPECT_EQ(loaded->attempts.at("broker"), (std::map<model::Seq, std::uint32_t>{{11, 1}}));
}

TEST_F(SinkStore, with_a_sink_goes_all_that_is_its) {
  auto store = open();
  good(net::testing::run(store->put(record("a"))));
  good(net::testing::run(store->park("a", {})));
  good(net::testing::run(store->attempt("a", 1, 1)));
  good(net::testing::run(store->remove("a")));
  good(net::testing::run(store->progress("a", 99, 1)));
  const auto loaded = store->load();
  ASSERT_TRUE(loaded);
  EXPECT_TRUE(loaded->sinks.empty());
  EXPECT_TRUE(loaded->parked.empty());
  EXPECT_TRUE(loaded->attempts.empty());
}

TEST_F(SinkStore, knows_whether_it_was_stopped) {
  {
    auto store = open();
    EXPECT_TRUE(store->load()->clean) << "a new one was never killed";
    good(net::testing::run(store->mark_stopped()));
  }
  {
    auto store = open();
    EXPECT_TRUE(store->load()->clean);
  }
  EXPECT_FALSE(open()->load()->clean);
}

TEST_F(SinkStore, what_cannot_be_stored_takes_nothing_with_it) {
  auto store = open();
  good(net::testing::run(store->put(record("a"))));
  EXPECT_EQ(net::testing::run(store->park("nobody", {})).error().code, Code::storage_failed);
  good(net::testing::run(store->progress("a", 20, 1)));
  EXPECT_EQ(store->load()->sinks[0].cursor, 20U);
}

}  // namespace
}  // namespace camfleet::storage
