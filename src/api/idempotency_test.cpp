#include "api/idempotency.h"

#include <gtest/gtest.h>

namespace camfleet::api {
namespace {

using namespace std::chrono_literals;

class SteppedClock final : public Clock {
 public:
  SteadyTime steady() const override { return now; }
  WallTime wall() const override { return {}; }
  SteadyTime now{1h};
};

net::HttpResponse response(std::string body, int status = 201) {
  net::HttpResponse out;
  out.status = status;
  out.body = std::move(body);
  return out;
}
Code code_of(const Result<Idempotency::Begun>& begun) { return begun ? Code::ok : begun.error().code; }

TEST(Idempotency, the_same_request_has_its_first_answer_for_ten_minutes) {
  SteppedClock clock;
  Idempotency keys{{}, clock};
  {
    auto first = keys.begin("me", "k", "request");
    ASSERT_TRUE(first && first->pending && !first->answer);
    EXPECT_EQ(code_of(keys.begin("me", "k", "request")), Code::api_conflict);
    first->pending.answered(response("made"));
  }
  clock.now += 9min;
  EXPECT_EQ(keys.begin("me", "k", "request")->answer->body, "made");
  EXPECT_EQ(code_of(keys.begin("me", "k", "another")), Code::api_idempotency_mismatch);
  EXPECT_FALSE(keys.begin("somebody else", "k", "another")->answer);
  clock.now += 2min;
  EXPECT_FALSE(keys.begin("me", "k", "another")->answer);
}

TEST(Idempotency, what_failed_or_never_answered_may_be_tried_again) {
  Idempotency keys;
  { EXPECT_TRUE(keys.begin("me", "k", "request")->pending); }
  auto again = keys.begin("me", "k", "another");
  ASSERT_TRUE(again && again->pending);
  again->pending.answered(response("no", 409));
  again = {};
  EXPECT_EQ(keys.size(), 0U);
}

TEST(Idempotency, keeps_so_much_and_no_more) {
  Idempotency keys{{.keys_per_caller = 10, .callers = 3, .body_bytes = 4}};
  for (int i = 0; i < 100; ++i) {
    auto begun = keys.begin("caller " + std::to_string(i % 7), "k" + std::to_string(i), "r");
    ASSERT_TRUE(begun && begun->pending);
    begun->pending.answered(response("a long answer"));
  }
  EXPECT_LE(keys.size(), 30U);
  EXPECT_EQ(keys.begin("caller 1", "k99", "r")->answer->body, "{}");
  for (const auto& bad : {std::string{}, std::string(129, 'k'), std::string{"a\nb"}, std::string{"\xC3\xA4"}})
    EXPECT_EQ(code_of(keys.begin("me", bad, "r")), Code::api_bad_request);
}

}  // namespace
}  // namespace camfleet::api
