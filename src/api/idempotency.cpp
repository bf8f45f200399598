#include "api/idempotency.h"

#include <algorithm>

namespace camfleet::api {

Idempotency::Pending::~Pending() {
  if (!entry_) return;
  const std::lock_guard lock{owner_->mutex_};
  if (entry_->answered) return;
  const auto caller = owner_->callers_.find(caller_);
  if (caller == owner_->callers_.end()) return;
  const auto at = caller->second.entries.find(key_);
  if (at != caller->second.entries.end() && at->second == entry_) owner_->forget(caller->second, key_);
}

void Idempotency::Pending::answered(const net::HttpResponse& response) {
  if (!entry_ || response.status < 200 || response.status > 299) return;
  const std::lock_guard lock{owner_->mutex_};
  entry_->answered = true;
  entry_->response = response;
  if (response.body.size() > owner_->limits_.body_bytes) {
    entry_->response.body = "{}";
    entry_->response.headers.set("Content-Type", "application/json");
  }
}

Result<Idempotency::Begun> Idempotency::begin(const std::string& caller, std::string_view key,
                                              std::string request) {
  constexpr std::size_t kLongest = 128;
  if (key.empty() || key.size() > kLongest ||
      std::ranges::any_of(key, [](char c) { return c < 0x20 || c > 0x7E; }))
    return fail(Code::api_bad_request, "Idempotency-Key: wants 1 to 128 printable characters");
  const auto now = clock_.steady();
  const std::lock_guard lock{mutex_};
  make_room(now);
  auto& of = callers_[caller];
  of.used = now;
  while (!of.order.empty() && of.entries.at(of.order.front())->until <= now) {
    const auto oldest = of.order.front();
    forget(of, oldest);
  }
  Begun out;
  if (const auto at = of.entries.find(std::string{key}); at != of.entries.end()) {
    auto& entry = *at->second;
    if (entry.request != request) return fail(Code::api_idempotency_mismatch, "Idempotency-Key");
    if (!entry.answered)
      return fail(Error{Code::api_conflict, "Idempotency-Key: the first request is still being done", 1});
    out.answer = std::make_unique<net::HttpResponse>(entry.response);
    return out;
  }
  if (of.order.size() >= limits_.keys_per_caller) {
    const auto oldest = of.order.front();
    forget(of, oldest);
  }
  auto entry = std::make_shared<Entry>();
  entry->request = std::move(request);
  entry->until = now + limits_.keep;
  of.order.emplace_back(key);
  of.entries.emplace(std::string{key}, entry);
  out.pending.owner_ = this;
  out.pending.caller_ = caller;
  out.pending.key_ = std::string{key};
  out.pending.entry_ = std::move(entry);
  return out;
}

std::size_t Idempotency::size() const {
  const std::lock_guard lock{mutex_};
  std::size_t out = 0;
  for (const auto& [name, caller] : callers_) out += caller.entries.size();
  return out;
}

void Idempotency::forget(Caller& caller, const std::string& key) {
  caller.entries.erase(key);
  std::erase(caller.order, key);
}

void Idempotency::make_room(SteadyTime now) {
  if (callers_.size() < limits_.callers) return;
  std::erase_if(callers_, [&](const auto& one) { return one.second.used + limits_.keep <= now; });
  if (callers_.size() < limits_.callers) return;
  callers_.erase(std::ranges::min_element(callers_, {}, [](const auto& one) { return one.second.used; }));
}

}  // namespace camfleet::api
