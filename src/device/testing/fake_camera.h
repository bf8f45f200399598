#pragma once
// For the tests of drivers: a scripted device on loopback, and what a test needs around it.
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "model/driver.h"
#include "net/event.h"
#include "net/listener.h"
#include "net/task_group.h"
#include "net/tcp.h"
#include "proto/rtsp/parser.h"

namespace camfleet::device::testing {

// One accepted connection, seen from the device.
class Talk {
 public:
  Talk(net::TcpStream stream, std::size_t slice) : stream_(std::move(stream)), slice_(slice) {}

  // The next request; nothing when the client has gone. Interleaved packets are passed over.
  net::Task<std::optional<rtsp::Request>> request();
  // `bytes` outlive it. In pieces of `slice` bytes with a turn of the loop between them; whole where slice is
  // 0.
  net::Task<> send(std::string_view bytes);
  // An HTTP request head with its body; empty when the client has gone.
  net::Task<std::string> http_request();
  void close() { stream_.close(); }
  net::TcpStream& stream() { return stream_; }

 private:
  net::TcpStream stream_;
  std::size_t slice_;
  rtsp::Parser parser_;
  std::vector<std::uint8_t> buffer_;
};

// Accepts connections on a port of its own and runs `script` for each; a script ends when it returns, and
// closes.
class FakeCamera {
 public:
  using Script = std::function<net::Task<>(Talk&, int connection)>;
  FakeCamera(net::Executor executor, Script script, std::size_t slice = 0);
  ~FakeCamera();

  std::uint16_t port() const { return listener_.local().port(); }
  int connections() const { return connections_; }
  net::Task<> stop() { return tasks_.stop(); }

 private:
  net::Task<> accept();
  net::Task<> serve(net::TcpStream stream, int number);

  net::TcpListener listener_;
  Script script_;
  std::size_t slice_;
  int connections_ = 0;
  net::TaskGroup tasks_;
};

// Keeps what a pull brings. `enough` rings after that many packets.
class Recorder : public model::Publisher {
 public:
  explicit Recorder(net::Executor executor, std::size_t enough = 0) : event(executor), enough_(enough) {}
  void start(model::StreamInfo told) override {
    info = std::move(told);
    ++starts;
  }
  void packet(model::Packet packet) override {
    packets.push_back(std::move(packet));
    if (enough_ != 0 && packets.size() >= enough_) event.set();
  }
  void flush() override { ++flushes; }

  model::StreamInfo info;
  std::vector<model::Packet> packets;
  int starts = 0;
  int flushes = 0;
  net::Event event;

 private:
  std::size_t enough_;
};

// A password in plain text, which counts how often it was opened.
class PlainPassword : public model::PasswordSource {
 public:
  explicit PlainPassword(std::string text) : text_(std::move(text)) {}
  Result<Secret> open() const override { return Secret{text_}; }

 private:
  std::string text_;
};

// All of 127/8.
const net::AddressGuard& loopback_guard();
// A file beside the tests: testdata("rtsp/hikvision_play.txt") is src/device/rtsp/testdata/....
std::string testdata(std::string_view folder, std::string_view name);
// `$`, channel, length, and an RTP packet.
std::string rtp_frame(std::uint8_t channel, std::uint8_t payload_type, bool marker, std::uint16_t sequence,
                      std::uint32_t timestamp, std::string_view payload);
// `$`, channel, length, and whatever it is.
std::string frame(std::uint8_t channel, std::string_view payload);

}  // namespace camfleet::device::testing
