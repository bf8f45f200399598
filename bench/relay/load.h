#pragma once
#include <sys/epoll.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

// What the load programs of these benches share: sockets, one epoll, one clock for all processes. They use as
// little as possible of what they measure, so that nothing is paid or saved on both sides.
namespace camfleet::load {

std::int64_t now_ns();  // CLOCK_MONOTONIC: the same in every process of a machine
double cpu_seconds();   // of this process
[[noreturn]] void die(std::string_view what);

// A port that only this machine can reach; `port` 0 becomes the one that it got.
int listen_on_loopback(std::uint16_t& port);
// Begins a connection; its result comes with EPOLLOUT.
int begin_connect(const std::string& host, std::uint16_t port);
void no_delay(int fd);
void raise_descriptor_limit();

class Poll {
 public:
  Poll();
  void add(int fd, std::uint32_t events, void* of);
  void change(int fd, std::uint32_t events, void* of);
  // What is ready, after at the most so long.
  const std::vector<epoll_event>& wait(std::int64_t until_ns);

 private:
  int fd_;
  std::vector<epoll_event> space_;
  std::vector<epoll_event> ready_;
};

// --- The time in the video: an SEI message (user_data_unregistered) in front of each frame, which every form
// of output carries on.

inline constexpr std::size_t kStampSize = 36;
// One NAL unit; the time stands in it as text, so no byte of it looks like a start code.
void write_stamp(std::uint8_t* nal, std::int64_t ns);
// 0: there is none in these bytes. `found`, where given: how many bytes are done with.
std::int64_t find_stamp(const std::uint8_t* data, std::size_t size, std::size_t* found = nullptr);

// --- A very small RTSP

struct Url {
  std::string scheme;
  std::string host;
  std::uint16_t port = 0;
  std::string path;   // from the first slash, with what follows '?' cut off
  std::string token;  // of "?token="
  std::string text;   // without the token
};
Url parse_url(std::string_view text);
std::vector<Url> read_urls(const char* file);

std::string header(std::string_view message, std::string_view name);

// A blocking conversation up to PLAY, for what is no part of the figure. The descriptor, then without
// blocking.
int play(const Url& url);

}  // namespace camfleet::load
