#pragma once
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "api/stream_cursor.h"
#include "net/http_server.h"
#include "net/websocket.h"

namespace camfleet::api {

// An event as server_sent() makes it; shared by all who are sent it.
using EventText = std::shared_ptr<const std::string>;

// The way to one subscriber. Errors are the connection's: net.timeout where it takes nothing until the
// deadline. Used by one task at a time, on the loop of the connection.
class Outlet {
 public:
  Outlet() = default;
  Outlet(const Outlet&) = delete;
  Outlet& operator=(const Outlet&) = delete;
  virtual ~Outlet() = default;
  // Before the first event.
  virtual net::Task<Result<>> open(Deadline deadline) = 0;
  virtual net::Task<Result<>> send(std::vector<EventText> events, Deadline deadline) = 0;
  // A sign of life. `place` is null where the client knows it already.
  virtual net::Task<Result<>> beat(const StreamCursor* place, Deadline deadline) = 0;
  // Nothing was heard of the client since this moment, where that says something.
  virtual SteadyTime heard() const = 0;
};

// An answer of text/event-stream.
class SseOutlet final : public Outlet {
 public:
  explicit SseOutlet(net::HttpBodyWriter writer) : writer_(writer) {}
  net::Task<Result<>> open(Deadline deadline) override;
  net::Task<Result<>> send(std::vector<EventText> events, Deadline deadline) override;
  net::Task<Result<>> beat(const StreamCursor* place, Deadline deadline) override;
  SteadyTime heard() const override { return SteadyTime::max(); }  // it has nothing to say

 private:
  net::HttpBodyWriter writer_;
};

// A WebSocket: each event is a text message, the JSON that is the `data` of the other form. A sign of life is
// {"type":"heartbeat","id":...} and a ping, whose pong is waited for.
class WebSocketOutlet final : public Outlet {
 public:
  explicit WebSocketOutlet(net::WebSocket& socket) : socket_(socket) {}
  net::Task<Result<>> open(Deadline deadline) override;
  net::Task<Result<>> send(std::vector<EventText> events, Deadline deadline) override;
  net::Task<Result<>> beat(const StreamCursor* place, Deadline deadline) override;
  SteadyTime heard() const override { return socket_.last_heard(); }

 private:
  net::WebSocket& socket_;
};

// The JSON inside what server_sent() made.
std::string_view data_of(std::string_view server_sent);

}  // namespace camfleet::api
