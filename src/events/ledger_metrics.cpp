#include "events/ledger_metrics.h"

namespace camfleet::events {

metrics::Gauge& queued_gauge() {
  static auto& gauge =
      metrics::gauge("camfleet_ledger_queued", "Reports that wait to be written to the event ledger.");
  return gauge;
}

metrics::Histogram& commit_seconds() {
  static auto& histogram = metrics::histogram(
      "camfleet_ledger_commit_seconds", "How long a transaction of the event ledger took, its fsync with it.",
      metrics::latency_bounds());
  return histogram;
}

metrics::Counter& entries_total() {
  static auto& counter =
      metrics::counter("camfleet_ledger_entries_total", "Entries written to the event ledger.");
  return counter;
}

metrics::Counter& known_total() {
  static auto& counter = metrics::counter("camfleet_ledger_known_total",
                                          "Entries that were in the event ledger already, by their id.");
  return counter;
}

metrics::Counter& reports_total() {
  static auto& counter =
      metrics::counter("camfleet_event_reports_total", "Reports of devices that came to the event ledger.");
  return counter;
}

metrics::Counter& waits_total() {
  static auto& counter = metrics::counter("camfleet_event_waits_total",
                                          "Times a device was not read on, since its events came too fast.");
  return counter;
}

metrics::Gauge& failing_gauge() {
  static auto& gauge = metrics::gauge(
      "camfleet_ledger_failing", "1 while the event ledger cannot be written, and devices are not read.");
  return gauge;
}

}  // namespace camfleet::events
