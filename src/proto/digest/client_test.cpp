#include "proto/digest/client.h"

#include <gtest/gtest.h>

#include "proto/digest/server.h"

namespace camfleet::digest {
namespace {

using namespace std::chrono_literals;
using Next = Attempt::Verdict::Next;

// A device behind a wire: counts what it is sent.
struct Device {
  explicit Device(Server::Options options = {.realm = "IP Camera(C2183)"}) : server(std::move(options), 7) {}

  // One whole request; the last verdict.
  Attempt::Verdict request(Client& client, std::string_view password, bool tls = false) {
    Attempt attempt{client, tls};
    Attempt::Verdict verdict;
    do {
      ++sent;
      const auto header = attempt.authorization("GET", "/ISAPI/System/deviceInfo?format=json", "admin",
                                                Secret{std::string{password}});
      if (!header.empty()) ++responses;
      const auto outcome =
          server.check(header, "GET", "/ISAPI/System/deviceInfo?format=json", "admin", correct, now);
      if (outcome == Server::Outcome::wrong) ++wrong;
      if (outcome == Server::Outcome::ok) {
        verdict = attempt.answered(200, {});
      } else {
        const bool stale = always_stale || (say_stale && outcome == Server::Outcome::stale);
        auto values = server.challenges(now, stale);
        if (silent_when_stale && outcome == Server::Outcome::stale) values.clear();
        const std::vector<std::string_view> views{values.begin(), values.end()};
        verdict = attempt.answered(401, views, hints);
      }
    } while (verdict.next == Next::again && sent < 20);
    return verdict;
  }

