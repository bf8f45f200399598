#pragma once
#include <cstddef>
#include <vector>

#include "media/viewer.h"

namespace camfleet::media {

// The viewers of one stream. Adding and removing are O(1) and allowed while somebody walks over the list.
class ViewerList {
 public:
  void add(Viewer& viewer);
  // Nothing where it is not in the list.
  void remove(Viewer& viewer);
  bool has(const Viewer& viewer) const { return viewer.slot_ != Viewer::kNowhere; }
  std::size_t size() const { return size_; }
  bool empty() const { return size_ == 0; }

  // Those that are in the list now and have not left meanwhile.
  template <class Fn>
  void each(Fn&& fn) {
    const std::size_t count = slots_.size();
    ++walks_;
    for (std::size_t i = 0; i < count; ++i) {
      if (slots_[i] != nullptr) fn(*slots_[i]);
    }
    if (--walks_ == 0) compact();
  }
  // Takes every viewer out, then tells `fn` of it.
  template <class Fn>
  void drain(Fn&& fn) {
    each([&](Viewer& viewer) {
      remove(viewer);
      fn(viewer);
    });
  }

 private:
  void compact();

  std::vector<Viewer*> slots_;  // nullptr: has left during a walk
  std::size_t size_ = 0;
  int walks_ = 0;
  bool holes_ = false;
};

}  // namespace camfleet::media
