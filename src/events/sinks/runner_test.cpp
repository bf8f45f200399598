#include "events/sinks/runner.h"

#include <gtest/gtest.h>

#include "events/sinks/testing/fakes.h"
#include "net/testing/run.h"

namespace camfleet::events::sinks {
namespace {

using namespace std::chrono_literals;
using testing::FakeClient;
using Seqs = std::vector<model::Seq>;

Outcome says(Verdict verdict, Code code = Code::sink_failed) { return {verdict, Error{code, "the test"}}; }

class SinkRunner : public ::testing::Test {
 protected:
  static constexpr Patience kQuick{2ms, 10ms, 20ms, 3, 4};

  Runner::State state(model::SinkFilter filter = {}) const {
    Runner::State out;
    out.record.spec.id = "s";
    out.record.spec.kind = model::SinkKind::webhook;
    out.record.spec.settings["url"] = "http://127.0.0.1/";
    out.record.spec.filter = std::move(filter);
    return out;
  }
  std::unique_ptr<Runner> runner(Runner::State from) {
    store_.records["s"] = from.record;
    return std::make_unique<Runner>(RunnerParts{feed_, store_, nullptr, &board_, kQuick}, loop_.executor(),
                                    std::move(from), std::make_unique<FakeClient>(log_));
  }
  // Runs until `done` says so, then stops: the state that the next one begins with.
  Runner::State run(Runner::State from, std::function<bool(const Runner&)> done) {
    auto sink = runner(std::move(from));
    sink->start();
    loop_.run(until(*sink, std::move(done)));
    auto out = sink->state();
    sink.reset();
    return out;
  }
  static net::Task<> until(Runner& sink, std::function<bool(const Runner&)> done) {
    while (!done(sink)) co_await net::sleep_for(1ms);
    co_await sink.stop();
  }
  static bool has_all(const Runner& sink) {
    const auto view = sink.view();
    return view.cursor == view.newest;
  }

