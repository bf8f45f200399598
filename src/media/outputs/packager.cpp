#include "media/outputs/packager.h"

#include <algorithm>
#include <vector>

#include "proto/aac/config.h"
#include "proto/rtp/rtcp.h"

namespace camfleet::media {
namespace {

// Sound that has not been heard for this long, in 1/90,000 s, is taken to be off.
constexpr std::int64_t kQuiet = 90'000;

SteadyTime now() { return system_clock().steady(); }

}  // namespace

Result<std::unique_ptr<Packager>> Packager::make(Lease lease, const Settings& settings, Form form) {
  const auto info = lease->info();
  if (!info) return fail(Code::media_ended, model::to_text(lease->key()));
  Tracks tracks;
  const int video = info->video_track();
  if (video >= 0) {
    auto pictures = VideoFrames::make(info->tracks[static_cast<std::size_t>(video)]);
    if (!pictures) return fail(std::move(pictures.error()));
    tracks.pictures.emplace(std::move(*pictures));
    tracks.video = static_cast<std::uint8_t>(video);
  }
  for (std::size_t i = 0; i < info->tracks.size() && !tracks.sound; ++i) {
    if (!carries_audio(info->tracks[i])) continue;
    auto sound = AudioFrames::make(info->tracks[i]);
    if (!sound) continue;
    tracks.sound = std::move(*sound);
    tracks.audio = static_cast<std::uint8_t>(i);
  }
  if (!tracks.pictures && !tracks.sound) return fail(Code::media_no_video, model::to_text(lease->key()));
  return std::unique_ptr<Packager>{new Packager{std::move(lease), settings, std::move(tracks), form}};
}

Packager::Packager(Lease lease, const Settings& settings, Tracks tracks, Form form)
    : lease_(std::move(lease)),
      settings_(settings),
      tracks_(std::move(tracks)),
      form_(form),
      muxer_(Muxer::make(form)),
      audio_line_(tracks_.sound ? lease_->info()->tracks[tracks_.audio].clock_rate : 0),
      cache_(settings.window),
      idle_since_(now()) {
  refresh_init(0);
  cursor_.join(lease_->cache(), lease_->has_keys());
  lease_->attach(*this);
  wake();
}

Packager::~Packager() { lease_->detach(*this); }

void Packager::attach(Viewer& reader) { readers_.add(reader); }

void Packager::detach(Viewer& reader) {
  readers_.remove(reader);
  if (readers_.empty()) idle_since_ = now();
}

void Packager::ended(const Error& why) {
  over_ = why;
  readers_.drain([&](Viewer& reader) { reader.ended(why); });
  idle_since_ = now();
}

void Packager::wake() {
  Hub& hub = *lease_;
  const auto before = cache_.end();
  const auto init = init_;
  if (cursor_.catch_up(hub.cache(), settings_.lag) > 0) {
    if (tracks_.pictures) tracks_.pictures->lost();
    if (tracks_.sound) tracks_.sound->lost();
  }
  while (!cursor_.waiting() && cursor_.place().item < hub.complete().item) {
    const model::Packet& packet = hub.cache().at(cursor_.place().item);
    if (!packet.rtcp) take(packet);
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

void Packager::take(const model::Packet& packet) {
  if (tracks_.pictures && packet.track == tracks_.video) {
    tracks_.pictures->push(packet.rtp());
    while (auto frame = tracks_.pictures->pull()) picture(std::move(*frame), packet.arrival);
  } else if (tracks_.sound && packet.track == tracks_.audio) {
    if (tracks_.sound->push(packet.rtp())) audio_line_.restart();
    while (auto frame = tracks_.sound->pull()) sound(std::move(*frame), packet.arrival);
  }
}

// Begins anew where the form of a track has changed. Sets that make no beginning change nothing.
void Packager::refresh_init(std::int64_t time) {
  const bool video_same = !tracks_.pictures || tracks_.pictures->format_version() == video_version_;
  const bool audio_same = !tracks_.sound || tracks_.sound->format_version() == audio_version_;
  if (init_ && video_same && audio_same) return;
  if (tracks_.sound && !audio_same) reset_sound_times();
  Formats formats;
  if (tracks_.sound) formats.audio = &tracks_.sound->format();
  if (tracks_.pictures) {
    if (!tracks_.pictures->format()) return;
    video_version_ = tracks_.pictures->format_version();
    formats.video = &*tracks_.pictures->format();
  }
  auto begun = muxer_->begin(formats, time);
  if (!begun) return;
  init_ = std::make_shared<const FormInit>(std::move(*begun));
  if (formats.video == nullptr) return;
  lease_->status().size = static_cast<std::uint32_t>(formats.video->width) << 16 | formats.video->height;
}

// Another rate takes over where the former one stands.
void Packager::reset_sound_times() {
  const auto time = audio_times_ ? audio_times_->time() * 90'000 / audio_times_->rate() : 0;
  const bool started = audio_times_ && audio_times_->started();
  audio_times_.emplace(tracks_.sound->format().sample_rate, tracks_.sound->frame_samples());
  if (started) audio_times_->go_on(time);
  audio_version_ = tracks_.sound->format_version();
}

// What its form cannot carry is left out.
void Packager::push(Result<Bytes> bytes, SteadyTime arrival, std::uint32_t timestamp, bool key) {
  if (!bytes) return;
  Fragment fragment;
  fragment.init = init_;
  fragment.size = static_cast<std::uint32_t>(bytes->size());
  fragment.data = std::make_shared<const Bytes>(std::move(*bytes));
  fragment.arrival = arrival;
  fragment.timestamp = timestamp;
  fragment.key_start = key;
  cache_.push(std::move(fragment));
}

void Packager::picture(VideoFrame frame, SteadyTime arrival) {
  if (frame.key) refresh_init(frame.decoded);
  if (!init_) return;
  if (frame.believed || !anchored_) {
    anchored_ = true;
    anchor_time_ = frame.shown;
    anchor_timestamp_ = frame.timestamp;
  }
  newest_picture_ = std::max(newest_picture_, frame.shown);

  std::optional<WallMoment> moment;
  if (frame.key) {
    const auto& clock = lease_->clock();
    if (const auto wall = clock.wall(tracks_.video, frame.timestamp))
      moment = WallMoment{rtp::to_ntp(*wall), clock.source(tracks_.video) == ClockSource::reports};
  }
  push(muxer_->picture(frame, moment), arrival, frame.timestamp, frame.key);

  // Sound that is off must not stop the pictures of a player.
  if (!tracks_.sound || (heard_ && newest_picture_ - newest_sound_ < kQuiet)) return;
  if (aac::silence(audio_times_ ? tracks_.sound->format().channels : 0).empty()) return;
  const auto count = audio_times_->fill(newest_picture_);
  silence(count, audio_times_->time() - std::int64_t{count} * audio_times_->frame(), arrival);
}

// On the time of the pictures, in 1/90,000 s; nothing where there is none yet.
std::optional<std::int64_t> Packager::time_of_sound(std::uint32_t timestamp) {
  if (!tracks_.pictures) return audio_line_.frame(timestamp).time;
  if (!anchored_) return std::nullopt;
  const auto distance = lease_->clock().between(tracks_.video, anchor_timestamp_, tracks_.audio, timestamp);
  if (!distance) return std::nullopt;
  return anchor_time_ + distance->count() / 1'000 * 9 / 100;
}

void Packager::sound(AudioFrame frame, SteadyTime arrival) {
  // A change of its form needs no key picture, but players take it only where one begins.
  if (!tracks_.pictures)
    refresh_init(audio_times_ ? audio_times_->time() * 90'000 / audio_times_->rate() : 0);
  if (!init_ || !audio_times_ || tracks_.sound->format_version() != audio_version_) return;
  const auto wanted = time_of_sound(frame.timestamp);
  const auto place = audio_times_->place(wanted);
  if (wanted && (!heard_ || newest_picture_ - *wanted < kQuiet)) {
    heard_ = true;
    newest_sound_ = std::max(newest_sound_, *wanted);
  }
  if (place.drop) return;
  if (place.silence > 0) silence(place.silence, place.time, arrival);
  const auto samples = tracks_.sound->frame_samples();
  const ByteView data{frame.data};
  const auto time = place.time + std::int64_t{place.silence} * samples;
  // Without pictures each frame is as good a beginning as another.
  push(muxer_->sound(std::span{&data, 1}, samples, time), arrival, frame.timestamp, !tracks_.pictures);
}

void Packager::silence(std::uint32_t count, std::int64_t time, SteadyTime arrival) {
  const ByteView quiet = aac::silence(tracks_.sound->format().channels);
  if (count == 0 || quiet.empty()) return;
  const std::vector<ByteView> frames(count, quiet);
  // Without pictures a player may begin here as well: a new form of the sound begins with the silence before
  // it.
  push(muxer_->sound(frames, tracks_.sound->frame_samples(), time), arrival, 0, !tracks_.pictures);
}

FragmentReader::FragmentReader(std::shared_ptr<Packager> packager, net::Executor executor,
                               const Settings& settings)
    : packager_(std::move(packager)), settings_(settings), news_(executor) {
  cursor_.join(packager_->cache(), true);
  packager_->attach(*this);
}

FragmentReader::~FragmentReader() { packager_->detach(*this); }

void FragmentReader::catch_up() {
  const auto lost = cursor_.catch_up(packager_->cache(), settings_.lag);
  lost_ += lost;
  gap_ = gap_ || lost > 0;
}

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
  fragment.behind_gap = std::exchange(gap_, false);
  return fragment;
}

}  // namespace camfleet::media
