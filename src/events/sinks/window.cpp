#include "events/sinks/window.h"

namespace camfleet::events::sinks {
namespace {

std::size_t size_of(const model::LedgerEntry& entry) {
  return sizeof(model::LedgerEntry) + entry.payload.size() + entry.description.size() + entry.detail.size() +
         entry.pictures.size() * sizeof(model::PictureRef);
}

}  // namespace

void Window::add(model::LedgerEntryPtr entry) {
  const auto seq = entry->seq;
  read_ = seq;
  bytes_ += size_of(*entry);
  auto [at, is_new] = lanes_.try_emplace(entry->device.str());
  auto& [device, lane] = *at;
  lane.waiting.push_back(seq);
  slots_.emplace(seq, Slot{std::move(entry)});
  if (is_new) ready_.push_back(device);
}

// A lane stands in ready_ or in held_ or is busy, exactly one of them, while it has entries.
std::vector<model::Seq> Window::take(SteadyTime now, std::size_t most) {
  while (!held_.empty() && held_.begin()->first <= now) {
    ready_.push_back(std::move(held_.begin()->second));
    held_.erase(held_.begin());
  }
  std::vector<model::Seq> out;
  while (out.size() < most && !ready_.empty()) {
    auto& lane = lanes_.at(ready_.front());
    ready_.pop_front();
    for (const auto seq : lane.waiting) {
      if (out.size() == most) break;
      out.push_back(seq);
    }
  }
  return out;
}

void Window::settle(model::Seq seq) {
  const auto slot = slots_.find(seq);
  bytes_ -= size_of(*slot->second.entry);
  lanes_.at(slot->second.entry->device.str()).waiting.pop_front();
  slots_.erase(slot);
}

void Window::release(const model::DeviceId& device, SteadyTime when) {
  const auto at = lanes_.find(device.str());
  if (at == lanes_.end()) return;
  auto& lane = at->second;
  if (lane.waiting.empty())
    lanes_.erase(at);
  else if (when == SteadyTime{})
    ready_.push_back(at->first);
  else
    held_.emplace(when, at->first);
}

std::optional<SteadyTime> Window::next_due() const {
  if (held_.empty()) return std::nullopt;
  return held_.begin()->first;
}

}  // namespace camfleet::events::sinks
