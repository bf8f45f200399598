#include "media/outputs/watching.h"

namespace camfleet::media {
namespace {

constexpr std::size_t kMaxFragments = 32;  // of one write

SteadyTime now() { return system_clock().steady(); }

}  // namespace

Watching::Watching(std::shared_ptr<Packager> packager, net::Executor executor, const Settings& settings,
                   const model::LiveGate& gate, model::Grant grant, std::chrono::milliseconds recheck,
                   OutputMetrics& metrics, SteadyTime asked)
    : reader_(std::move(packager), executor, settings),
      settings_(settings),
      gate_(gate),
      grant_(std::move(grant)),
      recheck_(recheck),
      metrics_(metrics),
      asked_(asked),
      checked_(now()) {
  metrics_.viewers.add(1);
  reader_.hub().count_viewers(+1);
}

Watching::~Watching() {
  metrics_.viewers.add(-1);
  reader_.hub().count_viewers(-1);
}

net::Task<Result<std::vector<Fragment>>> Watching::next() {
  std::vector<Fragment> out;
  for (;;) {
    if (now() - checked_ >= recheck_) {
      checked_ = now();
      if (!gate_.still_good(grant_)) {
        metrics_.revoked.add();
        co_return fail(Code::auth_revoked, model::to_text(grant_.stream));
      }
    }
    while (out.size() < kMaxFragments) {
      auto fragment = held_ ? std::exchange(held_, std::nullopt) : reader_.next();
      if (!fragment) break;
      if (!out.empty() && out.front().init != fragment->init) {
        held_ = std::move(fragment);
        break;
      }
      out.push_back(std::move(*fragment));
    }
    if (const auto lost = reader_.take_lost(); lost > 0) {
      metrics_.dropped.add(lost);
      reader_.hub().status().dropped.fetch_add(lost, std::memory_order_relaxed);
    }
    if (!out.empty()) co_return out;
    if (reader_.over()) co_return fail(reader_.over());
    co_await reader_.wait(checked_ + recheck_);
  }
}

void Watching::sent(std::size_t bytes) {
  metrics_.sent.add(bytes);
  if (!first_) return;
  first_ = false;
  metrics_.first_picture.observe(std::chrono::duration<double>(now() - asked_).count());
}

Error Watching::write_failed(const Error& error) {
  if (error.code != Code::net_timeout) return error;
  metrics_.slow.add();
  return {Code::media_slow_viewer, model::to_text(grant_.stream), 0};
}

Deadline Watching::write_deadline() const { return now() + settings_.slow_limit; }

}  // namespace camfleet::media
