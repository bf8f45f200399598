#pragma once
#include <cstdint>
#include <string_view>

#include "base/bytes.h"

namespace camfleet::fmp4 {

// Appends ISO BMFF boxes (ISO/IEC 14496-12 section 4.2) to a buffer; the size of one is set when it ends.
class BoxWriter {
 public:
  explicit BoxWriter(Bytes& out) : out_(out) {}

  // A box from here to the end of this object's scope, which must end before the buffer is moved away.
  class Box {
   public:
    ~Box() { store32(out_.data() + begin_, static_cast<std::uint32_t>(out_.size() - begin_)); }
    Box(const Box&) = delete;
    Box& operator=(const Box&) = delete;

   private:
    friend class BoxWriter;
    Box(Bytes& out, std::size_t begin) : out_(out), begin_(begin) {}
    Bytes& out_;
    std::size_t begin_;
  };
  [[nodiscard]] Box box(std::string_view type) {
    const auto begin = out_.size();
    u32(0);
    text(type);
    return {out_, begin};
  }
  [[nodiscard]] Box full_box(std::string_view type, std::uint8_t version = 0, std::uint32_t flags = 0) {
    const auto begin = out_.size();
    u32(0);
    text(type);
    u32(std::uint32_t{version} << 24 | flags);
    return {out_, begin};
  }

  void u8(unsigned value) { out_.push_back(static_cast<std::uint8_t>(value)); }
  void u16(unsigned value) {
    u8(value >> 8);
    u8(value & 0xFF);
  }
  void u24(std::uint32_t value) {
    u8(value >> 16 & 0xFF);
    u16(value & 0xFFFF);
  }
  void u32(std::uint32_t value) {
    u16(value >> 16);
    u16(value & 0xFFFF);
  }
  void u64(std::uint64_t value) {
    u32(static_cast<std::uint32_t>(value >> 32));
    u32(static_cast<std::uint32_t>(value));
  }
  void zeros(std::size_t count) { out_.insert(out_.end(), count, 0); }
  void text(std::string_view value) { bytes(as_bytes(value)); }
  void bytes(ByteView value) { out_.insert(out_.end(), value.begin(), value.end()); }
  std::size_t size() const { return out_.size(); }
  Bytes& out() { return out_; }

 private:
  Bytes& out_;
};

}  // namespace camfleet::fmp4
