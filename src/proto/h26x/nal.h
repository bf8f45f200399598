#pragma once
#include <cstdint>

#include "base/bytes.h"

namespace camfleet::h26x {

enum class Codec : std::uint8_t { h264, h265 };

// Table 7-1 of H.264, and of H.265; RFC 6184 section 5.2 and RFC 7798 section 4.4 for those of RTP alone.
namespace h264 {
inline constexpr int kSlice = 1, kIdr = 5, kSei = 6, kSps = 7, kPps = 8, kDelimiter = 9, kFiller = 12;
inline constexpr int kStapA = 24, kFuA = 28;
}  // namespace h264
namespace h265 {
inline constexpr int kBlaWLp = 16, kIdrWRadl = 19, kIdrNLp = 20, kCra = 21, kLastIrap = 23, kLastVcl = 31;
inline constexpr int kVps = 32, kSps = 33, kPps = 34, kDelimiter = 35, kPrefixSei = 39, kSuffixSei = 40;
inline constexpr int kAggregate = 48, kFragment = 49, kPaci = 50;
}  // namespace h265

// Of a NAL unit with at least one byte (H.264) or two (H.265); -1 for less.
int nal_type(Codec codec, ByteView nal);
bool is_vcl(Codec codec, int type);            // a slice of a picture
bool is_key(Codec codec, int type);            // a slice of IDR, CRA or BLA
bool is_parameter_set(Codec codec, int type);  // VPS, SPS, PPS
// Whether a slice is the first of its picture. Needs one byte behind the NAL header.
bool is_first_slice(Codec codec, ByteView nal);

// What an RTP payload carries, seen without taking it apart: enough for a GOP cache and for skipping to a key
// frame.
struct PacketClass {
  bool parameter_set = false;  // VPS, SPS or PPS, perhaps among others
  bool key = false;            // a part of a key picture
  bool key_start = false;      // the beginning of a key picture: its first slice's first bytes
  bool picture_start = false;  // the same of any picture
  bool vcl = false;            // a part of any picture
  bool operator==(const PacketClass&) const = default;
};
// All false for what is malformed. Looks into aggregation packets, allocates nothing.
PacketClass classify(Codec codec, ByteView rtp_payload);

}  // namespace camfleet::h26x
