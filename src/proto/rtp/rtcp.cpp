#include "proto/rtp/rtcp.h"

#include <algorithm>
#include <optional>

namespace camfleet::rtp {
namespace {

constexpr std::size_t kMaxCompound = 1500;
constexpr std::size_t kMaxCount = 31;  // five bits
constexpr std::size_t kBlockSize = 24;
constexpr int kSr = 200, kRr = 201, kSdes = 202, kBye = 203;
constexpr std::int64_t kUnixInNtp = 2'208'988'800;  // seconds from 1900 to 1970

std::optional<std::vector<ReportBlock>> parse_blocks(ByteView body, std::size_t count) {
  if (body.size() < count * kBlockSize) return std::nullopt;
  std::vector<ReportBlock> blocks;
  blocks.reserve(count);
  for (const auto* at = body.data(); blocks.size() < count; at += kBlockSize) {
    // 24 bits with sign: shifted to the top and back.
    const auto lost = static_cast<std::int32_t>(load32(at + 4) << 8) >> 8;
    blocks.push_back(
        {load32(at), at[4], lost, load32(at + 8), load32(at + 12), load32(at + 16), load32(at + 20)});
  }
  return blocks;
}

std::optional<Report> parse_sr(ByteView body, std::size_t count) {
  if (body.size() < 24) return std::nullopt;
  const auto* at = body.data();
  auto blocks = parse_blocks(body.subspan(24), count);
  if (!blocks) return std::nullopt;
  return SenderReport{load32(at),      NtpTime{load32(at + 4)} << 32 | load32(at + 8),
                      load32(at + 12), load32(at + 16),
                      load32(at + 20), std::move(*blocks)};
}

std::optional<Report> parse_rr(ByteView body, std::size_t count) {
  if (body.size() < 4) return std::nullopt;
  auto blocks = parse_blocks(body.subspan(4), count);
  if (!blocks) return std::nullopt;
  return ReceiverReport{load32(body.data()), std::move(*blocks)};
}

// Each chunk: SSRC, items (type, length, text) up to a zero, padding to four bytes (RFC 3550 section 6.5).
bool parse_sdes(ByteView body, std::size_t count, std::vector<Report>& out) {
  for (std::size_t i = 0; i < count; ++i) {
    if (body.size() < 4) return false;
    SourceDescription description{load32(body.data()), {}};
    std::size_t at = 4;
    while (at < body.size() && body[at] != 0) {
      if (at + 2 > body.size() || at + 2 + body[at + 1] > body.size()) return false;
      if (body[at] == 1) description.cname = as_text(body.subspan(at + 2, body[at + 1]));
      at += 2 + std::size_t{body[at + 1]};
    }
    out.emplace_back(std::move(description));
    body = body.subspan(std::min(body.size(), (at / 4 + 1) * 4));
  }
  return true;
}

std::optional<Report> parse_bye(ByteView body, std::size_t count) {
  if (body.size() < count * 4) return std::nullopt;
  Bye bye;
  for (std::size_t i = 0; i < count; ++i) bye.ssrcs.push_back(load32(body.data() + i * 4));
  const auto rest = body.subspan(count * 4);
  if (!rest.empty() && std::size_t{rest[0]} + 1 <= rest.size())
    bye.reason = as_text(rest.subspan(1, rest[0]));
  return bye;
}

bool parse_one(int type, std::size_t count, ByteView body, std::vector<Report>& out) {
  if (type == kSdes) return parse_sdes(body, count, out);
  std::optional<Report> report;
  if (type == kSr)
    report = parse_sr(body, count);
  else if (type == kRr)
    report = parse_rr(body, count);
  else if (type == kBye)
    report = parse_bye(body, count);
  else
    return true;
  if (report) out.push_back(std::move(*report));
  return report.has_value();
}

// The header and `words` of four bytes behind it, zeroed; returns where they begin.
std::uint8_t* append(Bytes& out, int type, std::size_t count, std::size_t words) {
  const auto at = out.size();
  out.resize(at + 4 + words * 4);
  out[at] = static_cast<std::uint8_t>(0x80 | count);
  out[at + 1] = static_cast<std::uint8_t>(type);
  store16(&out[at + 2], static_cast<std::uint16_t>(words));
  return out.data() + at + 4;
}

void write_blocks(std::uint8_t* at, const std::vector<ReportBlock>& blocks, std::size_t count) {
  for (std::size_t i = 0; i < count; ++i, at += kBlockSize) {
    const auto& block = blocks[i];
    const auto lost = std::clamp(block.cumulative_lost, -0x800000, 0x7FFFFF);
    store32(at, block.ssrc);
    store32(at + 4, std::uint32_t{block.fraction_lost} << 24 | (static_cast<std::uint32_t>(lost) & 0xFFFFFF));
    store32(at + 8, block.highest_sequence);
    store32(at + 12, block.jitter);
    store32(at + 16, block.last_sr);
    store32(at + 20, block.delay_since_last_sr);
  }
}

}  // namespace

NtpTime to_ntp(UnixTime time) {
  const auto since = time.time_since_epoch();
  const auto seconds = std::chrono::floor<std::chrono::seconds>(since);
  const auto micros = static_cast<std::uint64_t>((since - seconds).count());
  // The top of the seconds falls off: that is the era.
  return static_cast<std::uint64_t>(seconds.count() + kUnixInNtp) << 32 | ((micros << 32) / 1'000'000);
}

UnixTime from_ntp(NtpTime time) {
  auto seconds = static_cast<std::int64_t>(time >> 32);
  if ((time >> 63) == 0) seconds += std::int64_t{1} << 32;
  const auto micros = static_cast<std::int64_t>(((time & 0xFFFFFFFF) * 1'000'000 + (1U << 31)) >> 32);
  return UnixTime(std::chrono::microseconds((seconds - kUnixInNtp) * 1'000'000 + micros));
}

Result<Compound> parse_rtcp(ByteView bytes) {
  if (bytes.size() > kMaxCompound) return fail(Code::rtp_invalid, "rtcp size");
  Compound compound;
  bool first = true;
  while (!bytes.empty()) {
    const bool header = bytes.size() >= 4 && bytes[0] >> 6 == 2 && bytes[1] >= 192 && bytes[1] <= 223;
    const std::size_t size = header ? 4 + std::size_t{load16(bytes.data() + 2)} * 4 : 0;
    if (first && !header) return fail(Code::rtp_invalid, "rtcp header");
    first = false;
    if (!header || size > bytes.size()) {
      compound.damaged = true;
      break;
    }
    auto body = bytes.subspan(4, size - 4);
    if ((bytes[0] & 0x20) != 0) {
      const std::size_t padding = body.empty() ? 0 : body.back();
      if (padding == 0 || padding > body.size()) {
        compound.damaged = true;
        break;
      }
      body = body.first(body.size() - padding);
    }
    if (!parse_one(bytes[1], bytes[0] & 0x1F, body, compound.reports)) compound.damaged = true;
    bytes = bytes.subspan(size);
  }
  if (first) return fail(Code::rtp_invalid, "rtcp empty");
  return compound;
}

void write(Bytes& out, const SenderReport& report) {
  const auto count = std::min(report.blocks.size(), kMaxCount);
  auto* at = append(out, kSr, count, 6 + count * kBlockSize / 4);
  store32(at, report.ssrc);
  store32(at + 4, static_cast<std::uint32_t>(report.ntp >> 32));
  store32(at + 8, static_cast<std::uint32_t>(report.ntp));
  store32(at + 12, report.rtp_timestamp);
  store32(at + 16, report.packet_count);
  store32(at + 20, report.octet_count);
  write_blocks(at + 24, report.blocks, count);
}

void write(Bytes& out, const ReceiverReport& report) {
  const auto count = std::min(report.blocks.size(), kMaxCount);
  auto* at = append(out, kRr, count, 1 + count * kBlockSize / 4);
  store32(at, report.ssrc);
  write_blocks(at + 4, report.blocks, count);
}

void write(Bytes& out, const SourceDescription& description) {
  const auto size = std::min<std::size_t>(description.cname.size(), 255);
  auto* at = append(out, kSdes, 1, 1 + (2 + size) / 4 + 1);
  store32(at, description.ssrc);
  at[4] = 1;
  at[5] = static_cast<std::uint8_t>(size);
  std::copy_n(description.cname.begin(), size, at + 6);
}

void write(Bytes& out, const Bye& bye) {
  const auto count = std::min(bye.ssrcs.size(), kMaxCount);
  const auto size = std::min<std::size_t>(bye.reason.size(), 255);
  auto* at = append(out, kBye, count, count + (size == 0 ? 0 : (1 + size + 3) / 4));
  for (std::size_t i = 0; i < count; ++i) store32(at + i * 4, bye.ssrcs[i]);
  if (size == 0) return;
  at[count * 4] = static_cast<std::uint8_t>(size);
  std::copy_n(bye.reason.begin(), size, at + count * 4 + 1);
}

}  // namespace camfleet::rtp
