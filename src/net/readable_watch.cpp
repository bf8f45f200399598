#include "net/readable_watch.h"

#include <boost/asio/detail/epoll_reactor.hpp>
#include <boost/asio/detail/reactor_op.hpp>
#include <boost/asio/execution/context.hpp>
#include <boost/asio/query.hpp>
#include <boost/version.hpp>
#include <utility>

#include "net/tcp.h"

// Asio's sockets arm their epoll registration anew (EPOLL_CTL_MOD) for each wait for readiness, and allocate
// an operation for it. Below them, its reactor takes an operation that stays: one that says "done, and
// nothing is left to try" is completed outside of any lock, and put back without a system call. That is an
// interior of Asio, so the version is looked at; before another one is used, watched_socket_test.cpp has to
// pass.
static_assert(BOOST_VERSION / 100 >= 1074 && BOOST_VERSION / 100 <= 1081,
              "epoll_reactor::start_op() has another signature: see net/readable_watch.cpp");

namespace camfleet::net {

namespace interior = asio::detail;

// Deleted when neither its watch nor the reactor has it any more.
struct ReadableWatch::Core : interior::reactor_op {
  Core(interior::epoll_reactor& r, Executor e, int d, Fn f, void* s)
      : reactor_op(ErrorCode{}, &Core::ready, &Core::complete),
        reactor(r),
        executor(std::move(e)),
        fd(d),
        fn(f),
        self(s) {}

  // Under the descriptor's lock.
  static status ready(reactor_op*) { return done_and_exhausted; }

  static void complete(void* owner, interior::scheduler_operation* base, const ErrorCode&, std::size_t) {
    auto* core = static_cast<Core*>(base);
    core->queued = false;
    if (owner == nullptr || !core->watched || core->ec_) return core->let_go();
    core->put_back();
    core->fn(core->self);  // it may end the watch: nothing of `core` from here on
  }

  void put_back() {
    queued = true;
    reactor.start_op(interior::epoll_reactor::read_op, fd, state, this, true, true);
  }
  void let_go() {
    if (!watched && !queued && turns == 0) delete this;
  }

  interior::epoll_reactor& reactor;
  Executor executor;
  interior::epoll_reactor::per_descriptor_data state = nullptr;
  int fd;
  Fn fn;
  void* self;
  bool watched = true;
  bool queued = false;
  int turns = 0;  // under way by again()
};

Result<ReadableWatch> ReadableWatch::start(Executor executor, int fd, Fn fn, void* self) {
  auto& reactor = asio::use_service<interior::epoll_reactor>(asio::query(executor, asio::execution::context));
  reactor.init_task();
  ReadableWatch out;
  out.core_.reset(new Core{reactor, executor, fd, fn, self});
  auto& core = *out.core_;
  if (const int error = reactor.register_descriptor(fd, core.state); error != 0)
    return fail(error_of_errno(error, "epoll"));
  core.put_back();
  return out;
}

void ReadableWatch::again() {
  struct Turn {
    explicit Turn(Core* c) : core(c) { ++core->turns; }
    Turn(Turn&& other) noexcept : core(std::exchange(other.core, nullptr)) {}
    ~Turn() {
      if (core == nullptr) return;
      --core->turns;
      core->let_go();
    }
    void operator()() const {
      if (core->watched) core->fn(core->self);
    }
    Core* core;
  };
  if (core_) asio::post(core_->executor, Turn{core_.get()});
}

void ReadableWatch::End::operator()(Core* core) const {
  core->watched = false;
  if (core->state != nullptr) {
    core->reactor.deregister_descriptor(core->fd, core->state, false);  // hands the operation back
    core->reactor.cleanup_descriptor_data(core->state);
  }
  core->let_go();
}

}  // namespace camfleet::net
