#include "storage/sqlite/older_entries.h"

#include <algorithm>

#include "base/log.h"

namespace camfleet::storage {
namespace {

// How far a device's time may be from ours though it was corrected, and how late a report may come.
constexpr std::chrono::minutes kSlack{10};

WallTime earliest(const model::LedgerEntry& entry) {
  if (entry.replayed) return WallTime{};  // whatever it says
  return std::min(entry.started, entry.happened.value_or(entry.started)) - kSlack;
}

}  // namespace

void OlderEntries::close(const EventFile& file) {
  if (reader_ && reader_->stem == file.stem()) reader_.reset();
}

OlderEntries::Reader* OlderEntries::reader(const EventFile& file) {
  auto stem = file.stem();
  if (reader_ && reader_->stem == stem) return &*reader_;
  reader_.reset();
  const auto complain = [&](const Error& why) {
    log::warn("ledger.not_looked_up", {{"file", stem}, {"why", why.text()}});
    return nullptr;
  };
  auto database = Database::open_to_read(files_.database(file));
  if (!database) return complain(database.error());
  auto find = database->prepare("SELECT 1 FROM entries WHERE event = ? AND state = ? AND ordinal = ?");
  if (!find) return complain(find.error());
  reader_ = Reader{std::move(stem), std::move(*database), std::move(*find)};
  return &*reader_;
}

std::vector<bool> OlderEntries::know(std::span<const model::NewEntry> entries, WallTime since) {
  std::vector<bool> out(entries.size());
  std::vector<std::size_t> asked;
  auto first = WallTime::max();
  for (std::size_t i = 0; i < entries.size(); ++i) {
    const auto& entry = entries[i].entry;
    if (entry.source == model::EventSource::gateway || earliest(entry) >= since) continue;
    asked.push_back(i);
    first = std::min(first, earliest(entry));
  }
  if (asked.empty()) return out;
  auto files = files_.all();
  if (!files.empty()) files.pop_back();  // the one that is written
  for (auto file = files.rbegin(); file != files.rend(); ++file) {
    if (file->first == 0 || file->upto < first) continue;
    auto* const in = reader(*file);
    if (in == nullptr) continue;
    for (const auto i : asked) {
      const auto& entry = entries[i].entry;
      if (out[i] || file->upto < earliest(entry)) continue;
      const auto row = in->find.bind(1, entry.event)
                           .bind(2, static_cast<std::int64_t>(entry.state))
                           .bind(3, std::int64_t{entry.ordinal})
                           .step();
      out[i] = row && *row;
      in->find.reset();
    }
  }
  return out;
}

}  // namespace camfleet::storage
