#include "sdkhost/outlet.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <utility>

#include "proto/sdkhost/descriptors.h"

namespace camfleet::sdkhost {
namespace {

constexpr std::size_t kBodyPart = kMaxMessage - 4096;
constexpr std::chrono::milliseconds kLook{5};  // for room in the socket's buffer
constexpr std::size_t kMostNotices = 4;        // of one device or stream that wait
constexpr std::uint64_t kTidyAfter = 4 << 20;  // bytes written

bool of_stream(NoticeKind kind) {
  return kind == NoticeKind::stream_lost || kind == NoticeKind::stream_back ||
         kind == NoticeKind::stream_closed;
}
bool counts(NoticeKind kind) {
  return kind == NoticeKind::alarms_dropped || kind == NoticeKind::alarms_unreadable;
}

}  // namespace

std::optional<Outlet::Ring> Outlet::Ring::open(int memory, int bell) {
  struct stat what {};
  if (::fstat(memory, &what) != 0 || what.st_size <= 0) return std::nullopt;
  const auto size = static_cast<std::size_t>(what.st_size);
  auto* data = ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED, memory, 0);
  if (data == MAP_FAILED) return std::nullopt;
  auto writer = RingWriter::open({static_cast<std::uint8_t*>(data), size});
  if (!writer) return std::nullopt;
  return Ring{*writer, memory, bell};
}

bool Outlet::Ring::write(std::initializer_list<ByteView> pieces) {
  const bool fits = writer.write(pieces);
  if (fits)
    for (const auto piece : pieces) written += piece.size();
  if (writer.wake()) {
    const std::uint64_t one = 1;
    [[maybe_unused]] const auto rung = ::write(bell, &one, sizeof one);
  }
  return fits;
}

Outlet::Outlet(int socket, Ring alarms, Ring media)
    : socket_(socket), media_(media), alarms_(alarms), teller_([this] { tell_all(); }) {}

Outlet::~Outlet() {
  {
    const std::lock_guard lock{notice_mutex_};
    stopping_ = true;
  }
  notice_more_.notify_all();
  teller_.join();
}

void Outlet::send(const std::string& message) {
  const std::lock_guard lock{socket_mutex_};
  while (::send(socket_, message.data(), message.size(), MSG_NOSIGNAL) < 0) {
    if (errno == EINTR) continue;
    if (errno != EAGAIN && errno != ENOBUFS) return;  // the gateway is gone: whoever receives ends us
    std::this_thread::sleep_for(kLook);
  }
}

void Outlet::send(Answer answer) {
  if (answer.body.size() > kMaxAnswer) {
    answer.body.clear();
    answer.outcome = Outcome::too_large;
  }
  auto body = std::exchange(answer.body, {});
  std::string_view rest = body;
  do {
    answer.body = rest.substr(0, kBodyPart);
    rest.remove_prefix(answer.body.size());
    answer.more = !rest.empty();
    send(encode(answer));
  } while (!rest.empty());
}

// --- notices

void Outlet::tell(const Notice& notice) {
  const auto whose = std::uint64_t{notice.id} << 1 | (of_stream(notice.kind) ? 1U : 0U);
  {
    const std::lock_guard lock{notice_mutex_};
    auto& waiting = notices_[whose];
    if (waiting.empty()) next_.push_back(whose);
    if (counts(notice.kind)) {
      const auto same = std::ranges::find(waiting, notice.kind, &Notice::kind);
      if (same != waiting.end())
        same->error += notice.error;
      else
        waiting.push_back(notice);
    } else if (!waiting.empty() && waiting.back().kind == notice.kind) {
      waiting.back() = notice;
    } else {
      // A loss that is mended and comes again while nobody reads is one long loss.
      if (waiting.size() >= kMostNotices) waiting.erase(waiting.begin() + 1, waiting.begin() + 3);
      waiting.push_back(notice);
    }
  }
  notice_more_.notify_one();
}

void Outlet::tell_all() {
  std::unique_lock lock{notice_mutex_};
  for (;;) {
    notice_more_.wait(lock, [this] { return stopping_ || !next_.empty(); });
    if (stopping_) return;
    const auto found = notices_.find(next_.front());
    next_.pop_front();
    const auto waiting = std::move(found->second);
    notices_.erase(found);
    lock.unlock();
    for (const auto& notice : waiting) send(encode(notice));
    lock.lock();
  }
}

// --- the rings

bool Outlet::send(Alarm alarm) {
  const auto device = alarm.device;
  auto record = encode_body(alarm);
  while (record.size() > alarms_.writer.most() && !alarm.pictures.empty()) {
    alarm.pictures.pop_back();
    ++alarm.pictures_left_out;
    record = encode_body(alarm);
  }
  {
    const std::lock_guard lock{alarm_mutex_};
    if (alarms_.write({as_bytes(record)})) return true;
  }
  ++alarms_refused_;
  tell({NoticeKind::alarms_dropped, device, 1});
  return false;
}

bool Outlet::send_media(std::uint32_t stream, std::uint8_t type, ByteView bytes) {
  const std::uint8_t head[kMediaHead]{static_cast<std::uint8_t>(stream),
                                      static_cast<std::uint8_t>(stream >> 8),
                                      static_cast<std::uint8_t>(stream >> 16),
                                      static_cast<std::uint8_t>(stream >> 24),
                                      type,
                                      0,
                                      0,
                                      0};
  const std::lock_guard lock{media_mutex_};
  return media_.write({ByteView{head}, bytes});
}

void Outlet::tidy() {
  for (const auto& [mutex, ring] : {std::pair{&alarm_mutex_, &alarms_}, std::pair{&media_mutex_, &media_}}) {
    const std::lock_guard lock{*mutex};
    if (ring->written < kTidyAfter || !ring->writer.empty()) continue;
    ring->written = 0;
    ::fallocate(ring->memory, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, kRingData,
                static_cast<off_t>(ring->writer.capacity()));
  }
}

}  // namespace camfleet::sdkhost
