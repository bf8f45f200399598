#pragma once
#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"

namespace camfleet::rtp {

// 32.32 fixed-point seconds since 1900 (RFC 3550 section 4). A clear top bit means the era after 2036 (RFC
// 4330 section 3). Cameras put device-local time in here, whole hours off: good for relating streams, not for
// the time of day.
using NtpTime = std::uint64_t;
using UnixTime = std::chrono::sys_time<std::chrono::microseconds>;
NtpTime to_ntp(UnixTime time);
UnixTime from_ntp(NtpTime time);
// The middle 32 bits: what reports carry as "last SR".
inline std::uint32_t compact(NtpTime time) { return static_cast<std::uint32_t>(time >> 16); }

struct ReportBlock {
  std::uint32_t ssrc = 0;
  std::uint8_t fraction_lost = 0;    // of 256, since the last report
  std::int32_t cumulative_lost = 0;  // 24 bits, signed
  std::uint32_t highest_sequence = 0;
  std::uint32_t jitter = 0;               // in units of the media's clock
  std::uint32_t last_sr = 0;              // compact()
  std::uint32_t delay_since_last_sr = 0;  // in 1/65,536 s
  bool operator==(const ReportBlock&) const = default;
};

struct SenderReport {
  std::uint32_t ssrc = 0;
  NtpTime ntp = 0;
  std::uint32_t rtp_timestamp = 0;
  std::uint32_t packet_count = 0;
  std::uint32_t octet_count = 0;
  std::vector<ReportBlock> blocks;
  bool operator==(const SenderReport&) const = default;
};
struct ReceiverReport {
  std::uint32_t ssrc = 0;
  std::vector<ReportBlock> blocks;
  bool operator==(const ReceiverReport&) const = default;
};
struct SourceDescription {
  std::uint32_t ssrc = 0;
  std::string cname;
  bool operator==(const SourceDescription&) const = default;
};
struct Bye {
  std::vector<std::uint32_t> ssrcs;
  std::string reason;
  bool operator==(const Bye&) const = default;
};
using Report = std::variant<SenderReport, ReceiverReport, SourceDescription, Bye>;

// What a compound packet holds, unknown kinds left out. `damaged`: something in it broke the rules and the
// rest was not read, which is no reason to end a session.
struct Compound {
  std::vector<Report> reports;
  bool damaged = false;
};
// Code::rtp_invalid where not even the first header is RTCP, and for more than 1,500 bytes.
Result<Compound> parse_rtcp(ByteView bytes);

// Appends one packet; a compound is made by appending several. At most 31 blocks or sources are written.
void write(Bytes& out, const SenderReport& report);
void write(Bytes& out, const ReceiverReport& report);
void write(Bytes& out, const SourceDescription& description);
void write(Bytes& out, const Bye& bye);

}  // namespace camfleet::rtp
