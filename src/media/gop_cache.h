#pragma once
#include <chrono>
#include <cstdint>
#include <optional>
#include <utility>

#include "base/clock.h"
#include "media/ring.h"
#include "media/settings.h"

namespace camfleet::media {

// A point between two items of a stream, counted from its beginning.
struct Place {
  std::uint64_t item = 0;
  std::uint64_t byte = 0;
  friend bool operator==(const Place&, const Place&) = default;
};

// The newest part of a stream, once for all its viewers: everything since the last key start, so that a
// picture can begin from memory, and before that only what some viewer has yet to send. An Item is a value
// with `size` (bytes), `arrival`, `timestamp` and `key_start`. Viewers keep a Cursor and no queue, so a slow
// viewer costs no memory of its own.
//
// Past its limits, a group of pictures cannot be begun with any more: key() is empty until the next one,
// counted by overflows(). Lives on one loop.
template <class Item>
class GopCache {
 public:
  explicit GopCache(WindowLimits limits) : limits_(limits) {}

  // A key start that has the timestamp of the one before it is the same picture: cameras mark the parameter
  // sets and the slice.
  void push(Item item) {
    if (item.key_start && !(key_ && item.timestamp == key_timestamp_)) {
      key_ = end_;
      key_timestamp_ = item.timestamp;
      key_arrival_ = item.arrival;
    }
    end_.item += 1;
    end_.byte += item.size;
    const auto arrival = item.arrival;
    items_.push_back(std::move(item));
    if (key_ && (end_.byte - key_->byte > limits_.bytes || arrival - key_arrival_ > limits_.age)) {
      key_.reset();
      ++overflows_;
    }
  }

  Place begin() const { return begin_; }
  Place end() const { return end_; }
  // Where the newest group of pictures begins.
  std::optional<Place> key() const { return key_; }
  // Of an index in [begin().item, end().item).
  const Item& at(std::uint64_t index) const { return items_[static_cast<std::size_t>(index - begin_.item)]; }
  SteadyTime newest() const { return items_.empty() ? SteadyTime{} : items_.back().arrival; }

  // Whether there is anything that only slow viewers still need.
  bool trimmable() const { return begin_.item < (key_ ? key_->item : end_.item); }
  // Forgets what lies before both the newest key start and `needed`, and in any case what is past the limits.
  void trim(Place needed) {
    const auto keep = key_ ? key_->item : end_.item;
    const auto at = newest();
    while (begin_.item < keep) {
      const Item& front = items_.front();
      const bool over = end_.byte - begin_.byte > limits_.bytes || at - front.arrival > limits_.age;
      if (begin_.item >= needed.item && !over) break;
      begin_.byte += front.size;
      begin_.item += 1;
      items_.pop_front();
    }
    items_.tighten();
  }
  void clear() {
    items_.clear();
    begin_ = end_;
    key_.reset();
  }

  std::size_t bytes() const { return static_cast<std::size_t>(end_.byte - begin_.byte); }
  std::uint64_t overflows() const { return overflows_; }

 private:
  WindowLimits limits_;
  Ring<Item> items_;
  Place begin_;
  Place end_;
  std::optional<Place> key_;
  std::uint32_t key_timestamp_ = 0;
  SteadyTime key_arrival_{};
  std::uint64_t overflows_ = 0;
};

}  // namespace camfleet::media
