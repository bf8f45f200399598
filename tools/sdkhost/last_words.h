#pragma once
#include <cstdint>
#include <string>

namespace camfleet::sdkhost {

// Whose call a thread is in, for as long as this lives: where a signal (SIGSEGV, SIGBUS, SIGFPE, SIGILL,
// SIGABRT) ends the process in there, the gateway is told whose, as NoticeKind::died_in_call. It can keep the
// device from the others then. What ends a thread of the library's own names nobody. Not to be nested.
class LastWords {
 public:
  explicit LastWords(std::uint32_t device);
  LastWords(const LastWords&) = delete;
  LastWords& operator=(const LastWords&) = delete;
  ~LastWords();

  // Once, before the library is loaded: what it does with signals later is its own affair.
  static void listen(int socket);

 private:
  std::string message_;  // made beforehand: a handler of signals may not
};

}  // namespace camfleet::sdkhost
