"""Asks a gateway for one device after another at a steady rate, until it is told to stop or its caller is gone, and says how long each
answer took. A process of its own: what its caller does meanwhile must not count as the gateway's time.

  asker.py HOST:PORT RATE < token and ids, a line each; SIGTERM ends it; out comes JSON: [{"s": seconds, "failed": why}]
"""
import http.client
import json
import os
import signal
import sys
import threading
import time


def main():
    over = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: over.set())
    token, *ids = sys.stdin.read().split()
    link = http.client.HTTPConnection(sys.argv[1], timeout=60)
    every, turn, rows, caller = 1 / float(sys.argv[2]), 0, [], os.getppid()
    print("ready", flush=True)
    while not over.is_set() and os.getppid() == caller:
        turn += 1
        begun = time.monotonic()
        try:
            link.request("GET", f"/api/v1/devices/{ids[turn * 7919 % len(ids)]}", headers={"Authorization": f"Bearer {token}"})
            answer = link.getresponse()
            answer.read()
            took = time.monotonic() - begun
            rows.append({"s": took} if answer.status == 200 else {"s": took, "failed": answer.status})
        except (OSError, http.client.HTTPException) as error:
            rows.append({"s": time.monotonic() - begun, "failed": repr(error)})
            link.close()
        over.wait(max(0.0, every - (time.monotonic() - begun)))
    print(json.dumps(rows))


if __name__ == "__main__":
    main()
