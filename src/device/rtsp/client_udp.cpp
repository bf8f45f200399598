#include <algorithm>

#include "base/log.h"
#include "device/rtsp/client.h"
#include "device/rtsp/transport_memory.h"
#include "net/task_group.h"
#include "net/within.h"

// The half of RtspClient that takes packets over UDP, and what makes it go back to TCP.
namespace camfleet::device {
namespace {

SteadyTime now() { return std::chrono::steady_clock::now(); }

}  // namespace

bool RtspClient::wants_udp() {
  if (target_.carrier != Carrier::udp || limits_.udp.ports == nullptr || udp_given_up_) return false;
  return limits_.udp.memory == nullptr || !limits_.udp.memory->wants_tcp(target_.url.authority(), now());
}

// Where there are no sockets, the pull is one over TCP.
void RtspClient::open_udp(std::size_t tracks) {
  watch_ = std::make_unique<UdpWatch>(stream_.executor());
  udp_ = std::make_unique<UdpMedia>(stream_.executor(), limits_.udp, stream_.remote().address(),
                                    stream_.local().address(), watch_->bell);
  for (std::size_t i = 0; i < tracks; ++i) {
    const auto opened = udp_->open();
    if (opened) continue;
    log::warn("rtsp.no_udp", {{"device", target_.url.authority()}, {"why", opened.error().text()}});
    count_fallback(opened.error());
    udp_.reset();
    return;
  }
}

void RtspClient::use_tcp(const Error& why) {
  udp_given_up_ = true;
  count_fallback(why);
  log::info("rtsp.fallback_to_tcp", {{"device", target_.url.authority()},
                                     {"code", name(why.code)},
                                     {"place", why.place},
                                     {"trace_id", target_.trace_id}});
  if (limits_.udp.memory != nullptr)
    limits_.udp.memory->use_tcp(target_.url.authority(), now() + limits_.udp.again);
}

net::Task<Error> RtspClient::receive_udp(model::Publisher& to) {
  Error why;
  net::TaskGroup group{stream_.executor(), "rtsp over udp"};
  auto watching = watch_udp(group, to, why);
  co_await net::scoped(group, std::move(watching));
  co_return why;
}

// The packets are taken elsewhere; here are the connection and the clock.
net::Task<> RtspClient::watch_udp(net::TaskGroup& group, model::Publisher& to, Error& why) {
  const auto started = now();
  udp_->start(group, to);
  group.spawn(watch_connection());
  for (;;) {
    for (int i = 0; i < kReadsPerWakeUp; ++i) {
      const auto short_read = read(nullptr);
      if (!short_read) {
        why = short_read.error();
        co_return;
      }
      if (*short_read) break;
    }
    intake_.rest();
    const auto at = now();
    auto going = answer_messages();
    if (going) going = keep_session(at);
    if (!going) {
      why = std::move(going.error());
      co_return;
    }
    why = udp_->judge(at);
    if (why) co_return;
    const auto stalled = std::max(started, udp_->last_media()) + limits_.stall;
    if (at >= stalled) {
      why = Error{Code::media_stalled, where("no packets from")};
      co_return;
    }
    watch_->taken.set();
    const auto wake = std::min(std::min(stalled, next_keep_alive_), udp_->next_judgement());
    co_await watch_->bell.wait(wake);
  }
}

// Rings when the connection has something, and again only when that was taken.
net::Task<> RtspClient::watch_connection() {
  for (;;) {
    const auto readable = co_await stream_.wait_readable(kNever);
    watch_->bell.set();
    if (!readable) co_return;  // whoever reads is told why
    co_await watch_->taken.wait();
  }
}

}  // namespace camfleet::device
