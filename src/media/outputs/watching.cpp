#include "media/outputs/watching.h"

namespace camfleet::media {
namespace {

constexpr std::size_t kMaxFragments = 32;  // of one write

SteadyTime now() { return system_clock().steady(); }

}  // namespace

Watching::Watching(std::shared_ptr<Packager> packager, net::Executor executor, const Settings& settings,
                   const model::LiveGate& gate, model::Grant grant, std::chrono::milliseconds recheck,
                   OutputMetrics& metrics, const ViewerTrace& trace, std::string remote)
    : reader_(std::move(packager), executor, settings),
      settings_(settings),
      gate_(gate),
      grant_(std::move(grant)),
      recheck_(recheck),
      metrics_(metrics),
      first_(std::make_unique<First>(First{trace, std::move(remote)})),
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
      const bool again = held_.has_value();
      auto fragment = again ? std::exchange(held_, std::nullopt) : reader_.next();
      if (!fragment) break;
      if (!again && reader_.form() == Form::ts) announce_gap(*fragment);
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

// For this viewer alone: the fragment is everybody's.
void Watching::announce_gap(Fragment& fragment) {
  if (fragment.behind_gap) gap_.open();
  if (!gap_.is_open()) return;
  auto bytes = gap_.before(*fragment.data, fragment.key_start);
  if (bytes.empty()) return;
  bytes.insert(bytes.end(), fragment.data->begin(), fragment.data->end());
  fragment.size = static_cast<std::uint32_t>(bytes.size());
  fragment.data = std::make_shared<const Bytes>(std::move(bytes));
}

void Watching::sent(std::size_t bytes) {
  metrics_.sent.add(bytes);
  if (!first_) return;
  const auto first = std::exchange(first_, nullptr);
  const auto at = now();
  metrics_.first_picture.observe(std::chrono::duration<double>(at - first->trace.accepted).count());
  first->trace.look(reader_.hub());
  tell_first_picture(first->trace, metrics_, first->remote, grant_.stream, at);
}

Error Watching::write_failed(const Error& error) {
  if (error.code != Code::net_timeout) return error;
  metrics_.slow.add();
  return {Code::media_slow_viewer, model::to_text(grant_.stream), 0};
}

Deadline Watching::write_deadline() const { return now() + settings_.slow_limit; }

}  // namespace camfleet::media
