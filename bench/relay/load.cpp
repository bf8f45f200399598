#include "load.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <fstream>

namespace camfleet::load {
namespace {

constexpr std::uint8_t kUuid[16] = {0xC4, 0x3F, 0x1E, 0xE7, 0x10, 0xAD, 0x4B, 0xE4,
                                    0x9C, 0x51, 0x7A, 0x66, 0xD2, 0x35, 0x88, 0xB1};

sockaddr_in address_of(const std::string& host, std::uint16_t port) {
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(port);
  if (::inet_pton(AF_INET, host.c_str(), &to.sin_addr) != 1) die("address " + host);
  return to;
}

std::string exchange(int fd, const std::string& request) {
  if (::send(fd, request.data(), request.size(), MSG_NOSIGNAL) < 0) die("send");
  std::string answer;
  // Byte by byte: what comes behind the answer belongs to the stream.
  while (!answer.ends_with("\r\n\r\n")) {
    char c = 0;
    if (::recv(fd, &c, 1, 0) != 1) die("recv");
    answer += c;
  }
  const auto length = header(answer, "Content-Length");
  for (auto left = std::atoi(length.c_str()); left > 0; --left) {
    char c = 0;
    if (::recv(fd, &c, 1, 0) != 1) die("recv");
    answer += c;
  }
  if (answer.find(" 200 ") == std::string::npos) die("refused: " + answer.substr(0, answer.find('\r')));
  return answer;
}

}  // namespace

std::int64_t now_ns() {
  timespec at{};
  ::clock_gettime(CLOCK_MONOTONIC, &at);
  return std::int64_t{at.tv_sec} * 1'000'000'000 + at.tv_nsec;
}

double cpu_seconds() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) * 1e-6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

void die(std::string_view what) {
  std::fprintf(stderr, "relay_load: %.*s: %s\n", static_cast<int>(what.size()), what.data(),
               std::strerror(errno));
  std::exit(1);
}

int listen_on_loopback(std::uint16_t& port) {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  constexpr std::string_view device = "lo";
  auto at = address_of("0.0.0.0", port);
  const int on = 1;
  if (fd < 0 || ::setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, device.data(), device.size()) != 0)
    die("a socket of the loopback device");
  ::setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (::bind(fd, reinterpret_cast<sockaddr*>(&at), sizeof at) != 0 || ::listen(fd, 4096) != 0) die("listen");
  socklen_t size = sizeof at;
  ::getsockname(fd, reinterpret_cast<sockaddr*>(&at), &size);
  port = ntohs(at.sin_port);
  return fd;
}

int begin_connect(const std::string& host, std::uint16_t port) {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) die("socket");
  no_delay(fd);
  const auto to = address_of(host, port);
  if (::connect(fd, reinterpret_cast<const sockaddr*>(&to), sizeof to) != 0 && errno != EINPROGRESS) {
    ::close(fd);
    return -1;
  }
  return fd;
}

