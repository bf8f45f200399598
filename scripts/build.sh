#!/bin/bash
# build.sh release   build/         g++, optimised: the programs
# build.sh check     build/check/   clang-19 with AddressSanitizer, UBSan and fuzz targets: the unit tests and their programs
# build.sh thread    build/thread/  clang-19 with ThreadSanitizer: gateway, host of the vendor's library, its stand-in, their unit
#                                   tests. Or the targets that are named: without the gateway it is a third of the work
set -euo pipefail
cd "$(dirname "$0")/.."

scripts/console.sh
# ccache takes the files that a compile read from the compiler and not from a preprocessor's run before it, which costs as much
# as half a compile where headers are precompiled.
export CCACHE_COMPILERCHECK=content CCACHE_DEPEND=1 CCACHE_SLOPPINESS=pch_defines,time_macros
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
  thread)
    mkdir -p build
    CC=clang-19 CXX=clang++-19 cmake -S . -B build/thread -G Ninja -DCMAKE_BUILD_TYPE=Debug -DCMAKE_CXX_FLAGS_DEBUG="-O1 -g1" \
      -DCAMFLEET_TESTS=ON -DCAMFLEET_SANITIZE_THREADS=ON >build/thread.log 2>&1 || { cat build/thread.log; exit 1; }
    shift
    [ $# -gt 0 ] || set -- camfleet camfleet-sdkhost hcnetsdk_standin sdkhost_test device_test standin_test
    ninja -C build/thread --quiet "$@"
    ;;
  *) echo "build.sh: release, check or thread" >&2; exit 2 ;;
esac
