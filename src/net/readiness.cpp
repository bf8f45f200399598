#include "net/readiness.h"

#include <boost/asio/posix/basic_stream_descriptor.hpp>

#include "net/within.h"

namespace camfleet::net {

struct Readiness::Descriptor {
  asio::posix::basic_stream_descriptor<Executor> stream;
};

Readiness::Readiness(Executor executor, int fd)
    : descriptor_(new Descriptor{asio::posix::basic_stream_descriptor<Executor>{executor, fd}}) {}

Readiness::~Readiness() { descriptor_->stream.release(); }

Task<> Readiness::readable() {
  const auto [error] =
      co_await descriptor_->stream.async_wait(asio::posix::descriptor_base::wait_read, as_result);
  if (error == asio::error::operation_aborted) throw_cancelled();
}

Task<> Readiness::writable() {
  const auto [error] =
      co_await descriptor_->stream.async_wait(asio::posix::descriptor_base::wait_write, as_result);
  if (error == asio::error::operation_aborted) throw_cancelled();
}

}  // namespace camfleet::net
