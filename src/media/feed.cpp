#include "media/feed.h"

#include "media/media_metrics.h"

namespace camfleet::media {
namespace {

// What parts() looks at in one go: more than a socket takes at once.
constexpr std::size_t kBatchParts = 64;
constexpr std::uint64_t kBatchBytes = 1024 * 1024;

}  // namespace

void Feed::push(model::Packet packet) {
  if (first_packet_at_ == SteadyTime{}) first_packet_at_ = packet.arrival;
  if (packet.key_start && first_key_at_ == SteadyTime{}) first_key_at_ = packet.arrival;
  parts_good_ = false;
  cache_.push(std::move(packet));
}

void Feed::fan_out() {
  fanned_ = complete_;
  viewers_.each([](Viewer& viewer) { viewer.wake(); });
  if (!cache_.trimmable()) return;
  Place slowest = complete_;
  viewers_.each([&](Viewer& viewer) {
    if (viewer.place().item < slowest.item) slowest = viewer.place();
  });
  parts_good_ = false;
  cache_.trim(slowest);
}

void Feed::forget() {
  cache_.clear();
  complete_ = fanned_ = cache_.end();
  first_packet_at_ = first_key_at_ = {};
  parts_good_ = false;
}

std::span<const ByteView> Feed::parts(Place from) {
  if (parts_good_ && from == parts_from_ && !parts_.empty()) return parts_;
  parts_.clear();
  parts_from_ = from;
  std::uint64_t bytes = 0;
  for (auto i = from.item; i < complete_.item && bytes < kBatchBytes; ++i) {
    const ByteView next = cache_.at(i).framed();
    bytes += next.size();
    if (!parts_.empty() && parts_.back().data() + parts_.back().size() == next.data()) {
      parts_.back() = ByteView{parts_.back().data(), parts_.back().size() + next.size()};
      continue;
    }
    if (parts_.size() == kBatchParts) break;
    parts_.push_back(next);
  }
  parts_good_ = true;
  return parts_;
}

}  // namespace camfleet::media
