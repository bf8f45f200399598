#pragma once
#include <memory>

#include "base/result.h"
#include "net/asio.h"

namespace camfleet::net {

// Calls a function each time a socket becomes readable, for as long as it lives: armed once, where a wait is
// armed anew for every piece that comes. For connections that bring something many times a second.
//
// Edge triggered: whoever does not read until a read comes short calls again(), and is called once more. The
// end of the stream and errors count as readable. Calls come from the loop itself, never from within a call
// into here, and may end the watch. The socket belongs to no Asio object meanwhile. One loop, which outlives
// it; allocates when it is started.
class ReadableWatch {
 public:
  using Fn = void (*)(void* self) noexcept;

  ReadableWatch() = default;
  // `fd` is open, and is called for at once where something is there already. net.no_descriptors, net.io.
  static Result<ReadableWatch> start(Executor executor, int fd, Fn fn, void* self);
  // Another call, in a turn of its own: others of the loop come in between.
  void again();
  // No call comes any more. Before the descriptor is closed.
  void stop() { core_.reset(); }
  explicit operator bool() const { return core_ != nullptr; }

 private:
  struct Core;
  struct End {
    void operator()(Core* core) const;
  };
  std::unique_ptr<Core, End> core_;
};

}  // namespace camfleet::net
