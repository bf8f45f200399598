#pragma once
#include <algorithm>
#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "model/driver.h"
#include "model/ports.h"
#include "model/refusals.h"
#include "net/event.h"
#include "net/within.h"

namespace camfleet::fleet::testing {

// A session that lasts until it is told to end.
class FakeSession final : public model::Session {
 public:
  FakeSession(net::Executor executor, model::DeviceFacts facts)
      : facts_(std::move(facts)), executor_(executor), over_(executor) {}
  ~FakeSession() override { ++ended; }

  const model::DeviceFacts& facts() const override { return facts_; }
  net::Task<Error> run(model::SessionObserver& observer) override {
    observer_ = &observer;
    struct Leave {
      FakeSession& session;
      ~Leave() { session.observer_ = nullptr; }
    } leave{*this};
    ++running;
    struct Count {
      ~Count() { --running; }
    } count;
    while (!why_) co_await over_.wait();
    co_return *why_;
  }
  net::Task<Error> pull(std::uint16_t channel, model::Profile, model::Publisher& to) override {
    ++pulls;
    struct Count {
      std::atomic<int>& n;
      ~Count() { --n; }
    } count{pulls};
    ++asked;
    if (channel == 9) co_return Error{Code::device_bad_credentials, "RTSP"};
    if (pulls > most_pulls) co_return Error{Code::device_sessions_full, "453"};
    to.start({});
    net::Event never{executor_};
    co_await never.wait();
    co_return Error{};
  }
  net::Task<Result<model::Picture>> snapshot(std::uint16_t channel, model::Profile, Deadline) override {
    if (channel == 2) co_return fail(Code::device_busy);
    co_return model::Picture{{0xFF, 0xD8}, {}};
  }

  net::Task<Result<>> ptz(std::uint16_t channel, model::PtzMove move, Deadline) override {
    if (ptz_delay.count() > 0) co_await net::sleep_for(ptz_delay);
    {
      const std::lock_guard lock{ptz_mutex};
      ptz_log.push_back(std::to_string(channel) + ':' + std::to_string(move.pan) + ',' +
                        std::to_string(move.tilt) + ',' + std::to_string(move.zoom));
    }
    if (const auto code = ptz_answer.load(); code != Code::ok) co_return fail(code, "ptz");
    co_return Result<>{};
  }
  net::Task<Result<>> ptz_preset(std::uint16_t channel, std::uint16_t preset, Deadline) override {
    const std::lock_guard lock{ptz_mutex};
    ptz_log.push_back(std::to_string(channel) + ":preset " + std::to_string(preset));
    co_return Result<>{};
  }
  // Says back what it was asked, and its own password.
  net::Task<Result<model::IsapiAnswer>> isapi(model::IsapiRequest request, Deadline) override {
    if (request.path == "/ISAPI/endless")
      co_return model::IsapiAnswer{200, "text/plain", std::string(1024 * 1024 + 1, 'x')};
    co_return model::IsapiAnswer{200, "text/plain", request.method + ' ' + request.path + " hik12345"};
  }
  std::vector<std::string> ptz_said() const {
    const std::lock_guard lock{ptz_mutex};
    return ptz_log;
  }
  std::chrono::milliseconds ptz_delay{0};
  std::atomic<Code> ptz_answer{Code::ok};

  // On its loop.
  void end(Error why) {
    why_ = std::move(why);
    over_.set();
  }
  model::SessionObserver* observer() { return observer_; }

  static inline std::atomic<int> running{0};
  static inline std::atomic<int> ended{0};
  static inline std::atomic<int> pulls{0};
  static inline std::atomic<int> asked{0};               // pulls that reached the device
  static inline std::atomic<int> most_pulls{1'000'000};  // past it the device refuses

 private:
  mutable std::mutex ptz_mutex;
  std::vector<std::string> ptz_log;
  model::DeviceFacts facts_;
  net::Executor executor_;
  net::Event over_;
  std::optional<Error> why_;
  std::atomic<model::SessionObserver*> observer_{nullptr};
};

// Answers each attempt as the test says.
class FakeDriver final : public model::Driver {
 public:
  explicit FakeDriver(std::string name, bool alarms = true) : name_(std::move(name)), alarms_(alarms) {}

  std::string_view name() const override { return name_; }
  bool has_alarms() const override { return alarms_; }
  net::Task<Result<std::shared_ptr<model::Session>>> open(model::DeviceTarget target, Deadline) override {
    const net::Executor executor = co_await net::asio::this_coro::executor;
    const auto id = target.spec.id.str();
    const int now = ++inside;
    for (int most = most_inside; now > most && !most_inside.compare_exchange_weak(most, now);) {
    }
    struct Count {
      std::atomic<int>& n;
      ~Count() { --n; }
    } count{inside};
    Error answer;
    bool stuck = false;
    model::DeviceFacts facts;
    {
      const std::lock_guard lock{mutex_};
      ++attempts_[id];
      const auto password = target.password->open();
      passwords_[id] = password ? std::string{password->reveal()} : password.error().text();
      const auto it = answers_.find(id);
      if (it != answers_.end()) answer = it->second;
      stuck = stuck_;
      facts.kind = "ipc";
      facts.model = "DS-FAKE";
      facts.serial = serials_.contains(id) ? serials_[id] : "SN-" + id;
      facts.channels = {model::Channel{1, "one", true, {}}, model::Channel{2, "two", true, {}},
                        model::Channel{9, "nine", true, {}}};
    }
    if (stuck) {
      net::Event never{executor};
      co_await never.wait();
    }
    co_await net::sleep_until(SteadyTime{});
    if (answer) co_return fail(answer);
    auto session = std::make_shared<FakeSession>(executor, facts);
    {
      const std::lock_guard lock{mutex_};
      sessions_[id] = session;
    }
    co_return session;
  }

