#include "device/hcnetsdk/line.h"

#include "proto/sdkhost/descriptors.h"

namespace camfleet::device::hcnetsdk {

void Line::tell(sdkhost::Notice notice) {
  net::asio::post(executor_, [self = shared_from_this(), notice] {
    self->notices.push_back(notice);
    self->bell.set();
  });
}

Line::~Line() { all_waiting_.fetch_sub(waiting_bytes_.load(), std::memory_order_relaxed); }

void Line::tell(sdkhost::Alarm alarm, std::size_t size) {
  waiting_bytes_.fetch_add(size, std::memory_order_relaxed);
  all_waiting_.fetch_add(size, std::memory_order_relaxed);
  net::asio::post(executor_, [self = shared_from_this(), alarm = std::move(alarm), size]() mutable {
    self->alarms.push_back({std::move(alarm), size});
    self->bell.set();
  });
}

void Line::tell(Error why) {
  net::asio::post(executor_, [self = shared_from_this(), why = std::move(why)]() mutable {
    if (!self->over) self->over = std::move(why);
    self->bell.set();
  });
}

bool StreamLine::tell(Bytes block) {
  if (lost_) block.insert(block.begin(), {0, 0, 0, 0, sdkhost::kLoss});
  const auto size = block.size();
  lost_ = waiting_bytes_.load(std::memory_order_relaxed) + size > kMostWaiting;
  if (lost_) return false;
  waiting_bytes_.fetch_add(size, std::memory_order_relaxed);
  net::asio::post(executor_, [self = shared_from_this(), block = std::move(block)]() mutable {
    self->blocks.push_back(std::move(block));
    self->bell.set();
  });
  return true;
}

void StreamLine::tell(sdkhost::Notice notice) {
  net::asio::post(executor_, [self = shared_from_this(), notice] {
    self->notices.push_back(notice);
    self->bell.set();
  });
}

void StreamLine::tell(Error why) {
  net::asio::post(executor_, [self = shared_from_this(), why = std::move(why)]() mutable {
    if (!self->over) self->over = std::move(why);
    self->bell.set();
  });
}

}  // namespace camfleet::device::hcnetsdk
