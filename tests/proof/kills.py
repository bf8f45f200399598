#!/usr/bin/python3
"""A hundred kills of the gateway at random moments under 500 alarms a second of 200 cameras, while a webhook fails, Mosquitto is
killed now and then, and a file and the mock cluster of Kafka take part: every alarm is delivered to each, or was raised in a
blind interval, or is named here. `--kills`, `--rate`, `--devices`, `--longest`, `--seed`."""
import argparse
import json
import pathlib
import random
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "e2e"))

from kills import Proof  # noqa: E402


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--rate", type=int, default=500)
    parser.add_argument("--devices", type=int, default=200)
    parser.add_argument("--longest", type=float, default=6.0, help="seconds that a gateway lives at most")
    parser.add_argument("--seed", type=int, default=random.randrange(1 << 30))
    options = parser.parse_args()
    print("seed", options.seed, flush=True)
    started = []
    with tempfile.TemporaryDirectory() as folder:
        try:
            proof = Proof(folder, started, options.seed, options.devices, options.rate, kafka=True)
            proof.run(options.kills, options.longest)
            print(json.dumps(proof.close(patience=600), indent=1))
        finally:
            for process in reversed(started):
                process.stop()


if __name__ == "__main__":
    main()
