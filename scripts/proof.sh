#!/bin/bash
# What is too slow for every change: lint of everything, longer fuzzing.
set -euo pipefail
cd "$(dirname "$0")/.."
scripts/lint.sh
FUZZ_SECONDS=${FUZZ_SECONDS:-60} scripts/fuzz.sh
