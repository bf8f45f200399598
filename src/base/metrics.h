#pragma once
#include <atomic>
#include <cstdint>
#include <initializer_list>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace camfleet::metrics {

// The facade: code counts here, telemetry/ renders it. Names are camfleet_<what>_<base unit>[_total], base
// units only. A metric lives as long as the process. All calls are thread-safe; adding is one relaxed atomic.
class Counter {
 public:
  void add(std::uint64_t n = 1) { value_.fetch_add(n, std::memory_order_relaxed); }
  std::uint64_t value() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::uint64_t> value_{0};
};

class Gauge {
 public:
  void set(std::int64_t v) { value_.store(v, std::memory_order_relaxed); }
  void add(std::int64_t n) { value_.fetch_add(n, std::memory_order_relaxed); }
  std::int64_t value() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::int64_t> value_{0};
};

// Bounds are upper limits, ascending; +Inf is implied.
class Histogram {
 public:
  explicit Histogram(std::span<const double> bounds);
  void observe(double value);
  const std::vector<double>& bounds() const { return bounds_; }
  // Counts of each bucket (not cumulative), the last is +Inf.
  std::vector<std::uint64_t> counts() const;
  double sum() const { return sum_.load(std::memory_order_relaxed); }

 private:
  std::vector<double> bounds_;
  std::vector<std::atomic<std::uint64_t>> counts_;
  std::atomic<double> sum_{0};
};

using Labels = std::vector<std::pair<std::string, std::string>>;

// The metric of that name and those labels, made at the first call. A name keeps its kind for ever
// (asserted).
Counter& counter(const std::string& name, const std::string& help, Labels labels = {});
Gauge& gauge(const std::string& name, const std::string& help, Labels labels = {});
Histogram& histogram(const std::string& name, const std::string& help, std::span<const double> bounds,
                     Labels labels = {});
// Seconds, from 0.5 ms to 60 s.
std::span<const double> latency_bounds();

// What is there now, for whoever renders it.
struct Sample {
  Labels labels;
  const Counter* counter = nullptr;
  const Gauge* gauge = nullptr;
  const Histogram* histogram = nullptr;
};
struct Family {
  std::string name;
  std::string help;
  std::vector<Sample> samples;
};
std::vector<Family> collect();

}  // namespace camfleet::metrics
