#pragma once
#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <unordered_map>
#include <vector>

#include "media/hub.h"
#include "media/mirror.h"
#include "media/settings.h"
#include "media/stream_status.h"
#include "model/ports.h"
#include "net/loop.h"
#include "net/loop_groups.h"

namespace camfleet::media {

class Hubs;

// The hubs of one loop, made on demand, ended when nobody is interested any more. On that loop only.
class LoopHubs {
 public:
  LoopHubs(Hubs& owner, net::Loop& loop);

  // Interest in the stream, whether it is pulled or not.
  Lease lease(const model::StreamKey& key);
  // A lease on a stream that is set up: Hub::ready().
  net::Task<Result<Lease>> open(model::StreamKey key);
  // The same for a viewer that lives here, wherever the hub is: where that is another loop, through a mirror.
  net::Task<Result<Watch>> watch(model::StreamKey key);
  // The hub where there is one: a look that is no interest. Good until the next co_await.
  const Hub* find(const model::StreamKey& key) const;

 private:
  friend class Hubs;
  Hub& hub(const model::StreamKey& key);
  net::Task<> run();
  void sweep(SteadyTime now);
  net::Task<> close();
  std::shared_ptr<Mirror> mirror(const model::StreamKey& key, net::Loop& from);
  // On the hub's loop: what feeds the mirror of another one.
  static net::Task<> reflect(LoopHubs& here, std::shared_ptr<MirrorPipe> pipe);

  Hubs& owner_;
  net::Loop& loop_;
  Settings settings_;
  net::Event bell_;
  HubContext context_;
  std::unordered_map<model::StreamKey, std::unique_ptr<Hub>> hubs_;
  std::unordered_map<model::StreamKey, std::shared_ptr<Mirror>> mirrors_;
  bool closed_ = false;
};

// Every stream of the process. The loops run from before the constructor until after stop().
class Hubs {
 public:
  // `source` and `loops` outlive it.
  Hubs(model::StreamSource& source, net::Loops& loops, Settings settings = {}, HubHooks hooks = {});
  ~Hubs();

  // The loop on which this stream lives; device.unknown where there is no such device. Thread-safe.
  Result<net::Loop*> loop_of(const model::StreamKey& key) { return source_.loop_of(key.device); }
  // Whether a new viewer of this stream is to stay on the loop where it arrived, with a mirror there.
  // Thread-safe.
  bool mirrored(const model::StreamKey& key) const;
  // To be used on that loop.
  LoopHubs& on(net::Loop& loop) { return *loops_hubs_.at(loop.index()); }
  net::Loops& loops() { return loops_; }
  // Of the loop that asks.
  const Settings& settings() const;
  // Other limits from now on; what a stream or a viewer took for itself at its beginning stays. Thread-safe.
  void retune(const Settings& settings);

  // Pulls the stream without viewers, and again after failures, until switched off. Thread-safe.
  Result<> keep(const model::StreamKey& key, bool on);

  // Thread-safe: what every stream of the moment is like, in order of their keys.
  std::vector<StreamStatus> streams() const;
  std::optional<StreamStatus> stream(const model::StreamKey& key) const;

  // Ends every pull and tells every viewer fleet.stopping. Stop the outputs after this, for their viewers
  // still refer to hubs; from a task on any loop, or from a thread that is none.
  net::Task<> stop();
  void stop_and_wait();

 private:
  friend class LoopHubs;

  std::shared_ptr<StatusCell> enlist(const model::StreamKey& key);
  void strike(const model::StreamKey& key);

  model::StreamSource& source_;
  net::Loops& loops_;
  const Settings settings_;
  const HubHooks hooks_;
  std::atomic<std::size_t> starting_{0};
  mutable std::mutex mutex_;  // of cells_
  std::map<model::StreamKey, std::shared_ptr<StatusCell>> cells_;
  std::vector<std::unique_ptr<LoopHubs>> loops_hubs_;
  net::LoopGroups tasks_;
};

}  // namespace camfleet::media
