#include "device/hcnetsdk/host.h"

#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "base/log.h"
#include "base/metrics.h"
#include "base/secret.h"
#include "net/within.h"
#include "proto/sdkhost/descriptors.h"

namespace camfleet::device::hcnetsdk {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t kMostUnsent = 16'384;  // messages
constexpr std::size_t kBlock = 256 * 1024;   // of one stream and wake-up, before it is handed on
constexpr int kTurn = 256;                   // records, before the loop serves others

SteadyTime now() { return std::chrono::steady_clock::now(); }

void empty_bell(int fd) {
  std::uint64_t count = 0;
  [[maybe_unused]] const auto got = ::read(fd, &count, sizeof count);
}

Error failure_of(const sdkhost::Answer& answer) {
  switch (answer.outcome) {
    case sdkhost::Outcome::unreadable:
      return {Code::sdk_unreadable, answer.text};
    case sdkhost::Outcome::incompatible:
      return {Code::sdk_incompatible, answer.text};
    default:
      return {Code::sdk_init_failed, answer.text + ": error " + std::to_string(answer.error)};
  }
}

}  // namespace

struct Host::Call {
  explicit Call(net::Executor executor) : bell(executor), where(executor) {}
  net::Event bell;
  net::Executor where;
  std::optional<Result<sdkhost::Answer>> answer;
  sdkhost::Answer parts;  // of one that comes in several; on the hosts' loop

  static void answered(const std::shared_ptr<Call>& call, Result<sdkhost::Answer> answer) {
    net::asio::post(call->where, [call, answer = std::move(answer)]() mutable {
      call->answer = std::move(answer);
      call->bell.set();
    });
  }
};

Host::Host(net::Loop& loop, const HostOptions& options, std::uint32_t number, bool apart)
    : loop_(loop),
      options_(options),
      number_(number),
      apart_(apart),
      bell_(loop.executor()),
      to_send_(loop.executor()) {}
Host::~Host() = default;

net::Task<Error> Host::run(std::function<void()> ready) {
  since_ = now();
  auto process = HostProcess::start(options_.process);
  if (!process) {
    over_ = process.error();
    give_up();
    co_return *over_;
  }
  process_ = std::move(*process);
  pid_ = process_->pid();
  alarms_.emplace(process_->alarms());
  media_.emplace(process_->media());
  socket_.emplace(loop_.executor(), process_->socket());
  struct Ended {
    Host& host;
    ~Ended() {
      if (!host.over_) host.over_ = Error{Code::fleet_stopping};
      host.process_->kill();
      host.drain_alarms();
      host.give_up();
      host.socket_.reset();
      host.process_.reset();
    }
  } ended{*this};
  {
    net::TaskGroup group{loop_.executor(), "sdk host"};
    auto body = supervise(group, std::move(ready));
    co_await net::scoped(group, std::move(body));
  }
  co_return *over_;
}

net::Task<> Host::supervise(net::TaskGroup& group, std::function<void()> ready) {
  group.spawn(listen());
  group.spawn(send_all());
  group.spawn(read_alarms());
  group.spawn(read_media());
  group.spawn(start(std::move(ready)));
  while (!over_) co_await bell_.wait();
  auto parting = part();
  co_await std::move(parting);
}

// One that closed its end: how it ended says more than that. One that is only replaced logs its devices out
// first, for they count the sessions that nobody logged out of.
net::Task<> Host::part() {
  const bool lost = over_->code == Code::sdk_host_lost;
  if (!lost && over_->code != Code::sdk_host_recycled) co_return;
  if (!lost) ::shutdown(process_->socket(), SHUT_WR);
  for (const auto until = now() + (lost ? 2s : options_.parting); now() < until;) {
    const auto how = process_->ended();
    if (lost && !how.empty()) over_->place = "process " + std::to_string(pid()) + ": " + how;
    if (!how.empty()) co_return;
    co_await net::sleep_for(20ms);
  }
}

void Host::end(Error why) {
  if (over_) return;
  over_ = leaving_ ? Error{Code::fleet_stopping} : std::move(why);
  bell_.set();
}

bool Host::farewell() {
  if (!outbox_.empty()) return false;
  leaving_ = true;
  if (process_) ::shutdown(process_->socket(), SHUT_WR);
  return true;
}

void Host::blame(std::uint32_t device) {
  if (const auto found = lines_.find(device); found != lines_.end()) culprit_ = found->second->device();
}

