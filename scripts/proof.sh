#!/bin/bash
# proof.sh [PART...]: what is too slow for every change, all parts or those named, one after the other. Each writes
# build/proof/PART.log; a part that fails does not keep the others from running. It ends with a line for each and their count.
#   lint      clang-format and clang-tidy over everything
#   fuzz      each fuzz target looks for news for FUZZ_SECONDS (60)
#   ledger    KILLS (100) times kill -9 of the gateway under 500 alarms a second, with sinks that fail at random: all books agree
#   disk      a fault, or the end, at each write and each sync of the ledger
#   power     CUTS (100) power cuts under alarms
#   storms    power cut, lost subnet, flapping switch, stale sessions, DNS silence, rotated passwords of DEVICES (9000)
#   players   every player on every output for a minute
#   ordeals   500 viewers beside those who never read, 20,000 idle connections, 10,000 requests for dead cameras, a flood
#   soak      SOAK_MINUTES (30) of random faults
#   sdk       hosts of the vendor's library and their gateway under ThreadSanitizer, AddressSanitizer and valgrind
set -uo pipefail
cd "$(dirname "$0")/.."
export CAMFLEET_BIN=$PWD/build/bin
mkdir -p build/proof

# Everything of the vendor's library, its stand-in's faults and all.
sdk_tests() { CAMFLEET_KILLS=10 /usr/bin/python3 -m pytest -q -p no:cacheprovider tests/e2e/test_sdk*.py; }
sdk() {
  scripts/build.sh thread || return
  local failed=0 program
  for program in sdkhost_test device_test standin_test; do
    TSAN_OPTIONS=suppressions=$PWD/tests/tsan.supp build/thread/bin/$program --gtest_brief=1 || failed=1
  done
  CAMFLEET_WATCH=thread CAMFLEET_SIM_BIN=$CAMFLEET_BIN CAMFLEET_BIN=$PWD/build/thread/bin sdk_tests || failed=1
  CAMFLEET_WATCH=address CAMFLEET_SIM_BIN=$CAMFLEET_BIN CAMFLEET_BIN=$PWD/build/check/bin sdk_tests || failed=1
  CAMFLEET_WATCH=valgrind sdk_tests || failed=1
  CAMFLEET_WATCH=valgrind CAMFLEET_WATCH_GATEWAY=1 /usr/bin/python3 -m pytest -q -p no:cacheprovider tests/e2e/test_sdk_watched.py || failed=1
  return $failed
}

run() {
  case $1 in
    lint) scripts/lint.sh ;;
    fuzz) FUZZ_SECONDS=${FUZZ_SECONDS:-60} scripts/fuzz.sh ;;
    ledger) /usr/bin/python3 tests/proof/kills.py --kills "${KILLS:-100}" ;;
    disk) CAMFLEET_SWEEP=1 build/check/bin/ledger_disk_test ;;
    power) CAMFLEET_CUTS=${CUTS:-100} /usr/bin/python3 -m pytest -q -s -p no:cacheprovider tests/e2e/test_power_cut.py ;;
    storms) /usr/bin/python3 bench/fleet/storm.py --devices "${DEVICES:-9000}" --strict 1 ;;
    ordeals) CAMFLEET_BENCH=ON scripts/build.sh release && /usr/bin/python3 tests/proof/ordeals.py ;;
    players) /usr/bin/python3 tests/proof/players.py ;;
    soak) /usr/bin/python3 tests/proof/soak.py --minutes "${SOAK_MINUTES:-30}" ;;
    sdk) sdk ;;
    *) echo "proof.sh: there is no part $1" >&2; return 2 ;;
  esac
}

[ $# -gt 0 ] || set -- ledger disk power storms players ordeals soak sdk fuzz lint
passed=0 failed=0 lines=()
for part in "$@"; do
  began=$SECONDS
  if run "$part" 2>&1 | tee "build/proof/$part.log"; then
    result=passed; passed=$((passed + 1))
  else
    result=FAILED; failed=$((failed + 1))
  fi
  lines+=("$(printf '%-8s %s in %d s' "$part" "$result" $((SECONDS - began)))")
done
echo "commit $(git rev-parse --short HEAD 2>/dev/null), $(nproc) cores, load $(cut -d' ' -f1 /proc/loadavg)"
printf '%s\n' "${lines[@]}"
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
