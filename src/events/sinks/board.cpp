#include "events/sinks/board.h"

namespace camfleet::events::sinks {

void Board::put(model::SinkStanding standing, const model::SinkFilter& filter) {
  const std::lock_guard lock{mutex_};
  auto id = standing.id;
  rows_.insert_or_assign(std::move(id), Row{std::move(standing), filter});
}

void Board::move(const std::string& id, model::Seq cursor) {
  const std::lock_guard lock{mutex_};
  if (const auto row = rows_.find(id); row != rows_.end()) row->second.standing.cursor = cursor;
}

void Board::remove(const std::string& id) {
  const std::lock_guard lock{mutex_};
  rows_.erase(id);
}

std::vector<model::SinkStanding> Board::standings() const {
  std::vector<model::SinkStanding> out;
  const std::lock_guard lock{mutex_};
  out.reserve(rows_.size());
  for (const auto& [id, row] : rows_) out.push_back(row.standing);
  return out;
}

bool Board::wants(std::string_view sink, const model::DeviceId& device, std::uint16_t channel,
                  std::string_view type) const {
  model::SinkFilter filter;
  {
    const std::lock_guard lock{mutex_};
    const auto row = rows_.find(sink);
    if (row == rows_.end()) return false;
    filter = row->second.filter;
  }
  return filter.takes(device, channel, type, tags_);
}

}  // namespace camfleet::events::sinks
