#pragma once
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "media/cursor.h"
#include "media/hub.h"
#include "proto/h26x/depacketizer.h"
#include "proto/rtp/sequence.h"
#include "proto/rtp/timeline.h"

namespace camfleet::media {

// The beginning of an fMP4 stream; another one after the camera changed its parameter sets.
struct Fmp4Init {
  std::string mime;  // `video/mp4; codecs="avc1.64001f"`
  Bytes data;        // ftyp and moov
};

// One picture as moof and mdat. An item of a GopCache.
struct Fragment {
  std::shared_ptr<const Fmp4Init> init;  // that it belongs to
  std::shared_ptr<const Bytes> data;
  SteadyTime arrival{};
  std::uint32_t size = 0;
  std::uint32_t timestamp = 0;
  bool key_start = false;
};
using FragmentCache = GopCache<Fragment>;

// Makes fragmented MP4 of a hub's video, once for all who want it in that form, and keeps the fragments of
// the current group of pictures. H.264 and H.265; audio is left out. Runs inside of the hub's fan-out: a
// fragment is there as soon as its picture is whole. Its duration is the distance of the two pictures before,
// its decoding time comes from the timeline, so that errors do not add up. Lives on the hub's loop.
class Fmp4Packager final : public Viewer {
 public:
  // media.no_video or media.unsupported_codec where this stream cannot be carried. The lease is on a live
  // hub.
  static Result<std::unique_ptr<Fmp4Packager>> make(Lease lease, const Settings& settings);
  ~Fmp4Packager() override;

  // Null until the parameter sets are known.
  const std::shared_ptr<const Fmp4Init>& init() const { return init_; }
  const FragmentCache& cache() const { return cache_; }
  Hub& hub() const { return *lease_; }

  // Readers are woken when there is a new fragment or init, and told when the stream ends.
  void attach(Viewer& reader);
  void detach(Viewer& reader);
  bool has_readers() const { return !readers_.empty(); }
  SteadyTime idle_since() const { return idle_since_; }
  // Why it ended; then nothing comes any more.
  const Error& over() const { return over_; }

  void wake() override;
  void ended(const Error& why) override;
  Place place() const override { return cursor_.place(); }

 private:
  Fmp4Packager(Lease lease, const Settings& settings, std::unique_ptr<h26x::Depacketizer> depacketizer,
               std::uint8_t track, const model::Track& description);
  void take(const model::Packet& packet);
  void emit(h26x::AccessUnit unit, SteadyTime arrival);
  bool refresh_init();
  Bytes sample_of(const h26x::AccessUnit& unit) const;

  Lease lease_;
  const Settings& settings_;
  std::unique_ptr<h26x::Depacketizer> depacketizer_;
  std::uint8_t track_;
  Cursor cursor_;
  rtp::Reception reception_;
  rtp::Timeline timeline_;
  bool loss_ = true;
  std::shared_ptr<const Fmp4Init> init_;
  std::uint32_t sets_generation_ = 0;
  std::uint32_t sequence_ = 0;
  std::int64_t last_time_ = -1;
  std::uint32_t duration_ = 3600;
  FragmentCache cache_;
  ViewerList readers_;
  SteadyTime idle_since_;
  Error over_;
};

// One client of a packager: hands out fragments one after another, beginning with a key picture, and skips
// where the client is too slow. On the packager's loop; outlived by its packager, which it shares.
class FragmentReader final : public Viewer {
 public:
  FragmentReader(std::shared_ptr<Fmp4Packager> packager, net::Executor executor, const Settings& settings);
  ~FragmentReader() override;

  // The next fragment, if one is there.
  std::optional<Fragment> next();
  // Until there may be something new; false where the deadline passed first.
  net::Task<bool> wait(Deadline deadline) { return news_.wait(deadline); }
  const Error& over() const { return packager_->over(); }
  const std::shared_ptr<const Fmp4Init>& init() const { return packager_->init(); }
  // Fragments lost since the last call.
  std::uint64_t take_lost() { return std::exchange(lost_, 0); }
  Hub& hub() const { return packager_->hub(); }

  void wake() override;
  void ended(const Error&) override { news_.set(); }
  Place place() const override { return cursor_.place(); }

 private:
  void catch_up();

  std::shared_ptr<Fmp4Packager> packager_;
  const Settings& settings_;
  net::Event news_;
  Cursor cursor_;
  std::uint64_t lost_ = 0;
};

}  // namespace camfleet::media
