#!/bin/bash
# clang-format as a check, then clang-tidy-19 over every source that we compile (or over those named).
set -euo pipefail
cd "$(dirname "$0")/.."
scripts/format.sh --check
files=("$@")
[[ ${#files[@]} -gt 0 ]] || mapfile -t files < <(git ls-files 'src/*.cpp' 'tools/*.cpp' | grep -v _test.cpp)
printf '%s\0' "${files[@]}" | xargs -0 -P "$(nproc)" -n 1 clang-tidy-19 -p build/check --quiet --warnings-as-errors='*'
echo "lint: ${#files[@]} files, no finding"
