#include "program_stream.h"

#include <algorithm>

#include "proto/aac/config.h"
#include "proto/h26x/annexb.h"
#include "proto/h26x/h264_depacketizer.h"
#include "proto/h26x/h265_depacketizer.h"
#include "proto/rtp/packet.h"
#include "proto/sdp/codec_config.h"

namespace camfleet::standin {
namespace {

std::string fmtp_of(const sdp::Format& format) {
  std::string out;
  for (const auto& parameter : format.parameters) out += parameter.name + "=" + parameter.value + ";";
  return out;
}

}  // namespace

ProgramStream::ProgramStream(const std::vector<RtspClient::Track>& tracks) {
  for (std::size_t i = 0; i < tracks.size(); ++i) {
    const auto& format = tracks[i].format;
    if (tracks[i].video && !video_) {
      if (format.codec == sdp::Codec::h265) {
        video_ = std::make_unique<h26x::H265Depacketizer>();
        video_codec_ = ps::Video::h265;
      } else if (format.codec == sdp::Codec::h264) {
        video_ = std::make_unique<h26x::H264Depacketizer>();
        video_codec_ = ps::Video::h264;
      } else {
        continue;
      }
      for (const auto& set : sdp::parameter_sets(format)) video_->announce(set);
      video_track_ = i;
    } else if (!tracks[i].video && !sound_) {
      Sound sound{.track = i, .clock_rate = std::max(1U, format.clock_rate), .aac = nullptr, .config = {}};
      if (format.codec == sdp::Codec::aac) {
        const auto config = sdp::aac_config(format);
        if (!config) continue;
        audio_codec_ = ps::Audio::aac;
        sound.aac = std::make_unique<aac::Depacketizer>(aac::layout_of(fmtp_of(format)), 1024);
        sound.config = config->config;
      } else if (format.codec == sdp::Codec::pcmu || format.codec == sdp::Codec::pcma) {
        audio_codec_ = format.codec == sdp::Codec::pcmu ? ps::Audio::pcmu : ps::Audio::pcma;
      } else {
        continue;
      }
      sound_ = std::move(sound);
    }
  }
  writer_.emplace(video_codec_, audio_codec_);
}

Bytes ProgramStream::head() const {
  return ps::testing::media_head(2, video_codec_, audio_codec_, sound_ ? sound_->clock_rate : 0);
}

void ProgramStream::take(const RtspClient::Packet& packet, const std::function<void(ByteView)>& hand) {
  const auto rtp = rtp::parse(packet.bytes);
  if (!rtp) return;
  if (video_ && packet.track == video_track_) {
    video_->push(
        {.bytes = rtp->payload, .marker = rtp->marker, .timestamp = rtp->timestamp, .loss_before = false});
    while (const auto unit = video_->pull()) picture(*unit, hand);
  } else if (sound_ && packet.track == sound_->track) {
    if (!sound_->aac) {
      sound(rtp->payload, rtp->timestamp, hand);
      return;
    }
    sound_->aac->push(
        {.bytes = rtp->payload, .marker = rtp->marker, .timestamp = rtp->timestamp, .loss_before = false});
    while (const auto unit = sound_->aac->pull()) {
      const auto header = aac::adts_header(sound_->config, unit->data.size());
      if (!header) continue;
      Bytes frame(header->begin(), header->end());
      frame.insert(frame.end(), unit->data.begin(), unit->data.end());
      sound(frame, unit->timestamp, hand);
    }
  }
}

void ProgramStream::picture(const h26x::AccessUnit& unit, const std::function<void(ByteView)>& hand) {
  std::vector<ByteView> nals;
  for (std::size_t i = 0; i < unit.size(); ++i) nals.push_back(unit.nal(i));
  const auto annexb = h26x::join_annexb(nals);
  hand(writer_->pack(unit.timestamp, unit.key));
  writer_->picture(annexb, unit.timestamp, hand);
}

void ProgramStream::sound(ByteView frame, std::uint32_t timestamp,
                          const std::function<void(ByteView)>& hand) {
  const auto pts =
      static_cast<std::int64_t>(std::uint64_t{timestamp} * 90'000 / sound_->clock_rate) & 0x1FFFFFFFF;
  hand(writer_->sound(frame, pts));
}

}  // namespace camfleet::standin
