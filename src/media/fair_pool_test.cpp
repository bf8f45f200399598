#include "media/fair_pool.h"

#include <gtest/gtest.h>

#include <future>
#include <optional>

#include "media/testing/fake_source.h"

namespace camfleet::media {
namespace {

TEST(FairPool, who_asks_for_much_does_not_keep_others_waiting) {
  FairPool pool{{.threads = 1, .of_all = 100, .of_one = 100}, "test"};
  std::promise<void> go;
  auto gate = go.get_future().share();
  std::mutex mutex;
  std::vector<std::string> done;
  ASSERT_TRUE(pool.submit("first", [gate] { gate.wait(); }));
  const auto note = [&](std::string who) {
    return [&mutex, &done, who] {
      const std::lock_guard lock{mutex};
      done.push_back(who);
    };
  };
  for (int i = 0; i < 50; ++i) ASSERT_TRUE(pool.submit("greedy", note("greedy")));
  ASSERT_TRUE(pool.submit("modest", note("modest")));
  ASSERT_TRUE(pool.submit("modest", note("modest")));
  go.set_value();
  ASSERT_TRUE(testing::eventually([&] {
    const std::lock_guard lock{mutex};
    return done.size() == 52;
  }));
  EXPECT_EQ(done[1], "modest") << "the second turn";
  EXPECT_EQ(done[3], "modest");
}

TEST(FairPool, one_and_all_may_have_so_much_under_way) {
  FairPool pool{{.threads = 1, .of_all = 5, .of_one = 3}, "test"};
  std::vector<FairPool::Ticket> held;
  for (int i = 0; i < 3; ++i) {
    auto ticket = pool.enter("a");
    ASSERT_TRUE(ticket);
    held.push_back(std::move(*ticket));
  }
  auto refused = pool.enter("a");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Code::media_decoders_busy);
  EXPECT_GT(refused.error().retry_after_s, 0);
  for (int i = 0; i < 2; ++i) {
    auto ticket = pool.enter("b");
    ASSERT_TRUE(ticket) << "others have room";
    held.push_back(std::move(*ticket));
  }
  EXPECT_FALSE(pool.enter("c")) << "all together have too much";
  held.pop_back();
  EXPECT_TRUE(pool.enter("c"));
  held.clear();
  EXPECT_TRUE(pool.enter("a"));
}

TEST(FairPool, jobs_past_the_bound_are_refused) {
  FairPool pool{{.threads = 1, .of_all = 2, .of_one = 2}, "test"};
  std::promise<void> go;
  auto gate = go.get_future().share();
  std::promise<void> begun;
  ASSERT_TRUE(pool.submit("a", [gate, &begun] {
    begun.set_value();
    gate.wait();
  }));
  begun.get_future().wait();
  EXPECT_TRUE(pool.submit("a", [] {}));
  EXPECT_TRUE(pool.submit("b", [] {}));
  EXPECT_FALSE(pool.submit("c", [] {}));
  go.set_value();
}

}  // namespace
}  // namespace camfleet::media
