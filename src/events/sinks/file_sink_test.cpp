#include "events/sinks/file_sink.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <chrono>
#include <fstream>
#include <thread>

#include "events/sinks/cloud_event.h"
#include "events/sinks/testing/fakes.h"
#include "net/testing/run.h"

namespace camfleet::events::sinks {
namespace {

class SinkOfFiles : public ::testing::Test {
 protected:
  void SetUp() override {
    directory_ = std::filesystem::temp_directory_path() / ("file-sink-" + std::to_string(::getpid()));
    std::filesystem::remove_all(directory_);
    std::filesystem::create_directory(directory_);
  }
  void TearDown() override { std::filesystem::remove_all(directory_); }

  std::unique_ptr<Client> client(std::map<std::string, std::string, std::less<>> settings = {}) {
    model::SinkSpec spec;
    spec.kind = model::SinkKind::file;
    spec.settings = std::move(settings);
    spec.settings["path"] = "site/events.jsonl";
    auto made = FileSink::make(spec, directory_, pool_);
    EXPECT_TRUE(made);
    return std::move(*made);
  }
  Outcome deliver(Client& to, model::Seq first, model::Seq last) {
    std::vector<Delivery> batch;
    for (auto seq = first; seq <= last; ++seq) {
      auto entry = std::make_shared<model::LedgerEntry>(*testing::entry(seq, "a"));
      entry->payload = std::string(size_, 'x');
      batch.push_back({std::move(entry), false, {}});
    }
    net::testing::run(to.deliver(batch));
    return batch.back().outcome;
  }
  std::vector<std::string> lines() const {
    std::ifstream in{file_};
    std::vector<std::string> out;
    for (std::string line; std::getline(in, line);) out.push_back(line);
    return out;
  }
  std::size_t files() const {
    std::size_t out = 0;
    for ([[maybe_unused]] const auto& one : std::filesystem::directory_iterator{directory_ / "site"}) ++out;
    return out;
  }

  net::WorkerPool pool_{1, 100, "test"};
  std::filesystem::path directory_;
  std::filesystem::path file_ = std::filesystem::temp_directory_path() /
                                ("file-sink-" + std::to_string(::getpid())) / "site" / "events.jsonl";
  std::size_t size_ = 10;
};

TEST_F(SinkOfFiles, a_line_each_and_goes_on_behind_what_is_there) {
  EXPECT_EQ(deliver(*client(), 1, 3).verdict, Verdict::delivered);
  EXPECT_EQ(deliver(*client(), 4, 4).verdict, Verdict::delivered);
  ASSERT_EQ(lines().size(), 4U);
  auto last = *testing::entry(4, "a");
  last.payload = std::string(size_, 'x');
  EXPECT_EQ(lines()[3], cloud_event(last, {.payload = true}));
}

TEST_F(SinkOfFiles, a_torn_line_is_ended_before_the_next) {
  deliver(*client(), 1, 1);
  std::ofstream{file_, std::ios::app} << R"({"specversion":"1.)";
  deliver(*client(), 2, 2);
  ASSERT_EQ(lines().size(), 3U);
  EXPECT_EQ(lines()[1], R"({"specversion":"1.)");
}

// Old files are named by it.
void next_millisecond() {
  const auto now = [] { return std::chrono::floor<std::chrono::milliseconds>(system_clock().wall()); };
  const auto before = now();
  while (now() == before) std::this_thread::yield();
}

TEST_F(SinkOfFiles, begins_anew_when_it_is_large_and_keeps_so_many) {
  size_ = 400'000;
  auto to = client({{"rotate_mib", "1"}, {"keep", "2"}});
  for (model::Seq seq = 1; seq <= 12; ++seq) {
    EXPECT_EQ(deliver(*to, seq, seq).verdict, Verdict::delivered);
    next_millisecond();
  }
  EXPECT_EQ(files(), 3U);
  EXPECT_EQ(lines().size(), 2U);
}

TEST_F(SinkOfFiles, who_moves_the_file_away_gets_a_new_one) {
  auto to = client();
  deliver(*to, 1, 1);
  std::filesystem::rename(file_, directory_ / "site" / "moved");
  deliver(*to, 2, 2);
  EXPECT_EQ(lines().size(), 1U);
}

TEST_F(SinkOfFiles, follows_no_link_and_writes_into_no_pipe) {
  std::filesystem::create_directory(directory_ / "site");
  std::filesystem::create_symlink("/dev/null", file_);
  EXPECT_NE(deliver(*client(), 1, 1).verdict, Verdict::delivered);
  std::filesystem::remove(file_);
  ASSERT_EQ(::mkfifo(file_.c_str(), 0600), 0);
  EXPECT_EQ(deliver(*client(), 1, 1).verdict, Verdict::refused);
}

TEST_F(SinkOfFiles, there_is_none_without_a_directory) {
  EXPECT_EQ(FileSink::make({}, {}, pool_).error().code, Code::sink_invalid);
}

}  // namespace
}  // namespace camfleet::events::sinks
