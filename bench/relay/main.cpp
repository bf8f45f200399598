// Sources and viewers for the benches of the relay; single threads without a library between them and the
// system.
//
//   relay_load farm CLIP [SPEED]           cameras: every connection is a stream of its own; SPEED times 25
//   frames a
//                                          second
//   relay_load floor CLIP URLS [read]      the floor: whole frames of those streams to viewers of
//   rtsp://HOST:PORT/N;
//                                          read: only reads
//   relay_load herd URLS VIEWERS RATE WARM SECONDS [STALLED]
//                                          viewers, RATE of them arriving in a second; URLS is used over and
//                                          over
#include <cstdio>
#include <cstdlib>
#include <string_view>

#include <sys/prctl.h>
#include <csignal>

#include "programs.h"

int main(int argc, char** argv) {
  using namespace camfleet::load;
  ::prctl(PR_SET_PDEATHSIG, SIGTERM);
  std::signal(SIGPIPE, SIG_IGN);
  raise_descriptor_limit();
  const std::string_view verb = argc > 1 ? argv[1] : "";
  if (verb == "farm" && argc >= 3)
    return farm(argv[2], argc > 3 ? static_cast<unsigned>(std::atoi(argv[3])) : 1);
  if (verb == "floor" && argc >= 4) return camfleet::load::floor(argv[2], argv[3], argc > 4);
  if (verb == "herd" && argc >= 7) {
    HerdOptions options;
    options.viewers = static_cast<unsigned>(std::atoi(argv[3]));
    options.rate = std::atof(argv[4]);
    options.warm = std::atof(argv[5]);
    options.seconds = std::atof(argv[6]);
    if (argc > 7) options.stalled = static_cast<unsigned>(std::atoi(argv[7]));
    return herd(argv[2], options);
  }
  std::fputs(
      "relay_load farm CLIP [SPEED] | floor CLIP URLS [read] | herd URLS VIEWERS RATE WARM SECONDS "
      "[STALLED]\n",
      stderr);
  return 2;
}
