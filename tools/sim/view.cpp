#include "sim/view.h"

namespace camfleet::sim {
namespace {

constexpr std::size_t kViews = 20;

// 0 to 7 level, 8 to 15 looking down, 16 to 19 closer; each beginning in the north and going round.
std::size_t view_number(const PtzPosition& at) {
  constexpr int kDown = 200;   // tenths of a degree below level
  constexpr int kCloser = 30;  // three times
  const auto sector = [&](int width) {
    return static_cast<std::size_t>((at.azimuth + width / 2) / width % (3600 / width));
  };
  if (at.zoom >= kCloser) return 16 + sector(900);
  return (at.elevation >= kDown ? 8 : 0) + sector(450);
}

}  // namespace

View view_of(const Device& device, const Clips& clips, int channel, int profile, SteadyTime now) {
  bool h265 = device.identity().h265 && clips.has_h265();
  const auto& faults = device.faults();
  if (faults.on(Fault::codec_change)) {
    const auto to = static_cast<CodecChange>(static_cast<int>(faults.amount(Fault::codec_change)));
    if (to == CodecChange::size)
      profile = 3 - profile;
    else if (to == CodecChange::codec || profile == 1)
      h265 = !h265 && clips.has_h265();
  }
  const auto whole = [](const Clip& clip) { return View{&clip, 0, clip.frames()}; };
  if (h265) return whole(clips.h265->of(profile));
  const PtzHead* head =
      device.has_ptz(channel) ? device.ptz_if_used(static_cast<std::uint16_t>(channel)) : nullptr;
  if (head == nullptr || !clips.views || head->at(now) == PtzPosition{}) return whole(clips.of(profile));
  const Clip& views = clips.views->of(profile);
  const auto each = views.frames() / kViews;
  return {&views, view_number(head->at(now)) * each, each};
}

}  // namespace camfleet::sim
