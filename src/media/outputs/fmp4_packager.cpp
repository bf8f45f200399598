#include "media/outputs/fmp4_packager.h"

#include <algorithm>

#include "base/log.h"
#include "proto/fmp4/fragment.h"
#include "proto/fmp4/init_segment.h"
#include "proto/h26x/h264_depacketizer.h"
#include "proto/h26x/h265_depacketizer.h"
#include "proto/h26x/sps.h"
#include "proto/rtp/packet.h"

namespace camfleet::media {
namespace {

constexpr std::uint32_t kMaxDuration = 5 * fmp4::kTimescale;

SteadyTime now() { return system_clock().steady(); }

// A picture's distance from the one before, as the SPS says; 25 a second where it says nothing sensible.
std::uint32_t nominal_duration(double frames_per_second) {
  if (frames_per_second < 1 || frames_per_second > 240) return 3600;
  return static_cast<std::uint32_t>(fmp4::kTimescale / frames_per_second);
}

}  // namespace

Result<std::unique_ptr<Fmp4Packager>> Fmp4Packager::make(Lease lease, const Settings& settings) {
  const auto info = lease->info();
  if (!info) return fail(Code::media_ended, model::to_text(lease->key()));
  const int video = info->video_track();
  if (video < 0) return fail(Code::media_no_video, model::to_text(lease->key()));
  const model::Track& track = info->tracks[static_cast<std::size_t>(video)];
  std::unique_ptr<h26x::Depacketizer> depacketizer;
  if (track.codec == model::Codec::h264) {
    depacketizer = std::make_unique<h26x::H264Depacketizer>();
  } else if (track.codec == model::Codec::h265) {
    depacketizer = std::make_unique<h26x::H265Depacketizer>();
  } else {
    return fail(Code::media_unsupported_codec, std::string(model::to_text(track.codec)));
  }
  return std::unique_ptr<Fmp4Packager>{new Fmp4Packager{std::move(lease), settings, std::move(depacketizer),
                                                        static_cast<std::uint8_t>(video), track}};
}

Fmp4Packager::Fmp4Packager(Lease lease, const Settings& settings,
                           std::unique_ptr<h26x::Depacketizer> depacketizer, std::uint8_t track,
                           const model::Track& description)
    : lease_(std::move(lease)),
      settings_(settings),
      depacketizer_(std::move(depacketizer)),
      track_(track),
      timeline_(description.clock_rate),
      cache_(settings.window),
      idle_since_(now()) {
  for (const Bytes* set : {&description.vps, &description.sps, &description.pps}) {
    if (!set->empty()) depacketizer_->announce(*set);
  }
  refresh_init();
  cursor_.join(lease_->cache(), lease_->has_keys());
  lease_->attach(*this);
  wake();
}

Fmp4Packager::~Fmp4Packager() { lease_->detach(*this); }

void Fmp4Packager::attach(Viewer& reader) { readers_.add(reader); }

void Fmp4Packager::detach(Viewer& reader) {
  readers_.remove(reader);
  if (readers_.empty()) idle_since_ = now();
}

void Fmp4Packager::ended(const Error& why) {
  over_ = why;
  readers_.drain([&](Viewer& reader) { reader.ended(why); });
  idle_since_ = now();
}

void Fmp4Packager::wake() {
  Hub& hub = *lease_;
  const auto before = cache_.end();
  const auto init = init_;
  if (cursor_.catch_up(hub.cache(), settings_.lag) > 0) loss_ = true;
  while (!cursor_.waiting() && cursor_.place().item < hub.complete().item) {
    const model::Packet& packet = hub.cache().at(cursor_.place().item);
    if (packet.track == track_ && !packet.rtcp) take(packet);
    cursor_.advance(packet.size);
  }
  if (cache_.end() == before && init_ == init) return;
  readers_.each([](Viewer& reader) { reader.wake(); });
  if (!cache_.trimmable()) return;
  Place slowest = cache_.end();
  readers_.each([&](Viewer& reader) {
    if (reader.place().item < slowest.item) slowest = reader.place();
  });
  cache_.trim(slowest);
}

void Fmp4Packager::take(const model::Packet& packet) {
  const auto rtp = rtp::parse(packet.rtp());
  if (!rtp) {
    loss_ = true;
    return;
  }
  switch (reception_.received(rtp->ssrc, rtp->sequence, rtp->timestamp, rtp->timestamp)) {
    case rtp::Arrival::in_order:
      break;
    case rtp::Arrival::gap:
      loss_ = true;
      break;
    case rtp::Arrival::restarted:
      loss_ = true;
      timeline_.restart();
      break;
    case rtp::Arrival::late:
    case rtp::Arrival::suspicious:
      return;
  }
  depacketizer_->push({rtp->payload, rtp->marker, rtp->timestamp, std::exchange(loss_, false)});
  while (auto unit = depacketizer_->pull()) emit(std::move(*unit), packet.arrival);
}

// Makes the init segment anew where the parameter sets have changed; false while there is none.
bool Fmp4Packager::refresh_init() {
  const h26x::ParameterSets& sets = depacketizer_->parameter_sets();
  if (init_ && sets.generation() == sets_generation_) return true;
  const bool is_h264 = depacketizer_->codec() == h26x::Codec::h264;
  if (!sets.complete(depacketizer_->codec())) return init_ != nullptr;

  fmp4::VideoTrack video;
  video.codec = is_h264 ? fmp4::Codec::h264 : fmp4::Codec::h265;
  video.vps = sets.vps();
  video.sps = sets.sps();
  video.pps = sets.pps();
  double rate = 0;
  if (is_h264) {
    const auto sps = h26x::parse_h264_sps(video.sps.front());
    if (!sps) return init_ != nullptr;
    video.width = static_cast<std::uint16_t>(sps->width);
    video.height = static_cast<std::uint16_t>(sps->height);
    rate = sps->frames_per_second;
  } else {
    const auto sps = h26x::parse_h265_sps(video.sps.front());
    if (!sps) return init_ != nullptr;
    video.width = static_cast<std::uint16_t>(sps->width);
    video.height = static_cast<std::uint16_t>(sps->height);
    rate = sps->frames_per_second;
  }
  auto data = fmp4::init_segment(video);
  auto mime = fmp4::mime_type(video);
  if (!data || !mime) return init_ != nullptr;
  sets_generation_ = sets.generation();
  if (last_time_ < 0) duration_ = nominal_duration(rate);
  init_ = std::make_shared<const Fmp4Init>(Fmp4Init{std::move(*mime), std::move(*data)});
  lease_->status().size = static_cast<std::uint32_t>(video.width) << 16 | video.height;
  return true;
}

// What a sample of avc1 or hvc1 holds: no parameter sets, which stand in the init segment, no delimiters.
Bytes Fmp4Packager::sample_of(const h26x::AccessUnit& unit) const {
  const h26x::Codec codec = depacketizer_->codec();
  Bytes out;
  out.reserve(unit.data.size());
  for (std::size_t i = 0; i < unit.size(); ++i) {
    const ByteView nal = unit.nal(i);
    const int type = h26x::nal_type(codec, nal);
    const bool delimiter = codec == h26x::Codec::h264
                               ? type == h26x::h264::kDelimiter || type == h26x::h264::kFiller
                               : type == h26x::h265::kDelimiter;
    if (delimiter || h26x::is_parameter_set(codec, type)) continue;
    std::uint8_t length[4];
    store32(length, static_cast<std::uint32_t>(nal.size()));
    out.insert(out.end(), length, length + 4);
    out.insert(out.end(), nal.begin(), nal.end());
  }
  return out;
}

void Fmp4Packager::emit(h26x::AccessUnit unit, SteadyTime arrival) {
  if (unit.key && !refresh_init()) return;
  if (!init_) return;
  const auto stamp = timeline_.frame(unit.timestamp);
  if (last_time_ >= 0 && stamp.time > last_time_)
    duration_ = static_cast<std::uint32_t>(std::min<std::int64_t>(stamp.time - last_time_, kMaxDuration));
  last_time_ = stamp.time;

  const Bytes data = sample_of(unit);
  if (data.empty()) return;
  const fmp4::Sample sample{.data = data, .duration = duration_, .composition_offset = 0, .key = unit.key};
  fmp4::Run run;
  run.decode_time = static_cast<std::uint64_t>(stamp.time);
  run.samples = std::span{&sample, 1};
  auto bytes = fmp4::fragment(++sequence_, run);
  if (!bytes) return;
  Fragment fragment;
  fragment.init = init_;
  fragment.size = static_cast<std::uint32_t>(bytes->size());
  fragment.data = std::make_shared<const Bytes>(std::move(*bytes));
  fragment.arrival = arrival;
  fragment.timestamp = unit.timestamp;
  fragment.key_start = unit.key;
  cache_.push(std::move(fragment));
}

FragmentReader::FragmentReader(std::shared_ptr<Fmp4Packager> packager, net::Executor executor,
                               const Settings& settings)
    : packager_(std::move(packager)), settings_(settings), news_(executor) {
  cursor_.join(packager_->cache(), true);
  packager_->attach(*this);
}

FragmentReader::~FragmentReader() { packager_->detach(*this); }

void FragmentReader::catch_up() { lost_ += cursor_.catch_up(packager_->cache(), settings_.lag); }

void FragmentReader::wake() {
  catch_up();
  news_.set();
}

std::optional<Fragment> FragmentReader::next() {
  catch_up();
  const FragmentCache& cache = packager_->cache();
  if (cursor_.waiting() || cursor_.place().item >= cache.end().item) return std::nullopt;
  Fragment fragment = cache.at(cursor_.place().item);
  cursor_.advance(fragment.size);
  return fragment;
}

}  // namespace camfleet::media
