#!/bin/bash
# build.sh release   build/         g++, optimised: the programs
# build.sh check     build/check/   clang-19 with AddressSanitizer, UBSan and fuzz targets: the unit tests and their programs
set -euo pipefail
cd "$(dirname "$0")/.."

scripts/console.sh
export CCACHE_COMPILERCHECK=content
case "$1" in
  release)
    cmake -S . -B build -G Ninja -DCMAKE_BUILD_TYPE=Release -DCAMFLEET_BENCH="${CAMFLEET_BENCH:-OFF}" >build-release.log 2>&1 ||
      { cat build-release.log; exit 1; }
    rm -f build-release.log
    ninja -C build --quiet
    ;;
  check)
    mkdir -p build
    CC=clang-19 CXX=clang++-19 cmake -S . -B build/check -G Ninja -DCMAKE_BUILD_TYPE=Debug -DCMAKE_CXX_FLAGS_DEBUG="-O1 -g1" \
      -DCAMFLEET_TESTS=ON -DCAMFLEET_SANITIZE=ON -DCAMFLEET_FUZZ=ON >build/check.log 2>&1 || { cat build/check.log; exit 1; }
    ninja -C build/check --quiet
    ;;
  *) echo "build.sh: release or check" >&2; exit 2 ;;
esac
