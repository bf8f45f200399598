#include "net/event.h"

#include <cassert>
#include <utility>

namespace camfleet::net {

void Event::set() {
  if (set_) return;
  set_ = true;
  if (waiting_) timer_.cancel();
}

Task<bool> Event::wait(Deadline deadline) {
  if (!set_) {
    assert(!waiting_);
    struct Waiting {
      bool& flag;
      explicit Waiting(bool& f) : flag(f) { flag = true; }
      ~Waiting() { flag = false; }
    } waiting{waiting_};
    timer_.expires_at(deadline);
    // After a cancellation the next co_await throws.
    while (!set_ && std::chrono::steady_clock::now() < deadline) co_await timer_.async_wait(as_result);
  }
  co_return std::exchange(set_, false);
}

}  // namespace camfleet::net