void Host::give_up() {
  for (auto& [number, call] : calls_) Call::answered(call, fail(*over_));
  calls_.clear();
  for (auto& [number, stream] : streams_) stream.line->tell(*over_);
  streams_.clear();
  for (auto& [number, line] : lines_) {
    auto why = *over_;
    if (!culprit_.empty())
      why.place += line->device() == culprit_ ? ", of this device" : ", of another device";
    line->tell(std::move(why));
  }
  lines_.clear();
  for (auto& message : outbox_) wipe(message);
  outbox_.clear();
}

net::Task<> Host::start(std::function<void()> ready) {
  sdkhost::Init init;
  init.directory = options_.directory.string();
  init.logins = options_.logins;
  init.connect_ms = static_cast<std::uint32_t>(options_.connect.count());
  init.receive_ms = static_cast<std::uint32_t>(options_.receive.count());
  auto asking = call(std::move(init), now() + options_.start);
  auto answer = co_await std::move(asking);
  if (!answer) {
    end(answer.error().code == Code::net_timeout ? Error{Code::sdk_host_hung, "the library does not start"}
                                                 : answer.error());
    co_return;
  }
  if (answer->outcome != sdkhost::Outcome::ok) co_return end(failure_of(*answer));
  auto library = sdkhost::decode_body<sdkhost::InitResult>(answer->body);
  if (!library) co_return end({Code::sdk_bad_data, "the answer to init"});
  init_ = std::move(*library);
  ready();
  auto beating = beat();
  co_await std::move(beating);
}

net::Task<> Host::beat() {
  for (;;) {
    co_await net::sleep_for(options_.ping_every);
    // Twice, for it may have been us who stood still while the answer lay there.
    std::optional<Result<sdkhost::Answer>> answer;
    for (int i = 0; i < 2; ++i) {
      auto asking = call(sdkhost::Ping{}, now() + options_.ping_answer / 2);
      answer = co_await std::move(asking);
      if (*answer || answer->error().code != Code::net_timeout) break;
    }
    if (leaving_) co_return;  // its last answer is its end
    if (!*answer && answer->error().code != Code::net_timeout) co_return end(answer->error());
    if (!*answer) co_return end({Code::sdk_host_hung, "process " + std::to_string(pid()) + ": no answer"});
    const auto pong = sdkhost::decode_body<sdkhost::Pong>((*answer)->body);
    if (!pong) co_return end({Code::sdk_bad_data, "the answer to ping"});
    heard(*pong);
    const auto limit = options_.process.memory_limit / 1024;
    if (limit > 0 && state_.resident_kib > limit)
      co_return end({Code::sdk_host_recycled, std::to_string(state_.resident_kib / 1024) + " MiB, of " +
                                                  std::to_string(limit / 1024) + " that it may have"});
    if (std::chrono::milliseconds{state_.oldest_ms} > options_.longest_call) {
      blame(state_.oldest_device);
      co_return end({Code::sdk_host_hung, "process " + std::to_string(pid()) +
                                              ": a call into the library for " +
                                              std::to_string(state_.oldest_ms / 1000) + " s"});
    }
  }
}

void Host::heard(const sdkhost::Pong& pong) {
  static auto& frames = metrics::counter("camfleet_sdk_frames_dropped_total",
                                         "Pieces of media that found no room in a host's ring.");
  static auto& alarms = metrics::counter("camfleet_sdk_alarms_refused_total",
                                         "Alarms that found no room in a host's ring; the time is blind.");
  static auto& unreadable =
      metrics::counter("camfleet_sdk_alarms_unreadable_total",
                       "Alarms of the vendor's library that could not be understood; the time is blind.");
  frames.add(pong.frames_dropped - state_.frames_dropped);
  alarms.add(pong.alarms_refused - state_.alarms_refused);
  unreadable.add(pong.alarms_unreadable - state_.alarms_unreadable);
  state_ = pong;
}

// --- the socket

net::Task<> Host::listen() {
  std::string buffer(sdkhost::kMaxMessage + 4096, '\0');
  for (int i = 1;; ++i) {
    const auto got = ::recv(process_->socket(), buffer.data(), buffer.size(), MSG_DONTWAIT);
    if (got < 0 && (errno == EAGAIN || errno == EINTR)) {
      auto waiting = socket_->readable();
      co_await std::move(waiting);
      continue;
    }
    if (got <= 0) co_return end({Code::sdk_host_lost, "process " + std::to_string(pid()) + " is gone"});
    auto told = sdkhost::decode_told({buffer.data(), static_cast<std::size_t>(got)});
    if (!told) co_return end(told.error());
    if (auto* answer = std::get_if<sdkhost::Answer>(&*told))
      heard(std::move(*answer));
    else
      heard(std::get<sdkhost::Notice>(*told));
    if (i % kTurn == 0) co_await net::asio::post(net::use_task);
  }
}

