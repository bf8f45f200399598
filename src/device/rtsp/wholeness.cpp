#include "device/rtsp/wholeness.h"

namespace camfleet::device {
namespace {

constexpr std::uint32_t kBrokenKeys = 3;
constexpr std::chrono::seconds kBrokenTime{5};

}  // namespace

void Wholeness::packet(const model::Packet& packet, bool gap) {
  if (gap) broken_ = true;  // its end may be what is missing
  if (open_ && packet.timestamp != timestamp_) end_picture(packet.arrival);
  if (!open_) {
    open_ = true;
    key_ = false;
    timestamp_ = packet.timestamp;
    // Its beginning may be missing too; a key picture shows where it begins.
    broken_ = gap && !packet.key_start;
  }
  key_ = key_ || packet.key_start;
  if (packet.marker) end_picture(packet.arrival);
}

void Wholeness::end_picture(SteadyTime now) {
  open_ = false;
  if (!broken_) any_whole_ = true;
  if (key_ && !broken_) {
    broken_keys_ = 0;
    last_whole_key_ = now;
  } else if (key_) {
    ++broken_keys_;
  }
}

bool Wholeness::hopeless(SteadyTime now) const {
  if (!any_whole_ && now - begin_ >= patience_) return true;
  return broken_keys_ >= kBrokenKeys && now - last_whole_key_ >= kBrokenTime;
}

}  // namespace camfleet::device
