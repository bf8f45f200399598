#include "fleet/device_state.h"

#include <gtest/gtest.h>

#include <map>
#include <set>

#include "base/random.h"
#include "base/text.h"

namespace camfleet::fleet {
namespace {

using enum DeviceState;
constexpr std::array kAll{disabled, waiting, connecting, online, degraded, backoff, rejected, locked};
constexpr WallTime kAt{std::chrono::microseconds{1'700'000'000'000'000}};

TEST(DeviceState, every_one_of_the_64_moves_is_as_the_design_says) {
  const std::map<DeviceState, std::set<DeviceState>> design{
      {disabled, {waiting}},
      {waiting, {connecting, disabled}},
      {connecting, {online, degraded, backoff, rejected, locked, disabled}},
      {online, {degraded, backoff, rejected, locked, waiting, disabled}},
      {degraded, {online, backoff, rejected, locked, waiting, disabled}},
      {backoff, {waiting, disabled}},
      {rejected, {waiting, disabled}},
      {locked, {waiting, disabled}},
  };
  int walked = 0;
  for (const auto from : kAll)
    for (const auto to : kAll) {
      EXPECT_EQ(is_legal(from, to), design.at(from).contains(to))
          << model::to_text(from) << " -> " << model::to_text(to);
      ++walked;
    }
  EXPECT_EQ(walked, 64);
}

TEST(StateMachine, remembers_the_last_32_moves_and_why) {
  StateMachine machine{waiting, Code::fleet_added, kAt};
  EXPECT_EQ(machine.history().size(), 1U);
  for (int i = 0; i < 40; ++i) {
    machine.enter(connecting, Error{Code::fleet_admitted}, kAt);
    machine.enter(backoff, Error{Code::net_timeout, "login " + std::to_string(i)}, kAt);
    machine.enter(waiting, Error{Code::fleet_retry_due}, kAt + std::chrono::seconds{i});
  }
  EXPECT_EQ(machine.history().size(), StateMachine::kHistory);
  EXPECT_EQ(machine.state(), waiting);
  EXPECT_EQ(machine.last().at, kAt + std::chrono::seconds{39});
  EXPECT_EQ(machine.history()[30].detail, "login 39");
}

// What is past is kept in little room; what comes out is as if all of it were kept as it was.
TEST(StateMachine, details_that_come_again_and_others_stay_with_their_moves) {
  const std::uint64_t seed = 32;
  SCOPED_TRACE(seed);
  Rng rng{seed};
  StateMachine machine{waiting, Code::fleet_added, kAt};
  std::vector<model::Move> all{{waiting, Code::fleet_added, {}, kAt}};
  const auto enter = [&](DeviceState to, Code code, std::string detail) {
    const auto at = kAt + std::chrono::seconds{all.size()};
    machine.enter(to, Error{code, detail}, at);
    all.push_back({to, code, std::move(detail), at});
  };
  for (int i = 0; i < 200; ++i) {
    enter(connecting, Code::fleet_admitted, {});
    enter(backoff, Code::net_refused,
          rng.below(2) == 0 ? "connect to 10.0.0.7:80" : "turn " + std::to_string(rng.below(1000)));
    enter(waiting, Code::fleet_retry_due, rng.below(4) == 0 ? "late" : "");
    const auto history = machine.history();
    const auto first = all.size() - history.size();
    ASSERT_EQ(history.size(), std::min(all.size(), StateMachine::kHistory));
    for (std::size_t k = 0; k < history.size(); ++k) {
      ASSERT_EQ(history[k].to, all[first + k].to);
      ASSERT_EQ(history[k].reason, all[first + k].reason);
      ASSERT_EQ(history[k].detail, all[first + k].detail);
      ASSERT_EQ(history[k].at, all[first + k].at);
    }
  }
}

TEST(StateMachine, a_detail_is_cut_and_cleaned) {
  StateMachine machine{waiting, Code::fleet_added, kAt};
  std::string hostile = "\xFF\xC3";
  for (int i = 0; i < 300; ++i) hostile += "\xE9\x97\xA8";
  machine.enter(connecting, Error{Code::fleet_admitted, hostile}, kAt);
  EXPECT_LE(machine.last().detail.size(), StateMachine::kMaxDetail);
  EXPECT_TRUE(is_utf8(machine.last().detail));
}

void make_an_illegal_move() {
  StateMachine machine{disabled, Code::fleet_operator, kAt};
  machine.enter(online, Error{Code::fleet_connected}, kAt);
  EXPECT_EQ(machine.state(), online);
}

TEST(StateMachineDeathTest, an_illegal_move_is_a_bug) {
#ifdef NDEBUG
  make_an_illegal_move();
#else
  EXPECT_DEATH(make_an_illegal_move(), "legal");
#endif
}

}  // namespace
}  // namespace camfleet::fleet
