#include "proto/sdp/codec_config.h"

#include <array>

#include "base/text.h"
#include "proto/aac/config.h"
#include "proto/h26x/annexb.h"
#include "proto/h26x/nal.h"

namespace camfleet::sdp {
namespace {

constexpr std::size_t kMaxSprop = 4096;
constexpr std::size_t kMaxSets = 32;

// A comma-separated list of sets in base64. GW Security ends each with a start code, others put several into
// one.
void decode_list(std::string_view text, h26x::Codec codec, std::vector<Bytes>& sets) {
  while (!text.empty()) {
    Bytes bytes;
    if (!from_base64(trim(take_until(text, ',')), bytes)) continue;
    for (const auto nal : h26x::split_annexb(bytes, kMaxSets)) {
      const auto type = h26x::nal_type(codec, nal);
      if (h26x::is_parameter_set(codec, type) && sets.size() < kMaxSets)
        sets.emplace_back(nal.begin(), nal.end());
    }
  }
}

std::optional<Bytes> from_hex(std::string_view text) {
  Bytes bytes;
  for (std::size_t i = 0; i + 1 < text.size(); i += 2) {
    const auto byte = parse_int<std::uint8_t>(text.substr(i, 2), 16);
    if (!byte) return std::nullopt;
    bytes.push_back(*byte);
  }
  return bytes;
}

}  // namespace

std::vector<Bytes> parameter_sets(const Format& format) {
  const bool h264 = format.codec == Codec::h264;
  if (!h264 && format.codec != Codec::h265) return {};
  constexpr std::array<std::string_view, 1> kH264 = {"sprop-parameter-sets"};
  constexpr std::array<std::string_view, 3> kH265 = {"sprop-vps", "sprop-sps", "sprop-pps"};
  const auto names =
      h264 ? std::span<const std::string_view>(kH264) : std::span<const std::string_view>(kH265);

  std::vector<Bytes> sets;
  std::size_t size = 0;
  for (const auto name : names) {
    const auto text = format.parameter(name).value_or("");
    size += text.size();
    if (size > kMaxSprop) return {};
    decode_list(text, h264 ? h26x::Codec::h264 : h26x::Codec::h265, sets);
  }
  return sets;
}

std::string sprop(const std::vector<Bytes>& sets) {
  std::string out;
  for (const auto& set : sets) {
    if (!out.empty()) out += ',';
    out += to_base64(set);
  }
  return out;
}

std::optional<AacConfig> parse_audio_specific_config(ByteView config) {
  const auto read = aac::parse_config(config);
  if (!read) return std::nullopt;
  return AacConfig{Bytes(config.begin(), config.end()), read->object_type, read->sample_rate, read->channels};
}

std::optional<AacConfig> aac_config(const Format& format) {
  if (format.codec != Codec::aac) return std::nullopt;
  const auto text = format.parameter("config");
  if (!text || text->size() > 128) return std::nullopt;
  const auto bytes = from_hex(*text);
  return bytes ? parse_audio_specific_config(*bytes) : std::nullopt;
}

}  // namespace camfleet::sdp
