#include "media/media_metrics.h"

namespace camfleet::media {
namespace {

std::array<metrics::Histogram*, kSteps> steps_of(const char* output) {
  const auto step = [&](const char* name) {
    return &metrics::histogram("camfleet_viewer_step_seconds",
                               "How long the steps of viewers take on the way to their first picture.",
                               metrics::latency_bounds(), {{"output", output}, {"step", name}});
  };
  return {step("authorise"), step("pull"), step("play"), step("packet"), step("key"), step("send")};
}

}  // namespace

void MediaMetrics::pull_failed(Code code) const {
  metrics::counter("camfleet_pull_failures_total", "Pulls that failed or broke off, by reason.",
                   {{"code", std::string(name(code))}})
      .add();
}

const MediaMetrics& media_metrics() {
  static const MediaMetrics metrics;
  return metrics;
}

OutputMetrics::OutputMetrics(const char* output)
    : name(output),
      viewers(metrics::gauge("camfleet_viewers", "Viewers that watch now.", {{"output", output}})),
      sent(metrics::counter("camfleet_media_sent_bytes_total", "Bytes sent to viewers.",
                            {{"output", output}})),
      dropped(metrics::counter("camfleet_viewer_dropped_total",
                               "Packets or fragments that slow viewers lost.", {{"output", output}})),
      slow(metrics::counter("camfleet_viewer_slow_total", "Viewers closed for reading too slowly.",
                            {{"output", output}})),
      revoked(metrics::counter("camfleet_viewer_revoked_total",
                               "Viewers closed since their token was revoked.", {{"output", output}})),
      first_picture(metrics::histogram("camfleet_first_picture_seconds",
                                       "From a viewer's request to the first byte of a picture.",
                                       metrics::latency_bounds(), {{"output", output}})),
      steps(steps_of(output)) {}

}  // namespace camfleet::media
