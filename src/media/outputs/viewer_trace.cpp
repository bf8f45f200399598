#include "media/outputs/viewer_trace.h"

#include <algorithm>
#include <array>
#include <chrono>

#include "base/log.h"

namespace camfleet::media {
void ViewerTrace::look(const Feed& feed) {
  if (feed.first_packet_at() != SteadyTime{}) packet = std::max(played, feed.first_packet_at());
  if (feed.first_key_at() != SteadyTime{}) key = std::max(played, feed.first_key_at());
}

void tell_first_picture(const ViewerTrace& trace, const OutputMetrics& metrics, std::string_view remote,
                        const model::StreamKey& stream, SteadyTime now) {
  struct Done {
    std::string_view name;
    Step step;
    SteadyTime at;
  };
  const std::array<Done, kSteps> all{{{"authorised_us", Step::authorise, trace.authorised},
                                      {"pulled_us", Step::pull, trace.opened},
                                      {"played_us", Step::play, trace.played},
                                      {"packet_us", Step::packet, trace.packet},
                                      {"key_us", Step::key, trace.key},
                                      {"sent_us", Step::send, now}}};
  std::array<std::int64_t, kSteps> times;
  times.fill(-1);
  auto last = trace.accepted;
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (all[i].at == SteadyTime{}) continue;
    metrics.step(all[i].step)
        .observe(std::chrono::duration<double>(std::max(all[i].at, last) - last).count());
    last = std::max(all[i].at, last);
    times[i] = std::chrono::duration_cast<std::chrono::microseconds>(all[i].at - trace.accepted).count();
  }
  log::info("media.viewer_first_picture", {{"output", metrics.name},
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
