#pragma once
// A ledger's disk in memory, that may refuse.
#include <algorithm>
#include <mutex>
#include <set>

#include "model/event_store.h"

namespace camfleet::events::testing {

class FakeEventStore final : public model::EventStore, public model::EventArchive {
 public:
  Result<model::LedgerMemory> recover() override {
    const std::lock_guard lock{mutex_};
    model::LedgerMemory memory;
    memory.newest = entries_.size();
    memory.devices = devices_;
    std::map<std::string, model::LedgerEntry> blind;
    for (const auto& entry : entries_) {
      memory.recent.push_back(*entry);
      if (entry->type != "camfleet.blind") continue;
      if (entry->state == model::EventState::end)
        blind.erase(entry->device.str());
      else
        blind[entry->device.str()] = *entry;
    }
    for (auto& [device, entry] : blind) memory.open_blind.push_back(std::move(entry));
    return memory;
  }
  Result<void> append(std::span<model::NewEntry> entries) override {
    const std::lock_guard lock{mutex_};
    ++appends_;
    if (refuses_ != Code::ok) return fail(refuses_);
    for (auto& fresh : entries) {
      fresh.entry.seq = 0;
      if (!ids_.insert(fresh.entry.id()).second) continue;
      fresh.entry.seq = entries_.size() + 1;
      entries_.push_back(std::make_shared<const model::LedgerEntry>(fresh.entry));
    }
    return {};
  }
  Result<void> mark(WallTime /*alive*/, const std::map<std::string, model::DeviceMark>& devices) override {
    const std::lock_guard lock{mutex_};
    for (const auto& [id, mark] : devices) devices_[id] = mark;
    return {};
  }
  Result<void> forget(const std::string& device) override {
    const std::lock_guard lock{mutex_};
    devices_.erase(device);
    return {};
  }
  void settle() override {}
  Result<std::optional<Removed>> retain(model::Seq /*needed*/, WallTime /*now*/) override {
    return std::nullopt;
  }
  Result<void> close(WallTime /*alive*/, const std::map<std::string, model::DeviceMark>&) override {
    return {};
  }

  model::Seq oldest() const override { return 1; }
  Result<std::vector<model::LedgerEntryPtr>> read(model::Seq after, std::size_t limit) override {
    const std::lock_guard lock{mutex_};
    std::vector<model::LedgerEntryPtr> out;
    for (auto i = after; i < entries_.size() && out.size() < limit; ++i) out.push_back(entries_[i]);
    return out;
  }
  Result<model::EventPage> list(const model::EventQuery& /*query*/) override { return model::EventPage{}; }
  Result<std::vector<model::LedgerEntryPtr>> show(const std::string& event) override {
    return fail(Code::events_unknown, event);
  }
  Result<model::StoredPicture> picture(const std::string& id) override {
    return fail(Code::events_unknown, id);
  }
  Result<std::vector<model::AccountRow>> account(const model::EventQuery&,
                                                 std::span<const model::Seq>) override {
    return std::vector<model::AccountRow>{};
  }
  Result<std::vector<model::BlindInterval>> blind(const model::BlindQuery&) override {
    return std::vector<model::BlindInterval>{};
  }
  std::uint64_t bytes() const override { return 0; }

  void refuse(Code why) {
    const std::lock_guard lock{mutex_};
    refuses_ = why;
  }
  std::size_t appends() const {
    const std::lock_guard lock{mutex_};
    return appends_;
  }
  std::vector<model::LedgerEntryPtr> entries(std::string_view type = {}) const {
    const std::lock_guard lock{mutex_};
    std::vector<model::LedgerEntryPtr> out;
    for (const auto& entry : entries_)
      if (type.empty() || entry->type == type) out.push_back(entry);
    return out;
  }

 private:
  mutable std::mutex mutex_;
  Code refuses_ = Code::ok;
  std::size_t appends_ = 0;
  std::set<std::string> ids_;
  std::vector<model::LedgerEntryPtr> entries_;
  std::map<std::string, model::DeviceMark> devices_;
};

}  // namespace camfleet::events::testing
