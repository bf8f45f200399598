#include "events/open_events.h"

#include <gtest/gtest.h>

#include <set>

namespace camfleet::events {
namespace {

using model::EventState;
using namespace std::chrono_literals;

const WallTime kNoon{std::chrono::microseconds{1'790'000'000'000'000}};

struct Rig {
  OpenEvents events;
  SteadyTime now{1h};
  std::vector<model::NewEntry> out;

  // One report; what it made.
  std::vector<model::LedgerEntry> report(model::Event event, std::chrono::milliseconds later = 1s) {
    now += later;
    event.device = model::DeviceId{event.device.empty() ? "gate-7" : event.device.str()};
    event.received = kNoon + std::chrono::duration_cast<std::chrono::microseconds>(now.time_since_epoch());
    out.clear();
    events.take(std::move(event), now, false, out);
    return made();
  }
  std::vector<model::LedgerEntry> wait(std::chrono::milliseconds time) {
    now += time;
    out.clear();
    events.expire(
        now, kNoon, [](const std::string&) { return false; }, out);
    return made();
  }
  std::vector<model::LedgerEntry> made() const {
    std::vector<model::LedgerEntry> entries;
    for (const auto& one : out) entries.push_back(one.entry);
    return entries;
  }
};

model::Event vmd(model::Phase phase, std::string description = "Motion alarm", std::uint32_t count = 0) {
  model::Event event;
  event.channel = 1;
  event.type = "vmd";
  event.phase = phase;
  event.description = std::move(description);
  event.count = count;
  return event;
}
constexpr auto active = model::Phase::active;
constexpr auto inactive = model::Phase::inactive;

model::Event at(model::Event event, int second) {
  event.device_time = "2026-11-28T16:00:" + std::to_string(second);
  event.happened = kNoon + std::chrono::seconds{second};
  return event;
}

TEST(OpenEvents, a_repeated_report_continues_the_event_and_counts) {
  Rig rig;
  const auto start = rig.report(vmd(active));
  ASSERT_EQ(start.size(), 1U);
  EXPECT_EQ(start[0].state, EventState::start);
  EXPECT_EQ(start[0].event.size(), 26U);
  for (int i = 0; i < 5; ++i) EXPECT_TRUE(rig.report(vmd(active)).empty());
  const auto end = rig.report(vmd(inactive));
  ASSERT_EQ(end.size(), 1U);
  EXPECT_EQ(end[0].state, EventState::end);
  EXPECT_EQ(end[0].event, start[0].event);
  EXPECT_EQ(end[0].count, 6U);
  EXPECT_EQ(rig.out[0].reports, 6U);  // five repetitions and the end
  EXPECT_FALSE(end[0].inferred);
  EXPECT_TRUE(rig.report(vmd(inactive)).empty());  // the end again says nothing
}

TEST(OpenEvents, one_that_goes_on_is_told_again_now_and_then) {
  Rig rig;
  rig.report(vmd(active));
  std::vector<model::LedgerEntry> updates;
  for (int i = 0; i < 25; ++i)
    for (auto& entry : rig.report(vmd(active))) updates.push_back(entry);
  ASSERT_EQ(updates.size(), 2U);
  EXPECT_EQ(updates[0].state, EventState::update);
  EXPECT_EQ(updates[0].count, 11U);
  EXPECT_EQ(updates[1].ordinal, 1U);
  EXPECT_EQ(updates[1].id(), updates[1].event + "/update/1");
}

TEST(OpenEvents, another_one_begins_where_the_old_was_silent_ended_restarted_or_is_described_otherwise) {
  Rig rig;
  const auto first = rig.report(vmd(active, "a", 1)).at(0).event;
  const auto silent = rig.report(vmd(active, "a", 2), 11s);
  ASSERT_EQ(silent.size(), 2U);
  EXPECT_EQ(silent[0].event, first);
  EXPECT_TRUE(silent[0].inferred);
  EXPECT_EQ(silent[1].state, EventState::start);
  EXPECT_NE(silent[1].event, first);
  const auto restarted = rig.report(vmd(active, "a", 1));
  ASSERT_EQ(restarted.size(), 2U);
  const auto described = rig.report(vmd(active, "b", 2));
  ASSERT_EQ(described.size(), 2U);
  EXPECT_EQ(described[1].description, "b");
  rig.report(vmd(inactive, "b"));
  EXPECT_EQ(rig.report(vmd(active, "b")).at(0).state, EventState::start);
}

TEST(OpenEvents, an_end_that_never_comes_is_inferred_and_one_that_comes_late_is_kept) {
  Rig rig;
  const auto start = rig.report(vmd(active)).at(0);
  EXPECT_TRUE(rig.wait(9s).empty());
  const auto inferred = rig.wait(2s);
  ASSERT_EQ(inferred.size(), 1U);
  EXPECT_TRUE(inferred[0].inferred);
  EXPECT_EQ(inferred[0].event, start.event);
  const auto late = rig.report(vmd(inactive), 60s);
  ASSERT_EQ(late.size(), 1U);
  EXPECT_EQ(late[0].id(), start.event + "/end/1");
  EXPECT_FALSE(late[0].inferred);
}

TEST(OpenEvents, an_end_whose_beginning_nobody_saw_is_an_event_of_its_own) {
  Rig rig;
  const auto end = rig.report(vmd(inactive, "alarm 5"));
  ASSERT_EQ(end.size(), 1U);
  EXPECT_EQ(end[0].state, EventState::end);
  EXPECT_EQ(end[0].count, 0U);
  EXPECT_TRUE(rig.report(vmd(inactive, "alarm 5")).empty());
  EXPECT_EQ(rig.report(vmd(inactive, "alarm 6")).size(), 1U);
}

TEST(OpenEvents, what_began_in_the_same_second_is_told_apart_and_has_the_same_ids_everywhere) {
  const auto ids = [] {
    Rig rig;
    std::vector<std::string> out;
    for (int i = 0; i < 3; ++i) {
      auto crossing = at(vmd(model::Phase::pulse), 5);
      crossing.type = "linedetection";
      out.push_back(rig.report(std::move(crossing), 10ms).at(0).event);
    }
    return out;
  };
  const auto here = ids();
  EXPECT_EQ(std::set<std::string>(here.begin(), here.end()).size(), 3U);
  EXPECT_EQ(ids(), here);
}

TEST(OpenEvents, a_start_that_is_read_twice_by_two_ways_is_one_event) {
  Rig rig;
  auto first = at(vmd(model::Phase::pulse), 5);
  auto second = first;
  second.source = model::EventSource::push;
  const auto a = rig.report(std::move(first)).at(0).event;
  EXPECT_EQ(rig.report(std::move(second)).at(0).event, a);
}

TEST(OpenEvents, channels_types_details_and_devices_are_told_apart) {
  Rig rig;
  std::set<std::string> ids;
  for (int i = 0; i < 2; ++i)
    for (const auto* device : {"a", "b"})
      for (const auto* detail : {"", "region 2"}) {
        auto event = vmd(active);
        event.device = model::DeviceId{device};
        event.channel = static_cast<std::uint16_t>(i);
        event.detail = detail;
        ids.insert(rig.report(std::move(event), 1ms).at(0).event);
      }
  EXPECT_EQ(ids.size(), 8U);
  EXPECT_EQ(rig.events.active(), 8U);
}

TEST(OpenEvents, after_a_restart_it_goes_on_with_what_was_open_and_counts_on_within_a_second) {
  Rig before;
  std::vector<model::LedgerEntry> stored;
  stored.push_back(before.report(at(vmd(active), 1)).at(0));
  auto crossing = at(vmd(model::Phase::pulse), 2);
  crossing.type = "linedetection";
  stored.push_back(before.report(crossing).at(0));

  Rig after;
  after.events.restore(stored, after.now);
  EXPECT_EQ(after.events.active(), 1U);
  EXPECT_TRUE(after.report(at(vmd(active), 3)).empty());
  EXPECT_EQ(after.report(at(vmd(inactive), 4)).at(0).event, stored[0].event);
  // The same words in the same second: what was written before the restart is another event.
  const auto again = after.report(crossing).at(0);
  EXPECT_NE(again.event, stored[1].event);
}

TEST(OpenEvents, invented_types_do_not_grow_it_and_nothing_of_them_is_left_out) {
  Rig rig;
  std::size_t starts = 0;
  std::size_t ends = 0;
  for (int i = 0; i < 2'000; ++i) {
    auto event = vmd(active);
    event.type = "invented" + std::to_string(i);
    for (const auto& entry : rig.report(std::move(event), 1ms))
      (entry.state == EventState::start ? starts : ends) += 1;
  }
  EXPECT_EQ(starts, 2'000U);
  EXPECT_EQ(ends, 2'000U - 256U);
  EXPECT_EQ(rig.events.active(), 256U);
}

TEST(OpenEvents, a_terminal_numbers_its_events_and_what_it_replays_is_the_same_event) {
  Rig rig;
  auto door = at(vmd(model::Phase::pulse, ""), 10);
  door.type = "accesscontrollerevent";
  door.serial = 7;
  const auto live = rig.report(door);
  auto again = door;
  again.replayed = true;
  const auto late = rig.report(again);
  EXPECT_EQ(late.at(0).event, live.at(0).event);
  EXPECT_TRUE(late.at(0).replayed && !live.at(0).replayed);
  auto next = door;
  next.serial = 8;
  EXPECT_NE(rig.report(next).at(0).event, live.at(0).event);
  // After a reset it counts from 1 again: that is another event.
  EXPECT_NE(rig.report(at(door, 40)).at(0).event, live.at(0).event);
}

TEST(OpenEvents, where_a_camera_tells_the_end_of_a_pulse_it_is_an_end_of_that_event) {
  Rig rig;
  const auto pulse = rig.report(vmd(model::Phase::pulse)).at(0);
  const auto ended = rig.report(vmd(inactive));
  ASSERT_EQ(ended.size(), 1U);
  EXPECT_EQ(ended[0].event, pulse.event);
  EXPECT_EQ(ended[0].id(), pulse.event + "/end");
  EXPECT_FALSE(ended[0].inferred);
  EXPECT_TRUE(rig.report(vmd(inactive)).empty());
  EXPECT_TRUE(rig.wait(1h).empty());
  // Also where the gateway was started anew between the two.
  const auto next = rig.report(vmd(model::Phase::pulse)).at(0);
  EXPECT_NE(next.event, pulse.event);
  Rig after;
  after.events.restore({next}, after.now);
  EXPECT_EQ(after.events.active(), 0U);
  EXPECT_EQ(after.report(vmd(inactive)).at(0).event, next.event);
}

}  // namespace
}  // namespace camfleet::events
