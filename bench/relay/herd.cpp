// The viewers: they arrive at a rate, read everything, check that no packet is missing, and tell how old the
// pictures are that they get. RTSP over TCP, or whatever HTTP carries (told by the address).
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>
#include <utility>

#include "base/bytes.h"
#include "programs.h"

namespace camfleet::load {
namespace {

constexpr std::size_t kLook = 64;  // of a packet: its headers and a time in it
constexpr std::int64_t kPatience = 20'000'000'000;

// Microseconds, to 10 at the lower end.
class Times {
 public:
  void add(std::int64_t ns) {
    const auto slot = static_cast<std::size_t>(std::max<std::int64_t>(ns, 0) / 10'000);
    ++counts_[std::min(slot, counts_.size() - 1)];
    ++total_;
  }
  double ms(double share) const {
    auto left = static_cast<std::uint64_t>(share * static_cast<double>(total_));
    for (std::size_t i = 0; i < counts_.size(); ++i) {
      if (counts_[i] > left) return static_cast<double>(i) / 100.0;
      left -= counts_[i];
    }
    return 0;
  }
  std::uint64_t total() const { return total_; }
  void clear() {
    std::ranges::fill(counts_, 0U);
    total_ = 0;
  }

 private:
  std::vector<std::uint32_t> counts_ = std::vector<std::uint32_t>(1'000'000);
  std::uint64_t total_ = 0;
};

enum class Step : std::uint8_t { waiting, connecting, describe, setup, playing, head, media, over };

struct One {
  const Url* url = nullptr;
  int fd = -1;
  Step step = Step::waiting;
  bool stalls = false;
  bool began = false;  // has had a first byte
  bool pictured = false;
  std::int64_t connected = 0;
  std::int64_t played = 0;
  std::string in;  // an answer, or the tail of what HTTP brought
  // Of the interleaved packet under way:
  std::uint32_t have = 0;
  std::uint32_t size = 0;  // 0: its four bytes are not whole
  std::array<std::uint8_t, kLook> look{};
  bool has_sequence = false;
  std::uint16_t sequence = 0;
  std::uint32_t ssrc = 0;
  std::int64_t stamp = 0;
  bool key = false;
};

class Herd {
 public:
  Herd(std::vector<Url> urls, const HerdOptions& options) : urls_(std::move(urls)), options_(options) {
    viewers_.resize(options.viewers);
    for (std::size_t i = 0; i < viewers_.size(); ++i) {
      viewers_[i].url = &urls_[i % urls_.size()];
      viewers_[i].stalls = i < options.stalled;
    }
  }

  int run() {
    const auto begun = now_ns();
    std::size_t arrived = 0;
    std::int64_t all_there = 0;
    std::int64_t counting = 0;
    for (;;) {
      const auto at = now_ns();
      const auto wanted = std::min<std::size_t>(
          viewers_.size(),
          1 + static_cast<std::size_t>(static_cast<double>(at - begun) * 1e-9 * options_.rate));
      for (; arrived < wanted; ++arrived) start(viewers_[arrived]);
      if (all_there == 0 && arrived == viewers_.size() &&
          (pictured_ + failed_ + options_.stalled >= viewers_.size() || at - begun > kPatience + arriving()))
        all_there = at;
      if (all_there != 0 && counting == 0 && at >= all_there + seconds(options_.warm)) {
        counting = at;
        delays_.clear();
        bytes_ = packets_ = frames_ = gaps_ = 0;
        cpu_ = cpu_seconds();
        std::printf(R"({"event":"counting","pictured":%zu,"failed":%zu})"
                    "\n",
                    pictured_, failed_);
        std::fflush(stdout);
      }
      if (counting != 0 && at >= counting + seconds(options_.seconds)) break;
      for (const epoll_event& event : poll_.wait(at + 1'000'000)) serve(*static_cast<One*>(event.data.ptr));
    }
    tell(static_cast<double>(now_ns() - counting) * 1e-9);
    return 0;
  }

 private:
  static std::int64_t seconds(double s) { return static_cast<std::int64_t>(s * 1e9); }
  std::int64_t arriving() const { return seconds(static_cast<double>(viewers_.size()) / options_.rate); }

