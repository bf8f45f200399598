#pragma once
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <source_location>

#include "base/bytes.h"

namespace camfleet::fuzz {

// An invariant: libFuzzer keeps the input that breaks one.
inline void require(bool holds, std::source_location where = std::source_location::current()) {
  if (holds) return;
  std::fprintf(stderr, "%s:%u: this does not hold\n", where.file_name(), static_cast<unsigned>(where.line()));
  std::abort();
}

inline bool is_inside(ByteView part, ByteView whole) {
  return part.empty() ||
         (part.data() >= whole.data() && part.data() + part.size() <= whole.data() + whole.size());
}

// Takes decisions and data off the front of an input; zeros where it has ended.
class Input {
 public:
  Input(const std::uint8_t* data, std::size_t size) : rest_(data, size) {}
  bool empty() const { return rest_.empty(); }
  ByteView rest() const { return rest_; }
  std::uint8_t byte() {
    if (rest_.empty()) return 0;
    const auto value = rest_.front();
    rest_ = rest_.subspan(1);
    return value;
  }
  std::uint16_t word() {
    const auto high = byte();
    return static_cast<std::uint16_t>(high << 8 | byte());
  }
  ByteView take(std::size_t count) {
    const auto part = rest_.first(count < rest_.size() ? count : rest_.size());
    rest_ = rest_.subspan(part.size());
    return part;
  }

 private:
  ByteView rest_;
};

}  // namespace camfleet::fuzz
