#!/bin/bash
# Each fuzz target for FUZZ_SECONDS on its committed corpus; findings land in build/artefacts.
set -euo pipefail
cd "$(dirname "$0")/.."
mkdir -p build/artefacts
for target in build/check/bin/*_fuzz; do
  name=$(basename "$target" _fuzz)
  mkdir -p "build/fuzz/$name"
  echo "fuzz: $name"
  log="build/fuzz/$name.log"
  status=0
  "$target" -max_total_time="${FUZZ_SECONDS:-60}" -timeout=20 -rss_limit_mb=2048 -print_final_stats=1 \
    -artifact_prefix="build/artefacts/$name-" "build/fuzz/$name" "tests/fuzz/corpus/$name" >"$log" 2>&1 || status=$?
  grep -E 'stat::number_of_executed|SUMMARY|Seed|ERROR|does not hold' "$log" || true
  [[ $status -eq 0 ]] || exit 1
done
