#pragma once
#include <pthread.h>

#include <functional>

namespace camfleet::standin {

// A thread with a small stack, for there may be thousands. join() before it ends its life; false from start:
// there is no room.
class Thread {
 public:
  Thread() = default;
  Thread(const Thread&) = delete;
  Thread& operator=(const Thread&) = delete;
  ~Thread() { join(); }

  bool start(std::function<void()> body);
  void join();
  bool is_this() const { return started_ && ::pthread_equal(thread_, ::pthread_self()) != 0; }

 private:
  std::function<void()> body_;
  pthread_t thread_{};
  bool started_ = false;
};

}  // namespace camfleet::standin
