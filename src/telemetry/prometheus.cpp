#include "telemetry/prometheus.h"

#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>

#include <cmath>
#include <cstdint>
#include <limits>

namespace camfleet::telemetry {
namespace {

using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;

ClientMetric labelled(const metrics::Labels& labels) {
  ClientMetric out;
  for (const auto& [name, value] : labels) out.label.push_back({name, value});
  return out;
}

ClientMetric::Histogram histogram_of(const metrics::Histogram& from) {
  ClientMetric::Histogram out;
  const auto counts = from.counts();
  std::uint64_t sum = 0;
  for (std::size_t i = 0; i < counts.size(); ++i) {
    sum += counts[i];
    const auto bound = i < from.bounds().size() ? from.bounds()[i] : std::numeric_limits<double>::infinity();
    out.bucket.push_back({sum, bound});
  }
  out.sample_count = sum;
  out.sample_sum = from.sum();
  return out;
}

MetricFamily family_of(const metrics::Family& from) {
  MetricFamily out;
  out.name = from.name;
  out.help = from.help;
  for (const auto& sample : from.samples) {
    auto metric = labelled(sample.labels);
    if (sample.counter != nullptr) {
      out.type = MetricType::Counter;
      metric.counter.value = static_cast<double>(sample.counter->value());
    } else if (sample.gauge != nullptr) {
      out.type = MetricType::Gauge;
      metric.gauge.value = static_cast<double>(sample.gauge->value());
    } else if (sample.histogram != nullptr) {
      out.type = MetricType::Histogram;
      metric.histogram = histogram_of(*sample.histogram);
    } else {
      continue;
    }
    out.metric.push_back(std::move(metric));
  }
  return out;
}

// One gauge with a sample per device; `value` says nothing where the device has none.
template <class Value>
MetricFamily per_device(const char* name, const char* help, MetricType type,
                        std::span<const model::DeviceViewPtr> devices, Value value) {
  MetricFamily out;
  out.name = name;
  out.help = help;
  out.type = type;
  for (const auto& device : devices) {
    const double number = value(*device);
    if (std::isnan(number)) continue;
    auto metric = labelled({{"device", device->spec.id.str()}});
    if (type == MetricType::Counter) {
      metric.counter.value = number;
    } else {
      metric.gauge.value = number;
    }
    out.metric.push_back(std::move(metric));
  }
  return out;
}

}  // namespace

std::string render(const std::vector<metrics::Family>& families) {
  std::vector<MetricFamily> out;
  out.reserve(families.size());
  for (const auto& family : families)
    if (!family.samples.empty()) out.push_back(family_of(family));
  return prometheus::TextSerializer{}.Serialize(out);
}

std::string render_devices(std::span<const model::DeviceViewPtr> devices, WallTime now) {
  constexpr auto kNone = std::numeric_limits<double>::quiet_NaN();
  const auto seconds = [](auto duration) { return std::chrono::duration<double>(duration).count(); };
  std::vector<MetricFamily> out;
  out.push_back(per_device("camfleet_device_up", "1 where the device is online or degraded.",
                           MetricType::Gauge, devices, [](const model::DeviceView& view) {
                             return view.state == model::DeviceState::online ||
                                            view.state == model::DeviceState::degraded
                                        ? 1.0
                                        : 0.0;
                           }));
  out.push_back(per_device(
      "camfleet_device_state",
      "0 disabled, 1 waiting, 2 connecting, 3 online, 4 degraded, 5 backoff, 6 rejected, 7 locked.",
      MetricType::Gauge, devices,
      [](const model::DeviceView& view) { return static_cast<double>(view.state); }));
  out.push_back(per_device("camfleet_device_failed_attempts", "Failed attempts in a row.", MetricType::Gauge,
                           devices,
                           [](const model::DeviceView& view) { return static_cast<double>(view.attempts); }));
  out.push_back(per_device("camfleet_device_reported_events_total",
                           "Events that the device reported since the start.", MetricType::Counter, devices,
                           [](const model::DeviceView& view) { return static_cast<double>(view.events); }));
  out.push_back(per_device("camfleet_device_last_heard_age_seconds", "Since the device last sent anything.",
                           MetricType::Gauge, devices, [&](const model::DeviceView& view) {
                             return view.last_heard ? seconds(now - *view.last_heard) : kNone;
                           }));
  out.push_back(per_device("camfleet_device_clock_offset_seconds",
                           "The device's clock minus ours, at the last login.", MetricType::Gauge, devices,
                           [&](const model::DeviceView& view) {
                             return view.facts && view.facts->clock_offset_ms
                                        ? seconds(std::chrono::milliseconds{*view.facts->clock_offset_ms})
                                        : kNone;
                           }));
  return prometheus::TextSerializer{}.Serialize(out);
}

}  // namespace camfleet::telemetry
