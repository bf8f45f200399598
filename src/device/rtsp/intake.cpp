#include "device/rtsp/intake.h"

#include <algorithm>
#include <bit>
#include <bitset>
#include <cstring>

#include "proto/h26x/nal.h"
#include "proto/rtp/packet.h"

namespace camfleet::device {

std::span<std::uint8_t> Intake::room() {
  const std::uint32_t pending = end_ - begin_;
  std::uint32_t need = pending + kLeastRoom;
  if (pending >= 4) {
    // The rest of a packet has to end in the same slab.
    const auto* at = slab_.get()->data() + begin_;
    if (at[0] == '$') need = 4 + std::uint32_t{load16(at + 2)};
  }
  if (!slab_ || begin_ + std::max(need, pending + 1) > slab_.get()->capacity()) next_slab(need);
  return {slab_.get()->data() + end_, slab_.get()->capacity() - end_};
}

void Intake::next_slab(std::uint32_t least) {
  const std::uint32_t pending = end_ - begin_;
  model::SlabRef next{model::Slab::make(std::max(slab_size_, std::max(least, pending + kLeastRoom)))};
  if (pending > 0) std::memcpy(next.get()->data(), slab_.get()->data() + begin_, pending);
  slab_ = std::move(next);
  begin_ = 0;
  end_ = pending;
}

void Intake::rest() {
  if (begin_ != end_) return;
  slab_ = {};
  begin_ = end_ = 0;
}

void Intake::datagram(std::uint8_t channel, ByteView bytes, SteadyTime now, model::Publisher* to) {
  if (bytes.size() > 0xFFFF) return;
  const auto size = 4 + static_cast<std::uint32_t>(bytes.size());
  if (!slab_ || end_ + size > slab_.get()->capacity()) next_slab(size);
  auto* at = slab_.get()->data() + end_;
  rtsp::write_frame_header(at, channel, static_cast<std::uint16_t>(bytes.size()));
  if (!bytes.empty()) std::memcpy(at + 4, bytes.data(), bytes.size());
  end_ += size;
  begin_ = end_;
  counters_.bytes += size;
  (void)frame({channel, ByteView{at + 4, bytes.size()}}, now, to);  // counts what it does not take
}

Result<void> Intake::received(std::size_t size, SteadyTime now, model::Publisher* to) {
  end_ += static_cast<std::uint32_t>(size);
  counters_.bytes += size;
  for (;;) {
    ByteView in{slab_.get()->data() + begin_, end_ - begin_};
    if (resync_) {
      const auto before = in.size();
      const auto found = resync_->scan(in);
      counters_.junk_bytes += before - in.size();
      begin_ = end_ - static_cast<std::uint32_t>(in.size());
      if (!found) return fail(found.error());
      if (!*found) return {};
      resync_.reset();
      parser_ = rtsp::Parser{{}, counters_.bytes - in.size()};
    }
    const auto parsed = parse(in, now, to);
    if (parsed) return {};
    // A camera or a link that loses bytes: look for the next packet. Text that breaks a rule ends the
    // connection, and so does anything odd before there are tracks.
    const bool has_tracks = std::ranges::any_of(map_, [](std::uint8_t ours) { return ours != kNobody; });
    const bool framing =
        parsed.error().code == Code::rtsp_out_of_sync || parsed.error().code == Code::rtsp_bad_start_line;
    if (!framing || !has_tracks) return fail(parsed.error());
    if (counters_.unknown_frames > kUnknownLimit) return fail(parsed.error());
    ++counters_.resyncs;
    // Where not even the first byte was taken ("RTSP/1.0" and then no text, say), the search must not find
    // the same place again.
    if (end_ - begin_ == in.size() && begin_ != end_) {
      ++begin_;
      ++counters_.junk_bytes;
    }
    std::bitset<256> channels;
    for (std::size_t i = 0; i < map_.size(); ++i) channels[i] = map_[i] != kNobody;
    resync_.emplace(channels);
  }
}

Result<void> Intake::parse(ByteView in, SteadyTime now, model::Publisher* to) {
  const auto consumed = [&] { begin_ = end_ - static_cast<std::uint32_t>(in.size()); };
  for (rtsp::Frame packet;;) {
    if (parser_.take_frame(in, packet)) {
      if (const auto taken = frame(packet, now, to); !taken) return consumed(), fail(taken.error());
      continue;
    }
    auto message = parser_.next(in);
    consumed();
    if (!message) return fail(message.error());
    if (!*message) return {};
    if (auto* late = std::get_if<rtsp::Frame>(&**message)) {
      if (const auto taken = frame(*late, now, to); !taken) return fail(taken.error());
    } else if (messages_.size() >= kMessageLimit) {
      return fail(Code::rtsp_too_large, "more than 64 messages at once");
    } else if (auto* response = std::get_if<rtsp::Response>(&**message)) {
      messages_.emplace_back(std::move(*response));
    } else {
      messages_.emplace_back(std::move(std::get<rtsp::Request>(**message)));
    }
  }
}

Result<void> Intake::frame(const rtsp::Frame& frame, SteadyTime now, model::Publisher* to) {
  auto ours = map_[frame.channel];
  if (ours == kNobody) {
    if (++counters_.unknown_frames > kUnknownLimit)
      return fail(Code::rtsp_out_of_sync, "a thousand frames on unknown channels");
    return {};
  }
  const auto bytes = frame.payload;
  auto& track = tracks_[ours / 2];
  model::Packet out;
  // RTCP on the RTP channel occurs (live555 of old).
  out.rtcp = (ours & 1) != 0 || rtp::is_rtcp(bytes);
  out.track = ours / 2;
  if (out.rtcp) {
    if (bytes.size() < 8) return ++counters_.malformed, Result<void>{};
    ours = static_cast<std::uint8_t>(2 * out.track + 1);
  } else {
    const auto packet = rtp::parse(bytes);
    if (!packet) return ++counters_.malformed, Result<void>{};
    const auto types = std::span(track.payload_types).first(track.payload_type_count);
    if (std::ranges::find(types, packet->payload_type) == types.end())
      return ++counters_.foreign_payload, Result<void>{};
    last_media_ = now;
    out.timestamp = packet->timestamp;
    out.marker = packet->marker;
    if (to != nullptr && track.starts)
      out.key_start = begins_picture(track, packet->payload, packet->timestamp);
  }
  if (to == nullptr) return ++counters_.early_frames, Result<void>{};
  auto* slab = slab_.get();
  out.offset = static_cast<std::uint32_t>(bytes.data() - slab->data()) - 4;
  out.size = static_cast<std::uint32_t>(bytes.size()) + 4;
  out.arrival = now;
  out.slab = slab_;
  slab->data()[out.offset + 1] = ours;
  ++counters_.packets;
  if (out.key_start) adapt();
  to->packet(std::move(out));
  return {};
}

bool Intake::begins_picture(Open& track, ByteView payload, std::uint32_t timestamp) {
  const bool anew = !track.in_key || timestamp != track.last_timestamp;
  if (track.codec != model::Codec::h264 && track.codec != model::Codec::h265) {
    // Each picture of MJPEG stands alone.
    track.in_key = true;
    track.last_timestamp = timestamp;
    return anew;
  }
  const auto kind =
      h26x::classify(track.codec == model::Codec::h264 ? h26x::Codec::h264 : h26x::Codec::h265, payload);
  if (!kind.parameter_set && !kind.key_start) {
    if (kind.vcl && !kind.key) track.in_key = track.sets_waiting = false;
    return false;
  }
  // Parameter sets that come with a time of their own belong to the key picture behind them.
  const bool follows_sets = track.sets_waiting && kind.key_start;
  track.sets_waiting = !kind.key_start && (anew || track.sets_waiting);
  track.in_key = true;
  track.last_timestamp = timestamp;
  return anew && !follows_sets;
}

void Intake::adapt() {
  const auto group = counters_.bytes - bytes_at_key_;
  if (bytes_at_key_ != 0)
    slab_size_ =
        std::clamp(std::bit_ceil(static_cast<std::uint32_t>(std::min<std::uint64_t>(group / 16, 1u << 20))),
                   kSmallestSlab, kLargestSlab);
  bytes_at_key_ = counters_.bytes;
}

void Intake::assign(std::uint8_t rtp_channel, std::uint8_t rtcp_channel, const Track& track) {
  static_cast<Track&>(tracks_.at(track.index)) = track;
  map_[rtcp_channel] = static_cast<std::uint8_t>(2 * track.index + 1);
  map_[rtp_channel] = static_cast<std::uint8_t>(2 * track.index);
}

std::optional<std::variant<rtsp::Request, rtsp::Response>> Intake::message() {
  if (messages_.empty()) return std::nullopt;
  auto front = std::move(messages_.front());
  messages_.erase(messages_.begin());
  return front;
}

}  // namespace camfleet::device