  Server server;
  std::string correct = "abcd1234";
  std::chrono::milliseconds now = 1000s;
  Hints hints;
  bool say_stale = true;
  bool always_stale = false;
  bool silent_when_stale = false;
  int sent = 0, responses = 0, wrong = 0;
};

TEST(Client, logs_in_and_counts_on_with_the_same_nonce) {
  Device device;
  Client client;
  EXPECT_EQ(device.request(client, "abcd1234").next, Next::done);
  EXPECT_EQ(device.sent, 2);
  EXPECT_EQ(device.request(client, "abcd1234").next, Next::done);
  EXPECT_EQ(device.request(client, "abcd1234").next, Next::done);
  EXPECT_EQ(device.sent, 4);
  EXPECT_TRUE(client.accepted());
}

TEST(Client, a_wrong_password_is_sent_once_and_never_again) {
  Device device;
  Client client;
  const auto verdict = device.request(client, "wrong");
  EXPECT_EQ(verdict.next, Next::failed);
  EXPECT_EQ(verdict.error.code, Code::device_bad_credentials);
  EXPECT_EQ(device.wrong, 1);
  EXPECT_TRUE(client.refused());

  EXPECT_EQ(device.request(client, "wrong").error.code, Code::device_bad_credentials);
  EXPECT_EQ(device.wrong, 1);
  client.reset();
  EXPECT_EQ(device.request(client, "abcd1234").next, Next::done);
}

TEST(Client, an_expired_nonce_is_repeated_free_of_charge) {
  for (const bool say_stale : {true, false}) {
    Device device;
    device.say_stale = say_stale;
    Client client;
    device.request(client, "abcd1234");
    device.now += 301s;
    EXPECT_EQ(device.request(client, "abcd1234").next, Next::done);
    EXPECT_EQ(device.wrong, 0);
    EXPECT_EQ(device.sent, 4);
  }
}

// DS-K1T342MWX, V4.48.40.
TEST(Client, a_terminal_that_refuses_the_third_use_without_a_challenge) {
  Device device{{.realm = "DS-0753f32c", .max_uses = 2}};
  device.silent_when_stale = true;
  Client client;
  for (int i = 0; i < 6; ++i) EXPECT_EQ(device.request(client, "abcd1234").next, Next::done) << i;
  EXPECT_EQ(device.wrong, 0);
}

TEST(Client, stale_for_ever_ends) {
  Device device;
  device.always_stale = true;
  Client client;
  const auto verdict = device.request(client, "wrong");
  EXPECT_EQ(verdict.next, Next::failed);
  EXPECT_EQ(verdict.error.code, Code::device_nonce_loop);
  EXPECT_EQ(device.responses, 2);
  EXPECT_LE(device.sent, 3);
}

TEST(Client, a_changed_password_costs_two_responses_at_most) {
  Device device;
  Client client;
  device.request(client, "abcd1234");
  device.correct = "rotated";
  EXPECT_EQ(device.request(client, "abcd1234").error.code, Code::device_bad_credentials);
  EXPECT_LE(device.wrong, 2);
}

TEST(Client, too_many_sessions_are_no_wrong_password) {
  Device device;
  device.hints = {.full = true};
  Client client;
  EXPECT_EQ(device.request(client, "abcd1234").error.code, Code::device_sessions_full);
  EXPECT_FALSE(client.refused());
  device.hints = {};
  EXPECT_EQ(device.request(client, "abcd1234").next, Next::done);
}

TEST(Client, a_lock_is_told_with_its_time_and_nothing_is_sent) {
  Device device;
  device.hints = {.locked = true, .unlock_s = 210};
  Client client;
  const auto verdict = device.request(client, "abcd1234");
  EXPECT_EQ(verdict.error.code, Code::device_locked);
  EXPECT_EQ(verdict.error.retry_after_s, 210);
  EXPECT_EQ(device.responses, 0);
}

TEST(Client, two_attempts_at_once_with_a_wrong_password) {
  Client client;
  Attempt first{client, false};
  Attempt second{client, false};
  const Secret wrong{"wrong"};
  const std::string_view challenge[] = {R"(Digest realm="a", nonce="b", qop="auth")"};
  first.authorization("GET", "/", "admin", wrong);
  ASSERT_EQ(first.answered(401, challenge).next, Next::again);
  EXPECT_NE(first.authorization("GET", "/", "admin", wrong), "");
  EXPECT_NE(second.authorization("GET", "/", "admin", wrong), "");  // the same nonce, not yet judged
  EXPECT_EQ(second.answered(401, challenge).error.code, Code::device_bad_credentials);
  EXPECT_EQ(first.answered(401, challenge).error.code, Code::device_bad_credentials);
  Attempt third{client, false};
  EXPECT_EQ(third.authorization("GET", "/", "admin", wrong), "");
}

TEST(Client, takes_the_strongest) {
  Device device{{.realm = "both", .sha256 = true, .basic = true, .one_header = true}};
  Client client;
  EXPECT_EQ(device.request(client, "abcd1234").next, Next::done);
  EXPECT_EQ(client.challenge()->algorithm, Algorithm::sha256);
}

TEST(Client, basic_only_where_it_may) {
  Device device{{.realm = "old", .md5 = false, .basic = true}};
  Client plain;
  EXPECT_EQ(device.request(plain, "abcd1234").error.code, Code::digest_basic_refused);
  EXPECT_EQ(device.responses, 0);
  Client tls;
  EXPECT_EQ(device.request(tls, "abcd1234", true).next, Next::done);
  Client allowed{Policy{.basic_over_plain = true}};
  EXPECT_EQ(device.request(allowed, "abcd1234").next, Next::done);
}

TEST(Client, a_downgrade_from_digest_to_basic_is_refused) {
  Client client{Policy{.basic_over_plain = true}};
  Device honest;
  honest.request(client, "abcd1234");
  Device between{{.realm = "IP Camera(C2183)", .md5 = false, .basic = true}};
  between.now = 9999s;
  EXPECT_EQ(between.request(client, "abcd1234").error.code, Code::digest_basic_refused);
}

TEST(Client, nothing_usable_offered) {
  Client client;
  Attempt attempt{client, true};
  attempt.authorization("GET", "/", "admin", Secret{"x"});
  EXPECT_EQ(attempt.answered(401, {}).error.code, Code::digest_unsupported);
}

TEST(Client, a_fresh_challenge_for_each_request) {
  Device device{{.realm = "t", .max_uses = 1}};
  Client client{Policy{.fresh_challenge_for_each = true}};
  for (int i = 0; i < 3; ++i) EXPECT_EQ(device.request(client, "abcd1234").next, Next::done);
  EXPECT_EQ(device.sent, 6);
}

TEST(Client, any_password_arrives_unharmed) {
  const std::string passwords[] = {"%41:@/#&\"\\ x", " blank ", "\xF0\x9F\x94\x91\xE5\xAF\x86",
                                   std::string(128, 'x'), ":"};
  for (const auto& password : passwords) {
    for (const bool basic : {false, true}) {
      Device device{{.realm = "r", .md5 = !basic, .basic = basic}};
      device.correct = password;
      Client client;
      EXPECT_EQ(device.request(client, password, true).next, Next::done) << password;
      Client other;
      EXPECT_EQ(device.request(other, password + "x", true).error.code, Code::device_bad_credentials);
    }
  }
}

TEST(Server, refuses_what_is_not_its_own) {
  Server server{{.realm = "r"}, 1};
  Server stranger{{.realm = "r"}, 2};
  const auto challenge = parse_challenges(stranger.challenges(1s).front()).front();
  const auto header = answer(challenge, {"GET", "/", "admin", "p"}, 1, "c");
  EXPECT_EQ(server.check(header, "GET", "/", "admin", "p", 1s), Server::Outcome::stale);
  EXPECT_EQ(server.check("", "GET", "/", "admin", "p", 1s), Server::Outcome::missing);
  const auto own = parse_challenges(server.challenges(1s).front()).front();
  const auto good = answer(own, {"GET", "/", "admin", "p"}, 1, "c");
  EXPECT_EQ(server.check(good, "GET", "/", "admin", "p", 1s), Server::Outcome::ok);
  EXPECT_EQ(server.check(good, "PUT", "/", "admin", "p", 1s), Server::Outcome::wrong);
  EXPECT_EQ(server.check(good, "GET", "/other", "admin", "p", 1s), Server::Outcome::wrong);
  EXPECT_EQ(server.check(good, "GET", "/", "root", "p", 1s), Server::Outcome::wrong);
  EXPECT_EQ(server.check(good, "GET", "/", "admin", "p", 400s), Server::Outcome::stale);
}

}  // namespace
}  // namespace camfleet::digest
