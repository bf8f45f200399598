#!/bin/bash
# What is too slow for every change: lint of everything, longer fuzzing, devices that come back by themselves from each fault,
# storms of 9,000 devices, half an hour of faults
# (SOAK_MINUTES for more).
set -euo pipefail
cd "$(dirname "$0")/.."
scripts/lint.sh
FUZZ_SECONDS=${FUZZ_SECONDS:-60} scripts/fuzz.sh
export CAMFLEET_BIN=$PWD/build/bin
CAMFLEET_PROOF=1 /usr/bin/python3 -m pytest -q -p no:cacheprovider tests/e2e/test_half_broken.py
/usr/bin/python3 bench/fleet/storm.py --devices "${DEVICES:-9000}" --strict 1
/usr/bin/python3 tests/proof/soak.py --minutes "${SOAK_MINUTES:-30}"
