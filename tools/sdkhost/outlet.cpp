#include "sdkhost/outlet.h"

#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include "proto/sdkhost/descriptors.h"

namespace camfleet::sdkhost {
namespace {

constexpr std::size_t kBodyPart = kMaxMessage - 4096;
constexpr std::chrono::milliseconds kLook{5};  // for room in the ring

}  // namespace

std::optional<Outlet::Ring> Outlet::Ring::open(int memory, int bell) {
  struct stat what {};
  if (::fstat(memory, &what) != 0 || what.st_size <= 0) return std::nullopt;
  const auto size = static_cast<std::size_t>(what.st_size);
  auto* data = ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_SHARED, memory, 0);
  if (data == MAP_FAILED) return std::nullopt;
  auto writer = RingWriter::open({static_cast<std::uint8_t*>(data), size});
  if (!writer) return std::nullopt;
  return Ring{*writer, bell};
}

void Outlet::Ring::wake() {
  if (!writer.wake()) return;
  const std::uint64_t one = 1;
  [[maybe_unused]] const auto written = ::write(bell, &one, sizeof one);
}

Outlet::Outlet(int socket, Ring alarms, Ring media)
    : socket_(socket), media_(media), alarms_(alarms), mover_([this] { move_alarms(); }) {}

Outlet::~Outlet() {
  {
    const std::lock_guard lock{alarm_mutex_};
    stopping_ = true;
  }
  alarm_more_.notify_all();
  alarm_room_.notify_all();
  mover_.join();
}

void Outlet::send(std::string message) {
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

void Outlet::send(const Notice& notice) { send(encode(notice)); }

bool Outlet::send(Alarm alarm) {
  auto record = encode_body(alarm);
  while (record.size() > alarms_.writer.most() && !alarm.pictures.empty()) {
    alarm.pictures.pop_back();
    ++alarm.pictures_left_out;
    record = encode_body(alarm);
  }
  std::unique_lock lock{alarm_mutex_};
  const auto fits = [&] { return stopping_ || queued_ == 0 || queued_ + record.size() <= kMostQueued; };
  if (record.size() > alarms_.writer.most() || !alarm_room_.wait_for(lock, kPatience, fits) || stopping_) {
    ++alarms_refused_;
    return false;
  }
  queued_ += record.size();
  queue_.push_back(std::move(record));
  lock.unlock();
  alarm_more_.notify_one();
  return true;
}

void Outlet::move_alarms() {
  std::unique_lock lock{alarm_mutex_};
  for (;;) {
    alarm_more_.wait(lock, [this] { return stopping_ || !queue_.empty(); });
    if (stopping_) return;
    const auto record = std::move(queue_.front());
    queue_.pop_front();
    lock.unlock();
    bool written = false;
    while (!written) {
      written = alarms_.writer.write({as_bytes(record)});
      alarms_.wake();
      if (written) break;
      std::this_thread::sleep_for(kLook);
      const std::lock_guard again{alarm_mutex_};
      if (stopping_) return;
    }
    lock.lock();
    queued_ -= record.size();
    alarm_room_.notify_all();
  }
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
  const bool written = media_.writer.write({ByteView{head}, bytes});
  media_.wake();
  return written;
}

}  // namespace camfleet::sdkhost
