#pragma once
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "base/clock.h"
#include "media/gop_cache.h"
#include "media/settings.h"
#include "media/stream_status.h"
#include "media/viewer_list.h"
#include "model/stream.h"

namespace camfleet::media {

using PacketCache = GopCache<model::Packet>;

// What viewers of one loop see of a stream: the packets since its last key picture, and that there are more.
// A hub is one, and so is each mirror of it on another loop. Lives on its loop, and so do all calls.
class Feed {
 public:
  Feed(const Feed&) = delete;
  Feed& operator=(const Feed&) = delete;

  const model::StreamKey& key() const { return status_->key; }
  StatusCell& status() { return *status_; }
  // It is set up, and its source is there.
  bool live() const { return live_; }
  // What the source announced, completed by the parameter sets that it sent; null where there is no stream.
  std::shared_ptr<const model::StreamInfo> info() const { return info_; }
  // Counts the layouts that the stream had: what was negotiated with one does not hold for the next.
  std::uint32_t generation() const { return generation_; }

  // From now on the viewer is woken. Only while there is a stream.
  void attach(Viewer& viewer) { viewers_.add(viewer); }
  void detach(Viewer& viewer) { viewers_.remove(viewer); }
  // How many people watch, for the status: a packager is one viewer here and many there.
  void count_viewers(int change) { status_->viewers.fetch_add(static_cast<std::uint32_t>(change)); }

  const PacketCache& cache() const { return cache_; }
  // Everything before it belongs to whole frames.
  Place complete() const { return complete_; }
  // False where no packet is a better beginning than another: a stream without video.
  bool has_keys() const { return has_keys_; }
  // When the first packet and the first key picture of the stream came; nothing where they did not.
  SteadyTime first_packet_at() const { return first_packet_at_; }
  SteadyTime first_key_at() const { return first_key_at_; }

  // The packets from `from` on, up to complete() or what a few system calls take: views made once, for all
  // viewers that stand there. What lies side by side in a slab is one view. Good until the next packet.
  std::span<const ByteView> parts(Place from);

 protected:
  Feed(std::shared_ptr<StatusCell> status, WindowLimits window)
      : status_(std::move(status)), cache_(window) {}
  ~Feed() = default;

  void push(model::Packet packet);
  // Everybody gets what is whole, and what nobody needs any more is forgotten.
  void fan_out();
  // What is there is of no use any more.
  void forget();

  std::shared_ptr<StatusCell> status_;
  std::shared_ptr<const model::StreamInfo> info_;
  std::uint32_t generation_ = 0;
  bool live_ = false;
  bool has_keys_ = true;
  SteadyTime first_packet_at_{};
  SteadyTime first_key_at_{};
  PacketCache cache_;
  Place complete_;
  Place fanned_;
  ViewerList viewers_;

 private:
  std::vector<ByteView> parts_;  // of the packets from parts_from_ on
  Place parts_from_;
  bool parts_good_ = false;
};

}  // namespace camfleet::media