  void start(One& one) {
    one.connected = now_ns();
    one.fd = begin_connect(one.url->host, one.url->port);
    if (one.fd < 0) return fail(one);
    one.step = Step::connecting;
    poll_.add(one.fd, EPOLLOUT, &one);
  }

  void fail(One& one) {
    if (one.step == Step::over) return;
    one.step = Step::over;
    ++failed_;
    if (one.fd >= 0) ::close(one.fd);
  }

  void say(One& one, const std::string& text) {
    if (::send(one.fd, text.data(), text.size(), MSG_NOSIGNAL) != static_cast<ssize_t>(text.size()))
      fail(one);
  }

  void connected(One& one) {
    int error = 0;
    socklen_t size = sizeof error;
    ::getsockopt(one.fd, SOL_SOCKET, SO_ERROR, &error, &size);
    if (error != 0) return fail(one);
    poll_.change(one.fd, EPOLLIN, &one);
    if (one.url->scheme == "http") {
      one.step = Step::head;
      one.played = now_ns();
      std::string request = "GET " + one.url->path;
      if (!one.url->token.empty()) request += "?token=" + one.url->token;
      return say(one, request + " HTTP/1.1\r\nHost: " + one.url->host + "\r\n\r\n");
    }
    one.step = Step::describe;
    say(one, "DESCRIBE " + with_token(one) + " RTSP/1.0\r\nCSeq: 1\r\nAccept: application/sdp\r\n\r\n");
  }

  static std::string with_token(const One& one) {
    return one.url->text + (one.url->token.empty() ? "" : "?token=" + one.url->token);
  }

  void answered(One& one, const std::string& answer) {
    if (answer.find(" 200 ") == std::string::npos) return fail(one);
    if (one.step == Step::describe) {
      one.step = Step::setup;
      return say(one, "SETUP " + one.url->text +
                          "/trackID=0 RTSP/1.0\r\nCSeq: 2\r\nTransport: "
                          "RTP/AVP/TCP;unicast;interleaved=0-1\r\n\r\n");
    }
    if (one.step == Step::setup) {
      auto session = header(answer, "Session");
      one.step = Step::playing;
      one.played = now_ns();
      return say(one, "PLAY " + one.url->text + " RTSP/1.0\r\nCSeq: 3\r\nSession: " +
                          session.substr(0, session.find(';')) + "\r\n\r\n");
    }
    one.step = Step::media;
    if (one.stalls) poll_.change(one.fd, 0, &one);
  }

  void serve(One& one) {
    if (one.step == Step::over) return;
    if (one.step == Step::connecting) return connected(one);
    static std::uint8_t buffer[256 * 1024];
    const auto got = ::recv(one.fd, buffer, sizeof buffer, 0);
    if (got < 0 && errno == EAGAIN) return;
    if (got <= 0) return fail(one);
    ByteView bytes{buffer, static_cast<std::size_t>(got)};
    bytes_ += bytes.size();
    if (one.step == Step::media) return media(one, bytes);
    one.in.append(as_text(bytes));
    while (one.step != Step::media && one.step != Step::over) {
      const auto end = one.in.find("\r\n\r\n");
      if (end == std::string::npos) return;
      const auto length = one.step == Step::head ? std::string{} : header(one.in, "Content-Length");
      const auto whole = end + 4 + (length.empty() ? 0 : static_cast<std::size_t>(std::atoi(length.c_str())));
      if (one.in.size() < whole) return;
      const auto answer = one.in.substr(0, whole);
      one.in.erase(0, whole);
      answered(one, answer);
    }
    if (one.step != Step::media) return;
    const auto rest = std::exchange(one.in, {});
    media(one, as_bytes(rest));
  }

  void media(One& one, ByteView bytes) {
    if (bytes.empty()) return;
    const auto at = now_ns();
    if (!one.began) {
      one.began = true;
      first_byte_.add(at - one.connected);
    }
    if (one.url->scheme == "http") return http_media(one, bytes, at);
    while (!bytes.empty()) {
      if (one.size == 0) {
        const auto take = std::min<std::size_t>(4 - one.have, bytes.size());
        std::memcpy(one.look.data() + one.have, bytes.data(), take);
        one.have += static_cast<std::uint32_t>(take);
        bytes = bytes.subspan(take);
        if (one.have < 4) return;
        if (one.look[0] != '$') return fail(one);
        one.size = 4U + load16(one.look.data() + 2);
      }
      const auto take = std::min<std::size_t>(one.size - one.have, bytes.size());
      if (one.have < kLook)
        std::memcpy(one.look.data() + one.have, bytes.data(), std::min<std::size_t>(take, kLook - one.have));
      one.have += static_cast<std::uint32_t>(take);
      bytes = bytes.subspan(take);
      if (one.have < one.size) return;
      packet(one, at);
      one.have = one.size = 0;
    }
  }

