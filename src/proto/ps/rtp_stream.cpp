#include "proto/ps/rtp_stream.h"

#include <algorithm>
#include <utility>

#include "proto/aac/config.h"
#include "proto/h26x/annexb.h"
#include "proto/h26x/h264_packetizer.h"
#include "proto/rtp/packet.h"
#include "proto/sdp/codec_config.h"

namespace camfleet::ps {
namespace {

constexpr std::size_t kMostNals = 4'096;
constexpr std::uint8_t kVideoType = 96, kAacType = 104, kPcmuType = 0, kPcmaType = 8;
constexpr std::uint32_t kUsualRate = 8'000;

sdp::Parameter parameter(std::string name, std::string value) { return {std::move(name), std::move(value)}; }

struct Sets {
  std::vector<Bytes> vps, sps, pps;
  bool whole(h26x::Codec codec) const {
    return !sps.empty() && !pps.empty() && (codec == h26x::Codec::h264 || !vps.empty());
  }
};

Sets sets_of(h26x::Codec codec, const std::vector<ByteView>& nals) {
  Sets out;
  for (const auto nal : nals) {
    const int type = h26x::nal_type(codec, nal);
    if (!h26x::is_parameter_set(codec, type)) continue;
    const bool h264 = codec == h26x::Codec::h264;
    auto& to = type == (h264 ? h26x::h264::kSps : h26x::h265::kSps)   ? out.sps
               : type == (h264 ? h26x::h264::kPps : h26x::h265::kPps) ? out.pps
                                                                      : out.vps;
    to.emplace_back(nal.begin(), nal.end());
  }
  return out;
}

// Without a head or a map: what the parameter sets look like.
std::optional<h26x::Codec> guess(const std::vector<ByteView>& nals) {
  for (const auto nal : nals) {
    if (nal.size() < 2) continue;
    if ((nal[0] & 0x1F) == h26x::h264::kSps) return h26x::Codec::h264;
    if ((nal[0] >> 1 & 0x3F) == h26x::h265::kVps && nal[1] == 1) return h26x::Codec::h265;
  }
  return std::nullopt;
}

sdp::Format video_format(h26x::Codec codec, const Sets& sets) {
  sdp::Format format{.payload_type = kVideoType,
                     .codec = codec == h26x::Codec::h264 ? sdp::Codec::h264 : sdp::Codec::h265,
                     .encoding = codec == h26x::Codec::h264 ? "H264" : "H265",
                     .clock_rate = 90'000,
                     .channels = 1,
                     .parameters = {}};
  if (codec == h26x::Codec::h264) {
    const auto& sps = sets.sps.front();
    format.parameters.push_back(parameter("packetization-mode", "1"));
    if (sps.size() >= 4)
      format.parameters.push_back(parameter("profile-level-id", to_hex(ByteView{sps}.subspan(1, 3))));
    auto all = sets.sps;
    all.insert(all.end(), sets.pps.begin(), sets.pps.end());
    format.parameters.push_back(parameter("sprop-parameter-sets", sdp::sprop(all)));
  } else {
    format.parameters.push_back(parameter("sprop-vps", sdp::sprop(sets.vps)));
    format.parameters.push_back(parameter("sprop-sps", sdp::sprop(sets.sps)));
    format.parameters.push_back(parameter("sprop-pps", sdp::sprop(sets.pps)));
  }
  return format;
}

}  // namespace

RtpStream::RtpStream(std::uint32_t seed, std::size_t largest)
    : largest_(std::clamp<std::size_t>(largest, 200, 1'460) - rtp::kHeaderSize) {
  video_ = {.ssrc = seed, .sequence = static_cast<std::uint16_t>(seed >> 7), .payload_type = kVideoType};
  sound_ = {.ssrc = seed ^ 0x5A5A5A5A, .sequence = static_cast<std::uint16_t>(seed >> 13)};
}

void RtpStream::push(ByteView program_stream) {
  demuxer_.push(program_stream);
  while (const auto frame = demuxer_.pull()) take(*frame);
}

void RtpStream::flush() {
  demuxer_.flush();
  while (const auto frame = demuxer_.pull()) take(*frame);
}

std::optional<RtpPacket> RtpStream::pull() {
  if (ready_.empty()) return std::nullopt;
  auto out = std::move(ready_.front());
  ready_.pop_front();
  return out;
}

void RtpStream::take(const Frame& frame) {
  if (changed_) return;
  if (frame.video)
    picture(frame);
  else
    sound(frame);
}

void RtpStream::picture(const Frame& frame) {
  const auto nals = h26x::split_annexb(frame.data, kMostNals);
  if (nals.empty()) return;
  const auto said = demuxer_.video();
  if (!description_) {
    if (said == Video::h264 || said == Video::h265)
      codec_ = said == Video::h264 ? h26x::Codec::h264 : h26x::Codec::h265;
    else if (const auto seen = guess(nals))
      codec_ = *seen;
    describe(nals);
    if (!description_) {
      ++counters_.early_frames;
      return;
    }
  } else if ((said == Video::h264 || said == Video::h265) &&
             (said == Video::h264) != (codec_ == h26x::Codec::h264)) {
    changed_ = true;
    return;
  }
  const bool key = std::ranges::any_of(
      nals, [&](ByteView nal) { return h26x::is_key(codec_, h26x::nal_type(codec_, nal)); });
  const auto timestamp = time_of(frame, video_);
  std::vector<h26x::Piece> pieces;
  for (std::size_t i = 0; i < nals.size(); ++i) {
    const bool last = i + 1 == nals.size();
    if (codec_ == h26x::Codec::h264)
      h26x::packetize_h264(nals[i], last, largest_, pieces);
    else
      h26x::packetize_h265(nals[i], last, largest_, pieces);
  }
  bool first = true;
  for (const auto& piece : pieces) {
    send(0, piece.marker, key && first, timestamp, ByteView{piece.prefix}.first(piece.prefix_size),
         piece.body);
    first = false;
  }
}

void RtpStream::sound(const Frame& frame) {
  if (!description_) {
    // It tells how the sound is coded.
    if (const auto adts = aac::parse_adts(frame.data)) adts_ = adts->config;
    ++counters_.early_frames;
    return;
  }
  if (audio_ == Audio::none) {
    ++counters_.unknown_sound;
    return;
  }
  const auto timestamp = time_of(frame, sound_);
  if (audio_ == Audio::aac) {
    aac(frame.data, timestamp);
    return;
  }
  ByteView rest{frame.data};
  for (auto at = timestamp; !rest.empty();) {
    const auto piece = rest.first(std::min(rest.size(), largest_));
    rest = rest.subspan(piece.size());
    send(1, rest.empty(), false, at, {}, piece);
    at += static_cast<std::uint32_t>(piece.size());
    sound_.next = at;
  }
}

// Frames behind ADTS heads, several perhaps; a single one may stand without.
void RtpStream::aac(ByteView frames, std::uint32_t timestamp) {
  while (!frames.empty()) {
    auto unit = frames;
    auto next = ByteView{};
    if (const auto adts = aac::parse_adts(frames)) {
      const auto size = std::min(adts->frame_size, frames.size());
      if (size <= adts->header_size) return;
      unit = frames.subspan(adts->header_size, size - adts->header_size);
      next = frames.subspan(size);
    }
    if (unit.size() > 0x1FFF) {
      ++counters_.unknown_sound;
    } else {
      // A unit that does not fit is cut, each piece behind the header of the whole (RFC 3640 section 3.2.3).
      const auto length = static_cast<std::uint16_t>(unit.size() << 3);
      const std::uint8_t header[4] = {0, 16, static_cast<std::uint8_t>(length >> 8),
                                      static_cast<std::uint8_t>(length)};
      while (!unit.empty()) {
        const auto piece = unit.first(std::min(unit.size(), largest_ - sizeof header));
        unit = unit.subspan(piece.size());
        send(1, unit.empty(), false, timestamp, header, piece);
      }
    }
    timestamp += 1024;
    sound_.next = timestamp;
    frames = next;
  }
}

void RtpStream::describe(const std::vector<ByteView>& nals) {
  const auto sets = sets_of(codec_, nals);
  const bool key = std::ranges::any_of(
      nals, [&](ByteView nal) { return h26x::is_key(codec_, h26x::nal_type(codec_, nal)); });
  if (!key || !sets.whole(codec_)) return;
  sdp::Session session;
  session.name = "camfleet";
  sdp::Media video;
  video.kind = "video";
  video.protocol = "RTP/AVP";
  video.control = "trackID=1";
  video.formats.push_back(video_format(codec_, sets));
  session.medias.push_back(std::move(video));
  describe_sound(session);
  description_ = std::move(session);
}

void RtpStream::describe_sound(sdp::Session& session) {
  sdp::Format format;
  switch (demuxer_.audio()) {
    case Audio::pcmu:
      format = {
          .payload_type = kPcmuType, .codec = sdp::Codec::pcmu, .encoding = "PCMU", .clock_rate = kUsualRate};
      break;
    case Audio::pcma:
      format = {
          .payload_type = kPcmaType, .codec = sdp::Codec::pcma, .encoding = "PCMA", .clock_rate = kUsualRate};
      break;
    case Audio::aac: {
      if (!adts_ || adts_->sample_rate <= 0 || adts_->channels < 1) return;
      const auto config = aac::make_config(adts_->sample_rate, adts_->channels);
      format = {.payload_type = kAacType,
                .codec = sdp::Codec::aac,
                .encoding = "mpeg4-generic",
                .clock_rate = static_cast<std::uint32_t>(adts_->sample_rate),
                .channels = adts_->channels};
      format.parameters = {parameter("streamtype", "5"),        parameter("mode", "AAC-hbr"),
                           parameter("config", to_hex(config)), parameter("sizelength", "13"),
                           parameter("indexlength", "3"),       parameter("indexdeltalength", "3")};
      break;
    }
    case Audio::none:
    case Audio::other:
      return;
  }
  audio_ = demuxer_.audio();
  sound_.payload_type = format.payload_type;
  sound_.clock_rate = format.clock_rate;
  sdp::Media sound;
  sound.kind = "audio";
  sound.protocol = "RTP/AVP";
  sound.control = "trackID=2";
  sound.formats.push_back(std::move(format));
  session.medias.push_back(std::move(sound));
}

// By the stream's own time, whose 33 bits wrap after 26 hours; where a packet has none it follows on the one
// before.
std::uint32_t RtpStream::time_of(const Frame& frame, Sender& sender) {
  if (!frame.time) return sender.next;
  constexpr std::int64_t kWrap = std::int64_t{1} << 33;
  auto step = (*frame.time - sender.time) & (kWrap - 1);
  if (step >= kWrap / 2) step -= kWrap;
  sender.time += step;
  sender.next = static_cast<std::uint32_t>(sender.time * sender.clock_rate / 90'000);
  return sender.next;
}

void RtpStream::send(std::uint8_t track, bool marker, bool key_start, std::uint32_t timestamp,
                     ByteView prefix, ByteView body) {
  auto& sender = track == 0 ? video_ : sound_;
  RtpPacket packet{
      .track = track, .marker = marker, .key_start = key_start, .timestamp = timestamp, .bytes = {}};
  packet.bytes.resize(rtp::kHeaderSize + prefix.size() + body.size());
  rtp::write_header(packet.bytes.data(), marker, sender.payload_type, sender.sequence++, timestamp,
                    sender.ssrc);
  std::ranges::copy(prefix, packet.bytes.begin() + rtp::kHeaderSize);
  std::ranges::copy(body,
                    packet.bytes.begin() + static_cast<std::ptrdiff_t>(rtp::kHeaderSize + prefix.size()));
  ++counters_.packets;
  ready_.push_back(std::move(packet));
}

}  // namespace camfleet::ps