void Host::heard(sdkhost::Answer answer) {
  const auto found = calls_.find(answer.number);
  if (found == calls_.end()) return;  // nobody waits any more
  auto& parts = found->second->parts;
  if (parts.body.size() + answer.body.size() > sdkhost::kMaxAnswer)
    return end({Code::sdk_bad_data, "an answer without end"});
  parts.body += answer.body;
  if (answer.more) return;
  answer.body = std::move(parts.body);
  Call::answered(found->second, std::move(answer));
  calls_.erase(found);
}

void Host::heard(const sdkhost::Notice& notice) {
  if (notice.kind == sdkhost::NoticeKind::died_in_call) return blame(notice.id);
  const bool stream = notice.kind == sdkhost::NoticeKind::stream_lost ||
                      notice.kind == sdkhost::NoticeKind::stream_back ||
                      notice.kind == sdkhost::NoticeKind::stream_closed;
  if (stream) {
    if (const auto found = streams_.find(notice.id); found != streams_.end())
      found->second.line->tell(notice);
  } else if (const auto found = lines_.find(notice.id); found != lines_.end()) {
    found->second->tell(notice);
  }
}

net::Task<Result<sdkhost::Answer>> Host::call(sdkhost::What what, Deadline deadline) {
  const auto executor = co_await net::asio::this_coro::executor;
  const auto number = next_call_.fetch_add(1, std::memory_order_relaxed);
  const auto within = std::chrono::ceil<std::chrono::milliseconds>(deadline - now()).count();
  if (within <= 0) co_return fail(Code::net_timeout, "the SDK's host");
  sdkhost::Request request{number, static_cast<std::uint32_t>(std::min<std::int64_t>(within, 3'600'000)),
                           std::move(what)};
  auto message = sdkhost::encode(request);
  sdkhost::wipe(request);
  auto call = std::make_shared<Call>(executor);
  loop_.post([self = shared_from_this(), call, number, message = std::move(message)]() mutable {
    self->send(call, number, std::move(message));
  });
  struct Forgotten {
    Host& host;
    std::uint32_t number;
    ~Forgotten() {
      host.loop_.post([self = host.shared_from_this(), n = number] { self->calls_.erase(n); });
    }
  };
  {
    std::optional<Forgotten> forgotten{std::in_place, *this, number};
    co_await call->bell.wait(deadline);
  }
  if (call->answer) co_return std::move(*call->answer);
  co_return fail(Code::net_timeout, "the SDK's host");
}

void Host::send(std::shared_ptr<Call> call, std::uint32_t number, std::string message) {
  const bool fits = message.size() <= sdkhost::kMaxMessage && outbox_.size() < kMostUnsent;
  // Behind a farewell nothing can be sent: a ping that failed would end a host that is logging its devices
  // out.
  if (over_ || leaving_ || !fits) {
    wipe(message);
    if (call)
      Call::answered(call, over_      ? fail(*over_)
                           : leaving_ ? fail(Code::fleet_stopping)
                                      : fail(Code::net_no_slot, "the SDK's host"));
    return;
  }
  if (call) calls_.emplace(number, std::move(call));
  outbox_.push_back(std::move(message));
  to_send_.set();
}

