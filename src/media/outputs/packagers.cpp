#include "media/outputs/packagers.h"

namespace camfleet::media {
namespace {

SteadyTime now() { return system_clock().steady(); }

}  // namespace

Packagers::Packagers(Hubs& hubs, net::Loop& loop, std::chrono::milliseconds idle)
    : hubs_(hubs), loop_(loop), idle_(idle) {}

net::Task<Result<std::shared_ptr<Fmp4Packager>>> Packagers::open(model::StreamKey key) {
  const auto until = now() + hubs_.settings().start_limit;
  auto opened = co_await hubs_.on(loop_).open(key);
  if (!opened) co_return fail(opened.error());
  if ((*opened)->encrypted()) co_return fail(Code::media_encrypted, model::to_text(key));
  auto& slot = packagers_[key];
  if (!slot || slot->over()) {
    slot.reset();
    auto made = Fmp4Packager::make(std::move(*opened), hubs_.settings());
    if (!made) {
      packagers_.erase(key);
      co_return fail(made.error());
    }
    slot = std::move(*made);
  }
  const std::shared_ptr<Fmp4Packager> packager = slot;
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
      packager->ended(Error{Code::media_encrypted, model::to_text(key), 0});
  std::erase_if(packagers_, [&](const auto& entry) {
    const Fmp4Packager& packager = *entry.second;
    return !packager.has_readers() && (packager.over() || at - packager.idle_since() >= idle_);
  });
}

}  // namespace camfleet::media
