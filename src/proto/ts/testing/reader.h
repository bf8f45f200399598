#pragma once
// A transport stream taken apart again, strictly: a broken rule throws.
#include <map>
#include <optional>
#include <stdexcept>
#include <vector>

#include "proto/ts/packet_writer.h"

namespace camfleet::ts::testing {

struct Pes {
  std::uint16_t pid = 0;
  std::int64_t shown = 0;
  std::int64_t decoded = 0;
  bool key = false;                   // random access
  std::optional<std::int64_t> clock;  // PCR, in 1/90,000 s
  bool sized = false;                 // its length is told
  std::size_t length = 0;             // behind the length, where it is told
  Bytes data;
};

class Reader {
 public:
  // Whole packets.
  void read(ByteView bytes) {
    want(bytes.size() % kPacket == 0, "whole packets");
    for (; !bytes.empty(); bytes = bytes.subspan(kPacket)) packet(bytes.first(kPacket));
    for (const auto& pes : units)
      if (pes.sized) want(pes.length == pes.data.size() + header_of(pes), "the length of a PES packet");
  }

  std::vector<Pes> units;                       // in order of their beginning
  std::map<std::uint16_t, std::uint8_t> types;  // of PMT, by PID
  std::uint16_t clock_pid = 0;
  std::size_t tables = 0;             // PMTs seen
  std::map<std::uint16_t, int> gaps;  // announced, by PID

 private:
  static void want(bool holds, const char* what) {
    if (!holds) throw std::runtime_error(what);
  }
  static std::size_t header_of(const Pes& pes) { return pes.shown == pes.decoded ? 8 : 13; }
  static std::int64_t time_of(ByteView at) {
    want((at[0] & 1) + (at[2] & 1) + (at[4] & 1) == 3, "marks of a time");
    return std::int64_t{at[0] >> 1 & 7} << 30 | std::int64_t{load16(&at[1]) >> 1} << 15 | load16(&at[3]) >> 1;
  }

  void packet(ByteView packet) {
    want(packet[0] == 0x47, "a sync byte");
    const bool start = (packet[1] & 0x40) != 0;
    const auto pid = static_cast<std::uint16_t>(load16(&packet[1]) & 0x1FFF);
    const auto what = packet[3] & 0x30;
    want((packet[3] & 0xC0) == 0, "data in clear");
    const auto counter = static_cast<std::uint8_t>(packet[3] & 15);
    if (what == 0x20) {
      want(packet[4] == kPacket - 5 && packet[5] == 0x80 && !start, "a gap, and nothing else");
      ++gaps[pid];
      counters_[pid] = counter;
      return;
    }
    want((what & 0x10) != 0, "data");
    if (const auto last = counters_.find(pid); last != counters_.end())
      want(counter == ((last->second + 1) & 15), "a continuity counter");
    counters_[pid] = counter;
    auto rest = packet.subspan(4);
    bool key = false;
    std::optional<std::int64_t> clock;
    if ((what & 0x20) != 0) {
      const std::size_t length = rest[0];
      want(length < rest.size(), "an adaptation field");
      if (length > 0) {
        key = (rest[1] & 0x40) != 0;
        if ((rest[1] & 0x10) != 0) {
          want(length >= 7, "a clock");
          clock = std::int64_t{load32(&rest[2])} << 1 | rest[6] >> 7;
        }
      }
      rest = rest.subspan(1 + length);
    }
    if (pid == 0) return pat(rest);
    if (pid == kProgrammePid) return pmt(rest);
    if (start) return begin(pid, rest, key, clock);
    want(open_.contains(pid), "the beginning of a unit");
    auto& data = units[open_[pid]].data;
    data.insert(data.end(), rest.begin(), rest.end());
  }

  static ByteView section(ByteView rest, std::uint8_t table) {
    want(rest[0] == 0 && rest[1] == table, "a table");
    const std::size_t size = 3 + (load16(&rest[2]) & 0x0FFFU);
    want(size <= rest.size() - 1, "the length of a table");
    const auto section = rest.subspan(1, size);
    want(crc32(section) == 0, "the sum of a table");
    for (const auto byte : rest.subspan(1 + size)) want(byte == 0xFF, "nothing behind a table");
    return section.first(size - 4);
  }
  void pat(ByteView rest) {
    const auto table = section(rest, 0);
    want(table.size() == 12 && (load16(&table[10]) & 0x1FFF) == kProgrammePid, "one programme");
  }
  void pmt(ByteView rest) {
    ++tables;
    const auto table = section(rest, 2);
    clock_pid = static_cast<std::uint16_t>(load16(&table[8]) & 0x1FFF);
    types.clear();
    for (auto at = 12 + (load16(&table[10]) & 0x0FFFU); at + 5 <= table.size();
         at += 5 + (load16(&table[at + 3]) & 0x0FFFU))
      types[static_cast<std::uint16_t>(load16(&table[at + 1]) & 0x1FFF)] = table[at];
    want(types.contains(clock_pid), "the clock is that of a stream");
  }
  void begin(std::uint16_t pid, ByteView rest, bool key, std::optional<std::int64_t> clock) {
    want(types.contains(pid), "tables before data");
    want(rest.size() > 14 && (load32(rest.data()) >> 8) == 1, "a PES header");
    Pes pes{.pid = pid, .key = key, .clock = clock};
    pes.length = load16(&rest[4]);
    pes.sized = pes.length > 0;
    const bool two = (rest[7] & 0xC0) == 0xC0;
    want((rest[7] & 0x80) != 0 && rest[8] == (two ? 10 : 5), "a time");
    pes.shown = pes.decoded = time_of(rest.subspan(9));
    if (two) pes.decoded = time_of(rest.subspan(14));
    const auto data = rest.subspan(9U + rest[8]);
    pes.data.assign(data.begin(), data.end());
    open_[pid] = units.size();
    units.push_back(std::move(pes));
  }

  std::map<std::uint16_t, std::uint8_t> counters_;
  std::map<std::uint16_t, std::size_t> open_;
};

}  // namespace camfleet::ts::testing
