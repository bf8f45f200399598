"""What the benches of events share: the laboratory of bench/fleet, and the other side of sinks."""
import json
import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "bench" / "fleet"), str(ROOT / "tests" / "e2e")]
import lab  # noqa: E402,F401


class Receiver:
    """`events_load receive`: takes whatever is posted."""

    def __init__(self):
        self.child = subprocess.Popen([lab.BIN / "events_load", "receive"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.port = json.loads(self.child.stdout.readline())["port"]
        self.url = f"http://127.0.0.1:{self.port}/events"

    def stop(self):
        """-> ({(device, number): microseconds}, what came in all)"""
        said, _ = self.child.communicate()
        *lines, sums = said.splitlines()
        begun = {}
        for line in lines:
            device, number, at = line.split()
            begun.setdefault((device, int(number)), int(at))
        return begun, json.loads(sums)


def sink(gateway, **body):
    status, _, made = gateway.call("POST", "/api/v1/sinks", body)
    assert status == 201, made
    return made["id"]
