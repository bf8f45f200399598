#pragma once
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "model/sink.h"

namespace camfleet::events::sinks {

// How far each sink is, for whoever looks from another thread: the ledger, its account. Written by the loop
// of the sinks. Thread-safe.
class Board final : public model::SinkAccounts {
 public:
  // `tags` outlives it; null: no device has any.
  explicit Board(const model::DeviceTags* tags) : tags_(tags) {}

  void put(model::SinkStanding standing, const model::SinkFilter& filter);
  void move(const std::string& id, model::Seq cursor);
  void remove(const std::string& id);

  // Those that are switched on.
  std::vector<model::SinkStanding> standings() const override;
  bool wants(std::string_view sink, const model::DeviceId& device, std::uint16_t channel,
             std::string_view type) const override;

 private:
  struct Row {
    model::SinkStanding standing;
    model::SinkFilter filter;
  };
  const model::DeviceTags* tags_;
  mutable std::mutex mutex_;
  std::map<std::string, Row, std::less<>> rows_;
};

}  // namespace camfleet::events::sinks
