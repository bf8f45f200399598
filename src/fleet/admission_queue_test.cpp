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
  const auto a = queue.enter(address(0, 1), 0, Priority::normal, kStart, granted);
  const auto b = queue.enter(address(0, 2), 0, Priority::normal, kStart, granted);
  const auto c = queue.enter(address(0, 3), 0, Priority::normal, kStart, granted);
  const auto d = queue.enter(address(0, 4), 0, Priority::normal, kStart, granted);
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
  const auto first = queue.enter(address(0, 1), 0, Priority::normal, kStart, granted);
  const auto normal = queue.enter(address(0, 2), 0, Priority::normal, kStart, granted);
  const auto watched = queue.enter(address(0, 3), 0, Priority::watched, kStart, granted);
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
  for (int i = 1; i <= 5; ++i)
    near.push_back(queue.enter(address(1, i), 0, Priority::normal, kStart, granted));
  const auto far = queue.enter(address(2, 1), 0, Priority::normal, kStart, granted);
  const auto named = queue.enter("camera.example", 0, Priority::normal, kStart, granted);
  EXPECT_EQ(granted, (Granted{near[0], near[1], far, named}));
  granted.clear();
  queue.leave(near[0], Outcome::neutral, kStart, granted);
  EXPECT_EQ(granted, Granted{near[2]});
}

TEST(AdmissionQueue, devices_behind_one_address_take_turns) {
  AdmissionQueue queue{limits(10, 10, 1)};
  Granted granted;
  const auto a = queue.enter(address(1, 1), 0, Priority::normal, kStart, granted);
  const auto b = queue.enter(address(1, 1), 0, Priority::watched, kStart, granted);
  const auto c = queue.enter(address(1, 2), 0, Priority::normal, kStart, granted);
  EXPECT_EQ(granted, (Granted{a, c}));
  granted.clear();
  queue.leave(a, Outcome::neutral, kStart, granted);
  EXPECT_EQ(granted, Granted{b});
}

