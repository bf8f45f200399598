#pragma once
#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"
#include "media/decode/picture.h"
#include "media/fair_pool.h"
#include "media/hubs.h"
#include "model/driver.h"
#include "model/ids.h"
#include "net/loop.h"

namespace camfleet::media {

struct SnapshotSettings {
  FairLimits pool;
  std::chrono::milliseconds limit{10'000};         // of one picture, whoever makes it
  std::chrono::milliseconds device_limit{6'000};   // of that, for the device to make one
  std::chrono::milliseconds device_memory{1'000};  // a picture of the device is as good as new for so long
  std::size_t kept = 32;                           // pictures that each loop keeps, and their bytes
  std::size_t kept_bytes = 8 * 1024 * 1024;
};

// A picture of a stream. Immutable, shared by who asked for the same.
struct Snapshot {
  enum class Source : std::uint8_t { hub, device, pull };
  Bytes jpeg;
  int width = 0;  // 0: as the device made it, not looked at
  int height = 0;
  Source source = Source::hub;
  SteadyTime arrived{};  // when it came from the device
  WallTime taken{};      // the same, on the clock of the wall
  std::string etag;      // of its bytes, with the quotes
};
using SnapshotPtr = std::shared_ptr<const Snapshot>;
std::string_view to_text(Snapshot::Source source);

// The newest picture of a stream as JPEG: of its hub's memory where the stream is pulled anyway, else one
// that the device makes, else of a short pull. Many who ask for the same at the same time get the same; what
// was made of a key picture is kept until the next one. Decoding is done by a bounded pool, in which callers
// take turns. The loops run from before the constructor until after stop().
class Snapshots {
 public:
  // Asks the device for a picture that it makes itself.
  using AskDevice = std::function<net::Task<Result<model::Picture>>(model::StreamKey, Deadline)>;

  // Loops and hubs outlive it.
  Snapshots(net::Loops& loops, Hubs& hubs, AskDevice ask_device, SnapshotSettings settings = {});
  Snapshots(const Snapshots&) = delete;
  Snapshots& operator=(const Snapshots&) = delete;
  ~Snapshots();

  // `who`: whose turn it is, an opaque text. From any loop. device.* and what pulling the stream ends with;
  // media.no_key_frame, media.undecodable, media.encrypted, media.decoders_busy (retry_after_s), net.timeout.
  net::Task<Result<SnapshotPtr>> take(model::StreamKey key, PictureBox box, std::string who);

  // Ends what is under way. Before the hubs stop.
  net::Task<> stop();
  void stop_and_wait();

 private:
  struct Inner;
  std::shared_ptr<Inner> inner_;
};

}  // namespace camfleet::media
