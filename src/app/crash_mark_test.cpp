#include "app/crash_mark.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>

namespace camfleet::app {
namespace {

// How a process ended that had left marks and met this signal.
int end_by(int signal, const std::filesystem::path& data) {
  const auto child = ::fork();
  if (child == 0) {
    leave_crash_marks(data);
    ::raise(signal);
    ::_exit(0);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  return WIFSIGNALED(status) ? WTERMSIG(status) : 0;
}

TEST(CrashMark, a_fault_leaves_one_and_a_kill_does_not) {
  const auto data = std::filesystem::temp_directory_path() / ("camfleet-crash-" + std::to_string(::getpid()));
  std::filesystem::create_directories(data);
  EXPECT_FALSE(take_crash_mark(data));
  for (const int fault : {SIGSEGV, SIGABRT}) {
    EXPECT_EQ(end_by(fault, data), fault);
    EXPECT_TRUE(take_crash_mark(data));
    EXPECT_FALSE(take_crash_mark(data)) << "it is taken once";
  }
  EXPECT_EQ(end_by(SIGKILL, data), SIGKILL);
  EXPECT_FALSE(take_crash_mark(data));
  std::filesystem::remove_all(data);
}

}  // namespace
}  // namespace camfleet::app
