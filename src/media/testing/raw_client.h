#pragma once
// A client as plain as a socket: says what the test wants, byte by byte if need be.
#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "net/asio.h"
#include "proto/rtsp/parser.h"

namespace camfleet::media::testing {

class RawClient {
 public:
  // `receive_buffer`: of the kernel, for a client that reads slowly.
  explicit RawClient(const net::Endpoint& to, int receive_buffer = 0)
      : fd_(::socket(AF_INET, SOCK_STREAM, 0)) {
    if (receive_buffer > 0) ::setsockopt(fd_, SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer);
    const int one = 1;
    ::setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(to.port());
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (::connect(fd_, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0)
      ADD_FAILURE() << "connect";
  }
  RawClient(const RawClient&) = delete;
  RawClient& operator=(const RawClient&) = delete;
  ~RawClient() { ::close(fd_); }

  bool send(std::string_view bytes) {
    return ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(bytes.size());
  }
  // What comes next; empty at the end of the connection, or where nothing came in time.
  std::string read(std::chrono::milliseconds limit = std::chrono::milliseconds{5'000}) {
    pollfd wait{fd_, POLLIN, 0};
    if (::poll(&wait, 1, static_cast<int>(limit.count())) <= 0) return {};
    std::string bytes(65536, '\0');
    const auto got = ::recv(fd_, bytes.data(), bytes.size(), 0);
    bytes.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
    closed_ = got <= 0;
    return bytes;
  }
  // Reads until `bytes` are there in all.
  std::string read_at_least(std::size_t bytes) {
    std::string out;
    while (out.size() < bytes) {
      const std::string more = read();
      if (more.empty()) break;
      out += more;
    }
    return out;
  }
  // Whether the other side ends the connection within the time; reads all that comes.
  bool ends(std::chrono::milliseconds limit = std::chrono::milliseconds{5'000}) {
    const auto until = std::chrono::steady_clock::now() + limit;
    while (!closed_ && std::chrono::steady_clock::now() < until) read(std::chrono::milliseconds{100});
    return closed_;
  }

 private:
  int fd_;
  bool closed_ = false;
};

// The same with an ear for RTSP.
class RtspClient : public RawClient {
 public:
  using RawClient::RawClient;

  struct Interleaved {
    int channel = 0;
    std::string payload;
  };
  std::optional<rtsp::Response> response() {
    while (responses_.empty() && more()) {
    }
    return take(responses_);
  }
  std::optional<Interleaved> frame(std::chrono::milliseconds limit = std::chrono::milliseconds{5'000}) {
    while (frames_.empty() && more(limit)) {
    }
    return take(frames_);
  }
  // Sends with the next CSeq and gives the answer's status; 0 where none came.
  int ask(std::string_view method, std::string_view url, std::string_view headers = {}) {
    send(std::string(method) + " " + std::string(url) + " RTSP/1.0\r\nCSeq: " + std::to_string(++cseq_) +
         "\r\n" + std::string(headers) + "\r\n");
    auto got = response();
    if (!got) return 0;
    last = std::move(*got);
    EXPECT_EQ(last.headers.get("CSeq").value_or(""), std::to_string(cseq_));
    return last.status;
  }
  std::string session() const {
    const std::string value{last.headers.get("Session").value_or("")};
    return value.substr(0, value.find(';'));
  }
  rtsp::Response last;

 private:
  template <class T>
  static std::optional<T> take(std::vector<T>& list) {
    if (list.empty()) return std::nullopt;
    T first = std::move(list.front());
    list.erase(list.begin());
    return first;
  }
  bool more(std::chrono::milliseconds limit = std::chrono::milliseconds{5'000}) {
    const std::string bytes = read(limit);
    if (bytes.empty()) return false;
    unread_ += bytes;
    ByteView in = as_bytes(unread_);
    for (;;) {
      auto message = parser_.next(in);
      if (!message) {
        ADD_FAILURE() << "not RTSP: " << message.error().text();
        return false;
      }
      if (!*message) break;
      if (auto* response = std::get_if<rtsp::Response>(&**message))
        responses_.push_back(std::move(*response));
      if (auto* frame = std::get_if<rtsp::Frame>(&**message))
        frames_.push_back({frame->channel, std::string(as_text(frame->payload))});
    }
    unread_.erase(0, unread_.size() - in.size());
    return true;
  }

  rtsp::Parser parser_;
  std::string unread_;
  std::vector<rtsp::Response> responses_;
  std::vector<Interleaved> frames_;
  int cseq_ = 0;
};

}  // namespace camfleet::media::testing
