// The cameras: any number of streams of one clip, each connection its own, a frame in one gathered write.
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <iterator>
#include <memory>
#include <queue>
#include <unordered_map>

#include "base/bytes.h"
#include "door.h"
#include "programs.h"

namespace camfleet::load {
namespace {

constexpr std::int64_t kFrame = 1'000'000'000 / sim::kFramesPerSecond;
constexpr std::size_t kHead = 16;  // '$', channel, length, RTP
constexpr std::size_t kRestLimit = 256 * 1024;

struct Camera {
  int fd = -1;
  std::string in;
  std::string rest;  // that the socket did not take
  bool playing = false;
  bool gone = false;
  std::uint16_t sequence = 0;
  std::uint32_t timestamp = 0;
  std::uint32_t ssrc = 0;
  std::size_t frame = 0;
  std::int64_t due = 0;
};

struct Later {
  bool operator()(const std::shared_ptr<Camera>& a, const std::shared_ptr<Camera>& b) const {
    return a->due > b->due;
  }
};

class Farm {
 public:
  Farm(const sim::Clip& clip, unsigned speed) : clip_(clip), door_(clip), speed_(speed) {}

  void run(int listener) {
    poll_.add(listener, EPOLLIN, nullptr);
    for (;;) {
      const auto until = due_.empty() ? now_ns() + 1'000'000'000 : due_.top()->due;
      for (const epoll_event& event : poll_.wait(until)) {
        if (event.data.ptr == nullptr)
          accept_all(listener);
        else
          serve(*static_cast<Camera*>(event.data.ptr));
      }
      const auto at = now_ns();
      while (!due_.empty() && due_.top()->due <= at) {
        auto camera = due_.top();
        due_.pop();
        if (camera->gone) continue;
        send(*camera);
        camera->due += kFrame / speed_;
        due_.push(std::move(camera));
      }
      buried_.clear();
    }
  }

 private:
  void accept_all(int listener) {
    for (;;) {
      const int fd = ::accept4(listener, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
      if (fd < 0) return;
      no_delay(fd);
      auto camera = std::make_shared<Camera>();
      camera->fd = fd;
      poll_.add(fd, EPOLLIN, camera.get());
      all_[camera.get()] = camera;
    }
  }

  void close(Camera& camera) {
    if (camera.gone) return;
    camera.gone = true;
    ::close(camera.fd);
    buried_.push_back(all_[&camera]);
    all_.erase(&camera);
  }

  void serve(Camera& camera) {
    if (camera.gone) return;
    char buffer[4096];
    const auto got = ::recv(camera.fd, buffer, sizeof buffer, 0);
    if (got == 0 || (got < 0 && errno != EAGAIN)) return close(camera);
    if (got < 0) return;
    camera.in.append(buffer, static_cast<std::size_t>(got));
    const auto answer = door_.take(camera.in);
    camera.rest += answer.text;
    flush(camera);
    if (answer.over) return close(camera);
    if (!answer.plays || camera.playing) return;
    camera.playing = true;
    ++count_;
    camera.ssrc = count_ * 2'654'435'761U;
    camera.sequence = static_cast<std::uint16_t>(camera.ssrc >> 7);
    camera.timestamp = camera.ssrc >> 3;
    // Cameras are in no step: not within a frame, and not within a group of pictures.
    camera.due = now_ns() + camera.ssrc % kFrame;
    camera.frame = clip_.key_before((count_ * 7) % clip_.frames());
    due_.push(all_[&camera]);
  }

  void flush(Camera& camera) {
    if (camera.rest.empty() || camera.gone) return;
    const auto sent = ::send(camera.fd, camera.rest.data(), camera.rest.size(), MSG_NOSIGNAL);
    if (sent > 0) camera.rest.erase(0, static_cast<std::size_t>(sent));
  }

  void send(Camera& camera) {
    const auto& frame = clip_.frame(camera.frame);
    camera.frame = (camera.frame + 1) % clip_.frames();
    camera.timestamp += sim::kTicksPerFrame / speed_;
    flush(camera);
    if (camera.rest.size() > kRestLimit) return;  // it does not read: the frame is lost
    heads_.resize((frame.packets + 1) * kHead + kStampSize);
    parts_.clear();
    auto* head = heads_.data();
    const auto begin_packet = [&](std::size_t size, bool marker) {
      head[0] = '$';
      head[1] = 0;
      store16(head + 2, static_cast<std::uint16_t>(12 + size));
      head[4] = 0x80;
      head[5] = static_cast<std::uint8_t>(96 | (marker ? 0x80 : 0));
      store16(head + 6, camera.sequence++);
      store32(head + 8, camera.timestamp);
      store32(head + 12, camera.ssrc);
    };
    begin_packet(kStampSize, false);
    write_stamp(head + kHead, now_ns());
    parts_.push_back({head, kHead + kStampSize});
    head += kHead + kStampSize;
    for (std::size_t i = 0; i < frame.packets; ++i) {
      const auto& packet = clip_.packets(frame)[i];
      const auto payload = clip_.payload(packet);
      begin_packet(payload.size(), packet.marker);
      parts_.push_back({head, kHead});
      parts_.push_back({const_cast<std::uint8_t*>(payload.data()), payload.size()});
      head += kHead;
    }
    std::size_t skip = 0;
    if (camera.rest.empty()) {
      msghdr message{};
      message.msg_iov = parts_.data();
      message.msg_iovlen = parts_.size();
      const auto sent = ::sendmsg(camera.fd, &message, MSG_NOSIGNAL);
      if (sent < 0 && errno != EAGAIN) return;  // its end comes as an event
      skip = sent > 0 ? static_cast<std::size_t>(sent) : 0;
    }
    for (const iovec& part : parts_) {
      if (skip < part.iov_len) {
        camera.rest.append(static_cast<const char*>(part.iov_base) + skip, part.iov_len - skip);
        skip = 0;
      } else {
        skip -= part.iov_len;
      }
    }
  }

  const sim::Clip& clip_;
  Door door_;
  unsigned speed_;
  Poll poll_;
  std::unordered_map<Camera*, std::shared_ptr<Camera>> all_;
  std::priority_queue<std::shared_ptr<Camera>, std::vector<std::shared_ptr<Camera>>, Later> due_;
  std::vector<std::shared_ptr<Camera>> buried_;
  Bytes heads_;
  std::vector<iovec> parts_;
  std::uint32_t count_ = 0;
};

}  // namespace

sim::Clip read_clip(const char* file) {
  std::ifstream in{file, std::ios::binary};
  const Bytes annexb{std::istreambuf_iterator<char>{in}, {}};
  auto clip = sim::Clip::cut(annexb);
  if (!clip) die(std::string("clip ") + file + ": " + clip.error().text());
  return std::move(*clip);
}

int farm(const char* clip_file, unsigned speed) {
  const auto clip = read_clip(clip_file);
  std::uint16_t port = 0;
  const int listener = listen_on_loopback(port);
  std::printf(R"({"port":%u,"kbps":%u,"gop":%u,"frames":%zu})"
              "\n",
              port, clip.kbps(), clip.gop(), clip.frames());
  std::fflush(stdout);
  Farm{clip, speed == 0 ? 1 : speed}.run(listener);
  return 0;
}

}  // namespace camfleet::load
