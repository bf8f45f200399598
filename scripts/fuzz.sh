#!/bin/bash
# Each fuzz target for FUZZ_SECONDS on its committed corpus; findings land in build/artefacts.
set -euo pipefail
cd "$(dirname "$0")/.."
mkdir -p build/artefacts
for target in build/check/bin/*_fuzz; do
  name=$(basename "$target" _fuzz)
  mkdir -p "build/fuzz/$name"
  echo "fuzz: $name"
  "$target" -max_total_time="${FUZZ_SECONDS:-60}" -print_final_stats=1 -artifact_prefix=build/artefacts/ \
    "build/fuzz/$name" "tests/fuzz/corpus/$name" 2>&1 | grep -E 'stat::number_of_executed|SUMMARY|Seed|ERROR' || true
  [[ ${PIPESTATUS[0]} -eq 0 ]] || exit 1
done
