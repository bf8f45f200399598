#pragma once
#include <cstdint>

#include "media/gop_cache.h"

namespace camfleet::media {

// Where one viewer stands in a GopCache. Whoever is too far behind goes on at the newest key start, or waits
// for the next one, for half a picture is worse than none.
class Cursor {
 public:
  // Begins with the newest key start, or the next one; where `needs_key` is false, with what comes next.
  template <class Item>
  void join(const GopCache<Item>& cache, bool needs_key) {
    needs_key_ = needs_key;
    waiting_ = true;
    at_ = cache.key() ? *cache.key() : cache.end();
    fresh_ = true;
    if (!needs_key) waiting_ = fresh_ = false;
  }

  // To be called before reading; afterwards everything in [place(), end of the cache) is this viewer's to
  // send. Returns how many items it has lost by that; those before its first picture are no loss.
  template <class Item>
  std::uint64_t catch_up(const GopCache<Item>& cache, const LagLimits& limits) {
    std::uint64_t lost = 0;
    if (at_.item < cache.begin().item) {
      lost += move(cache.begin());
      waiting_ = needs_key_;
    }
    const auto key = cache.key();
    if (!waiting_ && at_.item < cache.end().item && behind(cache, limits)) {
      if (key && key->item > at_.item) {
        lost += move(*key);
      } else if (!key) {
        waiting_ = needs_key_;
        lost += move(cache.end());
      }
    }
    if (waiting_) {
      if (key && key->item >= at_.item) {
        lost += move(*key);
        waiting_ = false;
      } else {
        lost += move(cache.end());
      }
      if (fresh_) lost = 0;
      fresh_ = fresh_ && waiting_;
    }
    return lost;
  }

  Place place() const { return at_; }
  bool waiting() const { return waiting_; }
  void advance(Place to) { at_ = to; }
  void advance(std::uint32_t size) {
    at_.item += 1;
    at_.byte += size;
  }

 private:
  template <class Item>
  bool behind(const GopCache<Item>& cache, const LagLimits& limits) const {
    return cache.end().byte - at_.byte > limits.bytes ||
           cache.newest() - cache.at(at_.item).arrival > limits.age;
  }
  std::uint64_t move(Place to) {
    const auto lost = to.item - at_.item;
    at_ = to;
    return lost;
  }

  Place at_;
  bool waiting_ = true;
  bool needs_key_ = true;
  bool fresh_ = true;  // has not had its first picture
};

}  // namespace camfleet::media
