#include "media/fair_pool.h"

namespace camfleet::media {

FairPool::FairPool(FairLimits limits, std::string name)
    : limits_(limits), workers_(limits.threads, limits.of_all, std::move(name)) {}

Result<FairPool::Ticket> FairPool::enter(std::string_view who) {
  std::string name{who};
  const std::lock_guard lock{mutex_};
  auto& inside = inside_[name];
  if (inside >= limits_.of_one || all_inside_ >= limits_.of_all) {
    if (inside == 0) inside_.erase(name);
    return fail(Error{Code::media_decoders_busy, {}, 1});
  }
  ++inside;
  ++all_inside_;
  return Ticket{*this, std::move(name)};
}

void FairPool::leave(const std::string& who) {
  const std::lock_guard lock{mutex_};
  --all_inside_;
  if (const auto at = inside_.find(who); at != inside_.end() && --at->second == 0) inside_.erase(at);
}

bool FairPool::submit(std::string who, std::function<void()> job) {
  const std::lock_guard lock{mutex_};
  if (!workers_.submit([this] { work(); })) return false;
  auto& jobs = waiting_[who];
  jobs.push_back(std::move(job));
  if (jobs.size() == 1) turns_.push_back(std::move(who));
  return true;
}

void FairPool::work() {
  std::function<void()> job;
  {
    const std::lock_guard lock{mutex_};
    auto who = std::move(turns_.front());
    turns_.pop_front();
    const auto at = waiting_.find(who);
    job = std::move(at->second.front());
    at->second.pop_front();
    if (at->second.empty())
      waiting_.erase(at);
    else
      turns_.push_back(std::move(who));
  }
  job();
}

}  // namespace camfleet::media
