#include "net/loop.h"

#include <pthread.h>

#include <array>
#include <chrono>

#include "base/log.h"
#include "base/metrics.h"

namespace camfleet::net {
namespace {

using namespace std::chrono_literals;
constexpr auto kWatchPeriod = 50ms;
constexpr auto kStall = 100ms;

// Whoever waits behind a turn of this length notices it from some milliseconds on.
constexpr std::array kDelayBounds{0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0};

thread_local Loop* current_loop = nullptr;

// FNV-1a: small, and the same in every build and on every machine.
std::uint64_t stable_hash(std::string_view key) {
  std::uint64_t hash = 14695981039346656037ull;
  for (const char c : key) hash = (hash ^ static_cast<std::uint8_t>(c)) * 1099511628211ull;
  return hash ^ hash >> 32;
}

}  // namespace

Loop::Loop(std::size_t index, std::string name)
    : index_(index), name_(std::move(name)), watchdog_(context_.get_executor()) {}

Loop::~Loop() { stop(); }

Loop* Loop::current() { return current_loop; }

void Loop::start() {
  if (thread_.joinable()) return;
  context_.restart();
  watchdog_.expires_after(kWatchPeriod);
  watch();  // also the work that keeps run() from returning
  thread_ = std::thread([this] { run(); });
}

void Loop::stop() {
  context_.stop();
  if (thread_.joinable()) thread_.join();
}

void Loop::run() {
  pthread_setname_np(pthread_self(), name_.substr(0, 15).c_str());
  current_loop = this;
  context_.run();
  current_loop = nullptr;
}

void Loop::watch() {
  watchdog_.async_wait([this](const ErrorCode& error) {
    if (error) return;
    const metrics::Labels labels{{"loop", name_}};
    static metrics::Counter& stalls = metrics::counter(
        "camfleet_loop_stalls_total", "Times a loop was late by more than 100 ms: something blocked it.");
    thread_local metrics::Gauge& delay = metrics::gauge(
        "camfleet_loop_delay_microseconds", "How late the loop's last watchdog tick was.", labels);
    thread_local metrics::Histogram& delays = metrics::histogram(
        "camfleet_loop_delay_seconds", "How late the loop's watchdog ticks were.", kDelayBounds, labels);
    const auto now = std::chrono::steady_clock::now();
    const auto late = now - watchdog_.expiry();
    delays.observe(std::chrono::duration<double>(late).count());
    delay.set(std::chrono::duration_cast<std::chrono::microseconds>(late).count());
    if (late > kStall) {
      stalls.add();
      const auto late_ms = std::chrono::duration_cast<std::chrono::milliseconds>(late).count();
      log::warn("net.loop_stalled", {{"loop", name_}, {"late_ms", late_ms}});
    }
    watchdog_.expires_at(now + kWatchPeriod);
    watch();
  });
}

Loops::Loops(std::size_t count, std::string_view name) {
  for (std::size_t i = 0; i < count; ++i)
    loops_.push_back(std::make_unique<Loop>(i, std::string{name} + "-" + std::to_string(i)));
}

Loops::~Loops() { stop(); }

void Loops::start() {
  for (auto& loop : loops_) loop->start();
}

void Loops::stop() {
  for (auto& loop : loops_) loop->context_.stop();
  for (auto& loop : loops_) loop->stop();
}

Loop& Loops::pick() { return *loops_[next_.fetch_add(1, std::memory_order_relaxed) % loops_.size()]; }

Loop& Loops::for_key(std::string_view key) { return *loops_[stable_hash(key) % loops_.size()]; }

}  // namespace camfleet::net
