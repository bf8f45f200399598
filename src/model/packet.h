#pragma once
#include <atomic>
#include <cstdint>
#include <cstdlib>
#include <new>
#include <span>
#include <utility>

#include "base/bytes.h"
#include "base/clock.h"

namespace camfleet::model {

// A block of received bytes that packets are cut from: written once by its receiver, then only read, by any
// thread. The last reference frees it. One allocation: header and bytes together.
class Slab {
 public:
  static Slab* make(std::uint32_t capacity) {
    return new (::operator new(sizeof(Slab) + capacity)) Slab{capacity};
  }
  std::uint8_t* data() { return reinterpret_cast<std::uint8_t*>(this + 1); }
  std::uint32_t capacity() const { return capacity_; }
  void retain() { references_.fetch_add(1, std::memory_order_relaxed); }
  void release() {
    if (references_.fetch_sub(1, std::memory_order_acq_rel) != 1) return;
    this->~Slab();
    ::operator delete(this);
  }

 private:
  explicit Slab(std::uint32_t capacity) : capacity_(capacity) {}
  std::atomic<std::uint32_t> references_{1};
  std::uint32_t capacity_;
};

class SlabRef {
 public:
  SlabRef() = default;
  // Takes over the reference that `slab` was made with.
  explicit SlabRef(Slab* slab) : slab_(slab) {}
  SlabRef(const SlabRef& other) : slab_(other.slab_) {
    if (slab_ != nullptr) slab_->retain();
  }
  SlabRef(SlabRef&& other) noexcept : slab_(std::exchange(other.slab_, nullptr)) {}
  SlabRef& operator=(SlabRef other) noexcept {
    std::swap(slab_, other.slab_);
    return *this;
  }
  ~SlabRef() {
    if (slab_ != nullptr) slab_->release();
  }
  Slab* get() const { return slab_; }
  explicit operator bool() const { return slab_ != nullptr; }

 private:
  Slab* slab_ = nullptr;
};

// One RTP or RTCP packet as it came, with the four bytes of RFC 2326 section 10.12 in front ('$', channel,
// length), so that forwarding it is one buffer of a gathered write. The channel is ours whatever the camera
// used: 2 * track for RTP, 2 * track + 1 for RTCP. A value: copying it takes a reference, not the bytes.
struct Packet {
  SlabRef slab;
  std::uint32_t offset = 0;     // of the '$' in the slab
  std::uint32_t size = 0;       // with the four bytes
  std::uint32_t timestamp = 0;  // RTP time, the track's clock
  SteadyTime arrival{};
  std::uint8_t track = 0;
  bool rtcp = false;
  bool marker = false;  // the last packet of its frame, as the sender says
  bool key_start =
      false;  // the first packet of a frame (or of its parameter sets) from which decoding can begin

  ByteView framed() const { return {slab.get()->data() + offset, size}; }
  ByteView rtp() const { return framed().subspan(4); }
};

}  // namespace camfleet::model
