"""A power cut at any moment: what was acknowledged to a device or delivered to a sink is in the ledger of the next start.

The data is on a file system in a file, which the kernel writes past its cache: a copy of that file is what a disk would hold if the
power went just then. The gateway is stopped while it is copied, for a copy takes its time and a cut does not."""
import http.client
import itertools
import json
import os
import random
import re
import signal
import subprocess
import threading
import time

import pytest

import harness
from sinks import Receiver
from test_ledger import alarms_of, entries, import_devices, unaccounted
from test_ledger_push import ALERT

DEVICES = 20
CUTS = int(os.environ.get("CAMFLEET_CUTS", "3"))  # scripts/proof.sh wants more


class Disk:
    """A file system of its own, in a file."""

    def __init__(self, folder, image=None):
        folder.mkdir(exist_ok=True)
        self.image, self.mounted, self.loop = folder / "disk.img", folder / "disk", None
        self.mounted.mkdir()
        if image:
            harness.run(["cp", "--sparse=always", image, self.image])
            return
        with self.image.open("wb") as file:
            file.truncate((256 + 10 * CUTS) * 1024 * 1024)  # sparse; a cut leaves 5 MiB of events
        harness.run(["mkfs.ext4", "-q", "-F", self.image])

    lines = ()

    def mount(self):
        done = harness.run(["losetup", "--find", "--show", "--direct-io=on", self.image], check=False)
        if done.returncode == 0:
            self.loop = done.stdout.decode().strip()
            done = harness.run(["mount", self.loop, self.mounted], check=False)
        if done.returncode != 0:
            self.stop()
            pytest.skip(f"this machine mounts no files: {done.stderr.decode().strip()}")

    def stop(self):
        if self.loop:
            harness.run(["umount", self.mounted], check=False)
            harness.run(["losetup", "--detach", self.loop], check=False)
            self.loop = None


class Pushers:
    """Two cameras that push alarms one after the other, and remember which were taken: 200 is their acknowledgement."""

    def __init__(self, specs):
        self.specs, self.taken, self.port, self.over = specs, set(), None, threading.Event()
        self.numbers = itertools.count(1)
        self.threads = [threading.Thread(target=self.push, args=(spec,), daemon=True) for spec in specs]
        for thread in self.threads:
            thread.start()

    lines = ()

    def push(self, spec):
        while not self.over.is_set():
            number, port = next(self.numbers), self.port
            body = ALERT.format(mac="", n=0, type="fielddetection").replace("pushed 0", f"pushed {number}")
            try:
                link = http.client.HTTPConnection("127.0.0.1", port or 1, timeout=5, source_address=(spec["address"], 0))
                link.request("POST", "/alarm", body, {"Content-Type": "application/xml"})
                if link.getresponse().status == 200:
                    self.taken.add((spec["id"], number))
                link.close()
            except (OSError, http.client.HTTPException):
                time.sleep(0.05)

    def stop(self):
        self.over.set()
        for thread in self.threads:
            thread.join()


class Site:
    def __init__(self, started, simulate, tmp_path, env=None):
        self.started, self.tmp_path, self.env, self.cuts = started, tmp_path, env, 0
        self.disk = Disk(tmp_path / "disk-0")
        self.disk.mount()
        started.append(self.disk)
        self.simulator = simulate(DEVICES, extra=("--alarms-per-minute", "300", "--alarm-seconds", "1"))
        self.receiver = Receiver()
        started.append(self.receiver)
        self.start()
        import_devices(self.gateway, tmp_path / "fleet.csv")
        self.since = time.time() * 1e6  # before that it did not know of them
        status, _, made = self.gateway.call("POST", "/api/v1/sinks", {"kind": "webhook", "id": "hook", "url": self.receiver.url, "batch": 20})
        assert status == 201, made
        self.gateway.wait_online(DEVICES)
        self.pushers = Pushers(self.simulator.specs[:2])
        started.append(self.pushers)
        self.open_the_door()

    def start(self):
        began = time.monotonic()
        self.gateway = harness.Gateway(self.disk.mounted / "data", env=self.env,
                                       extra=["--events-listen", "127.0.0.1:0", "--allow-sinks", "127.0.0.0/8"])
        self.started.append(self.gateway)
        return time.monotonic() - began

    def open_the_door(self):
        self.pushers.port = next(int(line["at"].rsplit(":", 1)[1]) for line in map(json.loads, self.gateway.lines)
                                 if line.get("event") == "events.listening")

    def cut(self):
        """-> what was acknowledged before the cut: (pushes, ids of deliveries)"""
        os.kill(self.gateway.pid, signal.SIGSTOP)
        time.sleep(0.1)  # answers that were on their way arrive
        taken, delivered = set(self.pushers.taken), {event["id"] for event in self.receiver.events()}
        self.pushers.port = None
        self.cuts += 1
        after = Disk(self.tmp_path / f"disk-{self.cuts}", self.disk.image)
        self.gateway.stop(signal.SIGKILL)
        self.disk.stop()
        self.started.remove(self.gateway)
        self.started.remove(self.disk)
        self.disk.image.unlink()
        self.disk = after
        self.disk.mount()
        self.started.insert(0, self.disk)
        self.start()
        return taken, delivered

    def stored(self):
        found = entries(self.gateway)
        pushed = {(e["device"], int(m[1])) for e in found if (m := re.search(r"pushed (\d+)", e["description"]))}
        return pushed, {e["id"] for e in found}


def test_what_was_acknowledged_survives_a_power_cut(started, simulate, tmp_path):
    seed = random.randrange(1 << 30)
    print("seed", seed)
    chance = random.Random(seed)
    site = Site(started, simulate, tmp_path)
    for _ in range(CUTS):
        time.sleep(chance.uniform(0.5, 3.0))  # the moment of the cut is what is random here
        taken, delivered = site.cut()
        pushed, ids = site.stored()
        print(f"cut {site.cuts}: {len(taken)} pushes taken, {len(delivered)} entries delivered, {len(ids)} in the ledger")
        assert not taken - pushed, sorted(taken - pushed)[:10]
        assert not delivered - ids, sorted(delivered - ids)[:10]
        assert not list((site.disk.mounted / "data" / "events").glob("*.damaged"))
        site.open_the_door()
        site.gateway.wait_online(DEVICES)
    assert len(site.pushers.taken) > 20
    alarms = [alarm for alarm in alarms_of(site.simulator) if alarm["began_us"] >= site.since]
    harness.wait_for("the account closes", lambda: not unaccounted(site.simulator, site.gateway, alarms)[0])


def test_the_test_sees_a_disk_that_lies(started, simulate, tmp_path, bad_disk):
    """Where syncs do nothing, something that was acknowledged is gone: else the test above would prove nothing."""
    fault = tmp_path / "fault"
    fault.write_text("lies", encoding="ascii")
    site = Site(started, simulate, tmp_path, {"LD_PRELOAD": str(bad_disk), "CAMFLEET_DISK_FAULT": str(fault)})
    harness.wait_for("some are acknowledged", lambda: len(site.pushers.taken) > 20 and site.receiver.events())
    taken, delivered = site.cut()
    pushed, ids = site.stored()
    assert taken - pushed or delivered - ids
