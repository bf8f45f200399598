#pragma once
#include "load.h"
#include "sim/clips.h"

namespace camfleet::load {

sim::Clip read_clip(const char* file);

// Each runs until it is ended, or has done its work, and says what it is doing in lines of JSON.
int farm(const char* clip_file, unsigned speed);
int floor(const char* clip_file, const char* urls, bool read_only);

struct HerdOptions {
  unsigned viewers = 1;
  double rate = 500;     // that arrive in a second
  double warm = 2;       // seconds after the last has its picture, before anything counts
  double seconds = 5;    // that count
  unsigned stalled = 0;  // of them never read
};
int herd(const char* urls, const HerdOptions& options);

}  // namespace camfleet::load
