#!/bin/bash
# The figures; each bench prints the commit, the machine and the floor that it measured in the same run.
#   bench.sh [NAME...]    some of them: intake, density, login, idle, storm, api_reads, floor_copy, relay_fanout, relay_fanout_flv, ...
#   KEEP=1                writes docs/performance.md and its plots anew
#   DEVICES=9000          of the fleet
set -euo pipefail
cd "$(dirname "$0")/.."
scripts/packages.sh bench
CAMFLEET_BENCH=ON scripts/build.sh release
export CAMFLEET_BIN=$PWD/build/bin
wanted() {
  [[ ${#names[@]} -eq 0 ]] && return 0
  local name
  for name in "${names[@]}"; do [[ $name == "$1" ]] && return 0; done
  return 1
}
names=("$@")
shopt -s nullglob
for bench in build/bin/bench_*; do
  if wanted "${bench##*/bench_}"; then "$bench"; fi
done
missed=0
for bench in density login idle api_reads storm; do
  if wanted "$bench"; then /usr/bin/python3 "bench/fleet/$bench.py" --devices "${DEVICES:-9000}" || missed=1; fi
done
for bench in floor_copy relay_ingest relay_fanout relay_matrix first_picture outputs_viewers; do
  if wanted "$bench"; then /usr/bin/python3 "bench/relay/$bench.py" || missed=1; fi
done
for form in flv mp4; do
  if wanted "relay_fanout_$form"; then /usr/bin/python3 bench/relay/relay_fanout.py --form "$form" --viewers 100,500 || missed=1; fi
done
for bench in events_latency events_drain; do
  if wanted "$bench"; then /usr/bin/python3 "bench/events/$bench.py" || missed=1; fi
done
if wanted sdk_density; then /usr/bin/python3 bench/sdk/sdk_density.py || missed=1; fi
/usr/bin/python3 bench/fleet/plots.py ${KEEP:+--keep}
exit "$missed"
