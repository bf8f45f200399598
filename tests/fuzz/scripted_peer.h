#pragma once
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <functional>
#include <string>
#include <string_view>

#include "fuzz.h"
#include "net/asio.h"
#include "net/task_group.h"
#include "net/within.h"

namespace camfleet::fuzz {

// A device on loopback that says what an input tells it to, one connection at a time, without a thread or a
// wait of its own: whoever runs the client under test turns the client's loop until it waits, and then lets
// the device make its next step.
class ScriptedPeer {
 public:
  ScriptedPeer() : listener_(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)) {
    sockaddr_in at{};
    at.sin_family = AF_INET;
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof at;
    require(listener_ >= 0 && ::bind(listener_, reinterpret_cast<sockaddr*>(&at), size) == 0 &&
            ::listen(listener_, 8) == 0 &&
            ::getsockname(listener_, reinterpret_cast<sockaddr*>(&at), &size) == 0);
    port_ = ntohs(at.sin_port);
  }
  ScriptedPeer(const ScriptedPeer&) = delete;
  ScriptedPeer& operator=(const ScriptedPeer&) = delete;
  ~ScriptedPeer() {
    forget();
    ::close(listener_);
  }

  std::uint16_t port() const { return port_; }
  int connections() const { return connections_; }
  // Takes a new connection in place of the old one; true where there was one.
  bool accept() {
    const int fd = ::accept4(listener_, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd < 0) return false;
    forget();
    fd_ = fd;
    ++connections_;
    return true;
  }
  // What the client has sent since.
  std::string received() {
    std::string text;
    char buffer[4096];
    while (fd_ >= 0) {
      const auto got = ::recv(fd_, buffer, sizeof buffer, MSG_DONTWAIT);
      if (got <= 0) break;
      text.append(buffer, static_cast<std::size_t>(got));
    }
    return text;
  }
  void send(std::string_view bytes) {
    if (fd_ >= 0) (void)::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
  }
  void end_of_stream() {
    if (fd_ >= 0) ::shutdown(fd_, SHUT_WR);
  }
  // Closes with a reset, so that no port stays taken.
  void forget() {
    if (fd_ < 0) return;
    const linger at_once{1, 0};
    ::setsockopt(fd_, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    ::close(fd_);
    fd_ = -1;
  }
  // Ready for the next input.
  void reset() {
    while (accept()) {
    }
    forget();
    connections_ = 0;
  }

 private:
  int listener_;
  int fd_ = -1;
  std::uint16_t port_ = 0;
  int connections_ = 0;
};

// Runs `task` and calls `step` whenever it waits; once that gives false the device is gone and the task has
// to end. One that does not within seconds hangs, and that is a finding.
inline void run_against(net::asio::io_context& context, net::Task<> task, const std::function<bool()>& step) {
  bool done = false;
  struct Told {
    static net::Task<> run(net::Task<> task, bool& done) {
      co_await std::move(task);
      done = true;
    }
  };
  net::TaskGroup group{context.get_executor(), "fuzz"};
  group.spawn(Told::run(std::move(task), done));
  bool more = true;
  const auto begun = std::chrono::steady_clock::now();
  while (!done) {
    context.restart();
    if (context.poll() > 0) continue;
    more = step();
    if (!more && context.run_one_for(std::chrono::milliseconds{1}) == 0)
      require(std::chrono::steady_clock::now() - begun < std::chrono::seconds{8});
  }
  while (group.size() > 0) {
    context.restart();
    context.run_one();
  }
}

}  // namespace camfleet::fuzz
