#pragma once
#include <chrono>
#include <memory>
#include <unordered_map>

#include "media/hubs.h"
#include "media/outputs/fmp4_packager.h"
#include "model/ids.h"

namespace camfleet::media {

// The fMP4 packagers of one loop: one a stream, made for its first reader, kept for a little while after its
// last. On that loop only; ends before its hubs.
class Packagers {
 public:
  Packagers(Hubs& hubs, net::Loop& loop, std::chrono::milliseconds idle);

  // A packager of a live stream whose init segment is known. Errors as Hub::ready() and Fmp4Packager::make(),
  // or media.start_timeout where no parameter sets came.
  net::Task<Result<std::shared_ptr<Fmp4Packager>>> open(model::StreamKey key);
  // Ends those that nobody reads.
  void sweep(SteadyTime now);
  void clear() { packagers_.clear(); }

 private:
  Hubs& hubs_;
  net::Loop& loop_;
  std::chrono::milliseconds idle_;
  std::unordered_map<model::StreamKey, std::shared_ptr<Fmp4Packager>> packagers_;
};

}  // namespace camfleet::media