TEST(AdmissionQueue, one_who_gives_up_while_waiting_leaves_the_queue) {
  AdmissionQueue queue{limits(1)};
  Granted granted;
  const auto a = queue.enter(address(0, 1), 0, Priority::normal, kStart, granted);
  const auto b = queue.enter(address(0, 2), 0, Priority::normal, kStart, granted);
  const auto c = queue.enter(address(0, 3), 0, Priority::normal, kStart, granted);
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
    queue.leave(queue.enter(address(0, 1), 0, Priority::normal, kStart, granted), outcome, now, granted);
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
    const auto ticket =
        queue.enter(host, 0, i % 10 == 0 ? Priority::watched : Priority::normal, kStart, granted);
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

// --- the credential guard

TEST(AdmissionQueue, devices_that_share_a_password_connect_up_to_its_cap_and_hold_up_nobody_else) {
  auto some = limits(100);
  some.per_credential = 3;
  AdmissionQueue queue{some};
  Granted granted;
  for (int i = 1; i <= 5; ++i) queue.enter(address(1, i), 7, Priority::normal, kStart, granted);
  const auto other = queue.enter(address(1, 9), 8, Priority::normal, kStart, granted);
  const auto own = queue.enter(address(1, 10), 0, Priority::normal, kStart, granted);
  ASSERT_EQ(granted.size(), 5U);
  EXPECT_EQ(granted[3], other);
  EXPECT_EQ(granted[4], own);
  const auto first = granted[0];
  granted.clear();
  queue.leave(first, Outcome::success, kStart, granted);
  EXPECT_EQ(granted.size(), 1U);
}

TEST(AdmissionQueue, after_a_refusal_they_come_one_at_a_time_and_paced) {
  using namespace std::chrono_literals;
  auto some = limits(100);
  some.suspect_per_second = 4;
  some.suspect_patience = 1s;
  AdmissionQueue queue{some};
  Granted granted;
  const auto first = queue.enter(address(1, 1), 7, Priority::normal, kStart, granted);
  granted.clear();
  queue.leave(first, Outcome::refused, kStart, granted);
  EXPECT_TRUE(queue.suspect(7));
  std::vector<Ticket> waiting;
  for (int i = 2; i <= 8; ++i)
    waiting.push_back(queue.enter(address(1, i), 7, Priority::normal, kStart, granted));
  EXPECT_TRUE(granted.empty());
  EXPECT_EQ(queue.next_tick(), kStart + 250ms);
  queue.tick(kStart + 249ms, granted);
  EXPECT_TRUE(granted.empty());
  queue.tick(kStart + 250ms, granted);
  EXPECT_EQ(granted, Granted{waiting[0]});
  // It gives no answer: the next one goes all the same, after a second.
  granted.clear();
  queue.tick(kStart + 1249ms, granted);
  EXPECT_TRUE(granted.empty());
  queue.tick(kStart + 1250ms, granted);
  EXPECT_EQ(granted, Granted{waiting[1]});
  // A success lets two go, and so on until it is open.
  granted.clear();
  queue.leave(waiting[0], Outcome::success, kStart + 1300ms, granted);
  EXPECT_EQ(granted, Granted{waiting[2]});
  granted.clear();
  queue.leave(waiting[1], Outcome::success, kStart + 1300ms, granted);
  EXPECT_EQ(granted.size(), 3U);
  EXPECT_TRUE(queue.suspect(7));
  queue.leave(waiting[2], Outcome::success, kStart + 1400ms, granted);
  EXPECT_TRUE(queue.suspect(7));
  queue.leave(waiting[3], Outcome::success, kStart + 1400ms, granted);
  EXPECT_FALSE(queue.suspect(7));
  EXPECT_EQ(queue.next_tick(), kNever);
  EXPECT_EQ(queue.numbers().suspects, 0U);
  EXPECT_EQ(queue.numbers().waiting, 0U);
}

TEST(AdmissionQueue, a_suspect_credential_that_nobody_has_any_more_is_forgotten) {
  AdmissionQueue queue{limits(10)};
  Granted granted;
  const auto first = queue.enter(address(1, 1), 7, Priority::normal, kStart, granted);
  queue.leave(first, Outcome::refused, kStart, granted);
  EXPECT_EQ(queue.numbers().suspects, 1U);
  queue.forget(7);
  queue.forget(8);
  EXPECT_EQ(queue.numbers().suspects, 0U);
  EXPECT_FALSE(queue.suspect(7));
}

TEST(AdmissionQueue, nobody_is_overtaken_for_ever) {
  AdmissionQueue queue{limits(1)};
  Granted granted;
  auto holder = queue.enter(address(0, 1), 0, Priority::normal, kStart, granted);
  const auto failing = queue.enter(address(0, 2), 0, Priority::failing, kStart, granted);
  bool served = false;
  for (std::uint64_t i = 0; i < 2 * AdmissionQueue::kHeadStart + 10 && !served; ++i) {
    queue.enter(address(0, 3), 0, Priority::watched, kStart, granted);
    granted.clear();
    queue.leave(holder, Outcome::success, kStart, granted);
    ASSERT_EQ(granted.size(), 1U);
    holder = granted[0];
    served = holder == failing;
  }
  EXPECT_TRUE(served);
}

TEST(Credentials, tell_equal_ones_and_nothing_else) {
  Credentials book;
  const auto a = book.take("admin", Secret{"hik12345"});
  EXPECT_FALSE(book.shared(a));
  EXPECT_EQ(book.take("admin", Secret{"hik12345"}), a);
  EXPECT_TRUE(book.shared(a));
  EXPECT_NE(book.take("adminh", Secret{"ik12345"}), a);
  EXPECT_NE(book.take("admin", Secret{"hik12346"}), a);
  EXPECT_EQ(book.take("", Secret{}), 0U);
  EXPECT_FALSE(book.shared(0));
  EXPECT_FALSE(book.release(a));
  EXPECT_FALSE(book.shared(a));
  EXPECT_TRUE(book.release(a));
  EXPECT_FALSE(book.release(a));
  EXPECT_NE(book.take("admin", Secret{"hik12345"}), a);  // an id is never used again
}

TEST(AdmissionQueue, subnets_are_24_bits_of_ipv4_and_64_of_ipv6) {
  EXPECT_EQ(subnet_of("10.1.2.3"), "10.1.2.0/24");
  EXPECT_EQ(subnet_of("fd00:1:2:3:4::5"), "fd00:1:2:3::/64");
  EXPECT_EQ(subnet_of("camera.example"), "");
}

}  // namespace
}  // namespace camfleet::fleet
