#pragma once
#include <chrono>
#include <map>
#include <memory>
#include <utility>

#include "media/hubs.h"
#include "media/outputs/packager.h"
#include "model/ids.h"

namespace camfleet::media {

// The packagers of one loop: one a stream and form, made for its first reader, kept for a little while after
// its last. On that loop only; ends before its hubs.
class Packagers {
 public:
  Packagers(Hubs& hubs, net::Loop& loop, std::chrono::milliseconds idle);

  // A packager of a live stream whose beginning is known. Errors as Hub::ready() and Packager::make(),
  // or media.start_timeout where no parameter sets came.
  net::Task<Result<std::shared_ptr<Packager>>> open(model::StreamKey key, Form form);
  // Ends those that nobody reads.
  void sweep(SteadyTime now);
  void clear() { packagers_.clear(); }

 private:
  Hubs& hubs_;
  net::Loop& loop_;
  std::chrono::milliseconds idle_;
  std::map<std::pair<model::StreamKey, Form>, std::shared_ptr<Packager>> packagers_;
};

}  // namespace camfleet::media
