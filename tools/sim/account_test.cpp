#include "sim/account.h"

#include <gtest/gtest.h>

#include "proto/digest/authorization.h"

namespace camfleet::sim {
namespace {

using std::chrono::seconds;
using Door = Account::Door;
using Verdict = Account::Verdict;

struct AccountTest : ::testing::Test {
  AccountTest() { settings.population = {.devices = 100, .seed = 7}; }

  // Asks for a challenge and answers the one numbered `which`.
  Verdict log_in(Door door, std::string_view password, std::size_t which = 0) {
    auto verdict = account.check(door, {}, "GET", "/x", now);
    return account.check(door, authorization(account.challenges(door, verdict, now).at(which), password),
                         "GET", "/x", now);
  }
  static std::string authorization(const std::string& header, std::string_view password) {
    const auto challenge = digest::parse_challenges(header).at(0);
    return digest::answer(challenge, {"GET", "/x", kUser, password}, 1, "0123456789abcdef");
  }

  Settings settings;
  Counters counters;
  Identity identity = identity_of({.devices = 100, .seed = 7}, 0);
  Account account{identity, settings, counters};
  SteadyTime now{std::chrono::hours{1000}};
};

TEST_F(AccountTest, takes_the_password_at_both_doors_and_counts_logins) {
  EXPECT_EQ(log_in(Door::http, identity.password), Verdict::ok);
  EXPECT_EQ(log_in(Door::rtsp, identity.password), Verdict::ok);
  EXPECT_EQ(counters.logins, 2u);
  EXPECT_EQ(counters.wrong_passwords, 0u);
}

TEST_F(AccountTest, a_nonce_used_again_is_no_new_login) {
  const auto challenge = account.challenges(Door::http, Verdict::missing, now).at(0);
  for (int i = 0; i < 5; ++i)
    EXPECT_EQ(account.check(Door::http, authorization(challenge, identity.password), "GET", "/x", now),
              Verdict::ok);
  EXPECT_EQ(counters.logins, 1u);
}

TEST_F(AccountTest, an_old_nonce_is_stale_and_not_wrong) {
  const auto challenge = account.challenges(Door::http, Verdict::missing, now).at(0);
  now += settings.nonce_life + seconds{1};
  const auto verdict =
      account.check(Door::http, authorization(challenge, identity.password), "GET", "/x", now);
  EXPECT_EQ(verdict, Verdict::stale);
  const auto again = account.challenges(Door::http, verdict, now).at(0);
  EXPECT_TRUE(digest::parse_challenges(again).at(0).stale) << again;
  EXPECT_EQ(account.check(Door::http, authorization(again, identity.password), "GET", "/x", now),
            Verdict::ok);
  EXPECT_EQ(counters.wrong_passwords, 0u);
  EXPECT_EQ(counters.stale, 1u);
}

TEST_F(AccountTest, locks_after_five_wrong_passwords_even_for_the_right_one) {
  for (int i = 0; i < 4; ++i) {
    EXPECT_EQ(log_in(i % 2 == 0 ? Door::http : Door::rtsp, "guess"), Verdict::wrong);
    EXPECT_EQ(account.user_check(Verdict::wrong, now).attempts_left, 4 - i);
  }
  EXPECT_EQ(log_in(Door::http, "guess"), Verdict::locked);
  const auto check = account.user_check(Verdict::locked, now);
  EXPECT_TRUE(check.locked);
  EXPECT_EQ(check.unlock_s, 1800);
  EXPECT_EQ(check.attempts_left, 0);
  EXPECT_EQ(log_in(Door::http, identity.password), Verdict::locked);
  EXPECT_EQ(counters.locks, 1u);
  EXPECT_EQ(counters.wrong_passwords, 5u);
  EXPECT_EQ(counters.refused_locked, 1u);
}

TEST_F(AccountTest, an_attempt_during_the_lock_begins_it_anew_and_a_question_does_not) {
  for (int i = 0; i < 5; ++i) log_in(Door::http, "guess");
  now += seconds{1700};
  EXPECT_EQ(account.check(Door::http, {}, "GET", "/x", now), Verdict::locked);
  EXPECT_EQ(account.user_check(Verdict::locked, now).unlock_s, 100);
  EXPECT_EQ(log_in(Door::http, identity.password), Verdict::locked);
  EXPECT_EQ(account.user_check(Verdict::locked, now).unlock_s, 1800);
  now += seconds{1801};
  EXPECT_EQ(log_in(Door::http, identity.password), Verdict::ok);
}

TEST_F(AccountTest, a_right_answer_begins_the_count_anew) {
  for (int round = 0; round < 3; ++round) {
    for (int i = 0; i < 4; ++i) EXPECT_EQ(log_in(Door::http, "guess"), Verdict::wrong);
    EXPECT_EQ(log_in(Door::http, identity.password), Verdict::ok);
  }
  EXPECT_EQ(counters.locks, 0u);
}

TEST_F(AccountTest, a_reboot_forgets_nonces_and_the_lock) {
  const auto challenge = account.challenges(Door::http, Verdict::missing, now).at(0);
  for (int i = 0; i < 5; ++i) log_in(Door::http, "guess");
  account.forget();
  EXPECT_NE(account.check(Door::http, authorization(challenge, identity.password), "GET", "/x", now),
            Verdict::ok);
  EXPECT_EQ(log_in(Door::http, identity.password), Verdict::ok);
}

TEST_F(AccountTest, a_changed_password_counts_at_once) {
  account.set_password("new");
  EXPECT_EQ(log_in(Door::http, identity.password), Verdict::wrong);
  EXPECT_EQ(log_in(Door::http, "new"), Verdict::ok);
}

TEST_F(AccountTest, sha256_devices_ask_for_it) {
  auto other = identity;
  other.algorithms = Algorithms::sha256;
  Account strict{other, settings, counters};
  const auto header = strict.challenges(Door::http, Verdict::missing, now).at(0);
  EXPECT_NE(header.find("SHA-256"), std::string::npos);
  EXPECT_EQ(strict.check(Door::http, authorization(header, identity.password), "GET", "/x", now),
            Verdict::ok);
}

}  // namespace
}  // namespace camfleet::sim
