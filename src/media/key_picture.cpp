#include "media/key_picture.h"

#include <memory>

#include "proto/h26x/annexb.h"
#include "proto/h26x/h264_depacketizer.h"
#include "proto/h26x/h265_depacketizer.h"
#include "proto/rtp/packet.h"
#include "proto/rtp/sequence.h"

namespace camfleet::media {
namespace {

// Of one picture: 8 MiB in the smallest packets that make sense.
constexpr std::size_t kMostPackets = 16'384;

std::optional<h26x::Codec> codec_of(const model::Track& track) {
  if (track.codec == model::Codec::h264) return h26x::Codec::h264;
  if (track.codec == model::Codec::h265) return h26x::Codec::h265;
  return std::nullopt;
}

std::unique_ptr<h26x::Depacketizer> depacketizer_of(h26x::Codec codec) {
  if (codec == h26x::Codec::h264) return std::make_unique<h26x::H264Depacketizer>();
  return std::make_unique<h26x::H265Depacketizer>();
}

// Lengths of four bytes become start codes of four bytes.
Bytes to_annexb(const h26x::AccessUnit& unit, const h26x::ParameterSets& sets) {
  std::vector<ByteView> nals;
  for (const auto* kind : {&sets.vps(), &sets.sps(), &sets.pps()})
    nals.insert(nals.end(), kind->begin(), kind->end());
  for (std::size_t i = 0; i < unit.size(); ++i) nals.push_back(unit.nal(i));
  return h26x::join_annexb(nals);
}

}  // namespace

std::optional<KeyPicture> newest_key_picture(const Hub& hub) {
  const auto info = hub.info();
  const auto key = hub.cache().key();
  if (!info || !key || info->video_track() < 0) return std::nullopt;
  const auto track = static_cast<std::uint8_t>(info->video_track());
  const auto codec = codec_of(info->tracks[track]);
  if (!codec) return std::nullopt;
  KeyPicture out;
  bool has_picture = false;
  std::uint32_t timestamp = 0;
  for (auto i = key->item; i < hub.complete().item; ++i) {
    const auto& packet = hub.cache().at(i);
    if (packet.rtcp || packet.track != track) continue;
    if (has_picture && packet.timestamp != timestamp) break;
    const auto rtp = rtp::parse(packet.rtp());
    if (rtp && !has_picture && h26x::classify(*codec, rtp->payload).key) {
      has_picture = true;
      timestamp = packet.timestamp;
    }
    if (out.packets.size() == kMostPackets) return std::nullopt;
    out.packets.push_back(packet);
  }
  if (!has_picture) return std::nullopt;
  out.track = info->tracks[track];
  out.arrival = out.packets.front().arrival;
  out.generation = hub.generation();
  out.item = key->item;
  return out;
}

Result<CodedPicture> assemble(const KeyPicture& picture) {
  const auto codec = codec_of(picture.track);
  if (!codec) return fail(Code::media_unsupported_codec, std::string{to_text(picture.track.codec)});
  const auto depacketizer = depacketizer_of(*codec);
  for (const Bytes* set : {&picture.track.vps, &picture.track.sps, &picture.track.pps})
    if (!set->empty()) depacketizer->announce(*set);
  rtp::Reception reception;
  std::optional<h26x::AccessUnit> unit;
  const auto take = [&] {
    while (auto next = depacketizer->pull())
      if (!unit && next->key) unit = std::move(next);
  };
  for (const auto& packet : picture.packets) {
    const auto rtp = rtp::parse(packet.rtp());
    if (!rtp) continue;
    const auto arrival = reception.received(rtp->ssrc, rtp->sequence, rtp->timestamp, rtp->timestamp);
    if (arrival == rtp::Arrival::late || arrival == rtp::Arrival::suspicious) continue;
    depacketizer->push({rtp->payload, rtp->marker, rtp->timestamp, arrival == rtp::Arrival::gap});
    take();
  }
  depacketizer->flush();
  take();
  if (!unit) return fail(Code::media_undecodable, "packets of the key picture are missing");
  return CodedPicture{picture.track.codec, to_annexb(*unit, depacketizer->parameter_sets())};
}

}  // namespace camfleet::media
