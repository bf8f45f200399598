#include "fleet/admission_queue.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>

#include "base/random.h"

namespace camfleet::fleet {
namespace {

using Granted = AdmissionQueue::Granted;
using Ticket = AdmissionQueue::Ticket;
constexpr SteadyTime kStart{std::chrono::hours{1}};

AdmissionLimits limits(std::size_t node, std::size_t per_subnet = 100, std::size_t per_address = 100) {
  return {.per_node = node,
          .per_node_min = 1,
          .per_node_start = node,
          .per_subnet = per_subnet,
          .per_address = per_address};
}
std::string address(int subnet, int host) {
  return "10.0." + std::to_string(subnet) + "." + std::to_string(host);
}

TEST(AdmissionQueue, no_more_than_the_limit_connect_and_the_rest_wait_in_turn) {
  AdmissionQueue queue{limits(2)};
  Granted granted;
  const auto a = queue.enter(address(0, 1), Priority::normal, granted);
  const auto b = queue.enter(address(0, 2), Priority::normal, granted);
  const auto c = queue.enter(address(0, 3), Priority::normal, granted);
  const auto d = queue.enter(address(0, 4), Priority::normal, granted);
  EXPECT_EQ(granted, (Granted{a, b}));
  EXPECT_EQ(queue.numbers().waiting, 2U);
  granted.clear();
  queue.leave(b, Outcome::neutral, kStart, granted);
  EXPECT_EQ(granted, Granted{c});
  queue.leave(a, Outcome::neutral, kStart, granted);
  EXPECT_EQ(granted, (Granted{c, d}));
  EXPECT_EQ(queue.numbers().most, 2U);
}

TEST(AdmissionQueue, who_is_watched_goes_first) {
  AdmissionQueue queue{limits(1)};
  Granted granted;
  const auto first = queue.enter(address(0, 1), Priority::normal, granted);
  const auto normal = queue.enter(address(0, 2), Priority::normal, granted);
  const auto watched = queue.enter(address(0, 3), Priority::watched, granted);
  granted.clear();
  queue.leave(first, Outcome::neutral, kStart, granted);
  EXPECT_EQ(granted, Granted{watched});
  queue.leave(watched, Outcome::neutral, kStart, granted);
  EXPECT_EQ(granted, (Granted{watched, normal}));
}

TEST(AdmissionQueue, a_full_subnet_holds_up_nobody_else) {
  AdmissionQueue queue{limits(10, 2)};
  Granted granted;
  std::vector<Ticket> near;
  for (int i = 1; i <= 5; ++i) near.push_back(queue.enter(address(1, i), Priority::normal, granted));
  const auto far = queue.enter(address(2, 1), Priority::normal, granted);
  const auto named = queue.enter("camera.example", Priority::normal, granted);
  EXPECT_EQ(granted, (Granted{near[0], near[1], far, named}));
  granted.clear();
  queue.leave(near[0], Outcome::neutral, kStart, granted);
  EXPECT_EQ(granted, Granted{near[2]});
}

TEST(AdmissionQueue, devices_behind_one_address_take_turns) {
  AdmissionQueue queue{limits(10, 10, 1)};
  Granted granted;
  const auto a = queue.enter(address(1, 1), Priority::normal, granted);
  const auto b = queue.enter(address(1, 1), Priority::watched, granted);
  const auto c = queue.enter(address(1, 2), Priority::normal, granted);
  EXPECT_EQ(granted, (Granted{a, c}));
  granted.clear();
  queue.leave(a, Outcome::neutral, kStart, granted);
  EXPECT_EQ(granted, Granted{b});
}

TEST(AdmissionQueue, one_who_gives_up_while_waiting_leaves_the_queue) {
  AdmissionQueue queue{limits(1)};
  Granted granted;
  const auto a = queue.enter(address(0, 1), Priority::normal, granted);
  const auto b = queue.enter(address(0, 2), Priority::normal, granted);
  const auto c = queue.enter(address(0, 3), Priority::normal, granted);
  granted.clear();
  queue.leave(b, Outcome::neutral, kStart, granted);
  queue.leave(b, Outcome::neutral, kStart, granted);
  EXPECT_TRUE(granted.empty());
  queue.leave(a, Outcome::neutral, kStart, granted);
  EXPECT_EQ(granted, Granted{c});
}

TEST(AdmissionQueue, the_limit_halves_once_a_second_and_grows_with_success) {
  AdmissionQueue queue{
      {.per_node = 64, .per_node_min = 4, .per_node_start = 32, .per_subnet = 1000, .per_address = 1000}};
  auto now = kStart;
  const auto end_one = [&](Outcome outcome) {
    Granted granted;
    queue.leave(queue.enter(address(0, 1), Priority::normal, granted), outcome, now, granted);
  };
  for (int i = 0; i < 10; ++i) end_one(Outcome::timeout);
  EXPECT_EQ(queue.numbers().limit, 16U);
  for (int i = 0; i < 10; ++i) {
    now += std::chrono::seconds{2};
    end_one(Outcome::timeout);
  }
  EXPECT_EQ(queue.numbers().limit, 4U);
  for (int i = 0; i < 5'000; ++i) end_one(Outcome::success);
  EXPECT_EQ(queue.numbers().limit, 64U);
}

TEST(AdmissionQueue, ten_thousand_devices_all_get_their_turn_and_no_cap_is_ever_passed) {
  AdmissionQueue queue{limits(64, 8, 2)};
  Rng rng{7};
  std::map<Ticket, std::pair<std::string, std::string>> where;  // subnet, address
  std::map<std::string, std::size_t> connecting;
  std::vector<Ticket> holders;
  std::size_t served = 0;
  Granted granted;
  const auto take = [&] {
    for (const auto ticket : granted) {
      const auto& [subnet, host] = where.at(ticket);
      EXPECT_LE(++connecting[subnet], 8U);
      EXPECT_LE(++connecting[host], 2U);
      holders.push_back(ticket);
      ++served;
    }
    granted.clear();
    EXPECT_LE(holders.size(), 64U);
  };
  // enter() may grant its own ticket, so `where` is filled before the grants are looked at.
  for (int i = 0; i < 10'000; ++i) {
    const auto host = address(i % 40, 1 + i / 40 % 100);
    const auto ticket = queue.enter(host, i % 10 == 0 ? Priority::watched : Priority::normal, granted);
    where[ticket] = {subnet_of(host), host};
    take();
  }
  while (!holders.empty()) {
    const auto at = rng.below(holders.size());
    const auto ticket = holders[at];
    holders.erase(holders.begin() + static_cast<std::ptrdiff_t>(at));
    --connecting[where.at(ticket).first];
    --connecting[where.at(ticket).second];
    queue.leave(ticket, Outcome::success, kStart, granted);
    take();
  }
  EXPECT_EQ(served, 10'000U);
  EXPECT_EQ(queue.numbers().waiting, 0U);
  EXPECT_EQ(queue.numbers().connecting, 0U);
}

TEST(AdmissionQueue, subnets_are_24_bits_of_ipv4_and_64_of_ipv6) {
  EXPECT_EQ(subnet_of("10.1.2.3"), "10.1.2.0/24");
  EXPECT_EQ(subnet_of("fd00:1:2:3:4::5"), "fd00:1:2:3::/64");
  EXPECT_EQ(subnet_of("camera.example"), "");
}

}  // namespace
}  // namespace camfleet::fleet