net::Task<> Host::send_all() {
  for (;;) {
    while (outbox_.empty()) co_await to_send_.wait();
    auto& message = outbox_.front();
    const auto sent = ::send(process_->socket(), message.data(), message.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
    if (sent < 0 && (errno == EAGAIN || errno == EINTR || errno == ENOBUFS)) {
      auto waiting = socket_->writable();
      co_await std::move(waiting);
      continue;
    }
    if (sent < 0) co_return end({Code::sdk_host_lost, "process " + std::to_string(pid()) + " is gone"});
    wipe(message);
    outbox_.pop_front();
  }
}

// --- the rings

Result<std::optional<std::size_t>> Host::take_alarm(Bytes& record) {
  const auto got = alarms_->next(record);
  if (!got) return fail(got.error());
  if (!*got) return std::optional<std::size_t>{};
  auto alarm = sdkhost::decode_body<sdkhost::Alarm>(as_text(record));
  if (!alarm) return fail(Code::sdk_bad_data, "an alarm of " + std::to_string(record.size()) + " bytes");
  if (const auto found = lines_.find(alarm->device); found != lines_.end()) {
    if (found->second->full())
      found->second->tell(sdkhost::Notice{sdkhost::NoticeKind::alarms_dropped, alarm->device, 1});
    else
      found->second->tell(std::move(*alarm), record.size());
  }
  return std::optional{record.size()};
}

net::Task<> Host::read_alarms() {
  net::Readiness bell{loop_.executor(), process_->alarm_bell()};
  Bytes record;
  for (int i = 1;; ++i) {
    while (Line::all_full()) co_await net::sleep_for(10ms);
    const auto taken = take_alarm(record);
    if (!taken) co_return end(taken.error());
    if (!*taken) {
      if (!alarms_->sleep()) continue;
      auto waiting = bell.readable();
      co_await std::move(waiting);
      empty_bell(process_->alarm_bell());
      continue;
    }
    if (i % kTurn == 0) co_await net::asio::post(net::use_task);
  }
}

// Its process has ended, or does by now: what it had taken of the library is in memory that is ours.
void Host::drain_alarms() {
  Bytes record;
  if (over_->code == Code::sdk_bad_data) return;
  for (;;) {
    const auto taken = take_alarm(record);
    if (!taken || !*taken) return;
  }
}

net::Task<> Host::read_media() {
  net::Readiness bell{loop_.executor(), process_->media_bell()};
  Bytes record;
  for (int i = 1;; ++i) {
    const auto got = media_->next(record);
    if (!got) co_return end(got.error());
    if (!*got) {
      hand_on_media();
      if (!media_->sleep()) continue;
      auto waiting = bell.readable();
      co_await std::move(waiting);
      empty_bell(process_->media_bell());
      continue;
    }
    if (record.size() < sdkhost::kMediaHead) co_return end({Code::sdk_bad_data, "a piece of media"});
    const auto stream = std::uint32_t{record[0]} | std::uint32_t{record[1]} << 8 |
                        std::uint32_t{record[2]} << 16 | std::uint32_t{record[3]} << 24;
    if (const auto found = streams_.find(stream); found != streams_.end()) {
      auto& block = found->second.block;
      const auto size = static_cast<std::uint32_t>(record.size() - sdkhost::kMediaHead);
      const auto at = block.size();
      if (at == 0) fed_.push_back(stream);
      block.resize(at + 5);
      store32(block.data() + at, size);
      block[at + 4] = record[4];
      block.insert(block.end(), record.begin() + sdkhost::kMediaHead, record.end());
      if (block.size() >= kBlock) hand_on_media();
    }
    if (i % kTurn == 0) {
      hand_on_media();
      co_await net::asio::post(net::use_task);
    }
  }
}

void Host::hand_on_media() {
  static auto& late =
      metrics::counter("camfleet_sdk_blocks_late_total",
                       "Blocks of media from the vendor's library that a loop was too late for.");
  for (const auto number : fed_) {
    const auto found = streams_.find(number);
    if (found == streams_.end()) continue;
    if (!found->second.line->tell(std::exchange(found->second.block, {}))) late.add();
  }
  fed_.clear();
}

// --- devices and streams

std::uint32_t Host::attach(std::shared_ptr<Line> line) {
  const auto device = next_device_++;
  lines_.emplace(device, std::move(line));
  return device;
}

// Whoever was refused has a place as well.
void Host::full() {
  loop_.post([self = shared_from_this()] {
    const auto holds = std::max<std::size_t>(self->lines_.size(), 2) - 1;
    if (holds < self->most_)
      log::warn("sdk.host_full", {{"host", self->number_}, {"pid", self->pid()}, {"devices", holds}});
    self->most_ = std::min(self->most_, holds);
  });
}

void Host::release(std::uint32_t device) {
  loop_.post([self = shared_from_this(), device] {
    if (self->lines_.erase(device) == 0) return;
    self->send(nullptr, 0, sdkhost::encode(sdkhost::Request{0, 0, sdkhost::Logout{device}}));
  });
}

std::uint32_t Host::open_stream(std::shared_ptr<StreamLine> line) {
  const auto stream = next_stream_.fetch_add(1, std::memory_order_relaxed);
  loop_.post([self = shared_from_this(), stream, line = std::move(line)]() mutable {
    if (self->over_)
      line->tell(*self->over_);
    else
      self->streams_.emplace(stream, Stream{std::move(line), {}});
  });
  return stream;
}

void Host::close_stream(std::uint32_t device, std::uint32_t stream) {
  loop_.post([self = shared_from_this(), device, stream] {
    if (self->streams_.erase(stream) == 0) return;
    self->send(nullptr, 0, sdkhost::encode(sdkhost::Request{0, 0, sdkhost::Stop{device, stream}}));
  });
}

}  // namespace camfleet::device::hcnetsdk
