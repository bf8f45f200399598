#include "base/metrics.h"

#include <algorithm>
#include <array>
#include <cassert>
#include <map>
#include <memory>
#include <mutex>

namespace camfleet::metrics {
namespace {

struct Entry {
  std::unique_ptr<Counter> counter;
  std::unique_ptr<Gauge> gauge;
  std::unique_ptr<Histogram> histogram;
};
struct Table {
  std::mutex mutex;
  struct Named {
    std::string help;
    std::map<Labels, Entry> entries;
  };
  std::map<std::string, Named> families;
};
Table& table() {
  static Table* const table = new Table;  // never destroyed: late threads may still count
  return *table;
}

Entry& entry(Table& t, const std::string& name, const std::string& help, Labels&& labels) {
  std::ranges::sort(labels);
  auto& family = t.families[name];
  if (family.help.empty()) family.help = help;
  return family.entries[std::move(labels)];
}

}  // namespace

Histogram::Histogram(std::span<const double> bounds)
    : bounds_(bounds.begin(), bounds.end()), counts_(bounds.size() + 1) {}

void Histogram::observe(double value) {
  const auto bucket = std::ranges::lower_bound(bounds_, value) - bounds_.begin();
  counts_[static_cast<std::size_t>(bucket)].fetch_add(1, std::memory_order_relaxed);
  sum_.fetch_add(value, std::memory_order_relaxed);
}

std::vector<std::uint64_t> Histogram::counts() const {
  std::vector<std::uint64_t> out;
  out.reserve(counts_.size());
  for (const auto& count : counts_) out.push_back(count.load(std::memory_order_relaxed));
  return out;
}

Counter& counter(const std::string& name, const std::string& help, Labels labels) {
  auto& t = table();
  const std::lock_guard lock{t.mutex};
  auto& e = entry(t, name, help, std::move(labels));
  assert(!e.gauge && !e.histogram);
  if (!e.counter) e.counter = std::make_unique<Counter>();
  return *e.counter;
}

Gauge& gauge(const std::string& name, const std::string& help, Labels labels) {
  auto& t = table();
  const std::lock_guard lock{t.mutex};
  auto& e = entry(t, name, help, std::move(labels));
  assert(!e.counter && !e.histogram);
  if (!e.gauge) e.gauge = std::make_unique<Gauge>();
  return *e.gauge;
}

Histogram& histogram(const std::string& name, const std::string& help, std::span<const double> bounds,
                     Labels labels) {
  auto& t = table();
  const std::lock_guard lock{t.mutex};
  auto& e = entry(t, name, help, std::move(labels));
  assert(!e.counter && !e.gauge);
  if (!e.histogram) e.histogram = std::make_unique<Histogram>(bounds);
  return *e.histogram;
}

std::span<const double> latency_bounds() {
  static constexpr std::array bounds{0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1,
                                     0.25,   0.5,   1.0,    2.5,   5.0,  10.0,  30.0, 60.0};
  return bounds;
}

std::vector<Family> collect() {
  auto& t = table();
  const std::lock_guard lock{t.mutex};
  std::vector<Family> out;
  for (const auto& [name, named] : t.families) {
    Family family{name, named.help, {}};
    for (const auto& [labels, e] : named.entries)
      family.samples.push_back({labels, e.counter.get(), e.gauge.get(), e.histogram.get()});
    out.push_back(std::move(family));
  }
  return out;
}

}  // namespace camfleet::metrics
