#include "media/outputs/audio_frames.h"

#include <algorithm>
#include <deque>
#include <string>
#include <utility>
#include <vector>

#include "media/decode/aac_encoder.h"
#include "proto/aac/depacketizer.h"
#include "proto/g711/g711.h"
#include "proto/rtp/packet.h"

namespace camfleet::media {
namespace {

// A track without a config: AAC-LC of the rate that rtpmap has. Nothing where that cannot be.
std::optional<aac::Config> config_of(const model::Track& track, Bytes& bytes) {
  bytes = track.audio_config;
  if (bytes.size() > fmp4::kMaxAudioConfig) return std::nullopt;
  if (bytes.empty() && track.clock_rate >= 7'350 && track.clock_rate <= 96'000)
    bytes = aac::make_config(static_cast<int>(track.clock_rate), track.audio_channels);
  return aac::parse_config(bytes);
}

class AacFrames final : public AudioFrames {
 public:
  AacFrames(const model::Track& track, const aac::Config& config, Bytes bytes)
      : in_(aac::layout_of(track.fmtp), static_cast<std::uint32_t>(config.frame_samples)), config_(config) {
    set(config, std::move(bytes));
  }

  std::optional<AudioFrame> pull() override {
    auto unit = in_.pull();
    if (!unit) return std::nullopt;
    // The frames themselves say that the description is wrong, or that the camera was set up anew.
    if (const auto& told = in_.adts();
        told && told->channels > 0 &&
        (told->sample_rate != adts_.sample_rate || told->channels != adts_.channels)) {
      adts_ = *told;
      if (told->channels != config_.channels || told->sample_rate != config_.sample_rate)
        set(*told, aac::make_config(told->sample_rate, told->channels));
    }
    return AudioFrame{std::move(unit->data), unit->timestamp};
  }

 private:
  void take(ByteView payload, bool marker, std::uint32_t timestamp, bool loss_before) override {
    in_.push({payload, marker, timestamp, loss_before});
  }
  void set(const aac::Config& config, Bytes bytes) {
    config_ = config;
    format_ = {std::move(bytes), static_cast<std::uint32_t>(config.sample_rate),
               static_cast<std::uint16_t>(std::max(config.channels, 1))};
    frame_samples_ = static_cast<std::uint32_t>(config.frame_samples);
    ++format_version_;
  }

  aac::Depacketizer in_;
  aac::Config config_;
  aac::Config adts_;
};

class G711Frames final : public AudioFrames {
 public:
  G711Frames(g711::Law law, std::uint32_t rate, AacEncoder encoder)
      : law_(law), encoder_(std::move(encoder)) {
    format_ = {aac::make_config(static_cast<int>(rate), 1), rate, 1};
    frame_samples_ = AacEncoder::kFrame;
    format_version_ = 1;
  }

  std::optional<AudioFrame> pull() override {
    if (ready_.empty()) return std::nullopt;
    auto frame = std::move(ready_.front());
    ready_.pop_front();
    return frame;
  }

 private:
  static constexpr std::size_t kMaxReady = 16;
  static constexpr std::size_t kMaxPayload = 8'192;  // a second of it

  void take(ByteView payload, bool, std::uint32_t timestamp, bool loss_before) override {
    // Samples that are missing are not made up here: who places the frames fills what is missing between.
    const auto expected = first_ + static_cast<std::uint32_t>(samples_.size());
    if (loss_before || timestamp != expected) {
      const bool near = !samples_.empty() && timestamp - expected < AacEncoder::kFrame;
      if (near) {
        samples_.resize(samples_.size() + (timestamp - expected));
      } else {
        samples_.clear();
      }
    }
    if (samples_.empty()) first_ = timestamp;
    g711::decode(law_, payload.first(std::min(payload.size(), kMaxPayload)), samples_);
    std::size_t used = 0;
    for (; samples_.size() - used >= AacEncoder::kFrame; used += AacEncoder::kFrame) encode(used);
    samples_.erase(samples_.begin(), samples_.begin() + static_cast<std::ptrdiff_t>(used));
    first_ += static_cast<std::uint32_t>(used);
  }

  void encode(std::size_t from) {
    if (broken_) return;
    const auto timestamp = first_ + static_cast<std::uint32_t>(from);
    const auto samples = std::span{samples_}.subspan(from, AacEncoder::kFrame);
    broken_ = !encoder_.encode(samples, [&](ByteView bytes, int behind) {
      if (ready_.size() >= kMaxReady) ready_.pop_front();
      ready_.push_back({Bytes(bytes.begin(), bytes.end()), timestamp - static_cast<std::uint32_t>(behind)});
    });
  }

  g711::Law law_;
  AacEncoder encoder_;
  bool broken_ = false;
  std::vector<std::int16_t> samples_;  // those that do not fill a frame yet
  std::uint32_t first_ = 0;            // RTP time of the first of them
  std::deque<AudioFrame> ready_;
};

}  // namespace

bool carries_audio(const model::Track& track) {
  if (track.media != model::Media::audio) return false;
  Bytes bytes;
  switch (track.codec) {
    case model::Codec::aac:
      return config_of(track, bytes).has_value();
    case model::Codec::pcmu:
    case model::Codec::pcma:
      return track.audio_channels == 1 &&
             aac::parse_config(aac::make_config(static_cast<int>(track.clock_rate), 1));
    default:
      return false;
  }
}

Result<std::unique_ptr<AudioFrames>> AudioFrames::make(const model::Track& track) {
  if (!carries_audio(track))
    return fail(Code::media_unsupported_codec, std::string(model::to_text(track.codec)));
  if (track.codec == model::Codec::aac) {
    Bytes bytes;
    const auto config = config_of(track, bytes);
    return std::make_unique<AacFrames>(track, *config, std::move(bytes));
  }
  auto encoder = AacEncoder::make(static_cast<int>(track.clock_rate));
  if (!encoder) return fail(std::move(encoder.error()));
  return std::make_unique<G711Frames>(track.codec == model::Codec::pcma ? g711::Law::a : g711::Law::mu,
                                      track.clock_rate, std::move(*encoder));
}

bool AudioFrames::push(ByteView bytes) {
  const auto rtp = rtp::parse(bytes);
  if (!rtp) {
    loss_ = true;
    return false;
  }
  bool restarted = false;
  switch (reception_.received(rtp->ssrc, rtp->sequence, rtp->timestamp, rtp->timestamp)) {
    case rtp::Arrival::in_order:
      break;
    case rtp::Arrival::gap:
      loss_ = true;
      break;
    case rtp::Arrival::restarted:
      loss_ = restarted = true;
      break;
    case rtp::Arrival::late:
    case rtp::Arrival::suspicious:
      return false;
  }
  take(rtp->payload, rtp->marker, rtp->timestamp, std::exchange(loss_, false));
  return restarted;
}

}  // namespace camfleet::media
