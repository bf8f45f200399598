#pragma once
#include "base/metrics.h"

namespace camfleet::events {

metrics::Gauge& queued_gauge();
metrics::Histogram& commit_seconds();
metrics::Counter& entries_total();
metrics::Counter& known_total();
metrics::Counter& reports_total();
metrics::Counter& waits_total();
metrics::Gauge& failing_gauge();

}  // namespace camfleet::events
