#include "storage/refusal_file.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cstdlib>
#include <fstream>
#include <iterator>

namespace camfleet::storage {
namespace {

using namespace std::chrono_literals;

class RefusalFileTest : public testing::Test {
 protected:
  RefusalFileTest() {
    std::string pattern = testing::TempDir() + "camfleet-refusals-XXXXXX";
    path = ::mkdtemp(pattern.data());
    file = path / "refusals";
  }
  ~RefusalFileTest() override { std::filesystem::remove_all(path); }
  // What `use` has done is in the file when it returns.
  template <class F>
  void with(F use, std::size_t most = RefusalFile::kMost) {
    net::WorkerPool pool{1, 100, "test"};
    RefusalFile store{file, {}, pool, system_clock(), most};
    use(store);
  }
  std::vector<model::Refusal> loaded(WallTime since) {
    std::vector<model::Refusal> out;
    with([&](RefusalFile& store) {
      auto read = store.load(since);
      ASSERT_TRUE(read) << read.error().text();
      out = std::move(*read);
    });
    return out;
  }
  std::string content() const {
    std::ifstream in{file, std::ios::binary};
    return {std::istreambuf_iterator<char>{in}, {}};
  }

  const WallTime now = std::chrono::floor<std::chrono::milliseconds>(system_clock().wall());
  std::filesystem::path path, file;
};

TEST_F(RefusalFileTest, tells_after_a_restart_what_was_refused_and_not_let_in_since) {
  EXPECT_TRUE(loaded(now - 30min).empty());
  with([&](RefusalFile& store) {
    store.note({1, 2, now - 40min});
    store.note({1, 2, now - 20min});
    store.note({3, 4, now - 10min});
    store.note({1, 2, now - 5min});
    store.forget(3, 4);
  });
  with([&](RefusalFile& store) { store.note({3, 4, now}); });
  EXPECT_EQ(loaded(now - 30min),
            (std::vector<model::Refusal>{{1, 2, now - 20min}, {1, 2, now - 5min}, {3, 4, now}}));
  struct stat is {};
  ASSERT_EQ(::stat(file.c_str(), &is), 0);
  EXPECT_EQ(is.st_mode & 07777, 0600U);
}

TEST_F(RefusalFileTest, a_line_that_a_power_cut_left_half_is_left_out) {
  with([&](RefusalFile& store) {
    store.note({1, 2, now});
    store.note({3, 4, now});
  });
  const auto whole = content();
  const auto first = whole.find('\n', whole.find('\n') + 1) + 1;
  for (auto size = whole.size(); size > first; --size) {
    std::filesystem::resize_file(file, size);
    EXPECT_EQ(loaded(now - 1min).size(), size == whole.size() ? 2U : 1U) << size;
  }
  std::ofstream{file, std::ios::binary} << "x\n\n - \n" << std::string(1'000, 'z');
  EXPECT_TRUE(loaded(now - 1min).empty());
}

TEST_F(RefusalFileTest, one_that_others_may_read_or_that_has_no_end_is_refused) {
  const auto code = [&] {
    Code out = Code::ok;
    with([&](RefusalFile& store) {
      if (const auto read = store.load({}); !read) out = read.error().code;
    });
    return out;
  };
  with([&](RefusalFile& store) { store.note({1, 2, now}); });
  ::chmod(file.c_str(), 0644);
  EXPECT_EQ(code(), Code::config_exposed);
  std::filesystem::remove(file);
  std::filesystem::create_symlink("/dev/zero", file);
  EXPECT_EQ(code(), Code::storage_failed);
}

TEST_F(RefusalFileTest, stays_small_however_much_is_refused) {
  constexpr std::size_t kMost = 200;
  for (std::uint64_t run = 0; run < 40; ++run) {
    const auto some = [&](RefusalFile& store) {
      ASSERT_TRUE(store.load({}));
      // Now and then something that no longer counts: it is what goes first.
      for (std::uint64_t i = 0; i < 50; ++i) store.note({run, i, i % 3 == 0 ? now : now - 2h});
    };
    with(some, kMost);
    EXPECT_LE(std::ranges::count(content(), '\n'), static_cast<long>(kMost) + 1);
  }
  EXPECT_GT(loaded(now - 1min).size(), kMost / 8);
}

}  // namespace
}  // namespace camfleet::storage
