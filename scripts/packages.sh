#!/bin/bash
# Installs the Debian packages that are missing: `packages.sh build [test]`, lists in scripts/packages/.
# As root, or as a user with sudo. Nothing is touched where all are there.
set -euo pipefail
cd "$(dirname "$0")"

wanted=()
for list in "$@"; do
  mapfile -t lines < <(sed -E -e 's/\s*#.*//' -e '/^\s*$/d' "packages/$list.txt")
  wanted+=("${lines[@]}")
done
# A node that is there already (18 or newer, with npm) serves as well as Debian's.
node_major=$(node --version 2>/dev/null | sed -E 's/^v([0-9]+).*/\1/' || true)
if [[ ${node_major:-0} -lt 18 ]] || ! command -v npm >/dev/null; then
  wanted+=(nodejs npm)
fi

missing=()
for package in "${wanted[@]}"; do
  state=$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null || true)
  [[ $state == installed ]] || missing+=("$package")
done
[[ ${#missing[@]} -eq 0 ]] && exit 0

sudo=()
if [[ $(id -u) -ne 0 ]]; then
  command -v sudo >/dev/null || { echo "camfleet: these packages are missing and there is no sudo: ${missing[*]}" >&2; exit 1; }
  sudo=(sudo)
fi
echo "camfleet: installing ${missing[*]}"
"${sudo[@]}" env DEBIAN_FRONTEND=noninteractive apt-get update -qq
"${sudo[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
