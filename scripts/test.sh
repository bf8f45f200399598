#!/bin/bash
# Runs every test under ctest and ends with "N passed, N failed". `test.sh -R name` runs some.
set -uo pipefail
cd "$(dirname "$0")/.."

export CAMFLEET_BIN=$PWD/build/bin
export CAMFLEET_ARTEFACTS=${CAMFLEET_ARTEFACTS:-$PWD/build/artefacts}
mkdir -p "$CAMFLEET_ARTEFACTS"
ctest --test-dir build/check --output-on-failure --no-tests=error -j "$(nproc)" "$@" | tee build/test.log
status=${PIPESTATUS[0]}

failed=$(sed -nE 's/.* tests passed, ([0-9]+) tests failed out of ([0-9]+).*/\1/p' build/test.log | tail -1)
total=$(sed -nE 's/.* tests passed, ([0-9]+) tests failed out of ([0-9]+).*/\2/p' build/test.log | tail -1)
skipped=$(grep -cE '\*\*\*(Skipped|Not Run)' build/test.log)
echo "skipped: $skipped"
echo "$((${total:-0} - ${failed:-0})) passed, ${failed:-1} failed"
exit "$status"
