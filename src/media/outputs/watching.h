#pragma once
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "media/media_metrics.h"
#include "media/outputs/packager.h"
#include "media/outputs/viewer_trace.h"
#include "model/ports.h"
#include "proto/ts/gap.h"

namespace camfleet::media {

// One person who watches a stream in a form of ours, whatever carries it: counts, asks the grant again, and
// tells what to send next. On the hub's loop.
class Watching {
 public:
  // `gate`, `metrics` and `settings` outlive it. `trace`: what the viewer did before; `remote`: who it is,
  // for the log.
  Watching(std::shared_ptr<Packager> packager, net::Executor executor, const Settings& settings,
           const model::LiveGate& gate, model::Grant grant, std::chrono::milliseconds recheck,
           OutputMetrics& metrics, const ViewerTrace& trace, std::string remote);
  ~Watching();
  Watching(const Watching&) = delete;
  Watching& operator=(const Watching&) = delete;

  // The fragments that are there, at least one and all of one beginning. Waits for them; otherwise why it
  // is over: the stream's end, or auth.revoked.
  net::Task<Result<std::vector<Fragment>>> next();
  // What was sent of them.
  void sent(std::size_t bytes);
  // Why a write failed: one that came too late is media.slow_viewer.
  Error write_failed(const Error& error);
  Deadline write_deadline() const;
  const std::shared_ptr<const FormInit>& init() const { return reader_.init(); }
  const model::StreamKey& stream() const { return grant_.stream; }

 private:
  void announce_gap(Fragment& fragment);

  FragmentReader reader_;
  const Settings& settings_;
  const model::LiveGate& gate_;
  const model::Grant grant_;
  const std::chrono::milliseconds recheck_;
  OutputMetrics& metrics_;
  struct First {
    ViewerTrace trace;
    std::string remote;
  };
  std::unique_ptr<First> first_;  // until its first picture has left
  SteadyTime checked_;
  std::optional<Fragment> held_;  // the first of a new beginning
  ts::Gap gap_;                   // of a transport stream
};

}  // namespace camfleet::media
