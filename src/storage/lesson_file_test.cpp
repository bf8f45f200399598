#include "storage/lesson_file.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cstdlib>
#include <fstream>

namespace camfleet::storage {
namespace {

using std::chrono::seconds;

class LessonFileTest : public testing::Test {
 protected:
  LessonFileTest() {
    std::string pattern = testing::TempDir() + "camfleet-lessons-XXXXXX";
    path = ::mkdtemp(pattern.data());
    file = path / "lessons";
  }
  ~LessonFileTest() override { std::filesystem::remove_all(path); }
  // What `use` has done is in the file when it returns.
  template <class F>
  void with(F use) {
    net::WorkerPool pool{1, 100, "test"};
    LessonFile store{file, pool};
    use(store);
  }
  std::vector<model::Lesson> loaded() {
    std::vector<model::Lesson> out;
    with([&](LessonFile& store) {
      auto read = store.load();
      ASSERT_TRUE(read) << read.error().text();
      out = std::move(*read);
    });
    return out;
  }
  void put(std::string_view text) {
    std::ofstream{file} << text;
    std::filesystem::permissions(file,
                                 std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
  }
  static model::Lesson lesson(const char* id, std::uint16_t streams, int at_s) {
    return {model::DeviceId{id}, streams, WallTime{seconds{at_s}}};
  }
  std::filesystem::path path, file;
};

TEST_F(LessonFileTest, tells_after_a_restart_what_each_device_taught_last) {
  EXPECT_TRUE(loaded().empty());
  with([&](LessonFile& store) {
    store.note(lesson("gate-7", 6, 100));
    store.note(lesson("door", 2, 200));
    store.note(lesson("gate-7", 4, 300));
  });
  EXPECT_EQ(loaded(), (std::vector{lesson("door", 2, 200), lesson("gate-7", 4, 300)}));
  // What is not said again stays.
  with([&](LessonFile& store) {
    ASSERT_TRUE(store.load());
    store.note(lesson("door", 3, 400));
  });
  EXPECT_EQ(loaded(), (std::vector{lesson("door", 3, 400), lesson("gate-7", 4, 300)}));
  struct stat is {};
  ASSERT_EQ(::stat(file.c_str(), &is), 0);
  EXPECT_EQ(is.st_mode & 0777, 0600U);
}

TEST_F(LessonFileTest, lines_that_are_damaged_are_left_out) {
  put("camfleet-lessons 1\ngate-7 4 300\n../x 1 1\ndoor 70000 1\ndoor 1\ndoor 1 -5\n\nhall 1 "
      "999999999999\nyard 2 50\n");
  EXPECT_EQ(loaded(), (std::vector{lesson("gate-7", 4, 300), lesson("yard", 2, 50)}));
}

TEST_F(LessonFileTest, a_file_that_is_exposed_or_none_is_refused) {
  put("camfleet-lessons 1\n");
  std::filesystem::permissions(file, std::filesystem::perms::others_read, std::filesystem::perm_options::add);
  with([&](LessonFile& store) { EXPECT_EQ(store.load().error().code, Code::config_exposed); });
  std::filesystem::remove(file);
  std::filesystem::create_directory(file);
  with([&](LessonFile& store) { EXPECT_EQ(store.load().error().code, Code::storage_failed); });
}

}  // namespace
}  // namespace camfleet::storage
