#include "api/stream_outlet.h"

namespace camfleet::api {

std::string_view data_of(std::string_view server_sent) {
  constexpr std::string_view kBefore = "\ndata: ";
  const auto at = server_sent.find(kBefore);
  if (at == server_sent.npos) return {};
  server_sent.remove_prefix(at + kBefore.size());
  return server_sent.substr(0, server_sent.find('\n'));
}

net::Task<Result<>> SseOutlet::open(Deadline deadline) {
  auto writing = writer_.write("retry: 2000\n: camfleet\n\n", deadline);
  co_return co_await std::move(writing);
}

net::Task<Result<>> SseOutlet::send(std::vector<EventText> events, Deadline deadline) {
  std::string out;
  for (const auto& event : events) out += *event;
  auto writing = writer_.write(out, deadline);
  co_return co_await std::move(writing);
}

// An id alone is no event.
net::Task<Result<>> SseOutlet::beat(const StreamCursor* place, Deadline deadline) {
  std::string out = ": heartbeat\n";
  if (place != nullptr) out += "id: " + to_text(*place) + '\n';
  out += '\n';
  auto writing = writer_.write(out, deadline);
  co_return co_await std::move(writing);
}

net::Task<Result<>> WebSocketOutlet::open(Deadline) { co_return Result<>{}; }

net::Task<Result<>> WebSocketOutlet::send(std::vector<EventText> events, Deadline deadline) {
  for (const auto& event : events) {
    auto sending = socket_.send_text(data_of(*event), deadline);
    if (const auto sent = co_await std::move(sending); !sent) co_return fail(sent.error());
  }
  co_return Result<>{};
}

net::Task<Result<>> WebSocketOutlet::beat(const StreamCursor* place, Deadline deadline) {
  std::string text = R"({"type":"heartbeat"})";
  if (place != nullptr) text = R"({"type":"heartbeat","id":")" + to_text(*place) + R"("})";
  auto sending = socket_.send_text(text, deadline);
  if (const auto sent = co_await std::move(sending); !sent) co_return fail(sent.error());
  auto asking = socket_.ping(deadline);
  co_return co_await std::move(asking);
}

}  // namespace camfleet::api
