// How many bytes an idle device costs: an alarm stream that waits and a kept control connection. Printed, not
// asserted closely: an allocator is not ours. The budget for all of a device is 16 KiB.
#include <gtest/gtest.h>
#include <malloc.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdio>
#include <list>
#include <thread>

#include "net/http_client.h"
#include "net/http_server.h"
#include "net/task_group.h"
#include "net/testing/pair.h"
#include "net/testing/run.h"
#include "net/within.h"

namespace camfleet::net {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t kDevices = 500;

// Answers every connection once and keeps it, without memory of its own.
struct SilentDevices {
  SilentDevices() {
    fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    at = testing::loopback();
    ::bind(fd, at.data(), static_cast<socklen_t>(at.size()));
    ::listen(fd, 4096);
    socklen_t size = static_cast<socklen_t>(at.capacity());
    ::getsockname(fd, at.data(), &size);
    kept.reserve(2 * kDevices);
    thread = std::thread([this] {
      for (std::size_t i = 0; i < 2 * kDevices; ++i) {
        const int one = ::accept4(fd, nullptr, nullptr, SOCK_CLOEXEC);
        char request[2048];
        const bool stream = ::recv(one, request, sizeof request, 0) > 5 && request[5] == 'a';
        const std::string_view answer =
            stream ? "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n"
                   : "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
        if (::send(one, answer.data(), answer.size(), MSG_NOSIGNAL) < 0) return;
        kept.push_back(one);
      }
    });
  }
  ~SilentDevices() {
    thread.join();
    for (const int one : kept) ::close(one);
    ::close(fd);
  }
  int fd = -1;
  Endpoint at;
  std::vector<int> kept;
  std::thread thread;
};

struct Device {
  Device(const AddressGuard& guard, HostPort at) : control(guard, at), alarms(guard, at) {}
  HttpConnection control;
  HttpConnection alarms;
};

Task<> live(Device& device, std::size_t& idle) {
  {
    HttpRequest request;
    request.target = "/control";
    const auto answer = co_await device.control.request(request, std::chrono::steady_clock::now() + 10s);
    EXPECT_TRUE(answer);
    request.target = "/alerts";
    const auto head = co_await device.alarms.open_stream(request, std::chrono::steady_clock::now() + 10s);
    EXPECT_TRUE(head);
  }
  const auto first = co_await device.alarms.read_body(std::chrono::steady_clock::now() + 10s);
  EXPECT_TRUE(first);
  ++idle;
  for (;;) {
    const auto piece = co_await device.alarms.read_body(std::chrono::steady_clock::now() + 30s);
    if (!piece) co_return;
  }
}

TEST(Density, bytes_of_an_idle_device_with_its_two_connections) {
  SilentDevices devices;
  const auto guard = AddressGuard::parse({"127.0.0.0/8"}).value();
  testing::TestLoop loop;
  std::list<Device> all;
  TaskGroup group{loop.executor(), "devices"};
  std::size_t idle = 0;
  const auto before = ::mallinfo2().uordblks;
  for (std::size_t i = 0; i < kDevices; ++i) {
    group.spawn(live(all.emplace_back(guard, HostPort{"127.0.0.1", devices.at.port()}), idle));
    while (idle <= i) loop.run(sleep_for(100us));
  }
  const auto bytes = (::mallinfo2().uordblks - before) / kDevices;
  std::printf("an idle device with two connections: %zu bytes of heap\n", bytes);
  RecordProperty("bytes_per_idle_device", static_cast<int>(bytes));
  EXPECT_LT(bytes, 8192u);  // 0 under the allocator of a sanitizer
  loop.run(group.stop());
}

Task<> hello(HttpExchange& exchange) {
  HttpResponse response;
  response.body = "ok";
  const auto sent = co_await exchange.respond(response);
  static_cast<void>(sent);
}

TEST(Density, bytes_of_an_idle_client_of_the_server) {
  Loops loops{1};
  loops.start();
  HttpServer server{loops, hello};
  const auto at = server.listen(testing::loopback()).value();
  std::vector<int> clients;
  clients.reserve(kDevices);
  std::size_t before = 0;
  for (std::size_t i = 0; i <= kDevices; ++i) {
    const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    ::connect(fd, at.data(), static_cast<socklen_t>(at.size()));
    const std::string_view request = "GET / HTTP/1.1\r\nHost: h\r\n\r\n";
    char answer[512];
    const bool served = ::send(fd, request.data(), request.size(), MSG_NOSIGNAL) > 0 &&
                        ::recv(fd, answer, sizeof answer, 0) > 0;
    EXPECT_TRUE(served);
    clients.push_back(fd);
    if (i == 0) before = ::mallinfo2().uordblks;  // what the first one made stays for all
  }
  const auto bytes = (::mallinfo2().uordblks - before) / kDevices;
  std::printf("an idle client of the HTTP server: %zu bytes of heap\n", bytes);
  EXPECT_LT(bytes, 6144u);
  server.stop_and_wait();
  for (const int fd : clients) ::close(fd);
}

}  // namespace
}  // namespace camfleet::net
