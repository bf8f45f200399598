#include "events/ledger.h"

#include <gtest/gtest.h>

#include <functional>

#include "events/testing/fake_store.h"
#include "net/loop_groups.h"
#include "net/within.h"

namespace camfleet::events {
namespace {

using model::EventState;
using namespace std::chrono_literals;

// Polls: the ledger has a thread of its own, and what is asserted is where it ends up.
bool eventually(const std::function<bool()>& holds) {
  const auto deadline = std::chrono::steady_clock::now() + 20s;
  while (!holds()) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    std::this_thread::sleep_for(1ms);
  }
  return true;
}

model::Event crossing(int number) {
  model::Event event;
  event.channel = 1;
  event.type = "linedetection";
  event.phase = model::Phase::pulse;
  event.description = "alarm " + std::to_string(number);
  event.received = system_clock().wall();
  return event;
}

class LedgerTest : public ::testing::Test {
 protected:
  LedgerTest() {
    loops.start();
    restart();
  }
  ~LedgerTest() override {
    lane.reset();
    ledger.reset();
    loops.stop();
  }
  void restart() {
    lane.reset();
    ledger.reset();
    ledger = std::make_unique<Ledger>(store, store, readers, options);
    ASSERT_TRUE(ledger->open());
    ledger->start();
    lane = ledger->open(model::DeviceId{"gate-7"});
  }
  template <class T>
  static net::Task<> keep(net::Task<T> task, std::optional<T>& out) {
    out.emplace(co_await std::move(task));
  }
  template <class T>
  T wait_for(net::Task<T> task) {
    std::optional<T> out;
    net::block_on(loops.at(0).executor(), keep(std::move(task), out));
    return std::move(*out);
  }
  static net::Task<> follow(model::LedgerFeed& feed, std::size_t count,
                            std::vector<model::LedgerEntryPtr>& out) {
    const auto deadline = std::chrono::steady_clock::now() + 20s;
    model::Seq seen = 0;
    while (out.size() < count && std::chrono::steady_clock::now() < deadline) {
      co_await feed.wait_past(seen, deadline);
      auto reading = feed.read(seen, 7);
      auto some = co_await std::move(reading);
      for (auto& entry : *some) {
        seen = entry->seq;
        out.push_back(std::move(entry));
      }
    }
  }

