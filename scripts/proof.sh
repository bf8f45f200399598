#!/bin/bash
# What is too slow for every change: lint of everything, longer fuzzing, 100 kills under alarms, storms of 9,000 devices, every
# player for a minute, half an hour of faults (SOAK_MINUTES and KILLS for more).
set -euo pipefail
cd "$(dirname "$0")/.."
scripts/lint.sh
FUZZ_SECONDS=${FUZZ_SECONDS:-60} scripts/fuzz.sh
export CAMFLEET_BIN=$PWD/build/bin
CAMFLEET_KILLS=${KILLS:-100} /usr/bin/python3 -m pytest -q -s -p no:cacheprovider tests/e2e/test_ledger.py -k account
/usr/bin/python3 bench/fleet/storm.py --devices "${DEVICES:-9000}" --strict 1
/usr/bin/python3 tests/proof/players.py
/usr/bin/python3 tests/proof/soak.py --minutes "${SOAK_MINUTES:-30}"
/usr/bin/python3 tests/proof/sinks.py --kills "${SINK_KILLS:-100}"