  net::testing::TestLoop loop_;
  testing::FakeFeed feed_;
  testing::FakeStore store_;
  Board board_{nullptr};
  FakeClient::Log log_;
};

TEST_F(SinkRunner, delivers_all_and_moves_the_durable_cursor) {
  for (int i = 0; i < 500; ++i) feed_.add("d" + std::to_string(i % 7));
  const auto after = run(state(), has_all);
  EXPECT_EQ(log_.delivered.size(), 500U);
  EXPECT_EQ(store_.records["s"].cursor, 500U);
  EXPECT_EQ(store_.records["s"].delivered, 500U);
  EXPECT_EQ(after.record.cursor, 500U);
  EXPECT_LE(log_.most_running, 4U);
}

TEST_F(SinkRunner, keeps_the_order_of_each_device_whatever_fails) {
  for (const std::size_t batch : {1, 8}) {
    SCOPED_TRACE(batch);
    Rng rng{20261128 + batch};
    log_ = {};
    log_.limits = {4, batch};
    log_.says = [&rng](const Delivery&) {
      switch (rng.below(8)) {
        case 0:
          return says(Verdict::sink_failed);
        case 1:
          return says(Verdict::event_failed);
        default:
          return Outcome{Verdict::delivered, {}};
      }
    };
    std::map<model::Seq, std::string> device_of;
    for (int i = 0; i < 100; ++i) {
      const auto device = "d" + std::to_string(i % 5);
      device_of[feed_.add(device)] = device;
    }
    auto begin = state();
    begin.record.cursor = feed_.newest() - 100;
    const auto after = run(begin, has_all);
    std::map<std::string, model::Seq> last;
    for (const auto seq : log_.delivered) {
      EXPECT_GT(seq, last[device_of[seq]]);
      last[device_of[seq]] = seq;
    }
    EXPECT_EQ(log_.delivered.size() + after.parked.size(), 100U);
  }
}

TEST_F(SinkRunner, a_sink_that_is_away_gets_all_when_it_is_back) {
  int away = 20;
  log_.says = [&away](const Delivery&) {
    return away-- > 0 ? says(Verdict::sink_failed, Code::sink_unreachable) : Outcome{Verdict::delivered, {}};
  };
  for (int i = 0; i < 50; ++i) feed_.add("d");
  run(state(), has_all);
  EXPECT_EQ(log_.delivered.size(), 50U);
  EXPECT_TRUE(store_.kept.parked["s"].empty());
}

TEST_F(SinkRunner, says_why_it_waits_and_when_it_tries_again) {
  log_.says = [](const Delivery&) { return says(Verdict::refused, Code::sink_refused); };
  feed_.add("d");
  run(state(), [](const Runner& sink) {
    const auto view = sink.view();
    return view.state == model::SinkState::refused && view.reason.code == Code::sink_refused &&
           view.next_attempt && view.pending == 1;
  });
  EXPECT_EQ(store_.records["s"].cursor, 0U);
}

TEST_F(SinkRunner, what_it_does_not_take_is_parked_and_others_go_on) {
  log_.says = [](const Delivery& one) {
    return one.entry->device.str() == "bad" ? says(Verdict::rejected, Code::sink_rejected)
                                            : Outcome{Verdict::delivered, {}};
  };
  const auto bad = feed_.add("bad");
  for (int i = 0; i < 20; ++i) feed_.add("good");
  run(state(), has_all);
  EXPECT_EQ(log_.delivered.size(), 20U);
  ASSERT_EQ(store_.kept.parked["s"].size(), 1U);
  EXPECT_EQ(store_.kept.parked["s"][0].seq, bad);
  EXPECT_EQ(store_.kept.parked["s"][0].tries, 3U);
  EXPECT_EQ(store_.kept.parked["s"][0].reason, Code::sink_rejected);
  EXPECT_EQ(std::ranges::count(log_.tried, bad), 3);
  const auto standings = board_.standings();
  ASSERT_EQ(standings.size(), 1U);
  EXPECT_EQ(standings[0].begun, 0U);
  EXPECT_EQ(standings[0].cursor, 21U);
  EXPECT_EQ(standings[0].parked, Seqs{bad});
  EXPECT_TRUE(board_.wants("s", model::DeviceId{"bad"}, 1, "vmd"));
  EXPECT_FALSE(board_.wants("other", model::DeviceId{"bad"}, 1, "vmd"));
}

TEST_F(SinkRunner, one_that_fails_alone_is_parked_while_others_get_through) {
  log_.says = [](const Delivery& one) {
    return one.entry->device.str() == "bad" ? says(Verdict::event_failed) : Outcome{Verdict::delivered, {}};
  };
  feed_.add("bad");
  auto sink = runner(state());
  sink->start();
  loop_.run([](Runner& runner, testing::FakeFeed& feed, testing::FakeStore& store) -> net::Task<> {
    while (store.kept.parked["s"].empty()) {
      feed.add("good");
      co_await net::sleep_for(1ms);
    }
    co_await runner.stop();
  }(*sink, feed_, store_));
  EXPECT_GE(store_.kept.parked["s"][0].tries, 4U);
}

TEST_F(SinkRunner, what_was_parked_can_be_retried_or_given_up) {
  bool takes = false;
  log_.says = [&takes](const Delivery&) {
    return takes ? Outcome{Verdict::delivered, {}} : says(Verdict::rejected, Code::sink_rejected);
  };
  const auto first = feed_.add("a");
  const auto second = feed_.add("b");
  auto sink = runner(run(state(), has_all));
  takes = true;
  EXPECT_TRUE(loop_.run(sink->retry_parked(first)).has_value());
  EXPECT_EQ(log_.delivered, Seqs{first});
  EXPECT_EQ(loop_.run(sink->retry_parked(first)).error().code, Code::events_unknown);
  EXPECT_TRUE(loop_.run(sink->drop_parked(second)).has_value());
  EXPECT_TRUE(store_.kept.parked["s"].empty());
  EXPECT_EQ(loop_.run(sink->drop_parked(second)).error().code, Code::events_unknown);
}

TEST_F(SinkRunner, what_is_not_for_it_is_passed_over) {
  model::SinkFilter filter;
  filter.types = {"camfleet.*", "vmd"};
  filter.devices = {"a", ""};
  feed_.add("a");
  feed_.add("b");
  feed_.add("a", "linedetection");
  feed_.add("", "camfleet.blind");
  run(state(filter), has_all);
  EXPECT_EQ(log_.delivered, (Seqs{1, 4}));
  EXPECT_EQ(store_.records["s"].cursor, 4U);
}

TEST_F(SinkRunner, a_killed_gateway_ends_over_an_entry_a_few_times_only) {
  feed_.add("a");
  feed_.add("b");
  auto begin = state();
  begin.careful = true;
  begin.attempts = {{1, 3}};  // three gateways began it, and none ended it
  const auto after = run(begin, has_all);
  EXPECT_EQ(log_.delivered, Seqs{2});
  ASSERT_EQ(after.parked.size(), 1U);
  EXPECT_EQ(after.parked[0].seq, 1U);
  EXPECT_EQ(after.parked[0].reason, Code::sink_failed);
}

TEST_F(SinkRunner, attempts_are_on_disk_before_they_are_made_after_a_kill) {
  feed_.add("a");
  auto begin = state();
  begin.careful = true;
  log_.says = [this](const Delivery& one) {
    EXPECT_EQ(store_.kept.attempts["s"][one.entry->seq], 1U);
    return Outcome{Verdict::delivered, {}};
  };
  run(begin, has_all);
  EXPECT_EQ(log_.delivered, Seqs{1});
  EXPECT_TRUE(store_.kept.attempts["s"].empty()) << "it ended";
}

TEST_F(SinkRunner, what_was_parked_before_a_kill_is_not_tried_again) {
  feed_.add("a");
  feed_.add("a");
  auto begin = state();
  begin.parked = {{1, "e1/pulse", model::DeviceId{"a"}, Code::sink_rejected, "", 3, {}}};
  const auto after = run(begin, has_all);
  EXPECT_EQ(log_.delivered, Seqs{2});
  EXPECT_EQ(after.parked.size(), 1U);
}

TEST_F(SinkRunner, without_a_store_nothing_is_taken_for_parked) {
  log_.says = [](const Delivery&) { return says(Verdict::rejected, Code::sink_rejected); };
  feed_.add("a");
  store_.broken = true;
  run(state(), [this](const Runner& sink) { return log_.tried.size() > 5 && sink.view().parked == 0; });
  EXPECT_TRUE(store_.kept.parked["s"].empty());
  EXPECT_EQ(store_.records["s"].cursor, 0U);
}

TEST_F(SinkRunner, a_replay_marks_what_it_delivers_and_leaves_the_cursor) {
  for (int i = 0; i < 10; ++i) feed_.add(i % 2 == 0 ? "a" : "b");
  auto sink = runner(run(state(), has_all));
  const auto before = log_.delivered.size();
  std::vector<model::Seq> replayed;
  log_.says = [&replayed](const Delivery& one) {
    if (one.replayed) replayed.push_back(one.entry->seq);
    return Outcome{Verdict::delivered, {}};
  };
  model::ReplayWish wish;
  wish.devices = {model::DeviceId{"a"}};
  wish.from = testing::entry(3, "a")->received;
  wish.to = testing::entry(8, "a")->received;
  wish.rate = 10'000;
  sink->start();
  ASSERT_TRUE(sink->replay(wish));
  EXPECT_EQ(sink->replay(wish).error().code, Code::sink_invalid);
  loop_.run(until(*sink, [](const Runner& runner) { return !runner.view().replay->running; }));
  EXPECT_EQ(replayed, (Seqs{3, 5, 7}));
  EXPECT_EQ(log_.delivered.size(), before + 3);
  EXPECT_EQ(sink->view().cursor, 10U);
  EXPECT_EQ(sink->view().replay->delivered, 3U);
}

TEST_F(SinkRunner, entries_that_the_ledger_gave_up_do_not_stop_it) {
  for (int i = 0; i < 5; ++i) feed_.add("a");
  feed_.expire_to(3);
  run(state(), has_all);
  EXPECT_EQ(log_.delivered, (Seqs{4, 5}));
}

}  // namespace
}  // namespace camfleet::events::sinks
