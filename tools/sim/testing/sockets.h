#pragma once
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <string>
#include <string_view>
#include <utility>

namespace camfleet::sim::testing {

inline sockaddr_in loopback(std::string_view address, std::uint16_t port) {
  sockaddr_in out{};
  out.sin_family = AF_INET;
  out.sin_port = htons(port);
  ::inet_pton(AF_INET, std::string{address}.c_str(), &out.sin_addr);
  return out;
}

// A blocking client, for tests: what it waits for comes within ten seconds, or is taken for lost.
class Client {
 public:
  Client(std::string_view address, std::uint16_t port)
      : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    const auto to = loopback(address, port);
    connected_ = ::connect(fd_, reinterpret_cast<const sockaddr*>(&to), sizeof to) == 0;
  }
  explicit Client(int fd) : fd_(fd), connected_(true) {}
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;
  ~Client() { close(); }

  bool connected() const { return connected_; }
  void send(std::string_view text) {
    [[maybe_unused]] const auto sent = ::send(fd_, text.data(), text.size(), MSG_NOSIGNAL);
  }
  // The next bytes; empty at the end, after a reset, and where nothing comes.
  std::string receive(int wait_ms = 10'000) {
    pollfd ready{fd_, POLLIN, 0};
    if (::poll(&ready, 1, wait_ms) != 1) return {};
    std::string out(65'536, '\0');
    const auto got = ::recv(fd_, out.data(), out.size(), 0);
    out.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
    return out;
  }
  // Everything until `mark` is in it.
  std::string until(std::string_view mark) {
    std::string out = std::exchange(rest_, {});
    while (out.find(mark) == std::string::npos) {
      const auto more = receive();
      if (more.empty()) return out;
      out += more;
    }
    return out;
  }
  std::string exactly(std::size_t size) {
    std::string out = std::exchange(rest_, {});
    while (out.size() < size) {
      const auto more = receive();
      if (more.empty()) return out;
      out += more;
    }
    rest_ = out.substr(size);
    out.resize(size);
    return out;
  }
  void put_back(std::string rest) { rest_ = std::move(rest); }
  void close() {
    if (fd_ >= 0) ::close(std::exchange(fd_, -1));
  }

 private:
  int fd_;
  bool connected_ = false;
  std::string rest_;
};

// Two ends of one TCP connection.
inline std::pair<int, int> tcp_pair() {
  const int listener = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  auto at = loopback("127.0.0.1", 0);
  socklen_t size = sizeof at;
  ::bind(listener, reinterpret_cast<sockaddr*>(&at), size);
  ::listen(listener, 1);
  ::getsockname(listener, reinterpret_cast<sockaddr*>(&at), &size);
  const int client = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  ::connect(client, reinterpret_cast<sockaddr*>(&at), size);
  const int server = ::accept4(listener, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
  ::close(listener);
  return {server, client};
}

}  // namespace camfleet::sim::testing
