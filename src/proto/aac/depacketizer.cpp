#include "proto/aac/depacketizer.h"

#include <algorithm>
#include <utility>

#include "base/text.h"

namespace camfleet::aac {
namespace {

// Up to 16 bits from any bit on; the caller has checked that they are there.
std::uint32_t bits_at(ByteView bytes, std::size_t at, int count) {
  std::uint32_t value = 0;
  for (int i = 0; i < count; ++i, ++at) value = value << 1 | (bytes[at / 8] >> (7 - at % 8) & 1U);
  return value;
}

void read(std::string_view value, int low, int high, int& out) {
  const auto number = parse_int<int>(value);
  if (number && *number >= low && *number <= high) out = *number;
}

}  // namespace

Layout layout_of(std::string_view fmtp) {
  Layout out;
  std::string_view rest = fmtp;
  while (!rest.empty()) {
    auto value = trim(take_until(rest, ';'));
    const auto name = trim(take_until(value, '='));
    if (iequals(name, "mode") && iequals(trim(value), "AAC-lbr")) out = {6, 2, 2};
  }
  rest = fmtp;
  while (!rest.empty()) {
    auto value = trim(take_until(rest, ';'));
    const auto name = trim(take_until(value, '='));
    value = trim(value);
    if (iequals(name, "sizelength")) read(value, 1, 16, out.size);
    if (iequals(name, "indexlength")) read(value, 0, 16, out.index);
    if (iequals(name, "indexdeltalength")) read(value, 0, 16, out.index_delta);
  }
  return out;
}

void Depacketizer::push(const Payload& payload) {
  if (payload.loss_before || (!fragment_.empty() && payload.timestamp != fragment_timestamp_)) {
    if (!fragment_.empty()) damage();
    fragment_.clear();
  }
  if (parse_adts(payload.bytes)) return take_adts(payload);
  if (payload.bytes.size() < 2) return damage();
  const std::size_t header_bits = load16(payload.bytes.data());
  const std::size_t header_bytes = (header_bits + 7) / 8;
  if (header_bits == 0 || header_bytes > payload.bytes.size() - 2) return damage();
  take_units(payload.bytes.subspan(2, header_bytes), header_bits, payload.bytes.subspan(2 + header_bytes),
             payload);
}

void Depacketizer::take_units(ByteView headers, std::size_t header_bits, ByteView data,
                              const Payload& payload) {
  std::size_t at = 0;
  std::uint32_t timestamp = payload.timestamp;
  for (std::size_t unit = 0;; ++unit) {
    const int index = unit == 0 ? layout_.index : layout_.index_delta;
    const auto need = static_cast<std::size_t>(layout_.size) + static_cast<std::size_t>(index);
    if (at + need > header_bits) {
      // Bits that are left over pad the headers to bytes; a whole unit without its header does not occur.
      if (unit == 0 || !data.empty()) damage();
      return;
    }
    if (unit == kMaxUnits) return damage();
    const std::size_t size = bits_at(headers, at, layout_.size);
    const auto skipped = bits_at(headers, at + static_cast<std::size_t>(layout_.size), index);
    at += need;
    if (unit > 0) timestamp += (skipped + 1) * frame_ticks_;
    if (size == 0 || size > kMaxUnit) return damage();
    if (size > data.size()) {
      // A fragment: the only unit of its packet, and the header has the size of the whole (section 3.2.3).
      if (unit > 0 || at + static_cast<std::size_t>(layout_.size + layout_.index_delta) <= header_bits ||
          data.empty()) {
        return damage();
      }
      if (fragment_.empty()) {
        fragment_size_ = size;
        fragment_timestamp_ = timestamp;
      }
      if (size != fragment_size_ || fragment_.size() + data.size() > size) {
        fragment_.clear();
        return damage();
      }
      fragment_.insert(fragment_.end(), data.begin(), data.end());
      if (fragment_.size() == fragment_size_) {
        add(fragment_, timestamp);
        fragment_.clear();
      } else if (payload.marker) {  // it says that this was the last one
        fragment_.clear();
        damage();
      }
      return;
    }
    add(data.first(size), timestamp);
    data = data.subspan(size);
    if (data.empty() && at + static_cast<std::size_t>(layout_.size + layout_.index_delta) > header_bits)
      return;
  }
}

void Depacketizer::take_adts(const Payload& payload) {
  auto rest = payload.bytes;
  auto timestamp = payload.timestamp;
  for (std::size_t unit = 0; !rest.empty(); ++unit) {
    const auto header = parse_adts(rest);
    if (!header || unit == kMaxUnits) return damage();
    add(rest.first(header->frame_size), timestamp);
    timestamp += frame_ticks_;
    rest = rest.subspan(header->frame_size);
  }
}

// No frame of AAC begins with the twelve bits of an ADTS header: it would be an end element.
void Depacketizer::add(ByteView unit, std::uint32_t timestamp) {
  if (const auto header = parse_adts(unit)) {
    adts_ = header->config;
    unit = unit.first(header->frame_size).subspan(header->header_size);
  }
  if (ready_.size() >= kMaxUnits) ready_.pop_front();
  ++counters_.units;
  ready_.push_back({timestamp, Bytes(unit.begin(), unit.end())});
}

std::optional<AccessUnit> Depacketizer::pull() {
  if (ready_.empty()) return std::nullopt;
  auto unit = std::move(ready_.front());
  ready_.pop_front();
  return unit;
}

}  // namespace camfleet::aac
