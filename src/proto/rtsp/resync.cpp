#include "proto/rtsp/resync.h"

#include <algorithm>
#include <string_view>

namespace camfleet::rtsp {
namespace {

enum class Verdict { no, yes, unknown };

constexpr std::string_view kResponse = "RTSP/1.";
constexpr std::size_t kSmallestPacket = 8;  // an RTCP receiver report without blocks

Verdict response_at(ByteView at) {
  const auto seen = as_text(at.first(std::min(at.size(), kResponse.size())));
  if (!kResponse.starts_with(seen)) return Verdict::no;
  return seen.size() == kResponse.size() ? Verdict::yes : Verdict::unknown;
}

bool may_follow(std::uint8_t byte) { return byte == '$' || byte == 'R' || byte == '\r' || byte == '\n'; }

Verdict packet_at(ByteView at, const std::bitset<256>& channels) {
  if (at[0] != '$') return Verdict::no;
  if (at.size() >= 2 && !channels.test(at[1])) return Verdict::no;
  if (at.size() >= 4 && load16(at.data() + 2) < kSmallestPacket) return Verdict::no;
  if (at.size() < 5) return Verdict::unknown;
  if ((at[4] & 0xC0) != 0x80) return Verdict::no;
  const std::size_t whole = 4 + std::size_t{load16(at.data() + 2)};
  return at.size() <= whole || may_follow(at[whole]) ? Verdict::yes : Verdict::no;
}

}  // namespace

Result<bool> Resync::scan(ByteView& in) {
  while (!in.empty()) {
    const auto verdict = in[0] == 'R' ? response_at(in) : packet_at(in, channels_);
    if (verdict == Verdict::yes) return true;
    if (verdict == Verdict::unknown) return false;
    if (left_ == 0) return fail(Code::rtsp_out_of_sync, "no packet within the bytes allowed");
    --left_;
    ++dropped_;
    in = in.subspan(1);
  }
  return false;
}

}  // namespace camfleet::rtsp
