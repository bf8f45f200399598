#include "thread.h"

#include <csignal>
#include <utility>

namespace camfleet::standin {

bool Thread::start(std::function<void()> body) {
  body_ = std::move(body);
  pthread_attr_t how;
  ::pthread_attr_init(&how);
  ::pthread_attr_setstacksize(&how, 512 * 1024);
  // Signals are the program's business.
  sigset_t all, before;
  ::sigfillset(&all);
  ::pthread_sigmask(SIG_SETMASK, &all, &before);
  const auto run = [](void* self) -> void* {
    static_cast<Thread*>(self)->body_();
    return nullptr;
  };
  started_ = ::pthread_create(&thread_, &how, run, this) == 0;
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
  ::pthread_attr_destroy(&how);
  return started_;
}

void Thread::join() {
  if (!std::exchange(started_, false)) return;
  ::pthread_join(thread_, nullptr);
}

}  // namespace camfleet::standin
