"""Storms of a whole fleet, for tests of hundreds of devices and for proofs and benches of thousands: what happens to the site,
what is watched meanwhile, and what has to be true afterwards."""
import contextlib
import json
import pathlib
import socket
import struct
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.parse
import urllib.request

import harness

# Of 127/8: the storm's devices, those that it must not touch, and one large recorder.
SITE, CALM, RECORDER = "127.10.0.1", "127.30.0.1", "127.31.0.1"
PER_SUBNET = 254


def connecting(gateway):
    return gateway.fleet()["admission"]


class Viewer(threading.Thread):
    """Watches one stream as fragmented MP4, and counts what came and the longest time in which nothing did."""

    def __init__(self, gateway, stream):
        super().__init__(daemon=True)
        self.url = gateway.live(stream)["urls"]["mp4"]
        self.bytes, self.gap, self.ended, self.over = 0, 0.0, False, threading.Event()
        self.start()

    def run(self):
        try:
            with urllib.request.urlopen(self.url, timeout=60) as stream:
                last = None
                while not self.over.is_set():
                    piece = stream.read1(65536)
                    now = time.monotonic()
                    if not piece:
                        break
                    if last is not None:
                        self.gap = max(self.gap, now - last)
                    last = now
                    self.bytes += len(piece)
        except OSError:
            pass
        self.ended = not self.over.is_set()

    def stop(self):
        self.over.set()
        self.join(70)


class Asker:
    """Asks the API for devices in turn, all the while, and keeps how long each answer took (asker.py)."""

    def __init__(self, gateway, ids, rate=50):
        self.seconds, self.failed = [], []
        self.child = subprocess.Popen([sys.executable, pathlib.Path(__file__).parent / "asker.py", gateway.http, str(rate)], text=True,
                                      stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True)
        self.child.stdin.write("\n".join([gateway.token, *ids]))
        self.child.stdin.close()
        assert self.child.stdout.readline() == "ready\n"

    def stop(self):
        self.child.terminate()
        with self.child.stdout as out:
            rows = json.loads(out.read())
        self.child.wait(harness.PATIENCE)
        self.seconds = [row["s"] for row in rows]
        self.failed = [row["failed"] for row in rows if "failed" in row]

    def percentile_ms(self, share):
        ordered = sorted(self.seconds)
        return ordered[min(len(ordered) - 1, int(len(ordered) * share))] * 1e3 if ordered else 0.0


class Sampler(threading.Thread):
    """Follows a storm: connections that the devices took so far, and who connects and waits, each `every` seconds."""

    def __init__(self, simulator, gateway, every=0.25):
        super().__init__(daemon=True)
        self.simulator, self.gateway, self.every = simulator, gateway, every
        self.rows, self.over = [], threading.Event()
        self.begun = time.monotonic()
        self.start()

    def run(self):
        while not self.over.is_set():
            with contextlib.suppress(OSError, AssertionError):
                fleet = self.gateway.fleet()
                self.rows.append({"t": round(time.monotonic() - self.begun, 2), "connections": self.simulator.totals()["connections"],
                                  "connecting": fleet["admission"]["connecting"], "waiting": fleet["admission"]["waiting"],
                                  "limit": fleet["admission"]["limit"], "online": fleet["states"]["online"]})
            self.over.wait(self.every)

    def stop(self):
        self.over.set()
        self.join(30)
        return self.rows


