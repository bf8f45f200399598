#!/bin/bash
# clang-format over all C++ of the tree; `format.sh --check` changes nothing and fails where a file differs.
set -euo pipefail
cd "$(dirname "$0")/.."
mode=(-i)
[[ ${1:-} == --check ]] && mode=(--dry-run --Werror)
git ls-files -z '*.h' '*.cpp' | xargs -0 -P "$(nproc)" -n 20 clang-format "${mode[@]}"
