"""A fleet on one machine for a bench: gateway and simulator, what they cost, and how the figures are kept.

CPU is that of one process, from /proc/PID/stat, so that whatever else the machine does costs it nothing but time. Every figure
goes with the floor measured in the same run, the commit, the machine and its load.
"""
import argparse
import contextlib
import datetime
import json
import os
import pathlib
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "e2e"))
import harness  # noqa: E402

BIN = harness.BIN
RESULTS = pathlib.Path(os.environ.get("CAMFLEET_RESULTS", ROOT / "build" / "bench"))
TICK = os.sysconf("SC_CLK_TCK")
PAGE = os.sysconf("SC_PAGE_SIZE")


def cpu_s(pid):
    """User and system seconds of all threads of a process so far."""
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / TICK


def resident(pid):
    """Resident bytes of a process."""
    return int(pathlib.Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()[1]) * PAGE


def descriptors(pid):
    return len(os.listdir(f"/proc/{pid}/fd"))


def threads(pid):
    return len(os.listdir(f"/proc/{pid}/task"))


def load():
    return float(pathlib.Path("/proc/loadavg").read_text(encoding="ascii").split()[0])


def machine():
    cpu = re.search(r"model name\s*:\s*(.*)", pathlib.Path("/proc/cpuinfo").read_text(encoding="utf-8"))
    commit = subprocess.run(["git", "-C", ROOT, "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=False)
    dirty = subprocess.run(["git", "-C", ROOT, "status", "--porcelain", "-uno"], capture_output=True, text=True, check=False)
    return {
        "commit": commit.stdout.strip() + ("+" if dirty.stdout.strip() else ""),
        "cpu": cpu.group(1) if cpu else "unknown",
        "cores": os.cpu_count(),
        "kernel": os.uname().release,
        "load_at_start": load(),
        "date": datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%d %H:%M UTC"),
    }


def options(description, devices=9000, **more):
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--devices", type=int, default=devices)
    for name, value in more.items():
        parser.add_argument("--" + name.replace("_", "-"), type=type(value), default=value)
    return parser.parse_args()


class Report:
    """The figures of one bench: a table for people, JSON for machines."""

    def __init__(self, name, **setting):
        self.name = name
        self.data = {"bench": name, "machine": machine(), "setting": setting, "figures": []}

    def add(self, figure, value, unit, budget=None, floor=None, note="", most=True):
        """`most`: the budget is the most that it may be; else the least."""
        row = {"figure": figure, "value": value, "unit": unit}
        if budget is not None:
            row["budget"] = budget
            row["met"] = value <= budget if most else value >= budget
        if floor is not None:
            row["floor"] = floor
        if note:
            row["note"] = note
        self.data["figures"].append(row)
        return row

    def keep(self, **series):
        self.data.update(series)

    def done(self):
        self.data["machine"]["load_at_end"] = load()
        RESULTS.mkdir(parents=True, exist_ok=True)
        (RESULTS / f"{self.name}.json").write_text(json.dumps(self.data, indent=1) + "\n", encoding="utf-8")
        m = self.data["machine"]
        print(f"{self.name}  commit {m['commit']}  {m['cores']} x {m['cpu']}  load {m['load_at_start']} to {m['load_at_end']}  "
              + "  ".join(f"{k} {v}" for k, v in self.data["setting"].items()))
        text = lambda v: "" if v is None else f"{v:,.3f}".rstrip("0").rstrip(".") if isinstance(v, float) else f"{v:,}"
        rows = [("figure", "value", "unit", "budget", "floor", "", "note")]
        for row in self.data["figures"]:
            met = row.get("met")
            rows.append((row["figure"], text(row["value"]), row["unit"], text(row.get("budget")), text(row.get("floor")),
                         "" if met is None else "met" if met else "MISSED", row.get("note", "")))
        widths = [max(len(row[i]) for row in rows) for i in range(6)]
        for row in rows:
            print("  " + row[0].ljust(widths[0]) + "  " + "  ".join(row[i].rjust(widths[i]) for i in range(1, 6)) + "  " + row[6])
        sys.stdout.flush()
        # Counts are right or wrong; how long something takes is a matter of the machine.
        return [row["figure"] for row in self.data["figures"] if row.get("met") is False and not row["unit"]]


class Lab(contextlib.ExitStack):
    """Everything that a bench starts, stopped with it; its files are gone afterwards."""

    def __init__(self):
        super().__init__()
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="camfleet-bench-"))
        self.callback(shutil.rmtree, self.folder, ignore_errors=True)

    def simulator(self, devices, address="127.1.0.1", name="fleet", seed=7, extra=()):
        simulator = harness.Simulator(devices, address=address, export=self.folder / f"{name}.csv", seed=seed, extra=extra)
        simulator.csv = self.folder / f"{name}.csv"
        self.callback(simulator.stop)
        return simulator

    def gateway(self, extra=(), name="data", prefix=(), env=None):
        gateway = harness.Gateway(self.folder / name, extra=extra, prefix=prefix, env=env)
        self.callback(gateway.stop)
        return gateway

    @staticmethod
    def floor_of(*argv):
        """Runs build/bin/fleet_floor and gives its line of JSON."""
        done = subprocess.run([BIN / "fleet_floor", *map(str, argv)], capture_output=True, text=True, check=False, timeout=300)
        if done.returncode != 0:
            raise RuntimeError(f"fleet_floor {argv}: {done.stderr}")
        return json.loads(done.stdout)


