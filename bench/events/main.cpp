// What the benches of events (bench/events/*.py) need beside the gateway:
//   events_load fill DIR N         a ledger of N entries in DIR/events, as 200 devices would have made it
//   events_load receive            a receiver of webhooks and a Dapr sidecar that says yes to everything at
//   once
#include <cstdio>
#include <cstdlib>
#include <string_view>

#include "load.h"

int main(int count, char** arguments) {
  const std::string_view what = count > 1 ? arguments[1] : "";
  if (what == "fill" && count == 4)
    return camfleet::bench::fill(arguments[2], std::strtoul(arguments[3], nullptr, 10));
  if (what == "receive" && count == 2) return camfleet::bench::receive();
  std::fprintf(stderr, "events_load fill DIR N | receive\n");
  return 2;
}
