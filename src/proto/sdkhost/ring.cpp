#include "proto/sdkhost/ring.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <new>

namespace camfleet::sdkhost {
namespace {

constexpr std::uint64_t kBefore = 8;  // size, and the low half of the position: what is stale is not taken
constexpr std::uint64_t padded(std::uint64_t size) { return (size + 7) & ~std::uint64_t{7}; }

std::uint64_t capacity_in(std::size_t memory) {
  return memory <= kRingData ? 0 : std::bit_floor(memory - kRingData);
}

struct Before {
  std::uint32_t size;
  std::uint32_t at;
};
static_assert(sizeof(Before) == kBefore);

}  // namespace

RingWriter RingWriter::make(std::span<std::uint8_t> memory) {
  auto* head = new (memory.data()) RingHead{};
  head->capacity = capacity_in(memory.size());
  head->magic = RingHead::kMagic;
  return {memory, head->capacity};
}

Result<RingWriter> RingWriter::open(std::span<std::uint8_t> memory) {
  const auto capacity = capacity_in(memory.size());
  if (capacity < 64) return fail(Code::sdk_bad_data, "a ring of no size");
  const auto* head = reinterpret_cast<const RingHead*>(memory.data());
  if (head->magic != RingHead::kMagic || head->capacity != capacity)
    return fail(Code::sdk_bad_data, "this memory is no ring");
  RingWriter writer{memory, capacity};
  writer.at_ = head->written.load(std::memory_order_relaxed);
  return writer;
}

void RingWriter::copy(std::uint64_t at, ByteView bytes) {
  if (bytes.empty()) return;
  const auto from = at & (capacity_ - 1);
  const auto first = std::min<std::uint64_t>(bytes.size(), capacity_ - from);
  std::memcpy(data_ + from, bytes.data(), first);
  if (first < bytes.size()) std::memcpy(data_, bytes.data() + first, bytes.size() - first);
}

bool RingWriter::write(std::initializer_list<ByteView> pieces) {
  std::uint64_t size = 0;
  for (const auto piece : pieces) size += piece.size();
  if (size > most()) return false;
  const auto used = at_ - head_->read.load(std::memory_order_acquire);
  if (used > capacity_ || capacity_ - used < kBefore + padded(size)) return false;
  const Before before{static_cast<std::uint32_t>(size), static_cast<std::uint32_t>(at_)};
  copy(at_, {reinterpret_cast<const std::uint8_t*>(&before), sizeof before});
  auto at = at_ + kBefore;
  for (const auto piece : pieces) {
    copy(at, piece);
    at += piece.size();
  }
  at_ += kBefore + padded(size);
  head_->written.store(at_, std::memory_order_seq_cst);
  return true;
}

bool RingWriter::wake() { return head_->asleep.exchange(0, std::memory_order_seq_cst) == 1; }

RingReader::RingReader(std::span<std::uint8_t> memory)
    : head_(reinterpret_cast<RingHead*>(memory.data())),
      data_(memory.data() + kRingData),
      capacity_(capacity_in(memory.size())) {}

Result<bool> RingReader::next(Bytes& out) {
  const auto there = head_->written.load(std::memory_order_acquire) - at_;
  if (there == 0) return false;
  if (there > capacity_ || there < kBefore || there % 8 != 0)
    return fail(Code::sdk_bad_data, "the ring's end is nowhere");
  const auto fetch = [this](std::uint64_t at, std::uint8_t* to, std::size_t size) {
    const auto from = at & (capacity_ - 1);
    const auto first = std::min<std::uint64_t>(size, capacity_ - from);
    std::memcpy(to, data_ + from, first);
    if (first < size) std::memcpy(to + first, data_, size - first);
  };
  Before before{};
  fetch(at_, reinterpret_cast<std::uint8_t*>(&before), sizeof before);
  if (before.at != static_cast<std::uint32_t>(at_) || before.size > capacity_ / 2 ||
      kBefore + padded(before.size) > there)
    return fail(Code::sdk_bad_data, "a record of " + std::to_string(before.size) + " bytes");
  out.resize(before.size);
  if (before.size > 0) fetch(at_ + kBefore, out.data(), before.size);
  at_ += kBefore + padded(before.size);
  head_->read.store(at_, std::memory_order_release);
  return true;
}

bool RingReader::sleep() {
  head_->asleep.store(1, std::memory_order_seq_cst);
  if (head_->written.load(std::memory_order_seq_cst) == at_) return true;
  head_->asleep.store(0, std::memory_order_relaxed);
  return false;
}

}  // namespace camfleet::sdkhost
