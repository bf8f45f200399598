#include "fleet/change.h"

#include <gtest/gtest.h>

#include "fleet/testing/fleet_rig.h"

namespace camfleet::fleet {
namespace {

using namespace std::chrono_literals;
using enum model::DeviceState;
using testing::eventually;
using testing::FakeSession;

class ChangeTest : public testing::FleetRig {
 protected:
  void online_device(const std::string& id, const std::string& address = "10.0.0.7") {
    ASSERT_TRUE(add(device(id, address)));
    ASSERT_TRUE(reaches(id, online));
    ASSERT_TRUE(eventually([&] { return !store.find(id)->known_serial.empty(); }));
  }
  ChangeResult edit(const std::string& id, DevicePatch patch, std::optional<std::uint64_t> if_revision = {}) {
    return wait_for(fleet->edit({model::DeviceId{id}, std::move(patch), if_revision}));
  }
  std::vector<ChangeResult> apply(std::vector<Change> changes, Atomicity atomicity) {
    return wait_for(fleet->apply(std::move(changes), atomicity));
  }
  static Change move_to(const std::string& id, const std::string& address) {
    DevicePatch patch;
    patch.address = address;
    return EditDevice{model::DeviceId{id}, std::move(patch), {}};
  }
  static Change renamed(const std::string& id, const std::string& name) {
    DevicePatch patch;
    patch.name = name;
    return EditDevice{model::DeviceId{id}, std::move(patch), {}};
  }
  static Change removal(const std::string& id) { return RemoveDevice{model::DeviceId{id}, {}}; }
  static Code code_of(const ChangeResult& result) { return result ? Code::ok : result.error().code; }
  static net::Task<> forget(net::Task<std::vector<ChangeResult>> task) { co_await std::move(task); }
  // Asks for the changes and goes away after some turns of the loop.
  static net::Task<> give_up(Fleet& fleet, std::vector<Change> wanted, int turns, net::Executor executor) {
    net::TaskGroup group{executor};
    group.spawn(forget(fleet.apply(std::move(wanted), Atomicity::all)));
    for (int i = 0; i < turns; ++i) co_await net::sleep_until(SteadyTime{});
    auto leaving = group.stop();
    co_await std::move(leaving);
  }
  template <class... C>
  static std::vector<Change> changes(C... change) {
    std::vector<Change> out;
    (out.push_back(std::move(change)), ...);
    return out;
  }
};

TEST_F(ChangeTest, another_name_is_stored_and_shown_and_nobody_notices) {
  online_device("gate-7");
  testing::FakePublisher to;
  Error why;
  std::thread viewer{[&] { why = pull("gate-7/1/main", to); }};
  ASSERT_TRUE(eventually([&] { return to.started.load(); }));
  DevicePatch patch;
  patch.name = "North";
  patch.tags = std::vector<std::string>{"a", "b"};
  patch.timezone = "Asia/Shanghai";
  patch.always_on = true;
  const auto edited = edit("gate-7", std::move(patch));
  ASSERT_TRUE(edited) << edited.error().text();
  EXPECT_EQ(edited->effect, Effect::edited);
  EXPECT_EQ(edited->device->spec.name, "North");
  EXPECT_EQ(edited->device->revision, 2U);
  EXPECT_EQ(show("gate-7")->state, online);
  EXPECT_EQ(store.find("gate-7")->spec.tags.size(), 2U);
  EXPECT_EQ(store.find("gate-7")->known_serial, "SN-gate-7");
  EXPECT_EQ(hikvision.attempts("gate-7"), 1);
  EXPECT_EQ(FakeSession::pulls, 1);
  EXPECT_TRUE(wait_for(fleet->remove(model::DeviceId{"gate-7"})));
  viewer.join();
  EXPECT_EQ(why.code, Code::device_unknown);
}

TEST_F(ChangeTest, what_is_so_already_moves_nothing) {
  online_device("gate-7");
  const auto before = store.transactions();
  DevicePatch patch;
  patch.address = "10.0.0.7";
  patch.password = Secret{"hik12345"};
  patch.username = "admin";
  const auto same = edit("gate-7", std::move(patch));
  ASSERT_TRUE(same);
  EXPECT_EQ(same->effect, Effect::none);
  EXPECT_EQ(same->device->revision, 1U);
  EXPECT_EQ(store.transactions(), before);
  EXPECT_EQ(edit("gate-7", {})->effect, Effect::none);
}

TEST_F(ChangeTest, another_address_connects_that_device_anew_and_no_other) {
  online_device("gate-7");
  online_device("gate-8", "10.0.0.8");
  testing::FakePublisher to;
  Error why;
  std::thread viewer{[&] { why = pull("gate-7/1/main", to); }};
  ASSERT_TRUE(eventually([&] { return to.started.load(); }));
  DevicePatch patch;
  patch.address = "10.0.0.9";
  EXPECT_EQ(edit("gate-7", std::move(patch))->effect, Effect::reconnected);
  viewer.join();
  EXPECT_EQ(why.code, Code::media_ended);
  ASSERT_TRUE(
      eventually([&] { return hikvision.attempts("gate-7") == 2 && show("gate-7")->state == online; }));
  EXPECT_EQ(hikvision.attempts("gate-8"), 1);
  const auto history = show("gate-7")->history;
  EXPECT_TRUE(std::ranges::any_of(history, [](const model::Move& move) {
    return move.to == waiting && move.reason == Code::fleet_changed;
  }));
  EXPECT_EQ(add_code(device("new", "10.0.0.7")), Code::ok);  // its place is free
  EXPECT_EQ(add_code(device("newer", "10.0.0.9")), Code::device_exists);
}

TEST_F(ChangeTest, tls_of_the_vendors_library_is_another_way_to_reach_it) {
  online_device("gate-7");
  DevicePatch patch;
  patch.sdk_tls = true;
  EXPECT_EQ(edit("gate-7", std::move(patch))->effect, Effect::reconnected);
  EXPECT_TRUE(store.find("gate-7")->spec.sdk_tls);
  ASSERT_TRUE(eventually([&] { return hikvision.attempts("gate-7") == 2; }));
}

TEST_F(ChangeTest, another_device_at_the_new_address_is_told_of_unless_it_was_asked_for) {
  online_device("gate-7");
  hikvision.serial("gate-7", "SN-other");
  DevicePatch patch;
  patch.address = "10.0.0.9";
  ASSERT_TRUE(edit("gate-7", std::move(patch)));
  ASSERT_TRUE(reaches("gate-7", rejected));
  EXPECT_EQ(show("gate-7")->reason, Code::device_identity_mismatch);
  DevicePatch accept;
  accept.accept_identity = true;
  ASSERT_TRUE(edit("gate-7", std::move(accept)));
  ASSERT_TRUE(reaches("gate-7", online));
  EXPECT_TRUE(eventually([&] { return store.find("gate-7")->known_serial == "SN-other"; }));
}

TEST_F(ChangeTest, the_right_password_takes_it_out_of_rejected_and_the_same_wrong_one_does_not) {
  hikvision.answer("gate-7", Error{Code::device_bad_credentials, "401"});
  ASSERT_TRUE(add(device("gate-7")));
  ASSERT_TRUE(reaches("gate-7", rejected));
  DevicePatch again;
  again.password = Secret{"hik12345"};
  EXPECT_EQ(edit("gate-7", std::move(again))->effect, Effect::none);
  on_loop("gate-7", [] {});
  EXPECT_EQ(hikvision.attempts("gate-7"), 1);
  DevicePatch wrong;
  wrong.password = Secret{"wrong too"};
  ASSERT_TRUE(edit("gate-7", std::move(wrong)));
  ASSERT_TRUE(
      eventually([&] { return hikvision.attempts("gate-7") == 2 && show("gate-7")->state == rejected; }));
  EXPECT_TRUE(eventually([&] { return store.find("gate-7")->rejected_version == 2; }));
  EXPECT_EQ(store.find("gate-7")->credential_version, 2U);
  hikvision.answer("gate-7", {});
  DevicePatch right;
  right.password = Secret{"right"};
  ASSERT_TRUE(edit("gate-7", std::move(right)));
  ASSERT_TRUE(reaches("gate-7", online));
  EXPECT_EQ(hikvision.password("gate-7"), "right");
  EXPECT_EQ(store.find("gate-7")->credential_version, 3U);
}

TEST_F(ChangeTest, no_edit_and_no_switch_tries_a_refused_password_so_often_that_it_locks) {
  const Error no{Code::device_bad_credentials, "401"};
  hikvision.answer("gate-7", no);
  ASSERT_TRUE(add(device("gate-7")));
  ASSERT_TRUE(reaches("gate-7", rejected));
  for (std::uint16_t i = 0; i < 6; ++i) {
    DevicePatch off, on, port, other;
    off.enabled = false;
    on.enabled = true;
    port.sdk_port = static_cast<std::uint16_t>(9000 + i);
    other.accept_identity = true;
    ASSERT_TRUE(edit("gate-7", std::move(off)));
    ASSERT_TRUE(reaches("gate-7", disabled));
    for (auto* patch : {&on, &port, &other}) {
      ASSERT_TRUE(edit("gate-7", std::move(*patch)));
      on_loop("gate-7", [] {});
      ASSERT_TRUE(reaches("gate-7", rejected));
    }
  }
  EXPECT_EQ(hikvision.attempts("gate-7"), 3);
  EXPECT_TRUE(show("gate-7")->detail.starts_with("3 refusals in half an hour")) << show("gate-7")->detail;
  // Added again it is the same camera.
  ASSERT_TRUE(wait_for(fleet->remove(model::DeviceId{"gate-7"})));
  ASSERT_TRUE(add(device("gate-7")));
  ASSERT_TRUE(reaches("gate-7", rejected));
  EXPECT_EQ(hikvision.attempts("gate-7"), 3);
  // After a restart one more is allowed, and no second one.
  ASSERT_TRUE(eventually([&] { return store.find("gate-7")->rejected_version == 1; }));
  restart();
  for (int i = 0; i < 3; ++i) {
    EXPECT_TRUE(fleet->reconnect(model::DeviceId{"gate-7"}));
    on_loop("gate-7", [] {});
    ASSERT_TRUE(reaches("gate-7", rejected));
  }
  ASSERT_TRUE(eventually([&] { return hikvision.attempts("gate-7") == 4; }));
  EXPECT_EQ(show("gate-7")->state, rejected);
  // Elsewhere it is another camera.
  hikvision.answer("gate-7", {});
  DevicePatch moved;
  moved.address = "10.0.0.8";
  ASSERT_TRUE(edit("gate-7", std::move(moved)));
  ASSERT_TRUE(reaches("gate-7", online));
}

TEST_F(ChangeTest, many_devices_that_are_one_recorder_do_not_lock_its_account) {
  for (int i = 1; i <= 12; ++i) {
    const auto id = "channel-" + std::to_string(i);
    auto channel = device(id);
    channel.spec.drivers = {"rtsp"};
    channel.spec.url = "rtsp://10.0.0.7/" + std::to_string(i);
    rtsp.answer(id, Error{Code::device_bad_credentials, "401"});
    ASSERT_TRUE(add(std::move(channel)));
  }
  ASSERT_TRUE(eventually([&] { return fleet->counts().states[std::size_t(rejected)] == 12; }));
  int attempts = 0;
  for (int i = 1; i <= 12; ++i) attempts += rtsp.attempts("channel-" + std::to_string(i));
  EXPECT_GE(attempts, 1);
  EXPECT_LE(attempts, 4) << "more than may connect to one address at once";
}

TEST_F(ChangeTest, a_lock_outlasts_another_password_and_being_switched_off) {
  hikvision.answer("gate-7", Error{Code::device_locked, "userCheck", 2});
  ASSERT_TRUE(add(device("gate-7")));
  ASSERT_TRUE(reaches("gate-7", locked));
  DevicePatch patch;
  patch.password = Secret{"another"};
  ASSERT_TRUE(edit("gate-7", std::move(patch)));
  EXPECT_EQ(show("gate-7")->state, locked);
  DevicePatch off;
  off.enabled = false;
  EXPECT_EQ(edit("gate-7", std::move(off))->effect, Effect::disabled);
  ASSERT_TRUE(reaches("gate-7", disabled));
  hikvision.answer("gate-7", {});
  DevicePatch on;
  on.enabled = true;
  EXPECT_EQ(edit("gate-7", std::move(on))->effect, Effect::enabled);
  ASSERT_TRUE(reaches("gate-7", locked));
  EXPECT_EQ(hikvision.attempts("gate-7"), 1);
  ASSERT_TRUE(reaches("gate-7", online));
  EXPECT_EQ(hikvision.attempts("gate-7"), 2);
  EXPECT_EQ(hikvision.password("gate-7"), "another");
}

TEST_F(ChangeTest, switched_off_ends_all_and_switched_on_begins_anew_also_after_a_restart) {
  online_device("gate-7");
  testing::FakePublisher to;
  Error why;
  std::thread viewer{[&] { why = pull("gate-7/1/main", to); }};
  ASSERT_TRUE(eventually([&] { return to.started.load(); }));
  DevicePatch off;
  off.enabled = false;
  ASSERT_TRUE(edit("gate-7", std::move(off)));
  viewer.join();
  EXPECT_EQ(why.code, Code::device_disabled);
  ASSERT_TRUE(reaches("gate-7", disabled));
  EXPECT_EQ(show("gate-7")->reason, Code::fleet_operator);
  restart();
  EXPECT_EQ(show("gate-7")->state, disabled);
  EXPECT_EQ(hikvision.attempts("gate-7"), 1);
  DevicePatch on;
  on.enabled = true;
  ASSERT_TRUE(edit("gate-7", std::move(on)));
  ASSERT_TRUE(reaches("gate-7", online));
  const auto history = show("gate-7")->history;
  ASSERT_GE(history.size(), 2U);
  EXPECT_EQ(history[1].reason, Code::fleet_enabled);
}

TEST_F(ChangeTest, a_device_that_is_being_tried_is_tried_with_what_it_is_now) {
  hikvision.be_stuck(true);
  ASSERT_TRUE(add(device("gate-7")));
  ASSERT_TRUE(reaches("gate-7", connecting));
  DevicePatch patch;
  patch.password = Secret{"another"};
  ASSERT_TRUE(edit("gate-7", std::move(patch)));
  ASSERT_TRUE(eventually([&] { return hikvision.attempts("gate-7") == 2; }));
  hikvision.be_stuck(false);
  ASSERT_TRUE(reaches("gate-7", online));
  EXPECT_EQ(show("gate-7")->attempts, 0U);
  EXPECT_EQ(hikvision.password("gate-7"), "another");
}

TEST_F(ChangeTest, a_login_in_a_new_url_moves_to_the_secret) {
  NewDevice yard;
  yard.spec.id = model::DeviceId{"yard"};
  yard.spec.drivers = {"rtsp"};
  yard.spec.url = "rtsp://old:one@10.0.0.20/a";
  ASSERT_TRUE(add(std::move(yard)));
  ASSERT_TRUE(reaches("yard", online));
  DevicePatch patch;
  patch.url = "rtsp://new:t%40wo@10.0.0.21:8554/b";
  const auto edited = edit("yard", std::move(patch));
  ASSERT_TRUE(edited) << edited.error().text();
  EXPECT_EQ(edited->device->spec.url, "rtsp://10.0.0.21:8554/b");
  EXPECT_EQ(edited->device->spec.username, "new");
  EXPECT_EQ(edited->device->spec.address, "10.0.0.21");
  ASSERT_TRUE(eventually([&] { return rtsp.password("yard") == "t@wo"; }));
  DevicePatch none;
  none.no_password = true;
  EXPECT_FALSE(edit("yard", std::move(none))->device->has_password);
}

TEST_F(ChangeTest, what_cannot_be_says_why_and_changes_nothing) {
  online_device("gate-7");
  online_device("gate-8", "10.0.0.8");
  EXPECT_EQ(code_of(apply(changes(move_to("gate-7", "10.0.0.8")), Atomicity::each)[0]), Code::device_exists);
  EXPECT_EQ(code_of(apply(changes(move_to("gate-7", "8.8.8.8")), Atomicity::each)[0]),
            Code::net_forbidden_address);
  EXPECT_EQ(code_of(apply(changes(move_to("gate-7", "")), Atomicity::each)[0]), Code::device_invalid);
  EXPECT_EQ(code_of(apply(changes(move_to("nobody", "10.0.0.9")), Atomicity::each)[0]), Code::device_unknown);
  EXPECT_EQ(code_of(edit("gate-7", {}, 7)), Code::api_precondition_failed);
  DevicePatch drivers;
  drivers.drivers = std::vector<std::string>{"exec"};
  EXPECT_EQ(code_of(edit("gate-7", std::move(drivers))), Code::device_no_driver);
  store.be_broken(true);
  EXPECT_EQ(code_of(apply(changes(renamed("gate-7", "x")), Atomicity::each)[0]), Code::storage_failed);
  EXPECT_EQ(code_of(apply(changes(move_to("gate-7", "10.0.0.9")), Atomicity::each)[0]), Code::storage_failed);
  store.be_broken(false);
  EXPECT_EQ(show("gate-7")->revision, 1U);
  EXPECT_EQ(show("gate-7")->spec.name, "");
  EXPECT_EQ(hikvision.attempts("gate-7"), 1);
  EXPECT_EQ(add_code(device("other", "10.0.0.9")), Code::ok);  // nothing was left taken
}

TEST_F(ChangeTest, a_device_that_is_not_allowed_any_more_can_still_be_switched_off) {
  online_device("gate-7");
  guard = *net::AddressGuard::parse({"192.168.0.0/16"});
  EXPECT_EQ(code_of(apply(changes(renamed("gate-7", "x")), Atomicity::each)[0]), Code::ok);
  DevicePatch off;
  off.enabled = false;
  EXPECT_EQ(edit("gate-7", std::move(off))->effect, Effect::disabled);
  EXPECT_EQ(code_of(apply(changes(move_to("gate-7", "10.0.0.8")), Atomicity::each)[0]),
            Code::net_forbidden_address);
  EXPECT_EQ(code_of(apply(changes(move_to("gate-7", "192.168.0.8")), Atomicity::each)[0]), Code::ok);
}

TEST_F(ChangeTest, two_devices_swap_their_addresses) {
  online_device("gate-7");
  online_device("gate-8", "10.0.0.8");
  const auto results =
      apply(changes(move_to("gate-7", "10.0.0.8"), move_to("gate-8", "10.0.0.7")), Atomicity::all);
  EXPECT_EQ(code_of(results[0]), Code::ok);
  EXPECT_EQ(code_of(results[1]), Code::ok);
  EXPECT_EQ(show("gate-7")->spec.address, "10.0.0.8");
  EXPECT_EQ(show("gate-8")->spec.address, "10.0.0.7");
  EXPECT_EQ(add_code(device("x", "10.0.0.7")), Code::device_exists);
  EXPECT_EQ(add_code(device("x", "10.0.0.8")), Code::device_exists);
}

TEST_F(ChangeTest, all_or_nothing_tells_each_that_failed) {
  online_device("gate-7");
  online_device("gate-8", "10.0.0.8");
  const auto before = store.transactions();
  auto results = apply(changes(renamed("gate-7", "x"), AddDevice{device("new", "8.8.8.8")},
                               AddDevice{device("new-2", "10.0.0.8")}, removal("gate-8"),
                               AddDevice{device("new-3", "10.0.0.33")}, removal("nobody")),
                       Atomicity::all);
  EXPECT_EQ(code_of(results[0]), Code::fleet_batch_refused);
  EXPECT_EQ(code_of(results[1]), Code::net_forbidden_address);
  EXPECT_EQ(code_of(results[2]), Code::fleet_batch_refused);  // the place would have been free
  EXPECT_EQ(code_of(results[3]), Code::fleet_batch_refused);
  EXPECT_EQ(code_of(results[4]), Code::fleet_batch_refused);
  EXPECT_EQ(code_of(results[5]), Code::device_unknown);
  EXPECT_EQ(store.transactions(), before);
  EXPECT_EQ(fleet->counts().total, 2U);
  EXPECT_EQ(show("gate-7")->spec.name, "");
  EXPECT_EQ(add_code(device("new-3", "10.0.0.33")), Code::ok);
}

TEST_F(ChangeTest, each_for_itself_does_what_can_be_done_in_one_transaction) {
  online_device("gate-7");
  online_device("gate-8", "10.0.0.8");
  online_device("gate-9", "10.0.0.9");
  auto wanted = changes(renamed("gate-7", "x"), renamed("gate-7", "y"), removal("gate-8"),
                        AddDevice{device("new", "10.0.0.8")}, AddDevice{device("newer", "10.0.0.8")},
                        AddDevice{device("gate-9", "10.0.0.99")});
  auto results = apply(std::move(wanted), Atomicity::each);
  EXPECT_EQ(code_of(results[0]), Code::ok);
  EXPECT_EQ(code_of(results[1]), Code::api_conflict);
  EXPECT_EQ(results[2]->effect, Effect::removed);
  EXPECT_EQ(results[3]->effect, Effect::added);
  EXPECT_EQ(code_of(results[4]), Code::device_exists);
  EXPECT_EQ(code_of(results[5]), Code::device_exists);
  EXPECT_EQ(store.largest_transaction(), 3U);
  EXPECT_FALSE(show("gate-8"));
  EXPECT_EQ(show("gate-7")->spec.name, "x");
  ASSERT_TRUE(reaches("new", online));
}

TEST_F(ChangeTest, who_was_to_come_to_the_place_of_one_that_stays_is_refused_too) {
  online_device("a", "10.0.0.1");
  online_device("b", "10.0.0.2");
  online_device("c", "10.0.0.3");
  online_device("d", "10.0.0.4");
  // a goes to b's place, b to c's, c to d's, and d does not move.
  auto results = apply(changes(move_to("a", "10.0.0.2"), move_to("b", "10.0.0.3"), move_to("c", "10.0.0.4")),
                       Atomicity::each);
  for (const auto& result : results) EXPECT_EQ(code_of(result), Code::device_exists);
  EXPECT_EQ(show("a")->spec.address, "10.0.0.1");
  results = apply(changes(move_to("a", "10.0.0.2"), move_to("b", "10.0.0.3"), move_to("c", "10.0.0.5")),
                  Atomicity::each);
  for (const auto& result : results) EXPECT_EQ(code_of(result), Code::ok);
  EXPECT_EQ(add_code(device("x", "10.0.0.1")), Code::ok);
}

TEST_F(ChangeTest, a_preview_says_what_would_be_and_does_nothing) {
  online_device("gate-7");
  const auto before = store.transactions();
  auto wanted = changes(renamed("gate-7", "x"), AddDevice{device("new", "10.0.0.8")},
                        AddDevice{device("newer", "10.0.0.8")}, renamed("nobody", "x"));
  const auto results = wait_for(fleet->preview(std::move(wanted), Atomicity::each));
  EXPECT_EQ(results[0]->effect, Effect::edited);
  EXPECT_EQ(results[0]->device->spec.name, "x");
  EXPECT_EQ(results[1]->effect, Effect::added);
  EXPECT_EQ(code_of(results[2]), Code::device_exists);
  EXPECT_EQ(code_of(results[3]), Code::device_unknown);
  EXPECT_EQ(store.transactions(), before);
  EXPECT_EQ(show("gate-7")->spec.name, "");
  EXPECT_EQ(add_code(device("new", "10.0.0.8")), Code::ok);
}

TEST_F(ChangeTest, edits_from_everywhere_at_once_are_all_there) {
  online_device("gate-7");
  std::atomic<int> done{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i)
    threads.emplace_back([&, i] {
      for (int k = 0; k < 25; ++k) {
        DevicePatch patch;
        patch.add_tags = {"t" + std::to_string(k % 3) + "-" + std::to_string(i)};
        patch.name = std::to_string(i * 100 + k);
        std::optional<ChangeResult> out;
        auto task = fleet->edit({model::DeviceId{"gate-7"}, std::move(patch), {}});
        net::block_on(loops.at(static_cast<std::size_t>(i) % 2).executor(), keep(std::move(task), out));
        if (*out) ++done;
      }
    });
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(done, 200);
  EXPECT_EQ(show("gate-7")->spec.tags.size(), 24U);
  EXPECT_EQ(show("gate-7")->revision, 201U);
  EXPECT_EQ(store.find("gate-7")->revision, 201U);
  EXPECT_EQ(hikvision.attempts("gate-7"), 1);
}

TEST_F(ChangeTest, a_caller_that_goes_away_leaves_it_done_or_not_but_never_half) {
  for (int round = 0; round < 30; ++round) {
    const auto first = "a-" + std::to_string(round);
    const auto second = "b-" + std::to_string(round);
    auto wanted = changes(AddDevice{device(first, "10.1.0." + std::to_string(round + 1))},
                          AddDevice{device(second, "10.2.0." + std::to_string(round + 1))});
    net::block_on(loops.at(0).executor(),
                  give_up(*fleet, std::move(wanted), round / 2, loops.at(0).executor()));
    ASSERT_TRUE(eventually([&] { return fleet->counts().total % 2 == 0; }));
    EXPECT_EQ(show(first) != nullptr, show(second) != nullptr);
    EXPECT_EQ(store.find(first).has_value(), show(first) != nullptr);
    // Done or not, what it held is free again.
    const auto again = add_code(device(first, "10.1.0." + std::to_string(round + 1)));
    EXPECT_EQ(again, show(second) ? Code::device_exists : Code::ok);
    if (again == Code::ok) EXPECT_TRUE(wait_for(fleet->remove(model::DeviceId{first})));
  }
}

TEST_F(ChangeTest, thousands_of_devices_come_and_go_without_holding_up_a_loop) {
  constexpr int kDevices = 3'000;
  std::vector<Change> adds;
  for (int i = 0; i < kDevices; ++i) {
    auto one = device("", "10." + std::to_string(i / 200) + ".1." + std::to_string(i % 200 + 1));
    one.spec.name = "Camera";
    adds.push_back(AddDevice{std::move(one)});
  }
  const auto added = apply(std::move(adds), Atomicity::all);
  for (const auto& one : added) ASSERT_TRUE(one) << one.error().text();
  EXPECT_EQ(store.largest_transaction(), std::size_t{kDevices});
  ASSERT_TRUE(eventually([&] { return fleet->counts().states[std::size_t(online)] == kDevices; }));
  std::vector<Change> removals;
  for (const auto& one : added) removals.push_back(RemoveDevice{one->device->spec.id, {}});
  for (const auto& one : apply(std::move(removals), Atomicity::all)) ASSERT_TRUE(one) << one.error().text();
  EXPECT_EQ(fleet->counts().total, 0U);
}

TEST_F(ChangeTest, past_the_quota_nothing_is_added_but_one_may_take_the_place_of_another) {
  options.max_registered = 2;
  restart();
  online_device("gate-7");
  online_device("gate-8", "10.0.0.8");
  EXPECT_EQ(add_code(device("gate-9", "10.0.0.9")), Code::fleet_full);
  const auto results =
      apply(changes(removal("gate-8"), AddDevice{device("gate-9", "10.0.0.9")}), Atomicity::all);
  EXPECT_EQ(code_of(results[0]), Code::ok);
  EXPECT_EQ(code_of(results[1]), Code::ok);
}

}  // namespace
}  // namespace camfleet::fleet