  LedgerOptions options{.queued = 100, .tail = 16, .tick = 10ms};
  net::Loops loops{1};
  net::WorkerPool readers{1, 100, "readers"};
  testing::FakeEventStore store;
  std::unique_ptr<Ledger> ledger;
  std::unique_ptr<model::EventLane> lane;
};

TEST_F(LedgerTest, who_follows_it_gets_every_entry_once_and_in_order_also_past_what_memory_holds) {
  for (int i = 0; i < 200; ++i) lane->report(crossing(i));
  std::vector<model::LedgerEntryPtr> got;
  net::block_on(loops.at(0).executor(), follow(ledger->feed(), 201, got));  // the first: it is blind as yet
  ASSERT_EQ(got.size(), 201U);
  for (std::size_t i = 0; i < got.size(); ++i) EXPECT_EQ(got[i]->seq, i + 1);
  EXPECT_EQ(got.back()->description, "alarm 199");
  EXPECT_EQ(ledger->feed().newest(), 201U);
}

TEST_F(LedgerTest, what_the_disk_refuses_is_tried_again_and_devices_wait_meanwhile) {
  ASSERT_TRUE(eventually([&] { return store.entries().size() == 1; }));
  store.refuse(Code::ledger_full);
  for (int i = 0; i < 300; ++i) lane->report(crossing(i));
  ASSERT_TRUE(eventually([&] { return ledger->state().code == Code::ledger_full; }));
  EXPECT_FALSE(wait_for(lane->room(std::chrono::steady_clock::now() + 20ms)));
  std::vector<model::Event> pushed;
  pushed.push_back(crossing(1'000));
  const auto refused = wait_for(ledger->commit(std::move(pushed)));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Code::ledger_full);
  store.refuse(Code::ok);
  EXPECT_TRUE(wait_for(lane->room(std::chrono::steady_clock::now() + 20s)));
  ASSERT_TRUE(eventually([&] { return store.entries("linedetection").size() == 300; }));
  EXPECT_TRUE(eventually([&] { return ledger->state().code == Code::ok; }));
}

TEST_F(LedgerTest, what_is_pushed_is_acknowledged_when_it_is_on_disk) {
  std::vector<model::Event> pushed;
  for (int i = 0; i < 3; ++i) {
    pushed.push_back(crossing(i));
    pushed.back().device = model::DeviceId{"gate-7"};
    pushed.back().source = model::EventSource::push;
  }
  EXPECT_TRUE(wait_for(ledger->commit(std::move(pushed))));
  EXPECT_EQ(store.entries("linedetection").size(), 3U);
}

TEST_F(LedgerTest, a_device_is_blind_until_it_is_armed_and_again_from_when_it_was_last_heard) {
  lane->armed();
  lane->heard(system_clock().wall());
  const auto heard = system_clock().wall();
  lane->heard(heard);
  lane->blind(Error{Code::blind_link_down, "net.closed"});
  ASSERT_TRUE(eventually([&] { return store.entries("camfleet.blind").size() == 3; }));
  const auto all = store.entries("camfleet.blind");
  EXPECT_EQ(all[0]->detail, "blind.not_armed");
  EXPECT_EQ(all[1]->state, EventState::end);
  EXPECT_EQ(all[1]->event, all[0]->event);
  EXPECT_EQ(all[2]->detail, "blind.link_down");
  EXPECT_EQ(all[2]->started, heard);
  // What is shown to readers follows what is on disk.
  Result<std::vector<model::BlindInterval>> open;
  ASSERT_TRUE(eventually([&] {
    open = wait_for(ledger->blind({}));
    return open && open->size() == 1;
  }));
  EXPECT_EQ(open->front().reason, Code::blind_link_down);
  EXPECT_FALSE(open->front().to);
}

TEST_F(LedgerTest, a_device_that_is_held_back_was_heard_when_it_was_last_read) {
  lane->armed();
  const auto read = system_clock().wall() - 60s;
  lane->heard(read);
  ASSERT_TRUE(eventually([&] { return store.entries("camfleet.blind").size() == 2; }));
  store.refuse(Code::ledger_full);
  for (int i = 0; i < 300; ++i) lane->report(crossing(i));
  ASSERT_TRUE(eventually([&] { return ledger->state().code == Code::ledger_full; }));
  EXPECT_FALSE(wait_for(lane->room(std::chrono::steady_clock::now() + 20ms)));
  lane->heard(system_clock().wall());  // it answers questions meanwhile, and its alarms lie in the socket
  lane->blind(Error{Code::blind_link_down, "net.closed"});
  store.refuse(Code::ok);
  ASSERT_TRUE(eventually([&] { return store.entries("camfleet.blind").size() == 3; }));
  EXPECT_EQ(store.entries("camfleet.blind").back()->started, read);
}

TEST_F(LedgerTest, a_run_that_ended_leaves_a_blind_interval_since_the_device_was_last_heard) {
  lane->armed();
  const auto heard = system_clock().wall() - 60s;
  lane->heard(heard);
  ASSERT_TRUE(eventually([&] { return store.entries("camfleet.blind").size() == 2; }));
  restart();
  ASSERT_TRUE(eventually([&] { return store.entries("camfleet.blind").size() == 3; }));
  const auto down = store.entries("camfleet.blind").back();
  EXPECT_EQ(down->detail, "blind.gateway_down");
  // Not before it was armed: that much is known.
  EXPECT_GE(down->started, heard);
  EXPECT_LE(down->started, system_clock().wall());
}

TEST_F(LedgerTest, a_device_that_left_is_expected_no_more) {
  lane->gone();
  lane->blind(Error{Code::blind_link_down});
  lane->report(crossing(1));
  ASSERT_TRUE(eventually([&] { return store.entries("camfleet.blind").size() == 2; }));
  lane.reset();
  ledger->stop();
  EXPECT_EQ(store.entries().size(), 2U);
  EXPECT_EQ(ledger->state().blind, 0U);
}

}  // namespace
}  // namespace camfleet::events
