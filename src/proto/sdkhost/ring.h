#pragma once
#include <atomic>
#include <cstdint>
#include <initializer_list>
#include <span>

#include "base/bytes.h"
#include "base/result.h"

// A queue of records in memory that two processes share: one writes, one reads, neither ever waits in here.
// The reader trusts nothing that stands in it, for a library that went wild may have written anywhere: its
// own position is its own, every length is checked against what there can be, and a record is copied before
// it is looked at. The memory itself must not shrink (sealed by whoever makes it).
namespace camfleet::sdkhost {

// In front of the data, a page of its own; the counters grow for ever.
struct RingHead {
  static constexpr std::uint64_t kMagic = 0x31474E4952464D43;  // "CMFRING1"
  std::uint64_t magic;
  std::uint64_t capacity;                          // bytes of data, a power of two
  alignas(64) std::atomic<std::uint64_t> written;  // by the writer alone
  alignas(64) std::atomic<std::uint64_t> read;     // by the reader alone
  alignas(64) std::atomic<std::uint32_t> asleep;   // the reader wants to be woken
};
static_assert(std::atomic<std::uint64_t>::is_always_lock_free);
inline constexpr std::size_t kRingData = 4096;

// How much memory a ring of this capacity takes; the capacity is a power of two.
constexpr std::size_t ring_size(std::size_t capacity) { return kRingData + capacity; }

// One at a time: several threads share a lock.
class RingWriter {
 public:
  // Makes an empty ring of the memory, which is aligned to a page and outlives this.
  static RingWriter make(std::span<std::uint8_t> memory);
  // One that the other process made; sdk.bad_data for anything else.
  static Result<RingWriter> open(std::span<std::uint8_t> memory);

  // False where there is no room for it now.
  bool write(std::initializer_list<ByteView> pieces);
  // The largest record.
  std::size_t most() const { return capacity_ / 2; }
  std::size_t capacity() const { return capacity_; }
  // All that was written has been read: what stands in the data is nobody's.
  bool empty() const { return at_ == head_->read.load(std::memory_order_acquire); }
  // True once after the reader went to sleep: it is to be woken. To be asked after write().
  bool wake();

 private:
  friend class RingReader;
  RingWriter(std::span<std::uint8_t> memory, std::uint64_t capacity)
      : head_(reinterpret_cast<RingHead*>(memory.data())),
        data_(memory.data() + kRingData),
        capacity_(capacity) {}
  void copy(std::uint64_t at, ByteView bytes);

  RingHead* head_;
  std::uint8_t* data_;
  std::uint64_t capacity_;
  std::uint64_t at_ = 0;
};

class RingReader {
 public:
  // A ring of `capacity` bytes in memory that this side made.
  explicit RingReader(std::span<std::uint8_t> memory);

  // The next record into `out`, in place of what is there. False: there is none. sdk.bad_data where the ring
  // is broken; nothing is to be read any more then.
  Result<bool> next(Bytes& out);
  // Says that we go to sleep. False: something came meanwhile, read it first.
  bool sleep();

 private:
  RingHead* head_;
  const std::uint8_t* data_;
  std::uint64_t capacity_;
  std::uint64_t at_ = 0;
};

}  // namespace camfleet::sdkhost
