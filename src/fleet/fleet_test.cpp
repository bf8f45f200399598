#include "fleet/fleet.h"

#include <gtest/gtest.h>

#include <chrono>
#include <functional>
#include <future>
#include <list>
#include <thread>
#include <vector>

#include "fleet/testing/fleet_rig.h"

namespace camfleet::fleet {
namespace {

using namespace std::chrono_literals;
using enum model::DeviceState;
using testing::eventually;
using testing::FakeSession;

class FleetTest : public testing::FleetRig {};

TEST_F(FleetTest, a_device_that_is_added_comes_online_and_is_shown) {
  const auto added = add(device("gate-7"));
  ASSERT_TRUE(added) << added.error().text();
  EXPECT_EQ((*added)->reason, Code::fleet_added);
  ASSERT_TRUE(reaches("gate-7", online));
  const auto view = show("gate-7");
  EXPECT_EQ(view->reason, Code::fleet_connected);
  EXPECT_TRUE(view->has_password);
  EXPECT_EQ(view->facts->model, "DS-FAKE");
  EXPECT_TRUE(view->last_heard);
  ASSERT_EQ(view->history.size(), 3U);
  EXPECT_EQ(view->history[0].to, waiting);
  EXPECT_EQ(view->history[1].to, connecting);
  EXPECT_EQ(view->history[1].reason, Code::fleet_admitted);
  EXPECT_EQ(hikvision.password("gate-7"), "hik12345");
  EXPECT_EQ(fleet->counts().total, 1U);
  EXPECT_EQ(fleet->counts().states[std::size_t(online)], 1U);
  EXPECT_EQ(fleet->counts().channels, 3U);
  EXPECT_TRUE(eventually([&] { return store.find("gate-7")->known_serial == "SN-gate-7"; }));
}

TEST_F(FleetTest, a_bad_password_costs_one_attempt_also_over_a_restart) {
  hikvision.answer("gate-7", Error{Code::device_bad_credentials, "401"});
  ASSERT_TRUE(add(device("gate-7")));
  ASSERT_TRUE(reaches("gate-7", rejected));
  EXPECT_EQ(hikvision.attempts("gate-7"), 1);
  ASSERT_TRUE(eventually([&] { return store.find("gate-7")->rejected_version == 1; }));
  restart();
  EXPECT_EQ(show("gate-7")->state, rejected);
  EXPECT_EQ(show("gate-7")->reason, Code::device_bad_credentials);
  // Another device makes its whole way meanwhile; the rejected one does not stir.
  ASSERT_TRUE(add(device("gate-8", "10.0.0.8")));
  ASSERT_TRUE(reaches("gate-8", online));
  EXPECT_EQ(hikvision.attempts("gate-7"), 1);

  hikvision.answer("gate-7", {});
  EXPECT_TRUE(fleet->reconnect(model::DeviceId{"gate-7"}));
  ASSERT_TRUE(reaches("gate-7", online));
  EXPECT_EQ(hikvision.attempts("gate-7"), 2);
  EXPECT_TRUE(eventually([&] { return store.find("gate-7")->rejected_version == 0; }));
}

TEST_F(FleetTest, a_failing_device_is_tried_again_and_again_until_it_answers) {
  hikvision.answer("gate-7", Error{Code::net_refused, "connect to 10.0.0.7:80"});
  ASSERT_TRUE(add(device("gate-7")));
  ASSERT_TRUE(reaches("gate-7", backoff));
  ASSERT_TRUE(eventually([&] { return hikvision.attempts("gate-7") > 5; }));
  ASSERT_TRUE(eventually([&] {
    const auto view = show("gate-7");
    return view->state == backoff && view->attempts > 2 && view->next_attempt &&
           view->detail == "connect to 10.0.0.7:80";
  }));
  hikvision.answer("gate-7", {});
  ASSERT_TRUE(reaches("gate-7", online));
  EXPECT_EQ(show("gate-7")->attempts, 0U);
  EXPECT_FALSE(show("gate-7")->next_attempt);
}

TEST_F(FleetTest, a_locked_device_is_left_alone_until_its_lock_is_over_whoever_asks) {
  hikvision.answer("gate-7", Error{Code::device_locked, "userCheck"});
  ASSERT_TRUE(add(device("gate-7")));
  ASSERT_TRUE(reaches("gate-7", locked));
  const auto locked_at = std::chrono::steady_clock::now();
  hikvision.answer("gate-7", {});
  for (int i = 0; i < 5; ++i) EXPECT_TRUE(fleet->reconnect(model::DeviceId{"gate-7"}));
  on_loop("gate-7", [] {});
  EXPECT_EQ(hikvision.attempts("gate-7"), 1);
  ASSERT_TRUE(reaches("gate-7", online));
  EXPECT_GE(std::chrono::steady_clock::now() - locked_at, 250ms);
  EXPECT_EQ(hikvision.attempts("gate-7"), 2);
}

TEST_F(FleetTest, another_device_at_the_address_is_rejected_until_an_operator_accepts_it) {
  ASSERT_TRUE(add(device("gate-7")));
  ASSERT_TRUE(reaches("gate-7", online));
  ASSERT_TRUE(eventually([&] { return !store.find("gate-7")->known_serial.empty(); }));
  hikvision.serial("gate-7", "SN-other");
  end_session("gate-7", Error{Code::net_reset});
  ASSERT_TRUE(reaches("gate-7", rejected));
  EXPECT_EQ(show("gate-7")->reason, Code::device_identity_mismatch);
  EXPECT_TRUE(fleet->reconnect(model::DeviceId{"gate-7"}));
  ASSERT_TRUE(eventually([&] { return hikvision.attempts("gate-7") == 3; }));
  ASSERT_TRUE(reaches("gate-7", rejected));
  EXPECT_TRUE(fleet->reconnect(model::DeviceId{"gate-7"}, true));
  ASSERT_TRUE(reaches("gate-7", online));
  EXPECT_TRUE(eventually([&] { return store.find("gate-7")->known_serial == "SN-other"; }));
}

TEST_F(FleetTest, a_driver_that_does_not_fit_gives_way_to_the_next) {
  hikvision.answer("gate-7", Error{Code::device_not_supported});
  auto wanted = device("gate-7");
  wanted.spec.drivers = {"hikvision", "rtsp"};
  ASSERT_TRUE(add(std::move(wanted)));
  ASSERT_TRUE(reaches("gate-7", online));
  EXPECT_EQ(show("gate-7")->reason, Code::fleet_no_alarm_channel);
  EXPECT_EQ(hikvision.attempts("gate-7"), 1);
  EXPECT_EQ(rtsp.attempts("gate-7"), 1);
}

TEST_F(FleetTest, a_driver_that_does_not_get_through_gives_way_and_it_is_told_why) {
  rtsp.answer("gate-7", Error{Code::net_refused, "port 554"});
  auto wanted = device("gate-7");
  wanted.spec.drivers = {"rtsp", "hikvision"};
  ASSERT_TRUE(add(std::move(wanted)));
  ASSERT_TRUE(reaches("gate-7", online));
  const auto view = show("gate-7");
  EXPECT_EQ(view->reason, Code::driver_fallback);
  EXPECT_EQ(view->detail, "rtsp: net.refused: port 554");
  EXPECT_EQ(view->facts->driver, 1);
  EXPECT_EQ(view->history.back().reason, Code::driver_fallback);
}

TEST_F(FleetTest, a_refused_password_is_not_shown_to_the_next_driver) {
  hikvision.answer("gate-7", Error{Code::device_bad_credentials});
  auto wanted = device("gate-7");
  wanted.spec.drivers = {"hikvision", "rtsp"};
  ASSERT_TRUE(add(std::move(wanted)));
  ASSERT_TRUE(reaches("gate-7", rejected));
  EXPECT_EQ(hikvision.attempts("gate-7"), 1);
  EXPECT_EQ(rtsp.attempts("gate-7"), 0);
}

TEST_F(FleetTest, where_no_driver_gets_through_each_of_them_is_told) {
  hikvision.answer("gate-7", Error{Code::sdk_unconfigured});
  rtsp.answer("gate-7", Error{Code::net_unreachable});
  auto wanted = device("gate-7");
  wanted.spec.drivers = {"hikvision", "rtsp"};
  ASSERT_TRUE(add(std::move(wanted)));
  ASSERT_TRUE(reaches("gate-7", backoff));
  EXPECT_EQ(show("gate-7")->reason, Code::net_unreachable) << "what is of the device comes first";
  EXPECT_EQ(show("gate-7")->detail, "hikvision: sdk.unconfigured; rtsp: net.unreachable");
}

TEST_F(FleetTest, a_driver_that_never_answers_is_cut_off_by_the_budget) {
  options.attempt_budget = 20ms;
  restart();
  hikvision.be_stuck(true);
  ASSERT_TRUE(add(device("gate-7")));
  ASSERT_TRUE(reaches("gate-7", backoff));
  EXPECT_EQ(show("gate-7")->reason, Code::net_timeout);
  hikvision.be_stuck(false);
  ASSERT_TRUE(reaches("gate-7", online));
}

TEST_F(FleetTest, what_is_missing_makes_it_degraded_until_all_of_it_is_back) {
  ASSERT_TRUE(add(device("gate-7")));
  ASSERT_TRUE(reaches("gate-7", online));
  ASSERT_TRUE(eventually([&] { return hikvision.session("gate-7")->observer() != nullptr; }));
  on_loop("gate-7", [&] {
    auto* observer = hikvision.session("gate-7")->observer();
    observer->impaired(Error{Code::device_alarm_down, "404"});
    observer->impaired(Error{Code::device_clock_off, "-139 d"});
    observer->event({.type = "VMD"});
  });
  EXPECT_EQ(show("gate-7")->state, degraded);
  EXPECT_EQ(show("gate-7")->reason, Code::device_alarm_down);
  EXPECT_EQ(show("gate-7")->events, 1U);
  EXPECT_EQ(events, 1);
  on_loop("gate-7", [&] { hikvision.session("gate-7")->observer()->restored(Code::device_alarm_down); });
  EXPECT_EQ(show("gate-7")->state, degraded);
  EXPECT_EQ(show("gate-7")->reason, Code::device_clock_off);
  on_loop("gate-7", [&] { hikvision.session("gate-7")->observer()->restored(Code::device_clock_off); });
  EXPECT_EQ(show("gate-7")->state, online);
}

TEST_F(FleetTest, a_stream_runs_through_the_session_and_ends_when_the_device_is_removed) {
  ASSERT_TRUE(add(device("gate-7")));
  ASSERT_TRUE(reaches("gate-7", online));
  testing::FakePublisher to;
  Error why;
  std::thread viewer{[&] { why = pull("gate-7/1/main", to); }};
  ASSERT_TRUE(eventually([&] { return to.started.load(); }));
  EXPECT_TRUE(wait_for(fleet->remove(model::DeviceId{"gate-7"})));
  viewer.join();
  EXPECT_EQ(why.code, Code::device_unknown);
  EXPECT_EQ(FakeSession::pulls, 0);
  EXPECT_FALSE(store.find("gate-7"));
  EXPECT_EQ(fleet->counts().total, 0U);
  EXPECT_EQ(wait_for(fleet->remove(model::DeviceId{"gate-7"})).error().code, Code::device_unknown);
  EXPECT_EQ(add_code(device("gate-7")), Code::ok);  // the id and the address are free again
}

TEST_F(FleetTest, a_stream_of_what_is_not_there_says_what_is_wrong) {
  testing::FakePublisher to;
  EXPECT_EQ(pull("nobody", to).code, Code::device_unknown);
  hikvision.answer("gate-7", Error{Code::device_bad_credentials, "401"});
  ASSERT_TRUE(add(device("gate-7")));
  ASSERT_TRUE(reaches("gate-7", rejected));
  const auto offline = pull("gate-7", to);
  EXPECT_EQ(offline.code, Code::device_offline);
  EXPECT_EQ(offline.place, "rejected: device.bad_credentials: 401");
  ASSERT_TRUE(add(device("gate-8", "10.0.0.8")));
  ASSERT_TRUE(reaches("gate-8", online));
  EXPECT_EQ(pull("gate-8/7", to).code, Code::device_no_channel);
  auto off = device("gate-9", "10.0.0.9");
  off.spec.enabled = false;
  ASSERT_TRUE(add(std::move(off)));
  EXPECT_EQ(show("gate-9")->state, disabled);
  EXPECT_EQ(pull("gate-9", to).code, Code::device_disabled);
  EXPECT_EQ(fleet->reconnect(model::DeviceId{"gate-9"}).error().code, Code::device_disabled);
  EXPECT_FALSE(to.started);
}

TEST_F(FleetTest, a_device_is_not_asked_for_more_streams_than_it_was_seen_to_take) {
  ASSERT_TRUE(add(device("gate-7")));
  ASSERT_TRUE(reaches("gate-7", online));
  FakeSession::most_pulls = 3;
  std::list<testing::FakePublisher> to(5);
  std::vector<std::thread> viewers;
  const auto watch = [&](const char* stream) {
    viewers.emplace_back(
        [this, stream, &publisher = *std::next(to.begin(), static_cast<long>(viewers.size()))] {
          EXPECT_EQ(pull(stream, publisher).code, Code::device_unknown);
        });
  };
  for (const auto* stream : {"gate-7/1/main", "gate-7/1/sub", "gate-7/2/main"}) watch(stream);
  ASSERT_TRUE(eventually([&] { return FakeSession::pulls == 3; }));
  EXPECT_FALSE(fleet->stream_limit(model::DeviceId{"gate-7"}));
  EXPECT_EQ(pull("gate-7/2/sub", to.back()).place, "453");
  EXPECT_EQ(fleet->stream_limit(model::DeviceId{"gate-7"}), 3);

  // One more that is asked for now costs the device nothing.
  const int asked = FakeSession::asked;
  const auto refused = pull("gate-7/2/sub", to.back());
  EXPECT_EQ(refused.code, Code::device_sessions_full);
  EXPECT_EQ(refused.place, "takes 3 streams at once, one of them is kept for playback");
  EXPECT_EQ(FakeSession::asked, asked);
  EXPECT_FALSE(to.back().started);
  EXPECT_TRUE(wait_for(fleet->remove(model::DeviceId{"gate-7"})));
  for (auto& viewer : viewers) viewer.join();
  FakeSession::most_pulls = 1'000'000;
}

TEST_F(FleetTest, what_a_device_sends_at_once_is_known_after_a_restart) {
  struct Lessons final : model::LessonStore {
    Result<std::vector<model::Lesson>> load() override { return std::vector<model::Lesson>{kept}; }
    void note(const model::Lesson& lesson) override { kept = lesson; }
    model::Lesson kept{model::DeviceId{"gone"}, 1, system_clock().wall()};
  } kept;
  lessons = &kept;
  restart();
  ASSERT_TRUE(add(device("gate-7")));
  ASSERT_TRUE(reaches("gate-7", online));
  FakeSession::most_pulls = 0;
  testing::FakePublisher to;
  EXPECT_EQ(pull("gate-7/1/main", to).place, "453");
  EXPECT_EQ(kept.kept.device, model::DeviceId{"gate-7"});
  EXPECT_EQ(kept.kept.streams, 0);
  kept.kept.streams = 3;
  kept.kept.at = system_clock().wall() - std::chrono::hours{100};
  restart();
  EXPECT_EQ(fleet->stream_limit(model::DeviceId{"gate-7"}), 3);
  EXPECT_TRUE(wait_for(fleet->remove(model::DeviceId{"gate-7"})));
  FakeSession::most_pulls = 1'000'000;
  lessons = nullptr;
  restart();
}

TEST_F(FleetTest, a_password_that_a_stream_was_refused_ends_the_session) {
  ASSERT_TRUE(add(device("gate-7")));
  ASSERT_TRUE(reaches("gate-7", online));
  testing::FakePublisher to;
  EXPECT_EQ(pull("gate-7/9", to).code, Code::device_bad_credentials);
  ASSERT_TRUE(reaches("gate-7", rejected));
  EXPECT_EQ(hikvision.attempts("gate-7"), 1);
}

TEST_F(FleetTest, a_picture_is_taken_from_any_loop) {
  ASSERT_TRUE(add(device("gate-7")));
  ASSERT_TRUE(reaches("gate-7", online));
  const auto deadline = std::chrono::steady_clock::now() + 5s;
  const auto picture = wait_for(fleet->snapshot(key("gate-7/1/main"), deadline));
  ASSERT_TRUE(picture);
  EXPECT_EQ(picture->jpeg.size(), 2U);
  EXPECT_EQ(wait_for(fleet->snapshot(key("gate-7/2/main"), deadline)).error().code, Code::device_busy);
  EXPECT_EQ(wait_for(fleet->snapshot(key("nobody"), deadline)).error().code, Code::device_unknown);
}

TEST_F(FleetTest, an_operator_asks_for_a_new_connection) {
  ASSERT_TRUE(add(device("gate-7")));
  ASSERT_TRUE(reaches("gate-7", online));
  EXPECT_TRUE(fleet->reconnect(model::DeviceId{"gate-7"}));
  ASSERT_TRUE(
      eventually([&] { return hikvision.attempts("gate-7") == 2 && show("gate-7")->state == online; }));
  const auto history = show("gate-7")->history;
  EXPECT_TRUE(std::ranges::any_of(history, [](const model::Move& move) {
    return move.to == waiting && move.reason == Code::fleet_operator;
  }));
  EXPECT_EQ(fleet->reconnect(model::DeviceId{"nobody"}).error().code, Code::device_unknown);
}

TEST_F(FleetTest, what_cannot_be_added_says_why_and_leaves_nothing) {
  EXPECT_EQ(add_code(device("Gate 7")), Code::device_invalid);
  EXPECT_EQ(add_code(device("gate-7", "8.8.8.8")), Code::net_forbidden_address);
  EXPECT_EQ(add_code(device("gate-7", "127.0.0.1")), Code::net_forbidden_address);
  EXPECT_EQ(add_code(device("gate-7", "169.254.169.254")), Code::net_forbidden_address);
  EXPECT_EQ(add_code(device("gate-7", "2130706433")), Code::net_forbidden_address);
  auto wrong = device("gate-7");
  wrong.spec.drivers = {"onvif"};
  EXPECT_EQ(add_code(std::move(wrong)), Code::device_no_driver);
  store.be_broken(true);
  EXPECT_EQ(add_code(device("gate-7")), Code::storage_failed);
  store.be_broken(false);
  EXPECT_EQ(fleet->counts().total, 0U);
  EXPECT_EQ(add_code(device("gate-7")), Code::ok);
  EXPECT_EQ(add_code(device("gate-7", "10.0.0.9")), Code::device_exists);
  EXPECT_EQ(add_code(device("gate-8", "10.0.0.7")), Code::device_exists);
  store.be_broken(true);
  EXPECT_EQ(wait_for(fleet->remove(model::DeviceId{"gate-7"})).error().code, Code::storage_failed);
  store.be_broken(false);
  ASSERT_TRUE(reaches("gate-7", online));  // still there, and connected anew
}

TEST_F(FleetTest, a_login_in_the_url_moves_out_of_it) {
  NewDevice wanted;
  wanted.spec.drivers = {"rtsp"};
  wanted.spec.name = "Yard (north) 北";
  wanted.spec.url = "rtsp://viewer:s%40cret@10.0.0.20:8554/stream?x=1";
  const auto added = add(std::move(wanted));
  ASSERT_TRUE(added) << added.error().text();
  EXPECT_EQ((*added)->spec.id.str(), "yard-north");
  EXPECT_EQ((*added)->spec.url, "rtsp://10.0.0.20:8554/stream?x=1");
  EXPECT_EQ((*added)->spec.username, "viewer");
  EXPECT_EQ((*added)->spec.address, "10.0.0.20");
  ASSERT_TRUE(reaches("yard-north", online));
  EXPECT_EQ(rtsp.password("yard-north"), "s@cret");
  NewDevice second;
  second.spec.drivers = {"rtsp"};
  second.spec.name = "Yard NORTH";
  second.spec.url = "rtsp://10.0.0.20:8554/other";
  EXPECT_EQ((*add(std::move(second)))->spec.id.str(), "yard-north-2");
  NewDevice third;
  third.spec.drivers = {"rtsp"};
  third.spec.url = "rtsp://a:b@8.8.8.8/other";
  EXPECT_EQ(add_code(std::move(third)), Code::net_forbidden_address);
}

TEST_F(FleetTest, lists_come_in_pages_by_id) {
  for (int i = 0; i < 25; ++i) {
    const auto n = std::to_string(100 + i);
    ASSERT_TRUE(add(device("cam-" + n, "10.0.1." + n)));
  }
  std::vector<std::string> ids;
  DeviceQuery query{.limit = 10};
  for (int pages = 1;; ++pages) {
    const auto page = fleet->list(query);
    ASSERT_TRUE(page);
    for (const auto& one : page->items) ids.push_back(one->spec.id.str());
    if (!page->next) {
      EXPECT_EQ(pages, 3);
      break;
    }
    query.cursor = *page->next;
  }
  EXPECT_EQ(ids.size(), 25U);
  EXPECT_TRUE(std::ranges::is_sorted(ids));
  const auto in = [&](const char* state) {
    DeviceQuery some;
    EXPECT_TRUE(some.filter.take("state", state));
    return fleet->list(some)->items.size();
  };
  EXPECT_EQ(in("disabled"), 0U);
  ASSERT_TRUE(eventually([&] { return in("online") == 25; }));
  EXPECT_EQ(fleet->list({.cursor = "../x"}).error().code, Code::api_bad_request);
}

TEST_F(FleetTest, a_whole_fleet_that_falls_comes_back_within_the_cap) {
  options.admission = {
      .per_node = 8, .per_node_min = 4, .per_node_start = 8, .per_subnet = 6, .per_address = 2};
  restart();
  constexpr int kDevices = 300;
  const auto id = [](int i) { return "cam-" + std::to_string(i); };
  for (int i = 0; i < kDevices; ++i)
    ASSERT_TRUE(add(device(id(i), "10.0." + std::to_string(i % 10) + "." + std::to_string(i / 10 + 1))));
  const auto all_online = [&] { return fleet->counts().states[std::size_t(online)] == kDevices; };
  ASSERT_TRUE(eventually(all_online));
  for (int i = 0; i < kDevices; ++i) end_session(id(i), Error{Code::net_reset});
  ASSERT_TRUE(eventually([&] { return hikvision.attempts(id(kDevices - 1)) >= 2; }));
  ASSERT_TRUE(eventually(all_online));
  EXPECT_LE(hikvision.most_inside, 8);
  const auto began = std::chrono::steady_clock::now();
  fleet->stop_and_wait();
  EXPECT_LT(std::chrono::steady_clock::now() - began, 10s);
  EXPECT_EQ(FakeSession::running, 0);
  EXPECT_EQ(add_code(device("late", "10.0.99.1")), Code::fleet_stopping);
  fleet.reset();
  restart();
  ASSERT_TRUE(eventually(all_online));
}

TEST_F(FleetTest, adding_the_same_id_from_everywhere_at_once_adds_one) {
  std::atomic<int> added{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i)
    threads.emplace_back([&, i] {
      std::optional<Result<model::DeviceViewPtr>> out;
      auto task = fleet->add(device("gate-7", "10.0.0." + std::to_string(i + 1)));
      net::block_on(loops.at(static_cast<std::size_t>(i) % 2).executor(), keep(std::move(task), out));
      if (*out) ++added;
    });
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(added, 1);
  EXPECT_EQ(fleet->counts().total, 1U);
}

TEST_F(FleetTest, past_the_capacity_a_device_waits_and_starts_as_soon_as_another_leaves) {
  options.capacity = 2;
  restart();
  for (const auto* id : {"a", "b"})
    ASSERT_TRUE(add(device(id, std::string{"10.0.0."} + (*id == 'a' ? "1" : "2"))));
  ASSERT_TRUE(reaches("a", online));
  ASSERT_TRUE(reaches("b", online));
  ASSERT_TRUE(add(device("c", "10.0.0.3")));
  ASSERT_TRUE(eventually([&] { return show("c")->reason == Code::fleet_full; }));
  ASSERT_TRUE(add(device("d", "10.0.0.4")));
  ASSERT_TRUE(eventually([&] { return show("d")->reason == Code::fleet_full; }));
  EXPECT_EQ(show("c")->state, waiting);
  EXPECT_EQ(show("c")->detail, "2 devices run at once");
  EXPECT_EQ(hikvision.attempts("c"), 0);
  EXPECT_TRUE(wait_for(fleet->remove(model::DeviceId{"a"})));
  ASSERT_TRUE(reaches("c", online));
  EXPECT_EQ(show("d")->state, waiting) << "first come, first served";
  // One that is refused will not be tried again by itself: it holds up nobody.
  hikvision.answer("b", Error{Code::device_bad_credentials, "401"});
  end_session("b", Error{Code::net_reset});
  ASSERT_TRUE(reaches("d", online));
  EXPECT_EQ(show("b")->state, rejected);
}

TEST_F(FleetTest, an_operator_who_goes_on_asking_does_not_lock_the_account) {
  hikvision.answer("gate-7", Error{Code::device_bad_credentials, "401"});
  ASSERT_TRUE(add(device("gate-7")));
  ASSERT_TRUE(reaches("gate-7", rejected));
  for (int i = 2; i <= 8; ++i) {
    EXPECT_TRUE(fleet->reconnect(model::DeviceId{"gate-7"}));
    on_loop("gate-7", [] {});
    ASSERT_TRUE(eventually(
        [&] { return hikvision.attempts("gate-7") >= std::min(i, 3) && show("gate-7")->state == rejected; }));
  }
  EXPECT_EQ(hikvision.attempts("gate-7"), 3);
  EXPECT_TRUE(show("gate-7")->detail.starts_with("3 refusals in half an hour")) << show("gate-7")->detail;
}

TEST_F(FleetTest, restarts_do_not_add_attempts_to_those_of_the_run_before) {
  testing::FakeRefusals kept;
  refusals = &kept;
  restart();
  hikvision.answer("gate-7", Error{Code::device_bad_credentials, "401"});
  ASSERT_TRUE(add(device("gate-7")));
  ASSERT_TRUE(reaches("gate-7", rejected));
  ASSERT_TRUE(eventually([&] { return store.find("gate-7")->rejected_version != 0; }));
  for (int i = 2; i <= 6; ++i) {
    restart();
    hikvision.answer("gate-7", Error{Code::device_bad_credentials, "401"});
    EXPECT_EQ(show("gate-7")->state, rejected);
    EXPECT_TRUE(fleet->reconnect(model::DeviceId{"gate-7"}));
    on_loop("gate-7", [] {});
    ASSERT_TRUE(eventually(
        [&] { return hikvision.attempts("gate-7") >= std::min(i, 3) && show("gate-7")->state == rejected; }));
  }
  EXPECT_EQ(hikvision.attempts("gate-7"), 3);
  EXPECT_EQ(kept.kept.size(), 3U);
  // Long ago, as the store tells it.
  for (auto& one : kept.kept) one.at -= std::chrono::minutes{31};
  restart();
  hikvision.answer("gate-7", Error{});
  EXPECT_TRUE(fleet->reconnect(model::DeviceId{"gate-7"}));
  ASSERT_TRUE(reaches("gate-7", online));
}

TEST_F(FleetTest,
       a_shared_password_that_is_wrong_costs_each_device_one_attempt_and_is_one_line_of_the_summary) {
  options.admission.suspect_per_second = 200;
  restart();
  constexpr int kDevices = 40;
  for (int i = 0; i < kDevices; ++i) {
    const auto id = "cam-" + std::to_string(i);
    hikvision.answer(id, Error{Code::device_bad_credentials, "401"});
    ASSERT_TRUE(add(device(id, "10.0.1." + std::to_string(i + 1))));
  }
  ASSERT_TRUE(eventually([&] { return fleet->counts().states[std::size_t(rejected)] == kDevices; }));
  for (int i = 0; i < kDevices; ++i) EXPECT_EQ(hikvision.attempts("cam-" + std::to_string(i)), 1);
  const auto summary = fleet->counts().summary;
  ASSERT_EQ(summary.size(), 1U);
  EXPECT_EQ(summary[0].reason, Code::device_bad_credentials);
  EXPECT_EQ(summary[0].count, std::size_t{kDevices});
}

TEST(Slug, keeps_what_can_stand_in_an_id) {
  EXPECT_EQ(slug("Gate 7 (north)"), "gate-7-north");
  EXPECT_EQ(slug("10.0.0.7"), "10.0.0.7");
  EXPECT_EQ(slug("--..__"), "");
  EXPECT_EQ(slug("北门"), "");
  EXPECT_EQ(slug("a\xE5\x8C\x97z/../x"), "a-z-..-x");
  EXPECT_LE(slug(std::string(500, 'a')).size(), 48U);
}

TEST_F(FleetTest, a_device_whose_streams_are_encrypted_is_degraded_until_none_is) {
  ASSERT_TRUE(add(device("gate-7")));
  ASSERT_TRUE(reaches("gate-7", online));
  const auto judge = [&](const char* stream, Code code) {
    on_loop("gate-7", [&] { fleet->judge_stream(key(stream), Error{code, {}}); });
  };
  for (int i = 0; i < 3; ++i) judge("gate-7/1/main", Code::media_encrypted);
  EXPECT_EQ(show("gate-7")->state, degraded);
  EXPECT_EQ(show("gate-7")->reason, Code::media_encrypted);
  EXPECT_EQ(show("gate-7")->detail, "channel 1 main");
  const auto moves = show("gate-7")->history.size();
  judge("gate-7/2/sub", Code::media_encrypted);
  EXPECT_EQ(show("gate-7")->detail, "channel 1 main and 1 more");
  judge("gate-7/1/main", Code::ok);
  EXPECT_EQ(show("gate-7")->state, degraded);
  EXPECT_EQ(show("gate-7")->history.size(), moves);
  judge("gate-7/2/sub", Code::ok);
  EXPECT_EQ(show("gate-7")->state, online);
  EXPECT_EQ(hikvision.attempts("gate-7"), 1) << "no restart";
}

}  // namespace
}  // namespace camfleet::fleet
