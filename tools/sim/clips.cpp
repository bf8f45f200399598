#include "sim/clips.h"

#include <fmt/format.h>

#include <filesystem>
#include <fstream>
#include <iterator>

#include "proto/h26x/annexb.h"
#include "proto/h26x/h264_packetizer.h"
#include "proto/h26x/nal.h"
#include "proto/h26x/sps.h"

namespace camfleet::sim {
namespace {

constexpr std::size_t kMaxClip = 256 * 1024 * 1024;

Result<std::string> read_file(const std::string& path) {
  std::ifstream file{path, std::ios::binary};
  if (!file)
    return fail(Code::config_invalid, path + " is not there; make it with scripts/make-clips.sh FOLDER");
  std::string text{std::istreambuf_iterator<char>{file}, {}};
  if (text.empty() || text.size() > kMaxClip)
    return fail(Code::config_invalid, path + " is empty or too large");
  return text;
}

Result<Clip> load_clip(const std::string& folder, std::string_view name,
                       h26x::Codec codec = h26x::Codec::h264) {
  const auto path = fmt::format("{}/{}.{}", folder, name, codec == h26x::Codec::h264 ? "h264" : "h265");
  const auto bytes = read_file(path);
  if (!bytes) return fail(bytes.error());
  auto clip = Clip::cut(as_bytes(*bytes), 1400, codec);
  if (!clip) return fail(clip.error().code, path + ": " + clip.error().place);
  std::vector<std::shared_ptr<const std::string>> pictures;
  for (std::size_t i = 0; i * clip->gop() < clip->frames(); ++i) {
    auto picture = read_file(fmt::format("{}/{}-{}.jpg", folder, name, i));
    if (!picture) return fail(picture.error());
    pictures.push_back(std::make_shared<const std::string>(std::move(*picture)));
  }
  clip->set_pictures(std::move(pictures));
  return clip;
}

}  // namespace

Result<Clip> Clip::cut(ByteView annexb, std::size_t max_payload, h26x::Codec codec) {
  using namespace h26x;
  const bool h265 = codec == Codec::h265;
  Clip clip;
  clip.codec_ = codec;
  clip.bytes_.reserve(annexb.size() + annexb.size() / 64);
  std::vector<Piece> pieces;
  std::vector<ByteView> unit;  // parameter sets, then the slices of one picture
  bool has_slice = false;

  const auto end_of_picture = [&]() -> Result<> {
    Frame frame{static_cast<std::uint32_t>(clip.packets_.size()), 0, false};
    pieces.clear();
    for (const ByteView nal : unit) {
      frame.key = frame.key || is_key(codec, nal_type(codec, nal));
      const bool last = nal.data() == unit.back().data();
      if (h265)
        packetize_h265(nal, last, max_payload, pieces);
      else
        packetize_h264(nal, last, max_payload, pieces);
    }
    for (const Piece& piece : pieces) {
      clip.packets_.push_back({static_cast<std::uint32_t>(clip.bytes_.size()),
                               static_cast<std::uint16_t>(piece.size()), piece.marker});
      clip.bytes_.insert(clip.bytes_.end(), piece.prefix.begin(), piece.prefix.begin() + piece.prefix_size);
      clip.bytes_.insert(clip.bytes_.end(), piece.body.begin(), piece.body.end());
    }
    if (pieces.size() > UINT16_MAX) return fail(Code::media_bad_data, "a frame of too many packets");
    frame.packets = static_cast<std::uint16_t>(pieces.size());
    if (clip.frames_.empty() && !frame.key)
      return fail(Code::media_bad_data, "does not begin with a key frame");
    clip.frames_.push_back(frame);
    unit.clear();
    has_slice = false;
    return {};
  };

  for (const ByteView nal : split_annexb(annexb, SIZE_MAX)) {
    const int type = nal_type(codec, nal);
    const bool slice = is_vcl(codec, type);
    if (has_slice && (!slice || is_first_slice(codec, nal))) {
      if (auto done = end_of_picture(); !done) return fail(done.error());
    }
    if (!slice && !is_parameter_set(codec, type)) continue;
    if (h265 && type == h265::kVps && clip.vps_.empty()) clip.vps_.assign(nal.begin(), nal.end());
    if (type == (h265 ? h265::kSps : h264::kSps) && clip.sps_.empty())
      clip.sps_.assign(nal.begin(), nal.end());
    if (type == (h265 ? h265::kPps : h264::kPps) && clip.pps_.empty())
      clip.pps_.assign(nal.begin(), nal.end());
    has_slice = has_slice || slice;
    unit.push_back(nal);
  }
  if (has_slice) {
    if (auto done = end_of_picture(); !done) return fail(done.error());
  }
  if (clip.frames_.empty() || clip.sps_.empty() || clip.pps_.empty())
    return fail(Code::media_bad_data, "no pictures with SPS and PPS");

  const auto size = [&clip](const auto& sps) -> Result<> {
    if (!sps) return fail(sps.error());
    clip.width_ = sps->width;
    clip.height_ = sps->height;
    return {};
  };
  const auto sized = h265 ? size(parse_h265_sps(clip.sps_)) : size(parse_h264_sps(clip.sps_));
  if (!sized) return fail(sized.error());
  const auto second = clip.key_after(0);
  clip.gop_ = static_cast<unsigned>(second == 0 ? clip.frames_.size() : second);
  return clip;
}

std::size_t Clip::key_before(std::size_t frame) const {
  while (!frames_[frame].key) --frame;  // frame 0 is one
  return frame;
}

std::size_t Clip::key_after(std::size_t frame) const {
  do {
    frame = (frame + 1) % frames_.size();
  } while (!frames_[frame].key);
  return frame;
}

unsigned Clip::kbps() const {
  return static_cast<unsigned>(bytes_.size() * 8 * kFramesPerSecond / frames_.size() / 1000);
}

std::shared_ptr<const std::string> Clip::picture(std::size_t frame) const {
  return pictures_.empty() ? nullptr : pictures_[frame / gop_ % pictures_.size()];
}

Result<Clips> Clips::load(const std::string& folder) {
  auto main = load_clip(folder, "main");
  if (!main) return fail(main.error());
  auto sub = load_clip(folder, "sub");
  if (!sub) return fail(sub.error());
  Clips clips{std::move(*main), std::move(*sub), {}, {}, {}};
  std::error_code ignored;
  if (!std::filesystem::exists(folder + "/h265-main.h265", ignored)) return clips;
  const auto pair = [&](std::string_view name, h26x::Codec codec) -> Result<Clips::Pair> {
    auto both = load_clip(folder, fmt::format("{}-main", name), codec);
    if (!both) return fail(both.error());
    auto small = load_clip(folder, fmt::format("{}-sub", name), codec);
    if (!small) return fail(small.error());
    return Clips::Pair{std::move(*both), std::move(*small)};
  };
  auto h265 = pair("h265", h26x::Codec::h265);
  if (!h265) return fail(h265.error());
  auto views = pair("views", h26x::Codec::h264);
  if (!views) return fail(views.error());
  auto sounds = Sounds::load(folder);
  if (!sounds) return fail(sounds.error());
  clips.h265 = std::move(*h265);
  clips.views = std::move(*views);
  clips.sounds = std::move(*sounds);
  return clips;
}

}  // namespace camfleet::sim
