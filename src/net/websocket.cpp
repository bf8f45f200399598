#include "net/websocket.h"

#include <vector>

#include "net/scratch.h"

namespace camfleet::net {
namespace {

using websocket::CloseCode;
using websocket::Opcode;
constexpr std::size_t kMaxQueuedControl = 1024;  // control frames behind a message that is going out
constexpr auto kGoodbye = std::chrono::seconds{1};
constexpr std::size_t kGoodbyeBytes = 256 * 1024;

SteadyTime now() { return std::chrono::steady_clock::now(); }

}  // namespace

Task<Result<WebSocket>> WebSocket::accept(TcpStream stream, const HttpRequest& request, std::string leftover,
                                          Options options, Deadline deadline) {
  const auto response = websocket::accept_upgrade(request, options.protocol);
  if (!response) {
    HttpResponse refusal;
    refusal.status = 400;
    refusal.headers.add("Connection", "close");
    const std::string bytes = http::serialise(refusal, {http::Framing::Kind::length, 0});
    const auto sent = co_await stream.write(bytes, deadline);
    if (sent) stream.shutdown();
    co_return fail(response.error());
  }
  const std::string bytes = http::serialise(*response, {});
  const auto sent = co_await stream.write(bytes, deadline);
  if (!sent) co_return fail(sent.error());
  WebSocket socket;
  socket.stream_ = std::move(stream);
  socket.decoder_ = websocket::Decoder{options.limits};
  socket.options_ = std::move(options);
  socket.leftover_ = std::move(leftover);
  co_return socket;
}

Task<Result<>> WebSocket::send(Opcode opcode, std::span<const ByteView> parts, Deadline deadline) {
  if (closing_ || sending_) co_return fail(closing_ ? Code::net_closed : Code::net_io, "websocket send");
  std::size_t size = 0;
  for (const auto& part : parts) size += part.size();
  const auto head = websocket::frame_head(opcode, size);
  std::vector<ByteView> all;
  all.reserve(parts.size() + 1);
  all.push_back(head.view());
  all.insert(all.end(), parts.begin(), parts.end());

  sending_ = true;
  struct Sending {
    WebSocket& socket;
    bool whole = false;
    ~Sending() {
      socket.sending_ = false;
      if (!whole) socket.stream_.close();  // half a frame is out: nothing can follow it
    }
  } sending{*this};
  auto sent = co_await stream_.write(all, deadline);
  while (sent && !control_.empty()) {
    const std::string queued = std::exchange(control_, {});
    sent = co_await stream_.write(queued, deadline);
  }
  sending.whole = sent.has_value();
  if (!sent) co_return fail(sent.error().code, "websocket send");
  if (closing_) stream_.close();  // our goodbye went out behind the message
  co_return Result<>{};
}

Task<Result<>> WebSocket::send_binary(std::span<const ByteView> parts, Deadline deadline) {
  return send(Opcode::binary, parts, deadline);
}

Task<Result<>> WebSocket::send_text(std::string_view text, Deadline deadline) {
  const std::array<ByteView, 1> part{as_bytes(text)};
  co_return co_await send(Opcode::text, part, deadline);
}

Task<Result<>> WebSocket::ping(Deadline deadline) {
  const auto head = websocket::frame_head(Opcode::ping, 0);
  const std::string frame{as_text(head.view())};
  const auto until = std::min(deadline, now() + options_.write_timeout);
  co_return co_await send_control(frame, until);
}

Task<Result<>> WebSocket::send_control(std::string frame, Deadline deadline) {
  if (sending_) {
    if (control_.size() + frame.size() > kMaxQueuedControl)
      co_return fail(Code::net_io, "websocket: too many pings");
    control_ += frame;
    co_return Result<>{};
  }
  sending_ = true;
  struct Sending {
    WebSocket& socket;
    ~Sending() { socket.sending_ = false; }
  } sending{*this};
  auto sent = co_await stream_.write(frame, deadline);
  while (sent && !control_.empty()) {
    const std::string queued = std::exchange(control_, {});
    sent = co_await stream_.write(queued, deadline);
  }
  co_return sent;
}

Task<Result<websocket::Message>> WebSocket::receive(Deadline deadline) {
  for (;;) {
    Result<std::optional<websocket::Message>> message = std::nullopt;
    if (!leftover_.empty()) {
      ByteView in = as_bytes(leftover_);
      message = decoder_.next(in);
      leftover_.erase(0, leftover_.size() - in.size());
      if (leftover_.empty()) std::string{}.swap(leftover_);
    } else {
      const auto got = co_await read_some(deadline);
      if (!got) co_return fail(got.error());
      ByteView in = scratch().first(*got);
      message = decoder_.next(in);
      if (!in.empty()) leftover_ = as_text(in);
    }
    if (!message) {
      co_await close(decoder_.code(), message.error().place);
      co_return fail(Code::net_closed, message.error().place);
    }
    if (!*message) continue;
    auto& whole = **message;
    if (whole.opcode == Opcode::text || whole.opcode == Opcode::binary) {
      controls_ = 0;
      co_return std::move(whole);
    }
    if (whole.opcode == Opcode::close) {
      co_await close(whole.code);
      co_return fail(Code::net_closed, "websocket: closed by the client");
    }
    if (++controls_ > options_.control_frames_per_message) {
      co_await close(CloseCode::policy, "too many control frames");
      co_return fail(Code::net_closed, "websocket: too many control frames");
    }
    if (whole.opcode == Opcode::ping) {
      const auto head = websocket::frame_head(Opcode::pong, whole.data.size());
      std::string pong{as_text(head.view())};
      pong += whole.data;
      const auto sent = co_await send_control(std::move(pong), now() + options_.write_timeout);
      if (!sent) {
        stream_.close();
        co_return fail(sent.error());
      }
    }
  }
}

Task<Result<std::size_t>> WebSocket::read_some(Deadline deadline) {
  struct Receiving {
    bool& flag;
    explicit Receiving(bool& f) : flag(f) { flag = true; }
    ~Receiving() { flag = false; }
  } receiving{receiving_};
  const auto got = co_await stream_.read_some(scratch(), deadline);
  if (got) heard_ = now();
  co_return got;
}

Task<> WebSocket::close(CloseCode code, std::string_view reason) {
  if (closing_ || !stream_.open()) co_return;
  closing_ = true;
  std::string frame = websocket::close_frame(code, reason);
  const bool queued = sending_;  // then the sender writes it behind its message, and closes
  const Deadline deadline = now() + kGoodbye;
  const auto sent = co_await send_control(std::move(frame), deadline);
  if (queued) co_return;
  stream_.shutdown();
  // Bytes that nobody reads would turn our close into a reset, and the client would not see the reason.
  for (std::size_t seen = 0; sent && !receiving_ && seen < kGoodbyeBytes;) {
    const auto got = co_await read_some(deadline);
    if (!got) break;
    seen += *got;
  }
  stream_.close();
}

}  // namespace camfleet::net