def bring_in(gateway, csv):
    """Imports a file of devices as an operator does."""
    status, _, answer = gateway.call("POST", "/api/v1/devices/import?all_or_nothing=true", pathlib.Path(csv).read_bytes(),
                                     headers={"Content-Type": "text/csv"})
    assert status == 200 and answer["applied"], answer
    return answer["counts"]


def wait_all(gateway, states, count, patience=300, every=0.1):
    """Seconds until so many devices are in one of `states`."""
    begun = time.monotonic()
    while True:
        now = gateway.fleet()["states"]
        if sum(now[state] for state in states) >= count:
            return time.monotonic() - begun
        if time.monotonic() - begun > patience:
            raise AssertionError(f"not all {count} devices are {states}: {now}")
        time.sleep(every)


def loop_delays(gateway):
    """How often the loops' watchdogs were late, by the bound of the bucket: {loop: [(seconds, times so far)]}."""
    text = gateway.call("GET", "/metrics")[2]
    text = text.decode() if isinstance(text, bytes) else str(text)
    out = {}
    for loop, bound, count in re.findall(r'camfleet_loop_delay_seconds_bucket\{loop="([^"]+)",le="([^"]+)"\} (\d+)', text):
        out.setdefault(loop, []).append((float(bound), int(count)))
    return out


def longest_turn_ms(before, after, loops):
    """The longest time for which one of `loops` (the start of their names) was held since `before`: it was less than that."""
    longest = 0.0
    for loop, buckets in after.items():
        if not loop.startswith(loops):
            continue
        was = dict(before.get(loop, []))
        more = 0
        for bound, count in sorted(buckets):
            so_far = count - was.get(bound, 0)
            if so_far > more and bound != float("inf"):
                longest = max(longest, bound * 1e3)
            elif so_far > more:
                longest = float("inf")
            more = so_far
    return longest


class Sampler(threading.Thread):
    """Calls `look` every so often until stopped, and keeps what it said with the time."""

    def __init__(self, look, every=0.5):
        super().__init__(daemon=True)
        self.look, self.every, self.samples, self._stop_now = look, every, [], threading.Event()
        self.begun = time.monotonic()
        self.start()

    def run(self):
        while not self._stop_now.is_set():
            with contextlib.suppress(OSError):
                self.samples.append((round(time.monotonic() - self.begun, 2), self.look()))
            self._stop_now.wait(self.every)

    def stop(self):
        self._stop_now.set()
        self.join()
        return self.samples


def median(values):
    return statistics.median(values)