class Storm:
    """One gateway with a site of `devices`, a few calm ones that are watched, and whatever a storm adds."""

    def __init__(self, folder, start, devices, calm=3, site=(), gateway=(), shared_password=None):
        self.folder, self.start_process, self.devices, self.calm_count = folder, start, devices, calm
        more = ["--password", shared_password] if shared_password else []
        self.site = start(harness.Simulator(devices, address=SITE, export=folder / "site.csv", seed=21,
                                            extra=["--alarms-per-minute", "0", *more, *site]))
        self.calm = start(harness.Simulator(calm, address=CALM, export=folder / "calm.csv", seed=22,
                                            extra=["--alarms-per-minute", "0"]))
        self.options = list(gateway)
        self.gateway = start(harness.Gateway(folder / "data", extra=self.options))
        self.specs = harness.read_export(folder / "site.csv")
        self.calm_ids = []
        self.bring_in(folder / "site.csv")
        self.bring_in(folder / "calm.csv", prefix="calm-")

    @property
    def total(self):
        return self.devices + self.calm_count

    def bring_in(self, path, prefix=""):
        text = path.read_text(encoding="utf-8")
        if prefix:  # the same kinds of names come from every simulator
            head, *rows = text.splitlines()
            text = "\r\n".join([head, *(prefix + row for row in rows)]) + "\r\n"
            self.calm_ids = [row.split(",", 1)[0] for row in text.splitlines()[1:]]
        status, _, answer = self.gateway.call("POST", "/api/v1/devices/import?all_or_nothing=true", text.encode(),
                                              headers={"Content-Type": "text/csv"})
        assert status == 200 and answer["applied"], answer

    def all_online(self, patience=harness.PATIENCE):
        begun = time.monotonic()
        self.gateway.wait_online(self.total, patience)
        return time.monotonic() - begun

    def away(self):
        return self.total - self.gateway.fleet()["states"]["online"]

    def power(self, which, on):
        for index in which:
            self.site.post(f"/devices/{index}/power", {"on": on})

    @contextlib.contextmanager
    def watched(self):
        """What must not notice: streams of calm devices, their logins, and whoever asks the API."""
        viewers = [Viewer(self.gateway, f"{name}/1/sub") for name in self.calm_ids]
        harness.wait_for("pictures", lambda: all(viewer.bytes for viewer in viewers))
        asker = Asker(self.gateway, [spec["id"] for spec in self.specs])
        sampler = Sampler(self.site, self.gateway)
        before = self.calm.totals()
        seen = Seen()
        began = [viewer.bytes for viewer in viewers]
        try:
            yield seen
        finally:
            seen.rows = sampler.stop()
            asker.stop()
            seen.fleet = self.gateway.fleet()
            # They go on: what came during the storm and what comes now are one stream.
            now = [viewer.bytes for viewer in viewers]
            seen.still = True
            try:
                harness.wait_for("pictures go on", lambda: all(v.bytes > n for v, n in zip(viewers, now, strict=True)), 15)
            except AssertionError:
                seen.still = False
            seen.viewers_ended = sum(viewer.ended for viewer in viewers)
            seen.came = [n - b for n, b in zip(now, began, strict=True)]
            seen.gap_s = max(viewer.gap for viewer in viewers)
            for viewer in viewers:
                viewer.over.set()
            for viewer in viewers:
                viewer.stop()
            after = self.calm.totals()
            seen.calm_logins = after["logins"] - before["logins"]
            seen.calm_plays = after["plays"] - before["plays"]
            seen.asked, seen.failed = len(asker.seconds), asker.failed
            seen.p99_ms = asker.percentile_ms(0.99)


class Seen:
    """What `watched` saw, when it is over."""

    turn_ms = api_turn_ms = None  # how long a loop was held, where somebody looked

    def check(self, storm, cap):
        totals = storm.site.totals()
        assert totals["locks"] == 0, totals
        assert self.fleet["admission"]["most"] <= cap, self.fleet["admission"]
        assert self.viewers_ended == 0 and self.still and all(self.came), vars(self)
        assert self.calm_plays == 0, "a stream of a calm device was set up again"
        assert self.calm_logins == 0, "a calm device was logged in to again"
        assert self.asked and not self.failed, self.failed[:5]

    def attempts_per_second(self):
        """(time, connections a second) from the samples."""
        out = []
        for before, after in zip(self.rows, self.rows[1:]):
            span = after["t"] - before["t"]
            if span > 0:
                out.append((after["t"], (after["connections"] - before["connections"]) / span))
        return out


# --- a name server that can die

class NameServer(threading.Thread):
    """Answers every A query below .site.test by the address that the name spells (d-127-10-0-1), or nothing at all while it is
    down. UDP 53 of an address of loopback: for root alone."""

    def __init__(self, address="127.53.0.1"):
        super().__init__(daemon=True)
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
        self.socket.bind((address, 53))
        self.address, self.up, self.asked = address, True, 0
        self.start()

    @staticmethod
    def name_of(address):
        return "d-" + address.replace(".", "-") + ".site.test"

    def run(self):
        while True:
            try:
                query, peer = self.socket.recvfrom(2048)
            except OSError:
                return
            self.asked += 1
            if not self.up or len(query) < 17:
                continue
            at, labels = 12, []
            while query[at]:
                labels.append(query[at + 1:at + 1 + query[at]].decode("ascii", "replace"))
                at += 1 + query[at]
            kind = struct.unpack("!H", query[at + 1:at + 3])[0]
            question = query[12:at + 5]
            parts = labels[0].split("-")[1:] if labels else []
            answer = b""
            if kind == 1 and len(parts) == 4:
                answer = b"\xc0\x0c" + struct.pack("!HHIH", 1, 1, 1, 4) + bytes(map(int, parts))
            head = query[:2] + struct.pack("!HHHHH", 0x8580, 1, 1 if answer else 0, 0, 0)
            with contextlib.suppress(OSError):
                self.socket.sendto(head + question + answer, peer)

    def stop(self):
        self.socket.close()

    def prefix(self, folder):
        """Starts a program in a mount namespace of its own, where /etc/resolv.conf names this server."""
        conf = folder / "resolv.conf"
        conf.write_text(f"nameserver {self.address}\noptions timeout:1 attempts:1\n", encoding="ascii")
        script = f'mount --make-rprivate / && mount --bind {conf} /etc/resolv.conf && exec "$@"'
        return ["unshare", "-m", "sh", "-c", script, "sh"]
