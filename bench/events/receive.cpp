#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <charconv>
#include <cstdint>
#include <cstdio>
#include <ctime>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "load.h"

namespace camfleet::bench {
namespace {

constexpr std::string_view kAnswer = "HTTP/1.1 204 No Content\r\n\r\n";
constexpr std::size_t kRead = 256 * 1024;

std::int64_t now_us() {
  timespec now{};
  ::clock_gettime(CLOCK_REALTIME, &now);
  return std::int64_t{now.tv_sec} * 1'000'000 + now.tv_nsec / 1'000;
}

// The text of a member of the event, up to its closing quote.
std::string_view member(std::string_view event, std::string_view name) {
  const auto at = event.find(name);
  if (at == std::string_view::npos) return {};
  event.remove_prefix(at + name.size());
  return event.substr(0, event.find('"'));
}

struct Begun {
  std::string device;
  std::uint32_t number = 0;
  std::int64_t at = 0;
};

class Receiver {
 public:
  int run();

 private:
  void accept();
  bool read(int fd, std::string& pending);
  bool take(int fd, std::string& pending);
  void count(std::string_view body);
  void note(std::string_view event, std::int64_t now);

  int epoll_ = -1;
  int door_ = -1;
  std::map<int, std::string> links_;
  std::vector<Begun> begun_;
  std::uint64_t requests_ = 0;
  std::uint64_t events_ = 0;
  std::uint64_t bytes_ = 0;
};

void watch(int epoll, int fd) {
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.fd = fd;
  ::epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event);
}

int Receiver::run() {
  door_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  if (::bind(door_, reinterpret_cast<sockaddr*>(&address), size) != 0 || ::listen(door_, 64) != 0 ||
      ::getsockname(door_, reinterpret_cast<sockaddr*>(&address), &size) != 0) {
    std::perror("events_load");
    return 1;
  }
  std::printf("{\"port\":%u}\n", ntohs(address.sin_port));
  std::fflush(stdout);
  epoll_ = ::epoll_create1(EPOLL_CLOEXEC);
  watch(epoll_, door_);
  watch(epoll_, STDIN_FILENO);
  std::array<epoll_event, 64> ready{};
  for (;;) {
    const int some = ::epoll_wait(epoll_, ready.data(), static_cast<int>(ready.size()), -1);
    for (int i = 0; i < some; ++i) {
      const int fd = ready[static_cast<std::size_t>(i)].data.fd;
      if (fd == STDIN_FILENO) {
        for (const auto& one : begun_)
          std::printf("%s %u %lld\n", one.device.c_str(), one.number, static_cast<long long>(one.at));
        std::printf("{\"requests\":%llu,\"events\":%llu,\"bytes\":%llu}\n",
                    static_cast<unsigned long long>(requests_), static_cast<unsigned long long>(events_),
                    static_cast<unsigned long long>(bytes_));
        return 0;
      }
      if (fd == door_)
        accept();
      else if (!read(fd, links_[fd])) {
        ::close(fd);
        links_.erase(fd);
      }
    }
  }
}

void Receiver::accept() {
  const int fd = ::accept4(door_, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK);
  if (fd < 0) return;
  const int on = 1;
  ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  links_[fd];
  watch(epoll_, fd);
}

bool Receiver::read(int fd, std::string& pending) {
  const auto had = pending.size();
  pending.resize(had + kRead);
  const auto got = ::recv(fd, pending.data() + had, kRead, 0);
  pending.resize(had + (got > 0 ? static_cast<std::size_t>(got) : 0));
  if (got == 0) return false;
  return take(fd, pending);
}

// Whole requests off the front.
bool Receiver::take(int fd, std::string& pending) {
  constexpr std::string_view kLength = "ontent-Length: ";
  std::string_view left = pending;
  for (;;) {
    const auto head = left.find("\r\n\r\n");
    if (head == std::string_view::npos) break;
    const auto at = left.substr(0, head).find(kLength);
    if (at == std::string_view::npos) return false;
    std::size_t length = 0;
    std::from_chars(left.data() + at + kLength.size(), left.data() + head, length);
    if (left.size() < head + 4 + length) break;
    count(left.substr(head + 4, length));
    left.remove_prefix(head + 4 + length);
    if (::send(fd, kAnswer.data(), kAnswer.size(), MSG_NOSIGNAL) != static_cast<ssize_t>(kAnswer.size()))
      return false;
  }
  pending.erase(0, pending.size() - left.size());
  return true;
}

void Receiver::count(std::string_view body) {
  constexpr std::string_view kBegin = "{\"specversion\"";
  const auto now = now_us();
  ++requests_;
  bytes_ += body.size();
  for (auto at = body.find(kBegin); at != std::string_view::npos;) {
    ++events_;
    const auto next = body.find(kBegin, at + 1);
    note(body.substr(at, next - at), now);
    at = next;
  }
}

void Receiver::note(std::string_view event, std::int64_t now) {
  const auto type = member(event, "\"type\":\"");
  if (type != "camfleet.alarm.start" && type != "camfleet.alarm.pulse") return;
  const auto said = member(event, "\"description\":\"");
  const auto at = said.find("alarm ");
  if (at == std::string_view::npos) return;
  Begun one{std::string{member(event, "\"partitionkey\":\"")}, 0, now};
  std::from_chars(said.data() + said.rfind(' ') + 1, said.data() + said.size(), one.number);
  begun_.push_back(std::move(one));
}

}  // namespace

int receive() { return Receiver{}.run(); }

}  // namespace camfleet::bench
