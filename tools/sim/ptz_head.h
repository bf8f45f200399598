#pragma once
#include <cstdint>
#include <map>
#include <string>

#include "base/clock.h"

namespace camfleet::sim {

// Where a dome looks, in the units of its PTZ status: tenths of a degree, and tenths of a magnification.
struct PtzPosition {
  int azimuth = 0;    // 0 to 3599
  int elevation = 0;  // 0 is level, 900 straight down
  int zoom = 10;      // 10 to 320
  bool operator==(const PtzPosition&) const = default;
};

// The motors of one channel. They turn with a speed until they are told otherwise or their time is over;
// where the head is, is worked out from the time, so a dome that nobody asks costs nothing. On the device's
// loop.
class PtzHead {
 public:
  // A speed of 100 (or -100) is 90 degrees a second for pan, 45 for tilt, and 4 magnifications for zoom.
  struct Speed {
    int pan = 0;
    int tilt = 0;
    int zoom = 0;
    bool stopped() const { return pan == 0 && tilt == 0 && zoom == 0; }
  };
  static constexpr int kMostZoom = 320;
  static constexpr int kMostElevation = 900;

  // Speeds past 100 count as 100. kNever: until the next command.
  void move(Speed speed, SteadyTime now, SteadyTime until = kNever);
  // At once: how long a real head takes for it is not simulated.
  void jump(PtzPosition to, SteadyTime now);
  PtzPosition at(SteadyTime now) const;
  bool moving(SteadyTime now) const { return !speed_.stopped() && now < until_; }

  void set_preset(int id, std::string name, SteadyTime now);
  // False: there is no such preset.
  bool go_to_preset(int id, SteadyTime now);
  struct Preset {
    std::string name;
    PtzPosition position;
  };
  const std::map<int, Preset>& presets() const { return presets_; }

  PtzHead();

 private:
  PtzPosition from_;
  Speed speed_;
  SteadyTime since_{};
  SteadyTime until_{};
  std::map<int, Preset> presets_;
};

}  // namespace camfleet::sim
