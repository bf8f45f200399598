#include "media/mirror.h"

#include <algorithm>

#include "media/media_metrics.h"

namespace camfleet::media {
namespace {

constexpr std::size_t kMostInFlight = 8 * 1024 * 1024;

SteadyTime now() { return system_clock().steady(); }

}  // namespace

Reflection::Reflection(Hub& hub, std::shared_ptr<MirrorPipe> pipe, const Settings& settings)
    : hub_(hub), pipe_(std::move(pipe)), settings_(settings), over_(pipe_->from.executor()) {
  pipe_->reflection = this;
  cursor_.join(hub_.cache(), hub_.has_keys());
  hub_.attach(*this);
  cross(true);
}

Reflection::~Reflection() {
  hub_.detach(*this);
  pipe_->reflection = nullptr;
}

net::Task<> Reflection::done() {
  while (!pipe_->unwanted) {
    const bool told = co_await over_.wait();
    if (told) co_return;
  }
}

void Reflection::wake() { cross(false); }

// `always`: also where there is nothing to send but what the stream is like.
void Reflection::cross(bool always) {
  const auto lost = cursor_.catch_up(hub_.cache(), settings_.lag);
  if (lost > 0) hub_.status().dropped.fetch_add(lost, std::memory_order_relaxed);
  if (pipe_->in_flight.load(std::memory_order_relaxed) > kMostInFlight) return;
  Mirror::Batch batch;
  batch.info = hub_.info();
  batch.generation = hub_.generation();
  batch.has_keys = hub_.has_keys();
  const auto end = cursor_.waiting() ? cursor_.place() : hub_.complete();
  if (end.item > cursor_.place().item)
    batch.packets.reserve(static_cast<std::size_t>(end.item - cursor_.place().item));
  while (cursor_.place().item < end.item) {
    batch.packets.push_back(hub_.cache().at(cursor_.place().item));
    batch.bytes += batch.packets.back().size;
    cursor_.advance(batch.packets.back().size);
  }
  if (batch.packets.empty() && !always) return;
  pipe_->in_flight.fetch_add(batch.bytes, std::memory_order_relaxed);
  pipe_->to.post([pipe = pipe_, batch = std::move(batch)]() mutable {
    pipe->in_flight.fetch_sub(batch.bytes, std::memory_order_relaxed);
    if (pipe->mirror != nullptr) pipe->mirror->take(std::move(batch));
  });
}

void Reflection::ended(const Error& why) {
  tell_end(pipe_, why);
  over_.set();
}

void Reflection::tell_end(const std::shared_ptr<MirrorPipe>& pipe, const Error& why) {
  pipe->to.post([pipe, why] {
    if (pipe->mirror != nullptr) pipe->mirror->end(why);
  });
}

Mirror::Mirror(std::shared_ptr<StatusCell> status, const Settings& settings, std::shared_ptr<MirrorPipe> pipe)
    : Feed(std::move(status), settings.window),
      pipe_(std::move(pipe)),
      executor_(pipe_->to.executor()),
      idle_since_(now()) {
  pipe_->mirror = this;
  media_metrics().mirrors.add(1);
}

Mirror::~Mirror() {
  media_metrics().mirrors.add(-1);
  pipe_->mirror = nullptr;
  pipe_->from.post([pipe = pipe_] {
    pipe->unwanted = true;
    if (pipe->reflection != nullptr) pipe->reflection->leave();
  });
}

void Mirror::take(Batch batch) {
  if (over_) return;
  info_ = std::move(batch.info);
  generation_ = batch.generation;
  has_keys_ = batch.has_keys;
  live_ = info_ != nullptr;
  for (model::Packet& packet : batch.packets) push(std::move(packet));
  complete_ = cache_.end();
  for (net::Event* waiter : waiters_) waiter->set();
  fan_out();
}

void Mirror::end(const Error& why) {
  if (over_) return;
  over_ = why;
  live_ = false;
  info_.reset();
  forget();
  for (net::Event* waiter : waiters_) waiter->set();
  viewers_.drain([&](Viewer& viewer) { viewer.ended(why); });
}

net::Task<Result<>> Mirror::ready(Deadline deadline) {
  net::Event event{executor_};
  struct Listed {
    Mirror& mirror;
    net::Event* event;
    Listed(Mirror& m, net::Event* e) : mirror(m), event(e) {
      mirror.waiters_.push_back(e);
      ++mirror.waiting_;
    }
    Listed(const Listed&) = delete;
    Listed& operator=(const Listed&) = delete;
    ~Listed() {
      std::erase(mirror.waiters_, event);
      --mirror.waiting_;
    }
  };
  const Listed listed{*this, &event};
  while (!live_ && !over_) {
    const bool told = co_await event.wait(deadline);
    if (!told) co_return fail(Code::media_start_timeout, model::to_text(key()));
  }
  if (over_) co_return fail(over_);
  co_return Result<>{};
}

void Mirror::let_go() {
  if (--users_ == 0) idle_since_ = now();
}

}  // namespace camfleet::media
