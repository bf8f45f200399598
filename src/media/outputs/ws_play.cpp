#include "media/outputs/ws_play.h"

#include <array>
#include <chrono>
#include <string>
#include <vector>

namespace camfleet::media {
namespace {

constexpr std::chrono::seconds kGoodbye{2};

// Our own texts only: what needs more than '"' and '\\' escaped does not occur.
std::string in_quotes(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    if (static_cast<unsigned char>(c) >= 0x20) out += c;
  }
  return out + "\"";
}

net::Task<Result<>> send_init(net::WebSocket& socket, const FormInit& init, Deadline deadline) {
  const std::string text = "{\"type\":\"init\",\"mime\":" + in_quotes(init.mime) + "}";
  const auto told = co_await socket.send_text(text, deadline);
  if (!told) co_return fail(told.error());
  const std::array<ByteView, 1> part{ByteView{init.data}};
  const auto sent = co_await socket.send_binary(part, deadline);
  co_return sent;
}

}  // namespace

net::Task<Error> play_ws_mp4(net::WebSocket& socket, Watching& watching) {
  auto init = watching.init();
  auto sent = co_await send_init(socket, *init, watching.write_deadline());
  if (!sent) co_return watching.write_failed(sent.error());
  std::array<ByteView, 1> part;
  for (;;) {
    auto fragments = co_await watching.next();
    if (!fragments) co_return fragments.error();
    if (fragments->front().init != init) {
      init = fragments->front().init;
      sent = co_await send_init(socket, *init, watching.write_deadline());
      if (!sent) co_return watching.write_failed(sent.error());
    }
    for (std::size_t i = 0; i < fragments->size(); ++i) {
      part[0] = ByteView{*(*fragments)[i].data};
      sent = co_await socket.send_binary(part, watching.write_deadline());
      if (!sent) co_return watching.write_failed(sent.error());
      watching.sent(part[0].size());
    }
  }
}

net::Task<Error> play_ws_plain(net::WebSocket& socket, Watching& watching) {
  std::shared_ptr<const FormInit> init;
  std::vector<ByteView> parts;
  for (;;) {
    auto fragments = co_await watching.next();
    if (!fragments) co_return fragments.error();
    for (const Fragment& fragment : *fragments) {
      parts.clear();
      if (fragment.init != init) {
        const Bytes* begin = !init                   ? &fragment.init->data
                             : fragment.init->change ? &*fragment.init->change
                                                     : nullptr;
        if (begin == nullptr) co_return Error{Code::media_ended, "the format changed", 0};
        if (!begin->empty()) parts.emplace_back(*begin);
        init = fragment.init;
      }
      parts.emplace_back(*fragment.data);
      const auto sent = co_await socket.send_binary(parts, watching.write_deadline());
      if (!sent) co_return watching.write_failed(sent.error());
      watching.sent(fragment.size);
    }
  }
}

net::Task<> say_why(net::WebSocket& socket, Error why, bool told) {
  const auto deadline = system_clock().steady() + kGoodbye;
  if (told) {
    const std::string text = "{\"type\":\"error\",\"code\":" + in_quotes(name(why.code)) +
                             ",\"detail\":" + in_quotes(info(why.code).en) + "}";
    const auto sent = co_await socket.send_text(text, deadline);
    if (!sent) co_return;
  }
  co_await socket.close(websocket::CloseCode::going_away, name(why.code));
}

}  // namespace camfleet::media
