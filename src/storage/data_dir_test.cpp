#include "storage/data_dir.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>

namespace camfleet::storage {
namespace {

class DataDirTest : public testing::Test {
 protected:
  DataDirTest() {
    std::string pattern = testing::TempDir() + "camfleet-dir-XXXXXX";
    path = ::mkdtemp(pattern.data());
  }
  ~DataDirTest() override { std::filesystem::remove_all(path); }
  std::filesystem::path path;
};

TEST_F(DataDirTest, is_made_for_its_owner_alone) {
  const auto directory = DataDir::open(path / "a" / "b");
  ASSERT_TRUE(directory) << directory.error().text();
  struct stat is {};
  ASSERT_EQ(::stat((path / "a" / "b").c_str(), &is), 0);
  EXPECT_EQ(is.st_mode & 07777, 0700U);
}

TEST_F(DataDirTest, is_for_one_process_until_that_dies) {
  int ready[2];
  ASSERT_EQ(::pipe(ready), 0);
  const auto child = ::fork();
  if (child == 0) {
    const auto held = DataDir::open(path);
    const char byte = held ? 'y' : 'n';
    if (::write(ready[1], &byte, 1) != 1) ::_exit(1);
    for (;;) ::pause();
  }
  char byte = 0;
  ASSERT_EQ(::read(ready[0], &byte, 1), 1);
  ASSERT_EQ(byte, 'y');
  const auto second = DataDir::open(path);
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, Code::config_data_dir_busy);
  EXPECT_NE(second.error().place.find(std::to_string(child)), std::string::npos) << second.error().place;
  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);
  EXPECT_TRUE(DataDir::open(path));
  ::close(ready[0]);
  ::close(ready[1]);
}

TEST_F(DataDirTest, one_that_cannot_be_written_says_why) {
  std::ofstream{path / "file"} << "x";
  for (const auto& bad : {path / "file", path / "file" / "below", std::filesystem::path{"/proc/self"},
                          std::filesystem::path{"/proc/camfleet"}}) {
    const auto directory = DataDir::open(bad);
    ASSERT_FALSE(directory) << bad;
    EXPECT_EQ(directory.error().code, Code::config_data_dir_unwritable) << bad;
    EXPECT_NE(directory.error().place.find(bad.string()), std::string::npos);
  }
}

}  // namespace
}  // namespace camfleet::storage
