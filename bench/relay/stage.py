"""What the benches of the relay share: a farm of cameras, the gateway, a herd of viewers, and the floor, each a process of
its own. The CPU of one of them is taken between the two moments in which the herd begins and ends to count.
"""
import json
import pathlib
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "fleet"))
import lab  # noqa: E402
from lab import harness  # noqa: E402

LOAD = lab.BIN / "relay_load"
CLIPS = lab.BIN.parent / "clips"


class Stage(lab.Lab):
    """Everything that one bench starts."""

    def __init__(self, clip="main", speed=1):
        super().__init__()
        self.clip = CLIPS / f"{clip}.h264"
        self.farm = self._start("farm", self.clip, speed)
        self.kbps, self.gop = self.farm.ready["kbps"], self.farm.ready["gop"]

    def _start(self, *argv, ready="port"):
        process = harness.Process([LOAD, *argv], "stdout", lambda line: line if ready in line or line.get("event") == ready else None)
        self.callback(process.stop)
        return process

    def sources(self, count):
        """The addresses of so many cameras; each has a host of its own, as cameras have."""
        return [f"rtsp://127.3.{i // 250}.{1 + i % 250}:{self.farm.ready['port']}/s{i}" for i in range(count)]

    def file(self, name, lines):
        path = self.folder / name
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
        return path

    def floor(self, streams, read_only=False):
        return self._start("floor", self.clip, self.file("floor.urls", self.sources(streams)), *(["read"] if read_only else []))

    def cameras(self, gateway, streams, always_on):
        """So many devices that are their stream; returns when all of them are online."""
        rows = ["id,drivers,url,always_on"]
        rows += [f"cam-{i},rtsp,{url},{'true' if always_on else 'false'}" for i, url in enumerate(self.sources(streams))]
        lab.bring_in(gateway, self.file("cameras.csv", rows))
        lab.wait_all(gateway, ["online"], streams)

    def herd(self, urls, viewers, rate=500, warm=3, seconds=8, watched=(), stalled=0, at_begin=None):
        """The herd's account, with the CPU that each of `watched` spent meanwhile in "cpu" (seconds), and the resident bytes at
        the beginning in "resident". `at_begin` is called when it begins to count."""
        herd = self._start("herd", self.file("herd.urls", urls), viewers, rate, warm, seconds, stalled, ready="counting")
        before = [lab.cpu_s(pid) for pid in watched]
        resident = [lab.resident(pid) for pid in watched]
        if at_begin:
            at_begin()

        def told():
            if herd.child.poll() not in (None, 0):
                raise AssertionError("the herd died: " + herd.text[-2000:])
            return next((line for line in herd.lines if '"counted"' in line), None)
        end = time.monotonic() + seconds + 60
        while not (line := told()):
            if time.monotonic() > end:
                raise AssertionError("the herd does not end: " + herd.text[-2000:])
            time.sleep(0.01)
        out = json.loads(line)
        out["cpu"] = [lab.cpu_s(pid) - was for pid, was in zip(watched, before)]
        out["resident"] = resident
        herd.stop()
        return out


def addresses(gateway, streams, form="rtsp"):
    """Where so many cameras' main streams play."""
    out = []
    for i in range(streams):
        urls = gateway.live(f"cam-{i}/1/main", ttl_s=3600)["urls"]
        out.append(urls[form])
    return out


def live_streams(gateway):
    return sum(1 for stream in streams_of(gateway) if stream["state"] == "live")


def streams_of(gateway):
    out, cursor = [], ""
    while True:
        page = gateway.get(f"/api/v1/streams?limit=1000{cursor}")
        out += page["items"]
        if not page["next"]:
            return out
        cursor = f"&cursor={page['next']}"


def cpu_over(pid, seconds):
    before, began = lab.cpu_s(pid), time.monotonic()
    time.sleep(seconds)
    return lab.cpu_s(pid) - before, time.monotonic() - began
