#pragma once
#include <span>
#include <string>
#include <vector>

#include "base/metrics.h"
#include "model/device.h"

namespace camfleet::telemetry {

inline constexpr const char* kPrometheusType = "text/plain; version=0.0.4; charset=utf-8";

// What `families` hold, in Prometheus' text format 0.0.4.
std::string render(const std::vector<metrics::Family>& families);
// Everything that was counted so far: the body of /metrics.
inline std::string render_all() { return render(metrics::collect()); }

// The body of /metrics/devices: a line per device and figure (up, state, failed attempts, events, age of the
// last byte, clock offset). `now` makes the ages.
std::string render_devices(std::span<const model::DeviceViewPtr> devices, WallTime now);

}  // namespace camfleet::telemetry
