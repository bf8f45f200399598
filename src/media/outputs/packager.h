#pragma once
#include <cstdint>
#include <memory>
#include <optional>
#include <utility>

#include "media/cursor.h"
#include "media/hub.h"
#include "media/outputs/audio_frames.h"
#include "media/outputs/audio_times.h"
#include "media/outputs/muxer.h"
#include "media/outputs/video_frames.h"
#include "proto/fmp4/init_segment.h"

namespace camfleet::media {

// One picture, or some sound, in the packager's form. An item of a GopCache.
struct Fragment {
  std::shared_ptr<const FormInit> init;  // that it belongs to
  std::shared_ptr<const Bytes> data;
  SteadyTime arrival{};
  std::uint32_t size = 0;
  std::uint32_t timestamp = 0;
  bool key_start = false;
  bool behind_gap = false;  // of a reader: it was moved to this one
};
using FragmentCache = GopCache<Fragment>;

// Makes some form of a hub's stream, once for all who want it in that form, and keeps the fragments of the
// current group of pictures. H.264 and H.265; AAC, and G.711 made AAC; sound of other codecs is left out, and
// so is metadata. Runs inside of the hub's fan-out: a fragment is there as soon as its picture is whole,
// and no picture waits for sound. Lives on the hub's loop.
//
// Times: a picture's come from the timeline of its track, so that errors do not add up, its duration is the
// distance of the two before. Sound stands where the stream's clock says that it was heard while the newest
// picture was seen. Where a stream announces sound and sends none, there is silence: a player of two tracks
// would wait for it.
class Packager final : public Viewer {
 public:
  // media.no_video where there is neither video nor sound that can be carried, media.unsupported_codec where
  // the video cannot. The lease is on a live hub.
  static Result<std::unique_ptr<Packager>> make(Lease lease, const Settings& settings, Form form = Form::mp4);
  ~Packager() override;

  // Null until the parameter sets are known.
  const std::shared_ptr<const FormInit>& init() const { return init_; }
  const FragmentCache& cache() const { return cache_; }
  Hub& hub() const { return *lease_; }
  Form form() const { return form_; }

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
  struct Tracks {
    std::uint8_t video = 0;
    std::uint8_t audio = 0;
    std::optional<VideoFrames> pictures;
    std::unique_ptr<AudioFrames> sound;
  };
  Packager(Lease lease, const Settings& settings, Tracks tracks, Form form);
  void take(const model::Packet& packet);
  void picture(VideoFrame frame, SteadyTime arrival);
  void sound(AudioFrame frame, SteadyTime arrival);
  std::optional<std::int64_t> time_of_sound(std::uint32_t timestamp);
  void silence(std::uint32_t count, std::int64_t time, SteadyTime arrival);
  void refresh_init(std::int64_t time);
  void reset_sound_times();
  void push(Result<Bytes> bytes, SteadyTime arrival, std::uint32_t timestamp, bool key);

  Lease lease_;
  const Settings& settings_;
  Tracks tracks_;
  Cursor cursor_;
  const Form form_;
  const std::unique_ptr<Muxer> muxer_;
  std::shared_ptr<const FormInit> init_;
  std::uint32_t video_version_ = 0;  // what the beginning was made of
  std::uint32_t audio_version_ = 0;
  std::optional<AudioTimes> audio_times_;
  rtp::Timeline audio_line_;  // of a stream without pictures
  // The newest picture whose place is certain.
  bool anchored_ = false;
  std::int64_t anchor_time_ = 0;
  std::uint32_t anchor_timestamp_ = 0;
  std::int64_t newest_picture_ = 0;
  std::int64_t newest_sound_ = 0;  // that came, on the time of pictures
  bool heard_ = false;
  FragmentCache cache_;
  ViewerList readers_;
  SteadyTime idle_since_;
  Error over_;
};

// One client of a packager: hands out fragments one after another, beginning with a key picture, and skips
// where the client is too slow. On the packager's loop; outlived by its packager, which it shares.
class FragmentReader final : public Viewer {
 public:
  FragmentReader(std::shared_ptr<Packager> packager, net::Executor executor, const Settings& settings);
  ~FragmentReader() override;

  // The next fragment, if one is there.
  std::optional<Fragment> next();
  // Until there may be something new; false where the deadline passed first.
  net::Task<bool> wait(Deadline deadline) { return news_.wait(deadline); }
  const Error& over() const { return packager_->over(); }
  const std::shared_ptr<const FormInit>& init() const { return packager_->init(); }
  // Fragments lost since the last call.
  std::uint64_t take_lost() { return std::exchange(lost_, 0); }
  Form form() const { return packager_->form(); }
  Hub& hub() const { return packager_->hub(); }

  void wake() override;
  void ended(const Error&) override { news_.set(); }
  Place place() const override { return cursor_.place(); }

 private:
  void catch_up();

  std::shared_ptr<Packager> packager_;
  const Settings& settings_;
  net::Event news_;
  Cursor cursor_;
  std::uint64_t lost_ = 0;
  bool gap_ = false;
};

}  // namespace camfleet::media
