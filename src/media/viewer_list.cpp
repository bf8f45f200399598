#include "media/viewer_list.h"

namespace camfleet::media {

void ViewerList::add(Viewer& viewer) {
  if (has(viewer)) return;
  viewer.slot_ = slots_.size();
  slots_.push_back(&viewer);
  ++size_;
}

void ViewerList::remove(Viewer& viewer) {
  if (!has(viewer)) return;
  const std::size_t slot = viewer.slot_;
  viewer.slot_ = Viewer::kNowhere;
  --size_;
  if (walks_ > 0) {
    slots_[slot] = nullptr;
    holes_ = true;
    return;
  }
  if (slot + 1 != slots_.size()) {
    slots_[slot] = slots_.back();
    slots_[slot]->slot_ = slot;
  }
  slots_.pop_back();
}

void ViewerList::compact() {
  if (!holes_) return;
  holes_ = false;
  std::size_t kept = 0;
  for (Viewer* viewer : slots_) {
    if (viewer == nullptr) continue;
    viewer->slot_ = kept;
    slots_[kept++] = viewer;
  }
  slots_.resize(kept);
}

}  // namespace camfleet::media
