#include "media/outputs/viewer_trace.h"

#include <algorithm>
#include <array>
#include <chrono>

#include "base/log.h"
#include "base/metrics.h"

namespace camfleet::media {
namespace {

metrics::Histogram& of_step(const char* step) {
  return metrics::histogram("camfleet_viewer_step_seconds",
                            "How long the steps of viewers take on the way to their first picture.",
                            metrics::latency_bounds(), {{"step", step}});
}

struct Steps {
  metrics::Histogram& authorise = of_step("authorise");
  metrics::Histogram& pull = of_step("pull");
  metrics::Histogram& play = of_step("play");
  metrics::Histogram& packet = of_step("packet");
  metrics::Histogram& key = of_step("key");
  metrics::Histogram& send = of_step("send");
};

}  // namespace

void ViewerTrace::look(const Feed& feed) {
  if (feed.first_packet_at() != SteadyTime{}) packet = std::max(played, feed.first_packet_at());
  if (feed.first_key_at() != SteadyTime{}) key = std::max(played, feed.first_key_at());
}

void tell_first_picture(const ViewerTrace& trace, std::string_view output, std::string_view remote,
                        const model::StreamKey& stream, SteadyTime now) {
  static const Steps steps;
  struct Step {
    std::string_view name;
    metrics::Histogram& times;
    SteadyTime at;
  };
  const std::array<Step, 6> all{{{"authorised_us", steps.authorise, trace.authorised},
                                 {"pulled_us", steps.pull, trace.opened},
                                 {"played_us", steps.play, trace.played},
                                 {"packet_us", steps.packet, trace.packet},
                                 {"key_us", steps.key, trace.key},
                                 {"sent_us", steps.send, now}}};
  std::array<std::int64_t, 6> times;
  times.fill(-1);
  auto last = trace.accepted;
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (all[i].at == SteadyTime{}) continue;
    all[i].times.observe(std::chrono::duration<double>(std::max(all[i].at, last) - last).count());
    last = std::max(all[i].at, last);
    times[i] = std::chrono::duration_cast<std::chrono::microseconds>(all[i].at - trace.accepted).count();
  }
  log::info("media.viewer_first_picture", {{"output", output},
                                           {"remote", remote},
                                           {"stream", model::to_text(stream)},
                                           {all[0].name, times[0]},
                                           {all[1].name, times[1]},
                                           {all[2].name, times[2]},
                                           {all[3].name, times[3]},
                                           {all[4].name, times[4]},
                                           {all[5].name, times[5]}});
}

}  // namespace camfleet::media
