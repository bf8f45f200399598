#include "sdkhost/last_words.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <optional>
#include <thread>

#include "proto/sdkhost/message.h"

namespace camfleet::sdkhost {
namespace {

struct End {
  int status = 0;
  std::optional<Notice> said;
};

// How a process ends that does this, and what it says.
template <class Do>
End end_of(Do what) {
  int pair[2] = {-1, -1};
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair) != 0) return {};
  const auto child = ::fork();
  if (child == 0) {
    ::close(pair[0]);
    // No handler of a sanitizer is to come behind ours.
    for (const int signal : {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT}) ::signal(signal, SIG_DFL);
    LastWords::listen(pair[1]);
    what();
    ::_exit(0);
  }
  ::close(pair[1]);
  End out;
  char buffer[256];
  const auto got = ::recv(pair[0], buffer, sizeof buffer, 0);
  if (got > 0) {
    auto told = decode_told({buffer, static_cast<std::size_t>(got)});
    if (told && std::holds_alternative<Notice>(*told)) out.said = std::get<Notice>(*told);
  }
  ::waitpid(child, &out.status, 0);
  ::close(pair[0]);
  return out;
}

void fault() { __builtin_trap(); }

TEST(SdkHostLastWords, say_whose_call_a_fault_was_in_and_leave_the_fault_as_it_was) {
  const auto fault = end_of([] {
    std::thread{[] {
      const LastWords words{7};
      ::raise(SIGSEGV);
    }}.join();
  });
  ASSERT_TRUE(fault.said.has_value());
  EXPECT_EQ(fault.said->kind, NoticeKind::died_in_call);
  EXPECT_EQ(fault.said->id, 7U);
  ASSERT_TRUE(WIFSIGNALED(fault.status));
  EXPECT_EQ(WTERMSIG(fault.status), SIGSEGV);

  const auto aborted = end_of([] {
    const LastWords words{8};
    ::abort();
  });
  ASSERT_TRUE(aborted.said.has_value());
  EXPECT_EQ(aborted.said->id, 8U);
  ASSERT_TRUE(WIFSIGNALED(aborted.status));
  EXPECT_EQ(WTERMSIG(aborted.status), SIGABRT);
}

// A fault that the processor finds happens once more behind the handler.
TEST(SdkHostLastWords, are_said_once_of_a_real_fault) {
  const auto real = end_of([] {
    const LastWords words{9};
    fault();
  });
  ASSERT_TRUE(real.said.has_value());
  EXPECT_EQ(real.said->id, 9U);
  ASSERT_TRUE(WIFSIGNALED(real.status));
  EXPECT_EQ(WTERMSIG(real.status), SIGILL);
}

TEST(SdkHostLastWords, name_nobody_where_no_call_is_under_way) {
  const auto elsewhere = end_of([] {
    const LastWords words{7};
    std::thread{[] { ::raise(SIGBUS); }}.join();
  });
  EXPECT_FALSE(elsewhere.said.has_value());
  ASSERT_TRUE(WIFSIGNALED(elsewhere.status));
  EXPECT_EQ(WTERMSIG(elsewhere.status), SIGBUS);

  const auto later = end_of([] {
    { const LastWords words{7}; }
    ::raise(SIGFPE);
  });
  EXPECT_FALSE(later.said.has_value());
}

}  // namespace
}  // namespace camfleet::sdkhost
