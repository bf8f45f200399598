#include "sim/ptz_head.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <utility>

namespace camfleet::sim {
namespace {

constexpr double kPan = 9.0;   // tenths of a degree a second, for each step of speed
constexpr double kTilt = 4.5;  // the same
constexpr double kZoom = 0.4;  // tenths of a magnification
constexpr int kTurn = 3600;

int after(int from, int speed, double rate, double seconds) {
  return from + static_cast<int>(std::lround(speed * rate * seconds));
}

}  // namespace

PtzHead::PtzHead() {
  presets_[1] = {"Home", {}};
  presets_[2] = {"East", {900, 0, 10}};
  presets_[3] = {"South", {1800, 0, 10}};
  presets_[4] = {"West, closer", {2700, 0, 60}};
}

void PtzHead::move(Speed speed, SteadyTime now, SteadyTime until) {
  from_ = at(now);
  speed_ = {std::clamp(speed.pan, -100, 100), std::clamp(speed.tilt, -100, 100),
            std::clamp(speed.zoom, -100, 100)};
  since_ = now;
  until_ = until;
}

void PtzHead::jump(PtzPosition to, SteadyTime now) {
  from_ = {((to.azimuth % kTurn) + kTurn) % kTurn, std::clamp(to.elevation, 0, kMostElevation),
           std::clamp(to.zoom, 10, kMostZoom)};
  speed_ = {};
  since_ = now;
}

PtzPosition PtzHead::at(SteadyTime now) const {
  if (speed_.stopped()) return from_;
  const double seconds = std::max(0.0, std::chrono::duration<double>(std::min(now, until_) - since_).count());
  const int azimuth = after(from_.azimuth, speed_.pan, kPan, seconds) % kTurn;
  // The head looks up for a positive tilt, and its elevation counts downwards from level.
  return {(azimuth + kTurn) % kTurn,
          std::clamp(after(from_.elevation, -speed_.tilt, kTilt, seconds), 0, kMostElevation),
          std::clamp(after(from_.zoom, speed_.zoom, kZoom, seconds), 10, kMostZoom)};
}

void PtzHead::set_preset(int id, std::string name, SteadyTime now) {
  presets_[id] = {std::move(name), at(now)};
}

bool PtzHead::go_to_preset(int id, SteadyTime now) {
  const auto found = presets_.find(id);
  if (found == presets_.end()) return false;
  jump(found->second.position, now);
  return true;
}

}  // namespace camfleet::sim