  void packet(One& one, std::int64_t at) {
    const auto* rtp = one.look.data() + 4;
    if (one.look[1] != 0 || one.size < 4 + 12 + 2) return;
    ++packets_;
    const auto sequence = load16(rtp + 2);
    if (one.has_sequence &&
        (sequence != static_cast<std::uint16_t>(one.sequence + 1) || load32(rtp + 8) != one.ssrc))
      ++gaps_;
    one.has_sequence = true;
    one.sequence = sequence;
    one.ssrc = load32(rtp + 8);
    const auto* nal = rtp + 12;
    const auto type = nal[0] & 0x1F;
    if (type == 6 && one.size >= 4 + 12 + kStampSize) one.stamp = find_stamp(nal, kStampSize);
    if (type == 5 || (type == 28 && (nal[1] & 0x1F) == 5)) one.key = true;
    if ((rtp[1] & 0x80) != 0) frame(one, at, std::exchange(one.key, false));
  }

  void frame(One& one, std::int64_t at, bool key) {
    ++frames_;
    if (key && !one.pictured) {
      one.pictured = true;
      ++pictured_;
      first_picture_.add(at - one.connected);
    }
    const auto stamp = std::exchange(one.stamp, 0);
    if (stamp > one.played) delays_.add(at - stamp);
  }

  // Whole frames come in one piece nearly always: the time in front of one is good for all of it.
  void http_media(One& one, ByteView bytes, std::int64_t at) {
    one.in.append(as_text(bytes));
    const auto all = as_bytes(one.in);
    std::size_t done = 0;
    for (;;) {
      std::size_t found = 0;
      const auto stamp = find_stamp(all.data() + done, all.size() - done, &found);
      if (stamp == 0) break;
      done += found;
      one.stamp = stamp;
      frame(one, at, true);
    }
    const auto tail = std::min<std::size_t>(all.size() - done, 32);
    one.in.erase(0, all.size() - tail);
  }

  void tell(double took) {
    std::printf(
        R"({"event":"counted","seconds":%.3f,"viewers":%zu,"pictured":%zu,"failed":%zu,"bytes":%llu,"packets":%llu,)"
        R"("frames":%llu,"gaps":%llu,"delay_ms":{"p50":%.2f,"p90":%.2f,"p99":%.2f,"n":%llu},)"
        R"("first_byte_ms":{"p50":%.2f,"p95":%.2f,"p99":%.2f},)"
        R"("first_picture_ms":{"p50":%.2f,"p95":%.2f,"p99":%.2f},"cpu_s":%.3f})"
        "\n",
        took, viewers_.size(), pictured_, failed_, static_cast<unsigned long long>(bytes_),
        static_cast<unsigned long long>(packets_), static_cast<unsigned long long>(frames_),
        static_cast<unsigned long long>(gaps_), delays_.ms(0.5), delays_.ms(0.9), delays_.ms(0.99),
        static_cast<unsigned long long>(delays_.total()), first_byte_.ms(0.5), first_byte_.ms(0.95),
        first_byte_.ms(0.99), first_picture_.ms(0.5), first_picture_.ms(0.95), first_picture_.ms(0.99),
        cpu_seconds() - cpu_);
    std::fflush(stdout);
  }

  std::vector<Url> urls_;
  HerdOptions options_;
  Poll poll_;
  std::vector<One> viewers_;
  Times delays_;
  Times first_byte_;
  Times first_picture_;
  std::uint64_t bytes_ = 0;
  std::uint64_t packets_ = 0;
  std::uint64_t frames_ = 0;
  std::uint64_t gaps_ = 0;
  std::size_t pictured_ = 0;
  std::size_t failed_ = 0;
  double cpu_ = 0;
};

}  // namespace

int herd(const char* urls, const HerdOptions& options) {
  raise_descriptor_limit();
  return Herd{read_urls(urls), options}.run();
}

}  // namespace camfleet::load
