#pragma once
#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/error.h"
#include "base/metrics.h"

namespace camfleet::media {

// The counters of this folder, looked up once.
struct MediaMetrics {
  metrics::Gauge& live = metrics::gauge("camfleet_streams_live", "Streams that are pulled and set up.");
  metrics::Gauge& starting = metrics::gauge("camfleet_streams_starting", "Pulls that are being set up.");
  metrics::Counter& starts = metrics::counter("camfleet_pull_starts_total", "Pulls begun.");
  metrics::Counter& received =
      metrics::counter("camfleet_media_received_bytes_total", "Bytes of pulled streams.");
  metrics::Counter& packets =
      metrics::counter("camfleet_media_received_packets_total", "RTP packets of pulled streams.");
  metrics::Counter& lost = metrics::counter("camfleet_media_missing_packets_total",
                                            "Packets of pulled streams missing by their sequence numbers.");
  metrics::Gauge& held =
      metrics::gauge("camfleet_gop_bytes", "Kept of all streams for who comes next, as of their last look.");
  metrics::Counter& overflows =
      metrics::counter("camfleet_gop_overflows_total", "Groups of pictures too large or long to be kept.");
  metrics::Gauge& mirrors = metrics::gauge("camfleet_stream_mirrors",
                                           "Streams that are copied to another loop for their many viewers.");
  metrics::Counter& holds = metrics::counter("camfleet_stream_holds_total",
                                             "Times that viewers were held while their source was away.");
  // Ends of pulls that nobody had asked for, by reason.
  void pull_failed(Code code) const;
};
const MediaMetrics& media_metrics();

// The steps of a viewer on the way to its first picture, in their order.
enum class Step : std::uint8_t { authorise, pull, play, packet, key, send };
inline constexpr std::size_t kSteps = 6;

// The counters of one kind of output ("rtsp", "mp4", "ws").
struct OutputMetrics {
  explicit OutputMetrics(const char* output);
  metrics::Histogram& step(Step step) const { return *steps[static_cast<std::size_t>(step)]; }
  const std::string_view name;
  metrics::Gauge& viewers;
  metrics::Counter& sent;
  metrics::Counter& dropped;          // packets or fragments that slow viewers lost
  metrics::Counter& slow;             // viewers closed for reading too slowly
  metrics::Counter& revoked;          // viewers closed because their token was revoked
  metrics::Histogram& first_picture;  // from the request to the first byte of a picture
  std::array<metrics::Histogram*, kSteps> steps;
};

}  // namespace camfleet::media
