#include "auth/issued_tokens.h"

#include <fmt/core.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>
#include <thread>

namespace camfleet::auth {
namespace {

using std::chrono::seconds;

class ManualClock final : public Clock {
 public:
  SteadyTime steady() const override { return SteadyTime{passed + std::chrono::hours{1}}; }
  WallTime wall() const override { return WallTime{seconds{1'763'820'000}} + passed; }
  seconds passed{0};
};

class IssuedTokensFile : public testing::Test {
 protected:
  IssuedTokensFile() {
    std::string pattern = testing::TempDir() + "camfleet-issued-XXXXXX";
    path = ::mkdtemp(pattern.data());
    file = path / "live-tokens";
  }
  ~IssuedTokensFile() override { std::filesystem::remove_all(path); }

  model::Grant grant(std::size_t n, seconds ttl = seconds{60}, std::string_view issuer = "00000000") const {
    return {fmt::format("{}{:016x}", issuer, n), *model::parse_stream_key("gate-7/2/sub"),
            clock.wall() + ttl};
  }
  std::string content() const {
    std::ifstream in{file};
    return {std::istreambuf_iterator<char>{in}, {}};
  }
  void write(std::string_view text, unsigned mode = 0600) const {
    std::ofstream{file, std::ios::binary} << text;
    ::chmod(file.c_str(), mode);
  }
  std::size_t after_a_restart() const {
    IssuedTokens again{file, clock};
    EXPECT_TRUE(again.load());
    return again.size();
  }

  std::filesystem::path path;
  std::filesystem::path file;
  ManualClock clock;
};

TEST_F(IssuedTokensFile, are_listed_page_by_page_the_first_to_end_first) {
  IssuedTokens issued{{}, clock};
  for (std::size_t i = 0; i < 5; ++i) ASSERT_TRUE(issued.add(grant(i, seconds{60 - static_cast<long>(i)})));
  const auto first = issued.list(std::nullopt, 2);
  ASSERT_EQ(first.size(), 2U);
  EXPECT_EQ(first[0].id, grant(4).id);
  const auto second = issued.list(IssuedTokens::Place{first[1].start_before, first[1].id}, 10);
  ASSERT_EQ(second.size(), 3U);
  EXPECT_EQ(second[0].id, grant(2).id);
  clock.passed = seconds{57};
  EXPECT_EQ(issued.list(std::nullopt, 10).size(), 3U);
}

TEST_F(IssuedTokensFile, have_a_quota_for_one_and_for_all) {
  IssuedTokens issued{{}, clock};
  for (std::size_t i = 0; i < IssuedTokens::kMostOfOne; ++i)
    ASSERT_TRUE(issued.add(grant(i, seconds{10 + static_cast<long>(i % 50)}, "aaaaaaaa")));
  const auto refused = issued.add(grant(1'000'000, seconds{60}, "aaaaaaaa"));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, Code::auth_too_many_live_tokens);
  EXPECT_EQ(refused.error().retry_after_s, 10);
  ASSERT_TRUE(issued.add(grant(0, seconds{5})));  // nobody else minds
  for (std::size_t i = 1; i < IssuedTokens::kMost - IssuedTokens::kMostOfOne; ++i)
    ASSERT_TRUE(issued.add(grant(i, seconds{60}, i % 2 == 0 ? "bbbbbbbb" : "cccccccc")));
  EXPECT_EQ(issued.add(grant(1, seconds{60}, "dddddddd")).error().retry_after_s, 5);
  issued.remove(grant(0, seconds{5}).id);
  EXPECT_TRUE(issued.add(grant(1, seconds{60}, "dddddddd")));
  issued.remove_all_of("aaaaaaaa");
  EXPECT_EQ(issued.size(), IssuedTokens::kMost - IssuedTokens::kMostOfOne);
  clock.passed = seconds{61};
  EXPECT_TRUE(issued.add(grant(2)));
  EXPECT_EQ(issued.size(), 1U);
}

TEST_F(IssuedTokensFile, every_cut_of_the_file_loses_the_lines_behind_it_and_no_more) {
  {
    IssuedTokens issued{file, clock};
    ASSERT_TRUE(issued.load());
    for (std::size_t i = 0; i < 3; ++i) ASSERT_TRUE(issued.add(grant(i)) && issued.keep());
  }
  const auto whole = content();
  for (std::size_t size = 0; size <= whole.size(); ++size) {
    write(whole.substr(0, size));
    const auto lines = static_cast<std::size_t>(std::ranges::count(whole.substr(0, size), '\n'));
    EXPECT_EQ(after_a_restart(), lines == 0 ? 0 : lines - 1) << size;
  }
  // And the next one is not lost behind the half line.
  write(whole.substr(0, whole.size() - 5));
  IssuedTokens issued{file, clock};
  ASSERT_TRUE(issued.load() && issued.add(grant(9)) && issued.keep());
  EXPECT_EQ(after_a_restart(), 3U);
}

TEST_F(IssuedTokensFile, lines_of_another_form_are_left_out) {
  const auto good = grant(1);
  const auto end = std::to_string(1'763'820'060);
  write("camfleet-live-tokens 1\n" + good.id + ' ' + end + " gate-7/2/sub\n" + "../../etc/passwd 1 x\n" +
        good.id + " -5 gate-7\n" + good.id + ' ' + end + " ../x\n" + good.id +
        " 99999999999999999999 gate-7\n" + std::string(5'000, 'z') + "\n\n\xFF\xFE\n" + good.id + ' ' + end +
        " gate-7/2/sub\n");
  EXPECT_EQ(after_a_restart(), 1U);
  write("something else\n");
  EXPECT_EQ(after_a_restart(), 0U);
}

TEST_F(IssuedTokensFile, that_others_may_read_or_that_is_too_long_is_refused) {
  write("camfleet-live-tokens 1\n", 0644);
  EXPECT_EQ(IssuedTokens(file, clock).load().error().code, Code::config_exposed);
  write("");
  std::filesystem::resize_file(file, 1LL << 30);
  EXPECT_EQ(IssuedTokens(file, clock).load().error().code, Code::storage_failed);
}

TEST_F(IssuedTokensFile, the_file_does_not_grow_with_what_has_ended) {
  IssuedTokens issued{file, clock};
  std::uintmax_t largest = 0;
  for (std::size_t i = 0; i < 5'000; ++i) {
    ASSERT_TRUE(issued.add(grant(i, seconds{2})));
    if (i % 10 == 9) {
      clock.passed += seconds{1};
      ASSERT_TRUE(issued.keep());
      largest = std::max(largest, std::filesystem::file_size(file));
    }
  }
  EXPECT_LT(largest, 1'100U * 49);
  EXPECT_LE(issued.size(), 20U);
}

TEST_F(IssuedTokensFile, a_disk_that_refuses_is_left_alone_and_then_gets_all_of_them) {
  const auto elsewhere = path / "elsewhere";
  IssuedTokens issued{elsewhere / "live-tokens", clock};
  ASSERT_TRUE(issued.add(grant(1)));
  EXPECT_EQ(issued.keep().error().code, Code::storage_failed);
  std::filesystem::create_directory(elsewhere);
  ASSERT_TRUE(issued.add(grant(2)));
  EXPECT_FALSE(issued.keep());
  clock.passed = seconds{6};
  ASSERT_TRUE(issued.keep());
  IssuedTokens again{elsewhere / "live-tokens", clock};
  ASSERT_TRUE(again.load());
  EXPECT_EQ(again.size(), 2U);
  std::filesystem::remove(elsewhere / "live-tokens");  // taken away while it runs
  ASSERT_TRUE(issued.add(grant(3)));
  EXPECT_FALSE(issued.keep());
  clock.passed = seconds{12};
  ASSERT_TRUE(issued.keep());
}

TEST_F(IssuedTokensFile, of_many_threads_are_all_on_disk) {
  {
    IssuedTokens issued{file, clock};
    std::vector<std::thread> threads;
    for (std::size_t t = 0; t < 4; ++t)
      threads.emplace_back([&, t] {
        for (std::size_t i = 0; i < 200; ++i) {
          EXPECT_TRUE(issued.add(grant(t * 1'000 + i)));
          EXPECT_TRUE(issued.keep());
        }
      });
    for (auto& thread : threads) thread.join();
  }
  EXPECT_EQ(after_a_restart(), 800U);
}

}  // namespace
}  // namespace camfleet::auth
