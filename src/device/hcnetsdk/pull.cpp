// A stream through the library: what its callback brought, from the host's ring to the hub.
#include <algorithm>

#include "device/hcnetsdk/media.h"
#include "device/hcnetsdk/session.h"
#include "net/within.h"

namespace camfleet::device {
namespace {

SteadyTime now() { return std::chrono::steady_clock::now(); }

Result<void> feed(hcnetsdk::Media& media, ByteView block, model::Publisher& to) {
  const auto at = now();
  while (block.size() >= 5) {
    const auto size = load32(block.data());
    if (block.size() - 5 < size) break;
    auto fed = media.feed(block[4], block.subspan(5, size), at, to);
    if (!fed) return fed;
    block = block.subspan(5 + size);
  }
  to.flush();
  return {};
}

}  // namespace

net::Task<Error> HcNetSdkSession::pull(std::uint16_t channel, model::Profile profile, model::Publisher& to) {
  if (!has_channel(channel)) co_return Error{Code::device_no_channel, "channel " + std::to_string(channel)};
  if (line_->over) co_return *line_->over;
  auto line = std::make_shared<hcnetsdk::StreamLine>(co_await net::asio::this_coro::executor);
  struct Open {
    hcnetsdk::Place& place;
    std::uint32_t number;
    ~Open() { place.host().close_stream(place.device(), number); }
  } open{place_, place_.host().open_stream(line)};
  sdkhost::Play play;
  play.device = place_.device();
  play.stream = open.number;
  play.channel = channels_.to_library(channel);
  play.profile = static_cast<sdkhost::Profile>(static_cast<int>(profile) - 1);
  auto asking = ask(play, "live view", now() + target_.calls.connect + 2 * target_.calls.call);
  auto playing = co_await std::move(asking);
  if (!playing) co_return std::move(playing.error());

  hcnetsdk::Media media;
  const auto first_by = now() + options_.first_media;
  for (;;) {
    if (line->over) co_return *line->over;
    while (!line->notices.empty()) {
      const auto notice = line->notices.front();
      line->notices.pop_front();
      // The library would go on trying; whoever watches is held, and the stream is asked for anew.
      if (notice.kind != sdkhost::NoticeKind::stream_back)
        co_return Error{Code::net_closed, "the library lost the stream: " + std::to_string(notice.error)};
    }
    for (int i = 0; i < 8 && !line->blocks.empty(); ++i) {
      const auto block = std::move(line->blocks.front());
      line->blocks.pop_front();
      line->taken(block.size());
      if (auto fed = feed(media, block, to); !fed) co_return std::move(fed.error());
    }
    if (!line->blocks.empty()) {
      co_await net::asio::post(net::use_task);
      continue;
    }
    const bool began = media.last() != SteadyTime{};
    const auto until = began ? media.last() + options_.media_silence : first_by;
    if (now() >= until)
      co_return Error{began ? Code::media_stalled : Code::net_timeout, "no media from the library"};
    co_await line->bell.wait(until);
  }
}

}  // namespace camfleet::device
