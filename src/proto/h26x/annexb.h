#pragma once
#include <span>
#include <vector>

#include "base/bytes.h"

namespace camfleet::h26x {

// The first start code 00 00 01 at or behind `from`: its offset, or bytes.size() where there is none. Linear.
std::size_t find_start_code(ByteView bytes, std::size_t from = 0);

// What stands behind a start code at the very front, which some cameras (V380) put into their RTP payloads
// too; no NAL unit begins like one.
ByteView behind_start_code(ByteView bytes);

// The NAL units between start codes of three or four bytes, without trailing zeros; empty ones are left out.
// Bytes without any start code are one NAL unit. Views into `bytes`; at most `limit`, the rest is not looked
// at.
std::vector<ByteView> split_annexb(ByteView bytes, std::size_t limit = 4096);

// Each NAL unit behind its length in four bytes (ISO/IEC 14496-15 section 5.3).
Bytes join_avcc(std::span<const ByteView> nals);
// The reverse; stops at the first length that does not fit.
std::vector<ByteView> split_avcc(ByteView bytes);
// Each NAL unit behind a start code of four bytes.
Bytes join_annexb(std::span<const ByteView> nals);

}  // namespace camfleet::h26x