void no_delay(int fd) {
  const int on = 1;
  ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

void raise_descriptor_limit() {
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
}

Poll::Poll() : fd_(::epoll_create1(EPOLL_CLOEXEC)), space_(256) {}

void Poll::add(int fd, std::uint32_t events, void* of) {
  epoll_event event{};
  event.events = events;
  event.data.ptr = of;
  if (::epoll_ctl(fd_, EPOLL_CTL_ADD, fd, &event) != 0) die("epoll_ctl");
}

void Poll::change(int fd, std::uint32_t events, void* of) {
  epoll_event event{};
  event.events = events;
  event.data.ptr = of;
  ::epoll_ctl(fd_, EPOLL_CTL_MOD, fd, &event);
}

const std::vector<epoll_event>& Poll::wait(std::int64_t until_ns) {
  const auto left = std::clamp<std::int64_t>((until_ns - now_ns() + 999'999) / 1'000'000, 0, 1'000);
  const int count = ::epoll_wait(fd_, space_.data(), static_cast<int>(space_.size()), static_cast<int>(left));
  ready_.assign(space_.begin(), space_.begin() + std::max(count, 0));
  return ready_;
}

void write_stamp(std::uint8_t* nal, std::int64_t ns) {
  nal[0] = 0x06;  // SEI
  nal[1] = 0x05;  // user_data_unregistered
  nal[2] = 32;
  std::memcpy(nal + 3, kUuid, 16);
  constexpr char digits[] = "0123456789abcdef";
  for (int i = 0; i < 16; ++i) nal[19 + i] = static_cast<std::uint8_t>(digits[ns >> (60 - 4 * i) & 15]);
  nal[35] = 0x80;
}

std::int64_t find_stamp(const std::uint8_t* data, std::size_t size, std::size_t* found) {
  const auto* at = static_cast<const std::uint8_t*>(::memmem(data, size, kUuid, sizeof kUuid));
  if (at == nullptr || at + 32 > data + size) return 0;
  std::int64_t ns = 0;
  for (int i = 0; i < 16; ++i) {
    const auto c = at[16 + i];
    ns = ns << 4 | (c <= '9' ? c - '0' : c - 'a' + 10);
  }
  if (found != nullptr) *found = static_cast<std::size_t>(at + 32 - data);
  return ns;
}

Url parse_url(std::string_view text) {
  Url out;
  const auto scheme = text.find("://");
  const auto slash = text.find('/', scheme + 3);
  if (scheme == text.npos || slash == text.npos) die("url " + std::string(text));
  out.scheme = text.substr(0, scheme);
  auto authority = text.substr(scheme + 3, slash - scheme - 3);
  if (const auto at = authority.rfind('@'); at != authority.npos) {  // "live:TOKEN@"
    out.token = authority.substr(authority.find(':') + 1, at - authority.find(':') - 1);
    authority = authority.substr(at + 1);
  }
  const auto colon = authority.rfind(':');
  out.host = authority.substr(0, colon);
  out.port = static_cast<std::uint16_t>(std::atoi(std::string(authority.substr(colon + 1)).c_str()));
  auto rest = text.substr(slash);
  if (const auto token = rest.find("?token="); token != rest.npos) {
    out.token = rest.substr(token + 7);
    rest = rest.substr(0, token);
  }
  out.path = rest;
  out.text = out.scheme + "://" + std::string(authority) + out.path;
  return out;
}

std::vector<Url> read_urls(const char* file) {
  std::ifstream in{file};
  std::vector<Url> out;
  for (std::string line; std::getline(in, line);)
    if (!line.empty()) out.push_back(parse_url(line));
  if (out.empty()) die(std::string("no urls in ") + file);
  return out;
}

std::string header(std::string_view message, std::string_view name) {
  const auto at = message.find("\r\n" + std::string(name) + ": ");
  if (at == message.npos) return {};
  const auto begin = at + 4 + name.size();
  return std::string(message.substr(begin, message.find('\r', begin) - begin));
}

int play(const Url& url) {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const auto to = address_of(url.host, url.port);
  if (fd < 0 || ::connect(fd, reinterpret_cast<const sockaddr*>(&to), sizeof to) != 0)
    die("connect to " + url.text);
  no_delay(fd);
  const auto set_up = exchange(
      fd, "SETUP " + url.text +
              "/trackID=0 RTSP/1.0\r\nCSeq: 1\r\nTransport: RTP/AVP/TCP;unicast;interleaved=0-1\r\n\r\n");
  auto session = header(set_up, "Session");
  session = session.substr(0, session.find(';'));
  exchange(fd, "PLAY " + url.text + " RTSP/1.0\r\nCSeq: 2\r\nSession: " + session + "\r\n\r\n");
  ::fcntl(fd, F_SETFL, O_NONBLOCK);
  return fd;
}

}  // namespace camfleet::load
