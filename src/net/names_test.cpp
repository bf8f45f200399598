#include "net/names.h"

#include <gtest/gtest.h>

#include <atomic>
#include <set>

#include "net/testing/run.h"

namespace camfleet::net {
namespace {

using namespace std::chrono_literals;

Deadline in(std::chrono::milliseconds time) { return std::chrono::steady_clock::now() + time; }
asio::ip::address address(int last) { return asio::ip::make_address("10.0.0." + std::to_string(last)); }

// Name servers that answer as the test says.
struct Servers {
  std::mutex mutex;
  std::condition_variable turn;
  std::map<std::string, Result<Names::Addresses>> answers;
  std::set<std::string> stuck;
  std::atomic<int> asked{0};

  Result<Names::Addresses> lookup(const std::string& host) {
    ++asked;
    std::unique_lock lock{mutex};
    while (stuck.contains(host)) turn.wait(lock);
    const auto it = answers.find(host);
    return it == answers.end() ? fail(Code::net_resolve, host) : it->second;
  }
  void answer(const std::string& host, Result<Names::Addresses> what) {
    const std::lock_guard lock{mutex};
    answers[host] = std::move(what);
  }
  void hold(const std::string& host, bool on) {
    const std::lock_guard lock{mutex};
    if (on)
      stuck.insert(host);
    else
      stuck.erase(host);
    turn.notify_all();
  }
};

struct Rig {
  explicit Rig(NameOptions options = {.fresh = 0ms, .patience = 50ms})
      : names(options, [this](const std::string& host) { return servers.lookup(host); }) {}
  ~Rig() {
    const std::lock_guard lock{servers.mutex};
    servers.stuck.clear();
    servers.turn.notify_all();
  }
  Result<Names::Addresses> find(const std::string& host, std::chrono::milliseconds time = 5s) {
    return loop.run(names.find(host, in(time)));
  }
  testing::TestLoop loop;
  Servers servers;
  Names names;
};

TEST(Names, a_slow_name_delays_no_other) {
  Rig rig;
  for (int i = 0; i < 7; ++i) {
    const auto name = "slow-" + std::to_string(i);
    rig.servers.hold(name, true);
    EXPECT_EQ(rig.find(name, 20ms).error().code, Code::net_dns_failed);
    EXPECT_EQ(rig.find(name, 20ms).error().code, Code::net_dns_failed);  // waits for the same lookup
  }
  EXPECT_EQ(rig.servers.asked, 7);
  rig.servers.answer("quick", Names::Addresses{address(1)});
  const auto found = rig.find("quick");
  ASSERT_TRUE(found);
  EXPECT_EQ((*found)[0], address(1));
}

TEST(Names, the_last_good_answer_serves_while_the_servers_fail_and_no_longer_where_the_name_is_gone) {
  Rig rig;
  rig.servers.answer("cam", Names::Addresses{address(1)});
  ASSERT_TRUE(rig.find("cam"));
  rig.servers.answer("cam", fail(Code::net_dns_failed, "SERVFAIL"));
  EXPECT_TRUE(rig.find("cam"));
  rig.servers.hold("cam", true);
  EXPECT_TRUE(rig.find("cam"));  // after the patience
  rig.servers.answer("cam", Names::Addresses{address(2)});
  rig.servers.hold("cam", false);
  for (auto found = rig.find("cam"); found && (*found)[0] != address(2);) found = rig.find("cam");
  rig.servers.answer("cam", fail(Code::net_resolve, "NXDOMAIN"));
  EXPECT_EQ(rig.find("cam").error().code, Code::net_resolve);
  rig.servers.answer("cam", fail(Code::net_dns_failed, "SERVFAIL"));
  EXPECT_EQ(rig.find("cam").error().code, Code::net_dns_failed);
}

// A wait would last for an hour here.
TEST(Names, nobody_with_an_old_answer_waits_for_servers_that_are_silent) {
  Rig rig{{.fresh = 0ms, .patience = 1h, .silent = 3}};
  for (const char* name : {"a", "b", "c", "d"}) {
    rig.servers.answer(name, Names::Addresses{address(1)});
    ASSERT_TRUE(rig.find(name));
  }
  for (const char* name : {"a", "b", "c"}) {
    rig.servers.answer(name, fail(Code::net_dns_failed, "SERVFAIL"));
    EXPECT_TRUE(rig.find(name));
  }
  rig.servers.hold("d", true);
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(rig.find("d", 1h)) << "by the answer of before";
  EXPECT_EQ(rig.find("unknown").error().code, Code::net_resolve) << "which none has is still asked for";
  // That was an answer: they speak again, and what is new is waited for.
  rig.servers.answer("d", Names::Addresses{address(2)});
  rig.servers.hold("d", false);
  for (auto found = rig.find("d"); found && (*found)[0] != address(2);) found = rig.find("d");
  const auto asked = rig.servers.asked.load();
  ASSERT_TRUE(rig.find("a"));
  EXPECT_GT(rig.servers.asked, asked);
}

TEST(Names, an_old_answer_is_not_used_for_ever) {
  Rig rig{{.fresh = 0ms, .patience = 10ms, .last_good = std::chrono::hours{0}}};
  rig.servers.answer("cam", Names::Addresses{address(1)});
  ASSERT_TRUE(rig.find("cam"));
  rig.servers.answer("cam", fail(Code::net_dns_failed, "SERVFAIL"));
  EXPECT_EQ(rig.find("cam").error().code, Code::net_dns_failed);
}

TEST(Names, of_a_hundred_addresses_the_one_that_worked_goes_first_and_all_have_their_turn) {
  Rig rig{{.fresh = 1min}};
  Names::Addresses many;
  for (int i = 1; i <= 100; ++i) many.push_back(address(i));
  rig.servers.answer("cam", many);
  std::set<asio::ip::address> first;
  for (int i = 0; i < 64; ++i) first.insert((*rig.find("cam"))[0]);
  EXPECT_EQ(first.size(), 64U);
  EXPECT_EQ(rig.servers.asked, 1) << "a fresh answer is not asked for again";
  rig.names.worked("cam", address(7));
  for (int i = 0; i < 5; ++i) EXPECT_EQ((*rig.find("cam"))[0], address(7));
}

TEST(Names, remember_a_bounded_number) {
  Rig rig{{.fresh = 1min, .names = 10}};
  for (int i = 0; i < 50; ++i) {
    rig.servers.answer("cam-" + std::to_string(i), Names::Addresses{address(1)});
    ASSERT_TRUE(rig.find("cam-" + std::to_string(i)));
  }
  EXPECT_LE(rig.names.size(), 10U);
}

}  // namespace
}  // namespace camfleet::net
