// What the work of a fleet costs at the least: the same requests to the same simulator by a program that does
// nothing else.
//
//   fleet_floor login FLEET.csv [SECONDS]   one blocking client logs in to each device: deviceInfo, channels,
//   time, alertStream;
//                                           then it reads the open alert streams by epoll for so long
//   fleet_floor sockets N                   N coroutines of Asio, each with two connected sockets that wait
//   fleet_floor http PORT_FILE BYTES        answers every request with the same bytes until it is ended
//
// Each prints one line of JSON.
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <list>
#include <sstream>
#include <string>
#include <vector>

#include "net/asio.h"
#include "net/descriptor_limit.h"
#include "net/spawn.h"
#include "net/task_group.h"
#include "net/testing/run.h"
#include "proto/digest/client.h"

namespace camfleet {
namespace {

[[noreturn]] void die(const std::string& what) {
  std::fprintf(stderr, "fleet_floor: %s: %s\n", what.c_str(), std::strerror(errno));
  std::exit(1);
}

double cpu_seconds() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) * 1e-6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

std::size_t resident_bytes() {
  std::ifstream in{"/proc/self/statm"};
  std::size_t size = 0;
  std::size_t resident = 0;
  in >> size >> resident;
  return resident * static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
}

struct Target {
  std::string address;
  std::uint16_t port = 0;
  std::string user;
  std::string password;
  bool recorder = false;
};

std::vector<Target> read_fleet(const char* path) {
  std::ifstream in{path};
  std::vector<Target> out;
  std::string line;
  std::getline(in, line);
  std::vector<std::string> names;
  const auto cut = [](const std::string& row) {
    std::vector<std::string> cells(1);
    bool quoted = false;
    for (const char c : row) {
      if (c == '"')
        quoted = !quoted;
      else if (c == ',' && !quoted)
        cells.emplace_back();
      else if (c != '\r')
        cells.back() += c;
    }
    return cells;
  };
  names = cut(line);
  const auto column = [&](const std::vector<std::string>& cells, std::string_view name) {
    for (std::size_t i = 0; i < names.size() && i < cells.size(); ++i)
      if (names[i] == name) return cells[i];
    return std::string{};
  };
  while (std::getline(in, line)) {
    const auto cells = cut(line);
    Target target;
    target.address = column(cells, "address");
    target.port = static_cast<std::uint16_t>(std::atoi(column(cells, "http_port").c_str()));
    target.user = column(cells, "username");
    target.password = column(cells, "password");
    target.recorder = column(cells, "tags").find("nvr") != std::string::npos;
    if (!target.address.empty()) out.push_back(std::move(target));
  }
  return out;
}

int connect_to(const Target& target) {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(target.port);
  ::inet_pton(AF_INET, target.address.c_str(), &to.sin_addr);
  if (fd < 0 || ::connect(fd, reinterpret_cast<sockaddr*>(&to), sizeof to) != 0)
    die("connect to " + target.address);
  const int on = 1;
  ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  return fd;
}

// The status of the answer; `head` and all of a body with a length are read.
int exchange(int fd, const std::string& path, const std::string& authorization, std::string& head) {
  std::string request = "GET " + path + " HTTP/1.1\r\nHost: device\r\nUser-Agent: camfleet\r\n";
  if (!authorization.empty()) request += "Authorization: " + authorization + "\r\n";
  request += "\r\n";
  if (::send(fd, request.data(), request.size(), MSG_NOSIGNAL) < 0) die("send");
  head.clear();
  char buffer[16 * 1024];
  for (;;) {
    const auto got = ::recv(fd, buffer, sizeof buffer, 0);
    if (got <= 0) die("recv");
    head.append(buffer, static_cast<std::size_t>(got));
    const auto end = head.find("\r\n\r\n");
    if (end == head.npos) continue;
    const auto field = head.find("Content-Length: ");
    if (field != head.npos && field < end) {
      const auto length = static_cast<std::size_t>(std::atoll(head.c_str() + field + 16));
      while (head.size() < end + 4 + length) {
        const auto more = ::recv(fd, buffer, sizeof buffer, 0);
        if (more <= 0) die("recv");
        head.append(buffer, static_cast<std::size_t>(more));
      }
    }
    return std::atoi(head.c_str() + 9);
  }
}

int log_in(const Target& target, std::vector<int>& control, std::vector<int>& alarms) {
  digest::Client client;
  const Secret password{target.password};
  std::string answer;
  int exchanges = 0;
  const auto get = [&](int fd, const std::string& path) {
    digest::Attempt attempt{client, false};
    for (;;) {
      const auto status =
          exchange(fd, path, attempt.authorization("GET", path, target.user, password), answer);
      ++exchanges;
      std::vector<std::string_view> challenges;
      const std::string_view text{answer};
      constexpr std::string_view field = "WWW-Authenticate: ";
      for (auto at = text.find(field); at != text.npos; at = text.find(field, at + 1))
        challenges.push_back(text.substr(at + field.size(), text.find('\r', at) - at - field.size()));
      const auto verdict = attempt.answered(status, challenges);
      if (verdict.next == digest::Attempt::Verdict::Next::done) return;
      if (verdict.next == digest::Attempt::Verdict::Next::failed) die("refused by " + target.address);
    }
  };
  const int fd = connect_to(target);
  control.push_back(fd);
  get(fd, "/ISAPI/System/deviceInfo");
  if (target.recorder) {
    get(fd, "/ISAPI/ContentMgmt/InputProxy/channels");
    get(fd, "/ISAPI/System/Video/inputs/channels");
    get(fd, "/ISAPI/ContentMgmt/InputProxy/channels/status");
  }
  get(fd, "/ISAPI/Streaming/channels");
  get(fd, "/ISAPI/System/time");
  const int stream = connect_to(target);
  alarms.push_back(stream);
  get(stream, "/ISAPI/Event/notification/alertStream");
  return exchanges;
}

int login(const char* csv, int seconds) {
  net::raise_descriptor_limit();
  const auto fleet = read_fleet(csv);
  std::vector<int> control;
  std::vector<int> alarms;
  long exchanges = 0;
  const auto before = cpu_seconds();
  for (const auto& target : fleet) exchanges += log_in(target, control, alarms);
  const auto took = cpu_seconds() - before;

  const int poll = ::epoll_create1(EPOLL_CLOEXEC);
  for (const int fd : alarms) {
    ::fcntl(fd, F_SETFL, O_NONBLOCK);
    epoll_event event{};
    event.events = EPOLLIN | EPOLLET;
    event.data.fd = fd;
    ::epoll_ctl(poll, EPOLL_CTL_ADD, fd, &event);
  }
  const auto until = std::chrono::steady_clock::now() + std::chrono::seconds{seconds};
  const auto idle_before = cpu_seconds();
  long reads = 0;
  std::vector<epoll_event> events(128);
  static char buffer[64 * 1024];
  while (std::chrono::steady_clock::now() < until) {
    const int ready = ::epoll_wait(poll, events.data(), static_cast<int>(events.size()), 100);
    for (int i = 0; i < ready; ++i)
      if (::recv(events[static_cast<std::size_t>(i)].data.fd, buffer, sizeof buffer, 0) > 0) ++reads;
  }
  const auto idle = cpu_seconds() - idle_before;
  std::printf(
      R"({"devices":%zu,"exchanges":%ld,"login_cpu_ms":%.4f,"idle_core_percent":%.3f,"reads":%ld,"seconds":%d})"
      "\n",
      fleet.size(), exchanges, took * 1e3 / static_cast<double>(fleet.size()),
      seconds > 0 ? idle * 100 / seconds : 0.0, reads, seconds);
  return 0;
}

// --- sockets

net::Task<> wait_for_ever(net::Socket& alarms, net::Timer& timer) {
  timer.expires_at(std::chrono::steady_clock::time_point::max());
  co_await alarms.async_wait(net::Socket::wait_read, net::use_task);
}

int sockets(std::size_t count) {
  net::raise_descriptor_limit();
  net::asio::io_context context{1};
  // To a listener that never accepts: the connections stand in its queue, and take no descriptor of ours
  // there.
  std::list<int> listeners;
  std::list<net::Socket> all;
  std::list<net::Timer> timers;
  net::TaskGroup group{context.get_executor(), "floor"};
  const auto listen = [] {
    const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in at{};
    at.sin_family = AF_INET;
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (::bind(fd, reinterpret_cast<sockaddr*>(&at), sizeof at) != 0 || ::listen(fd, 4096) != 0)
      die("listen");
    return fd;
  };
  const auto before = resident_bytes();
  for (std::size_t i = 0; i < count; ++i) {
    if (i % 500 == 0) listeners.push_back(listen());
    sockaddr_in at{};
    socklen_t size = sizeof at;
    ::getsockname(listeners.back(), reinterpret_cast<sockaddr*>(&at), &size);
    for (int k = 0; k < 2; ++k) {
      const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
      if (fd < 0 || (::connect(fd, reinterpret_cast<sockaddr*>(&at), sizeof at) != 0 && errno != EINPROGRESS))
        die("connect");
      all.emplace_back(context.get_executor()).assign(net::asio::ip::tcp::v4(), fd);
    }
    timers.emplace_back(context.get_executor());
    group.spawn(wait_for_ever(all.back(), timers.back()));
  }
  context.poll();
  const auto bytes = resident_bytes() - before;
  std::printf(R"({"devices":%zu,"bytes_per_device":%.0f})"
              "\n",
              count, static_cast<double>(bytes) / static_cast<double>(count));
  std::fflush(stdout);
  ::_exit(0);
}

// --- http

int http(const char* port_file, std::size_t bytes) {
  const int listener = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  sockaddr_in at{};
  at.sin_family = AF_INET;
  at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::bind(listener, reinterpret_cast<sockaddr*>(&at), sizeof at) != 0 || ::listen(listener, 1024) != 0)
    die("listen");
  socklen_t size = sizeof at;
  ::getsockname(listener, reinterpret_cast<sockaddr*>(&at), &size);
  {
    std::ofstream out{std::string{port_file} + ".new"};
    out << ntohs(at.sin_port) << '\n';
  }
  std::rename((std::string{port_file} + ".new").c_str(), port_file);
  const std::string answer =
      "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: " + std::to_string(bytes) +
      "\r\n\r\n" + std::string(bytes, 'x');
  const int poll = ::epoll_create1(EPOLL_CLOEXEC);
  const auto add = [poll](int fd) {
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.fd = fd;
    ::epoll_ctl(poll, EPOLL_CTL_ADD, fd, &event);
  };
  add(listener);
  std::vector<epoll_event> events(128);
  static char buffer[64 * 1024];
  for (;;) {
    const int ready = ::epoll_wait(poll, events.data(), static_cast<int>(events.size()), -1);
    for (int i = 0; i < ready; ++i) {
      const int fd = events[static_cast<std::size_t>(i)].data.fd;
      if (fd == listener) {
        const int one = ::accept4(listener, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (one < 0) continue;
        const int on = 1;
        ::setsockopt(one, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        add(one);
        continue;
      }
      const auto got = ::recv(fd, buffer, sizeof buffer, 0);
      if (got <= 0) {
        if (got == 0 || errno != EAGAIN) ::close(fd);
        continue;
      }
      // A request of a load generator is one segment, its end is the end of what came.
      if (::send(fd, answer.data(), answer.size(), MSG_NOSIGNAL) < 0) ::close(fd);
    }
  }
}

int usage() {
  std::fputs("fleet_floor login FLEET.csv [SECONDS] | sockets N | http PORT_FILE BYTES\n", stderr);
  return 2;
}

}  // namespace
}  // namespace camfleet

int main(int argc, char** argv) {
  using namespace camfleet;
  const std::string_view verb = argc > 1 ? argv[1] : "";
  if (verb == "login" && argc >= 3) return login(argv[2], argc > 3 ? std::atoi(argv[3]) : 0);
  if (verb == "sockets" && argc == 3) return sockets(static_cast<std::size_t>(std::atoll(argv[2])));
  if (verb == "http" && argc == 4) return http(argv[2], static_cast<std::size_t>(std::atoll(argv[3])));
  return usage();
}
