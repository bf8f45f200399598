#pragma once
// Two blocking UDP sockets on loopback, as a player has them.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <string>

#include "base/bytes.h"

namespace camfleet::media::testing {

class UdpPorts {
 public:
  // `receive_buffer`: bytes, for a player on a busy machine; 0: the system's default.
  explicit UdpPorts(const char* address = "127.0.0.1", int receive_buffer = 0) {
    for (int i = 0; i < 2; ++i) {
      fds_[i] = ::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
      if (receive_buffer > 0 &&
          ::setsockopt(fds_[i], SOL_SOCKET, SO_RCVBUFFORCE, &receive_buffer, sizeof receive_buffer) != 0)
        ::setsockopt(fds_[i], SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof receive_buffer);
      sockaddr_in at{};
      at.sin_family = AF_INET;
      ::inet_pton(AF_INET, address, &at.sin_addr);
      ::bind(fds_[i], reinterpret_cast<sockaddr*>(&at), sizeof at);
      socklen_t size = sizeof at;
      ::getsockname(fds_[i], reinterpret_cast<sockaddr*>(&at), &size);
      ports[i] = ntohs(at.sin_port);
    }
  }
  UdpPorts(const UdpPorts&) = delete;
  UdpPorts& operator=(const UdpPorts&) = delete;
  ~UdpPorts() {
    for (const int fd : fds_) ::close(fd);
  }

  std::string transport() const {
    return "Transport: RTP/AVP;unicast;client_port=" + std::to_string(ports[0]) + "-" +
           std::to_string(ports[1]) + "\r\n";
  }
  // The next datagram of RTP or RTCP; empty where none comes in time.
  std::string rtp(std::chrono::milliseconds limit = std::chrono::milliseconds{5'000}) {
    return take(0, limit);
  }
  std::string rtcp(std::chrono::milliseconds limit = std::chrono::milliseconds{5'000}) {
    return take(1, limit);
  }
  // From the port for RTCP.
  void send(ByteView bytes, std::uint16_t port) {
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(port);
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    ::sendto(fds_[1], bytes.data(), bytes.size(), 0, reinterpret_cast<const sockaddr*>(&to), sizeof to);
  }

  std::uint16_t ports[2]{};
  std::uint16_t from = 0;  // the port that the last one came from

 private:
  std::string take(int which, std::chrono::milliseconds limit) {
    pollfd wait{fds_[which], POLLIN, 0};
    if (::poll(&wait, 1, static_cast<int>(limit.count())) <= 0) return {};
    std::string bytes(65536, '\0');
    sockaddr_in sender{};
    socklen_t size = sizeof sender;
    const auto got =
        ::recvfrom(fds_[which], bytes.data(), bytes.size(), 0, reinterpret_cast<sockaddr*>(&sender), &size);
    bytes.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
    from = ntohs(sender.sin_port);
    return bytes;
  }
  int fds_[2]{};
};

}  // namespace camfleet::media::testing
