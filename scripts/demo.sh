#!/bin/bash
# Starts the gateway with simulated cameras; Ctrl-C ends both. Ports: CAMFLEET_HTTP, CAMFLEET_RTSP (host:port).
set -euo pipefail
cd "$(dirname "$0")/.."
exec build/bin/camfleet serve --demo "${DEMO_DEVICES:-24}" --data "${CAMFLEET_DATA:-$PWD/build/demo}" --log-level "${CAMFLEET_LOG_LEVEL:-warn}" \
  --http "${CAMFLEET_HTTP:-127.0.0.1:8080}" --rtsp "${CAMFLEET_RTSP:-127.0.0.1:8554}"
