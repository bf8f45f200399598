#!/bin/bash
# The figures; each bench prints the commit, the machine and the floor that it measured in the same run.
set -euo pipefail
cd "$(dirname "$0")/.."
CAMFLEET_BENCH=ON scripts/build.sh release
shopt -s nullglob
benches=(build/bin/bench_*)
[[ ${#benches[@]} -gt 0 ]] || { echo "bench: there is no bench yet" >&2; exit 1; }
for bench in "${benches[@]}"; do "$bench"; done
