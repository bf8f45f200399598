#include "fleet/device_state.h"

#include <gtest/gtest.h>

#include <map>
#include <set>

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
