#include "fleet/refusals.h"

#include <algorithm>
#include <string>

#include "base/log.h"
#include "base/text.h"

namespace camfleet::fleet {
namespace {

constexpr std::size_t kKept = 2 * Refusals::kTries;  // of one place; those that were under way come late

std::string place_of(const model::DeviceSpec& spec) {
  if (spec.url.empty()) {
    const auto port = spec.drivers.front() == "rtsp" ? spec.rtsp_port : spec.http_port;
    return spec.address + ':' + std::to_string(port);
  }
  const auto scheme = spec.url.find("://");
  const auto begin = scheme == std::string::npos ? 0 : scheme + 3;
  auto place = spec.url.substr(begin, spec.url.find_first_of("/?", begin) - begin);
  const auto bracket = place.rfind(']');
  if (place.find(':', bracket == std::string::npos ? 0 : bracket) == std::string::npos) place += ":554";
  return place;
}

}  // namespace

Refusals::Refusals(model::RefusalStore* store, const Clock& clock)
    : prints_(store == nullptr ? Credentials{} : Credentials{store->key()}), store_(store), clock_(&clock) {
  if (store_ == nullptr) return;
  const auto wall = clock.wall();
  const auto steady = clock.steady();
  const auto past = store_->load(wall - kSpan);
  if (!past) {
    log::warn("fleet.refusals_unknown", {{"code", name(past.error().code)}, {"detail", past.error().place}});
    return;
  }
  knows_the_past_ = true;
  for (const auto& one : *past) {
    if (refusals_.size() >= kMost) break;
    auto& times = refusals_[Key{one.low, one.high}];
    if (times.size() >= kKept) times.erase(times.begin());
    // Of a clock that was set back meanwhile: as if it was now.
    const auto ago = std::max(wall - one.at, WallTime::duration{0});
    times.push_back(steady - std::chrono::duration_cast<SteadyTime::duration>(ago));
  }
}

Refusals::Key Refusals::key_of(const model::DeviceSpec& spec, const Secret& password) const {
  return prints_.print_of(place_of(spec) + '\n' + spec.username, password.reveal());
}

void Refusals::note(const Key& key, SteadyTime now) {
  const std::lock_guard lock{mutex_};
  make_room(now);
  auto& times = refusals_[key];
  if (times.size() >= kKept) times.erase(times.begin());
  times.push_back(now);
  if (store_ != nullptr) store_->note({key.low, key.high, clock_->wall()});
}

void Refusals::seed(const Key& key, SteadyTime now) {
  if (knows_the_past_) return;
  const std::lock_guard lock{mutex_};
  make_room(now);
  auto& times = refusals_[key];
  if (times.size() < kTries - 1) times.resize(kTries - 1, now);
}

void Refusals::forget(const Key& key) {
  const std::lock_guard lock{mutex_};
  if (refusals_.erase(key) > 0 && store_ != nullptr) store_->forget(key.low, key.high);
}

std::optional<Error> Refusals::held(const Key& key, const Clock& clock) const {
  const auto now = clock.steady();
  const std::lock_guard lock{mutex_};
  const auto it = refusals_.find(key);
  if (it == refusals_.end()) return std::nullopt;
  const auto& times = it->second;
  const auto first = std::ranges::find_if(times, [&](SteadyTime at) { return now - at <= kSpan; });
  const auto count = static_cast<std::size_t>(times.end() - first);
  if (count < kTries) return std::nullopt;
  // Free again when fewer than kTries are left of them.
  const auto free = *(times.end() - static_cast<std::ptrdiff_t>(kTries)) + kSpan - now;
  const auto at = clock.wall() + std::chrono::duration_cast<WallTime::duration>(free);
  return Error{Code::device_bad_credentials,
               std::to_string(count) + " refusals in half an hour; not tried again before " + to_rfc3339(at) +
                   " or with another password",
               0};
}

std::size_t Refusals::size() const {
  const std::lock_guard lock{mutex_};
  return refusals_.size();
}

void Refusals::make_room(SteadyTime now) {
  if (refusals_.size() < sweep_at_) return;
  std::erase_if(refusals_, [&](const auto& one) { return now - one.second.back() > kSpan; });
  if (refusals_.size() >= kMost) refusals_.erase(refusals_.begin());
  sweep_at_ = std::clamp(refusals_.size() * 2, std::size_t{1024}, kMost);
}

}  // namespace camfleet::fleet
