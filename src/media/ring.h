#pragma once
#include <cstddef>
#include <utility>
#include <vector>

namespace camfleet::media {

// A queue in one piece of memory: in a stream that goes on evenly, pushing and popping allocate nothing. It
// grows by half, and gives memory back when it was not filled to a quarter for two rounds (of groups of
// pictures, which come and go as a whole). `T` is default-constructible; what is popped is let go at once.
template <class T>
class Ring {
 public:
  std::size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }
  std::size_t capacity() const { return slots_.size(); }
  T& operator[](std::size_t i) { return slots_[slot(i)]; }
  const T& operator[](std::size_t i) const { return slots_[slot(i)]; }
  const T& front() const { return (*this)[0]; }
  const T& back() const { return (*this)[size_ - 1]; }

  void push_back(T value) {
    if (size_ == slots_.size()) resize(size_ < kLeast ? kLeast : size_ + size_ / 2);
    slots_[slot(size_)] = std::move(value);
    ++size_;
    peak_ = peak_ < size_ ? size_ : peak_;
  }
  void pop_front() {
    slots_[first_] = T{};
    first_ = first_ + 1 == slots_.size() ? 0 : first_ + 1;
    --size_;
  }
  // A round is over.
  void tighten() {
    const std::size_t most = peak_ < last_peak_ ? last_peak_ : peak_;
    last_peak_ = peak_;
    peak_ = size_;
    if (slots_.size() > 2 * kLeast && most < slots_.size() / 4)
      resize(most + most / 4 < kLeast ? kLeast : most + most / 4);
  }
  void clear() {
    slots_ = {};
    first_ = size_ = peak_ = last_peak_ = 0;
  }

 private:
  static constexpr std::size_t kLeast = 16;
  std::size_t slot(std::size_t i) const {
    const std::size_t at = first_ + i;
    return at < slots_.size() ? at : at - slots_.size();
  }
  void resize(std::size_t capacity) {
    std::vector<T> wider(capacity);
    for (std::size_t i = 0; i < size_; ++i) wider[i] = std::move((*this)[i]);
    slots_ = std::move(wider);
    first_ = 0;
  }

  std::vector<T> slots_;
  std::size_t first_ = 0;
  std::size_t size_ = 0;
  std::size_t peak_ = 0;  // of this round
  std::size_t last_peak_ = 0;
};

}  // namespace camfleet::media
