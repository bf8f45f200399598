#include "sdkhost/last_words.h"

#include <signal.h>
#include <sys/socket.h>

#include <array>
#include <atomic>

#include "proto/sdkhost/message.h"

namespace camfleet::sdkhost {
namespace {

constexpr std::array kEnds{SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT};
std::array<struct sigaction, kEnds.size()> before;
int the_socket = -1;

// Read by the handler on the same thread; atomic so that it is whole, and in order, wherever the signal
// comes.
thread_local std::atomic<const std::string*> words{nullptr};

// Calls nothing but what a handler may (signal-safety(7)): send, sigaction, raise.
void on_end(int signal, siginfo_t* info, void*) {
  if (const auto* message = words.load(std::memory_order_acquire))
    ::send(the_socket, message->data(), message->size(), MSG_DONTWAIT | MSG_NOSIGNAL);
  for (std::size_t i = 0; i < kEnds.size(); ++i)
    if (kEnds[i] == signal) ::sigaction(signal, &before[i], nullptr);
  // A fault happens again when this returns, and then to whoever had the signal before; one that was sent
  // does not.
  if (info == nullptr || info->si_code <= 0) ::raise(signal);
}

}  // namespace

LastWords::LastWords(std::uint32_t device) : message_(encode(Notice{NoticeKind::died_in_call, device, 0})) {
  words.store(&message_, std::memory_order_release);
}

LastWords::~LastWords() { words.store(nullptr, std::memory_order_release); }

void LastWords::listen(int socket) {
  the_socket = socket;
  struct sigaction action {};
  action.sa_sigaction = &on_end;
  action.sa_flags = SA_SIGINFO | SA_ONSTACK;
  for (std::size_t i = 0; i < kEnds.size(); ++i) ::sigaction(kEnds[i], &action, &before[i]);
}

}  // namespace camfleet::sdkhost
