// The least that a relay can do: read each stream where it lies, and write each whole frame to each viewer in
// one call.
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <list>
#include <memory>

#include "base/bytes.h"
#include "door.h"
#include "programs.h"

namespace camfleet::load {
namespace {

constexpr std::size_t kRoom = 256 * 1024;

struct Viewer;
struct End {
  bool upstream = false;
  int fd = -1;
};
struct Upstream : End {
  Bytes buffer = Bytes(kRoom);
  std::size_t begin = 0;  // of the frame that is being received
  std::size_t seen = 0;   // whole packets up to here
  std::size_t end = 0;
  std::vector<Viewer*> viewers;
};
struct Viewer : End {
  std::string in;
  bool broken = false;
};

void fan_out(Upstream& from, std::size_t size) {
  for (Viewer* viewer : from.viewers) {
    if (viewer->broken) continue;
    const auto sent = ::send(viewer->fd, from.buffer.data() + from.begin, size, MSG_NOSIGNAL);
    // It keeps nothing for slow viewers: whoever does not take a whole frame is out.
    if (sent != static_cast<ssize_t>(size)) viewer->broken = true;
  }
}

void receive(Upstream& from) {
  if (from.end == from.buffer.size()) {
    std::memmove(from.buffer.data(), from.buffer.data() + from.begin, from.end - from.begin);
    from.seen -= from.begin;
    from.end -= from.begin;
    from.begin = 0;
  }
  const auto got = ::recv(from.fd, from.buffer.data() + from.end, from.buffer.size() - from.end, 0);
  if (got <= 0) return;
  from.end += static_cast<std::size_t>(got);
  while (from.end - from.seen >= 4) {
    const auto* at = from.buffer.data() + from.seen;
    const std::size_t size = 4 + load16(at + 2);
    if (from.end - from.seen < size) break;
    from.seen += size;
    if ((at[5] & 0x80) == 0) continue;
    fan_out(from, from.seen - from.begin);
    from.begin = from.seen;
  }
  if (from.begin == from.end) from.begin = from.seen = from.end = 0;
}

}  // namespace

int floor(const char* clip_file, const char* urls, bool read_only) {
  raise_descriptor_limit();
  const auto clip = read_clip(clip_file);
  const Door door{clip};
  Poll poll;
  std::vector<std::unique_ptr<Upstream>> upstreams;
  for (const Url& url : read_urls(urls)) {
    auto& upstream = *upstreams.emplace_back(std::make_unique<Upstream>());
    upstream.upstream = true;
    upstream.fd = play(url);
    poll.add(upstream.fd, EPOLLIN, static_cast<End*>(&upstream));
  }
  std::uint16_t port = 0;
  const int listener = listen_on_loopback(port);
  poll.add(listener, EPOLLIN, nullptr);
  std::printf(R"({"port":%u})"
              "\n",
              port);
  std::fflush(stdout);
  std::list<Viewer> viewers;
  static std::uint8_t scratch[kRoom];
  for (;;) {
    for (const epoll_event& event : poll.wait(now_ns() + 1'000'000'000)) {
      auto* end = static_cast<End*>(event.data.ptr);
      if (end == nullptr) {
        int fd = -1;
        while ((fd = ::accept4(listener, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0) {
          no_delay(fd);
          auto& viewer = viewers.emplace_back();
          viewer.fd = fd;
          poll.add(fd, EPOLLIN, static_cast<End*>(&viewer));
        }
      } else if (end->upstream) {
        if (read_only)
          (void)!::recv(end->fd, scratch, sizeof scratch, 0);
        else
          receive(static_cast<Upstream&>(*end));
      } else {
        auto& viewer = static_cast<Viewer&>(*end);
        const auto got = ::recv(viewer.fd, scratch, 4096, 0);
        if (got == 0 || (got < 0 && errno != EAGAIN)) {
          for (const auto& upstream : upstreams) std::erase(upstream->viewers, &viewer);
          poll.change(viewer.fd, 0, end);
          ::shutdown(viewer.fd, SHUT_RDWR);
          viewer.broken = true;
          continue;
        }
        if (got < 0) continue;
        viewer.in.append(reinterpret_cast<const char*>(scratch), static_cast<std::size_t>(got));
        const auto answer = door.take(viewer.in);
        if (!answer.text.empty())
          (void)!::send(viewer.fd, answer.text.data(), answer.text.size(), MSG_NOSIGNAL);
        if (answer.plays) {  // "/N"
          const auto number = static_cast<std::size_t>(std::atoi(answer.path.c_str() + 1));
          upstreams.at(number % upstreams.size())->viewers.push_back(&viewer);
        }
      }
    }
  }
}

}  // namespace camfleet::load