  void answer(const std::string& id, Error error) {
    const std::lock_guard lock{mutex_};
    answers_[id] = std::move(error);
  }
  void serial(const std::string& id, std::string serial) {
    const std::lock_guard lock{mutex_};
    serials_[id] = std::move(serial);
  }
  void be_stuck(bool stuck) {
    const std::lock_guard lock{mutex_};
    stuck_ = stuck;
  }
  int attempts(const std::string& id) const {
    const std::lock_guard lock{mutex_};
    const auto it = attempts_.find(id);
    return it == attempts_.end() ? 0 : it->second;
  }
  std::string password(const std::string& id) const {
    const std::lock_guard lock{mutex_};
    const auto it = passwords_.find(id);
    return it == passwords_.end() ? std::string{} : it->second;
  }
  std::shared_ptr<FakeSession> session(const std::string& id) const {
    const std::lock_guard lock{mutex_};
    const auto it = sessions_.find(id);
    return it == sessions_.end() ? nullptr : it->second.lock();
  }
  std::atomic<int> inside{0};
  std::atomic<int> most_inside{0};

 private:
  std::string name_;
  bool alarms_;
  mutable std::mutex mutex_;
  std::map<std::string, Error> answers_;
  std::map<std::string, std::string> serials_;
  std::map<std::string, int> attempts_;
  std::map<std::string, std::string> passwords_;
  std::map<std::string, std::weak_ptr<FakeSession>> sessions_;
  bool stuck_ = false;
};

// A registry in memory that outlives a fleet, so that a test can restart one.
class FakeStore final : public model::DeviceStore {
 public:
  Result<std::vector<model::DeviceRecord>> load() override {
    const std::lock_guard lock{mutex_};
    std::vector<model::DeviceRecord> out;
    for (const auto& [id, record] : records_) out.push_back(record);
    return out;
  }
  net::Task<Result<void>> apply(std::vector<model::StoreChange> changes) override {
    co_await net::sleep_until(SteadyTime{});
    const std::lock_guard lock{mutex_};
    ++transactions_;
    largest_ = std::max(largest_, changes.size());
    if (broken_) co_return fail(Code::storage_failed, "no space left");
    for (auto& change : changes) write(std::move(change));
    co_return Result<void>{};
  }
  std::size_t largest_transaction() const {
    const std::lock_guard lock{mutex_};
    return largest_;
  }
  int transactions() const {
    const std::lock_guard lock{mutex_};
    return transactions_;
  }
  void be_broken(bool broken) {
    const std::lock_guard lock{mutex_};
    broken_ = broken;
  }
  std::optional<model::DeviceRecord> find(const std::string& id) const {
    const std::lock_guard lock{mutex_};
    const auto it = records_.find(id);
    return it == records_.end() ? std::nullopt : std::optional{it->second};
  }

 private:
  void write(model::StoreChange change) {
    using Kind = model::StoreChange::Kind;
    const auto id = change.record.spec.id.str();
    if (change.kind == Kind::put) {
      records_[id] = std::move(change.record);
      return;
    }
    const auto at = records_.find(id);
    if (at == records_.end()) return;
    auto& kept = at->second;
    if (change.kind == Kind::remove) {
      records_.erase(at);
    } else if (change.kind == Kind::learn) {
      kept.known_serial = change.record.known_serial;
      kept.rejected_version = change.record.rejected_version;
    } else {
      change.record.known_serial = change.forget_identity ? std::string{} : kept.known_serial;
      change.record.rejected_version = change.forget_refusal ? 0 : kept.rejected_version;
      kept = std::move(change.record);
    }
  }

  mutable std::mutex mutex_;
  std::map<std::string, model::DeviceRecord> records_;
  bool broken_ = false;
  int transactions_ = 0;
  std::size_t largest_ = 0;
};

// Not a secret box, but one that checks the context.
class FakeBox final : public model::SecretBox {
 public:
  std::string seal(const Secret& plain, std::string_view context) const override {
    return std::string{context} + "|" + std::string{plain.reveal()};
  }
  Result<Secret> open(std::string_view sealed, std::string_view context) const override {
    if (!sealed.starts_with(std::string{context} + "|")) return fail(Code::auth_secret_unreadable);
    return Secret{std::string{sealed.substr(context.size() + 1)}};
  }
};

class FakePublisher final : public model::Publisher {
 public:
  void start(model::StreamInfo) override { started = true; }
  void packet(model::Packet) override {}
  void flush() override {}
  std::atomic<bool> started{false};
};

// What was refused, as a file would keep it.
class FakeRefusals final : public model::RefusalStore {
 public:
  Result<std::vector<model::Refusal>> load(WallTime since) override {
    const std::lock_guard lock{mutex_};
    std::vector<model::Refusal> out;
    for (const auto& one : kept)
      if (one.at > since) out.push_back(one);
    return out;
  }
  void note(const model::Refusal& refusal) override {
    const std::lock_guard lock{mutex_};
    kept.push_back(refusal);
  }
  void forget(std::uint64_t low, std::uint64_t high) override {
    const std::lock_guard lock{mutex_};
    std::erase_if(kept, [&](const auto& one) { return one.low == low && one.high == high; });
  }
  std::array<std::uint8_t, 32> key() const override { return {}; }

  std::vector<model::Refusal> kept;  // for tests, while no device is running

 private:
  std::mutex mutex_;
};

}  // namespace camfleet::fleet::testing
