#include "app/crash_mark.h"

#include <fcntl.h>
#include <unistd.h>

#include <csignal>

namespace camfleet::app {
namespace {

std::filesystem::path mark_in(const std::filesystem::path& data) { return data / "crashed"; }

int mark = -1;  // for the handlers, which may use little

void on_fault(int signal) {
  [[maybe_unused]] const auto wrote = ::write(mark, "1", 1);
  ::raise(signal);  // the handler is gone by now: what the signal does by itself
}

}  // namespace

bool take_crash_mark(const std::filesystem::path& data) {
  std::error_code none;
  const auto size = std::filesystem::file_size(mark_in(data), none);
  const bool crashed = !none && size > 0;
  std::filesystem::remove(mark_in(data), none);
  return crashed;
}

void leave_crash_marks(const std::filesystem::path& data) {
  if (mark >= 0) return;
  mark = ::open(mark_in(data).c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (mark < 0) return;
  struct sigaction action {};
  action.sa_handler = on_fault;
  action.sa_flags = static_cast<int>(SA_RESETHAND);
  for (const int signal : {SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGABRT}) ::sigaction(signal, &action, nullptr);
}

}  // namespace camfleet::app
