#include "api/stream_metrics.h"

#include <deque>
#include <vector>

#include "base/metrics.h"
#include "telemetry/prometheus.h"

namespace camfleet::api {
namespace {

using Value = std::int64_t (*)(const media::StreamStatus&);
struct Figure {
  const char* name;
  const char* help;
  bool counts;
  Value value;
};

constexpr Figure kFigures[] = {
    {"camfleet_stream_up", "1 where the stream is set up and its source is there.", false,
     [](const media::StreamStatus& s) { return std::int64_t{s.state == media::HubState::live}; }},
    {"camfleet_stream_viewers", "Who watches it now.", false,
     [](const media::StreamStatus& s) { return std::int64_t{s.viewers}; }},
    {"camfleet_stream_received_packets", "RTP packets since this pull began.", true,
     [](const media::StreamStatus& s) { return static_cast<std::int64_t>(s.health.packets); }},
    {"camfleet_stream_missing_packets", "Packets missing by their sequence numbers, since this pull began.",
     true, [](const media::StreamStatus& s) { return static_cast<std::int64_t>(s.health.lost); }},
    {"camfleet_stream_frames", "Frames since this pull began.", true,
     [](const media::StreamStatus& s) { return std::int64_t{s.health.frames}; }},
    {"camfleet_stream_bits_per_second", "The bit rate just now.", false,
     [](const media::StreamStatus& s) { return std::int64_t{s.health.bits_per_second}; }},
    {"camfleet_stream_jitter_microseconds", "Of its frames, as RFC 3550 counts it.", false,
     [](const media::StreamStatus& s) { return std::int64_t{s.health.jitter_us}; }},
    {"camfleet_stream_gop_frames", "Frames of the last whole group of pictures.", false,
     [](const media::StreamStatus& s) { return std::int64_t{s.health.gop_frames}; }},
    {"camfleet_stream_held_bytes", "Kept in memory for who comes next.", false,
     [](const media::StreamStatus& s) { return static_cast<std::int64_t>(s.held_bytes); }},
};

}  // namespace

std::string render_streams(std::span<const media::StreamStatus> streams) {
  std::deque<metrics::Counter> counters;
  std::deque<metrics::Gauge> gauges;
  std::vector<metrics::Family> families;
  for (const Figure& figure : kFigures) {
    auto& family = families.emplace_back();
    family.name = figure.counts ? std::string{figure.name} + "_total" : figure.name;
    family.help = figure.help;
    for (const auto& stream : streams) {
      auto& sample = family.samples.emplace_back();
      sample.labels = {{"device", stream.key.device.str()}, {"stream", model::to_text(stream.key)}};
      if (figure.counts) {
        counters.emplace_back().add(static_cast<std::uint64_t>(figure.value(stream)));
        sample.counter = &counters.back();
      } else {
        gauges.emplace_back().set(figure.value(stream));
        sample.gauge = &gauges.back();
      }
    }
  }
  return telemetry::render(families);
}

}  // namespace camfleet::api
