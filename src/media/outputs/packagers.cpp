#include "media/outputs/packagers.h"

namespace camfleet::media {
namespace {

SteadyTime now() { return system_clock().steady(); }

bool has_h265(const model::StreamInfo& info) {
  const auto video = info.video_track();
  return video >= 0 && info.tracks[static_cast<std::size_t>(video)].codec == model::Codec::h265;
}

}  // namespace

Packagers::Packagers(Hubs& hubs, net::Loop& loop, std::chrono::milliseconds idle)
    : hubs_(hubs), loop_(loop), idle_(idle) {}

net::Task<Result<std::shared_ptr<Packager>>> Packagers::open(model::StreamKey key, Form form) {
  const auto until = now() + hubs_.settings().start_limit;
  auto opened = co_await hubs_.on(loop_).open(key);
  if (!opened) co_return fail(opened.error());
  if ((*opened)->encrypted()) co_return fail(Code::media_encrypted, model::to_text(key));
  const auto info = (*opened)->info();
  if (form == Form::flv_12 && !(info && has_h265(*info))) form = Form::flv;  // no difference: one for both
  auto& slot = packagers_[{key, form}];
  if (!slot || slot->over()) {
    slot.reset();
    auto made = Packager::make(std::move(*opened), hubs_.settings(), form);
    if (!made) {
      packagers_.erase({key, form});
      co_return fail(made.error());
    }
    slot = std::move(*made);
  }
  const std::shared_ptr<Packager> packager = slot;
  if (packager->init()) co_return packager;
  FragmentReader reader{packager, loop_.executor(), hubs_.settings()};
  while (!packager->init() && !packager->over()) {
    const bool news = co_await reader.wait(until);
    if (news) continue;
    const Hub& hub = packager->hub();
    const bool keyless = hub.can_decode_keys() && !hub.cache().key();
    co_return fail(keyless ? Code::media_no_key_frame : Code::media_start_timeout, model::to_text(key));
  }
  if (packager->over()) co_return fail(packager->over());
  co_return packager;
}

void Packagers::sweep(SteadyTime at) {
  // What the camera scrambles is of no use in a form of ours.
  for (const auto& [key, packager] : packagers_)
    if (!packager->over() && packager->hub().encrypted())
      packager->ended(Error{Code::media_encrypted, model::to_text(key.first), 0});
  std::erase_if(packagers_, [&](const auto& entry) {
    const Packager& packager = *entry.second;
    return !packager.has_readers() && (packager.over() || at - packager.idle_since() >= idle_);
  });
}

}  // namespace camfleet::media
