#include "alarm_link.h"

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <cstring>

#include "faults.h"
#include "proto/isapi/paths.h"

namespace camfleet::standin {
namespace {

abi::Alarmer alarmer_of(const AlarmLink& link) {
  abi::Alarmer alarmer{};
  alarmer.user_id_valid = 1;
  alarmer.user_id = link.user_id;
  alarmer.link_port_valid = 1;
  alarmer.link_port = link.device->where().port;
  alarmer.device_ip_valid = 1;
  const auto& address = link.device->where().address;
  std::memcpy(alarmer.device_ip, address.data(), std::min(address.size(), sizeof alarmer.device_ip - 1));
  return alarmer;
}

bool is_text(std::string_view type) {
  return !type.starts_with("image/") && !type.starts_with("application/octet");
}

}  // namespace

AlarmReader::AlarmReader(Callbacks& callbacks, Ended ended)
    : callbacks_(callbacks),
      ended_(std::move(ended)),
      epoll_(::epoll_create1(EPOLL_CLOEXEC)),
      wake_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.fd = wake_;
  ::epoll_ctl(epoll_, EPOLL_CTL_ADD, wake_, &event);
  thread_.start([this] { run(); });
}

AlarmReader::~AlarmReader() {
  stopping_ = true;
  ::eventfd_write(wake_, 1);
  thread_.join();
  ::close(wake_);
  ::close(epoll_);
}

std::uint32_t AlarmReader::open(AlarmLink& link) {
  link.client = link.device->new_client();
  auto answer = link.client->begin_stream(isapi::path::kAlertStream, link.device->limits());
  if (answer.error == abi::error_not_logged_in) {
    // The device has forgotten the session: what is asked next begins another.
    if (const auto beat = link.device->beat(); beat.error != 0) return beat.error;
    link.client = link.device->new_client();
    answer = link.client->begin_stream(isapi::path::kAlertStream, link.device->limits());
  }
  if (answer.error != 0) return answer.error;
  if (answer.status == 503) return abi::error_device_full;
  if (!answer.good()) return abi::error_failed;
  link.stream = link.client->take_stream();
  link.parser = multipart::Parser{};
  link.waiting.reset();
  return abi::error_none;
}

void AlarmReader::add(const std::shared_ptr<AlarmLink>& link) {
  const int fd = link->stream.socket.fd();
  {
    const std::lock_guard guard{mutex_};
    links_[fd] = link;
    fresh_.push_back(link);
  }
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.fd = fd;
  ::epoll_ctl(epoll_, EPOLL_CTL_ADD, fd, &event);
  ::eventfd_write(wake_, 1);  // some of it may have come with the head
}

void AlarmReader::remove(AlarmLink& link) {
  if (thread_.is_this()) std::abort();  // the real library would wait for itself for ever
  link.closed = true;
  const std::lock_guard reading{link.reading};
  const std::lock_guard guard{mutex_};
  links_.erase(link.stream.socket.fd());
  link.stream.socket.close();
}

void AlarmReader::run() {
  std::array<epoll_event, 64> events;
  while (!stopping_) {
    const int ready = ::epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), -1);
    eventfd_t count = 0;
    ::eventfd_read(wake_, &count);
    std::vector<std::shared_ptr<AlarmLink>> fresh;
    {
      const std::lock_guard guard{mutex_};
      fresh.swap(fresh_);
    }
    for (const auto& link : fresh) read(link);
    for (int i = 0; i < ready; ++i) {
      std::shared_ptr<AlarmLink> link;
      {
        const std::lock_guard guard{mutex_};
        const auto found = links_.find(events[static_cast<std::size_t>(i)].data.fd);
        if (found == links_.end()) continue;
        link = found->second;
      }
      read(link);
    }
  }
}

void AlarmReader::read(const std::shared_ptr<AlarmLink>& link) {
  std::array<std::uint8_t, 16 * 1024> buffer;
  bool over = false;
  {
    const std::lock_guard reading{link->reading};
    if (link->closed) return;
    if (auto first = std::exchange(link->stream.first, {}); !first.empty()) over = !take(*link, first);
    std::size_t size = 0;
    const auto got = link->stream.socket.receive(buffer, size, {});
    if (got == Socket::Got::end) over = true;
    if (got == Socket::Got::bytes && !over) over = !take(*link, std::span{buffer}.first(size));
    if (!over) return;
    const std::lock_guard guard{mutex_};
    links_.erase(link->stream.socket.fd());
    link->stream.socket.close();
  }
  ended_(link);
}

bool AlarmReader::take(AlarmLink& link, std::span<std::uint8_t> bytes) {
  while (!bytes.empty()) {
    const auto step = link.stream.body.decode(bytes);
    if (!step) return false;
    link.parser.feed(as_text(ByteView{bytes}.first(step->body)));
    for (;;) {
      const auto next = link.parser.next();
      if (!next) return false;
      if (!*next) break;
      part(link, **next);
    }
    bytes = bytes.subspan(step->used);
    if (link.stream.body.done()) return false;
  }
  return true;
}

void AlarmReader::part(AlarmLink& link, const multipart::Part& part) {
  if (!is_text(part.content_type)) {
    if (!link.waiting) return;
    link.waiting->pictures.emplace_back(part.body);
    if (link.waiting->pictures.size() >= static_cast<std::size_t>(link.waiting->alert.pictures)) give(link);
    return;
  }
  give(link);
  auto alert = isapi::parse_alert(
      part.body, link.device->recorder() ? isapi::DeviceKind::recorder : isapi::DeviceKind::camera);
  if (!alert) return;
  link.waiting = Report{std::string{part.body}, std::move(*alert), {}};
  if (link.waiting->alert.pictures <= 0) give(link);
}

void AlarmReader::give(AlarmLink& link) {
  if (!link.waiting) return;
  const auto report = std::move(*link.waiting);
  link.waiting.reset();
  auto alarmer = alarmer_of(link);
  hand_out(report, *link.device, link.want_v40, [&](std::int32_t command, void* info, std::uint32_t size) {
    callbacks_.message(command, alarmer, info, size);
  });
}

}  // namespace camfleet::standin
