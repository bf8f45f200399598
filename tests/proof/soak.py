"""Hours of a fleet whose devices lose their power, change their passwords and come back, at random. At the end every device is
back, and memory, descriptors, threads and tasks of the gateway are what they were after the first quarter.

  tests/proof/soak.py [--minutes 30] [--devices 1000] [--seed N]
"""
import argparse
import contextlib
import json
import os
import pathlib
import random
import statistics
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "e2e"))
import harness  # noqa: E402
import storms  # noqa: E402

SECONDS_BETWEEN = 0.5


def look(gateway, began):
    proc = pathlib.Path(f"/proc/{gateway.pid}")
    return {"t": round(time.monotonic() - began), "resident_kib": harness.resident_kib(gateway.pid),
            "descriptors": len(os.listdir(proc / "fd")), "threads": len(os.listdir(proc / "task")),
            "tasks": int(gateway.metrics()["camfleet_tasks"]), "online": gateway.fleet()["states"]["online"]}


def wait_settled(gateway):
    """Until what the logins left to be written is written: tasks of that are counted too."""
    tasks = []

    def still():
        tasks.append(int(gateway.metrics()["camfleet_tasks"]))
        return len(tasks) >= 40 and len(set(tasks[-40:])) == 1
    harness.wait_for("tasks are as many as before", still)


class Faults:
    """Breaks and mends devices at random; mend() makes all of them well."""

    WEIGHTS = {"lose_power": 5, "get_power": 5, "flicker": 3, "lose_subnet": 1, "rotate": 2, "reconnect": 3, "rename": 2, "watch": 3}

    def __init__(self, simulator, gateway, specs, dice):
        self.simulator, self.gateway, self.specs, self.dice = simulator, gateway, specs, dice
        self.dark, self.viewers, self.done = set(), [], dict.fromkeys(self.WEIGHTS, 0)

    def one(self):
        deed = self.dice.choices(list(self.WEIGHTS), weights=list(self.WEIGHTS.values()))[0]
        self.done[deed] += 1
        getattr(self, deed)(self.dice.randrange(len(self.specs)))

    def power(self, index, on):
        self.simulator.post(f"/devices/{index}/power", {"on": on})
        (self.dark.discard if on else self.dark.add)(index)

    def lose_power(self, index):
        self.power(index, False)

    def get_power(self, _):
        if self.dark:
            self.power(self.dice.choice(sorted(self.dark)), True)

    def flicker(self, index):
        self.power(index, False)
        self.power(index, True)

    def lose_subnet(self, index):
        for one in range(index, min(len(self.specs), index + 50)):
            self.flicker(one)

    def rotate(self, index):
        """On the camera first, then by the operator."""
        password = f"rotated-{self.dice.randrange(10**9)}"
        self.simulator.post(f"/devices/{index}/password", {"password": password})
        self.flicker(index)
        status, _, answer = self.gateway.call("PATCH", f"/api/v1/devices/{self.specs[index]['id']}", {"password": password})
        assert status == 200, answer

    def reconnect(self, index):
        status, _, answer = self.gateway.call("POST", f"/api/v1/devices/{self.specs[index]['id']}/reconnect")
        assert status == 202, answer

    def rename(self, index):
        status, _, answer = self.gateway.call("PATCH", f"/api/v1/devices/{self.specs[index]['id']}",
                                              {"name": f"camera {self.dice.randrange(10**9)}"})
        assert status == 200, answer

    def watch(self, index):
        while len(self.viewers) >= 8:
            self.viewers.pop(0).over.set()
        self.viewers.append(storms.Viewer(self.gateway, f"{self.specs[index]['id']}/1/sub"))

    def mend(self):
        for viewer in self.viewers:
            viewer.over.set()
        for index in sorted(self.dark):
            self.power(index, True)


def tell_missing(gateway):
    """Who is not online, and why: what a failure is explained by."""
    for state in ("disabled", "waiting", "connecting", "degraded", "backoff", "rejected", "locked"):
        for item in gateway.call("GET", f"/api/v1/devices?state={state}&limit=20")[2]["items"]:
            print(json.dumps({key: item.get(key) for key in ("id", "state", "reason", "since", "address")}), flush=True)


def run(options, folder, stack):
    dice = random.Random(options.seed)
    simulator = harness.Simulator(options.devices, address=storms.SITE, export=folder / "fleet.csv", seed=31)
    stack.callback(simulator.stop)
    gateway = harness.Gateway(folder / "data", extra=["--fleet-backoff-cap-s", "10"])
    stack.callback(gateway.stop)
    specs = harness.read_export(folder / "fleet.csv")
    status, _, answer = gateway.call("POST", "/api/v1/devices/import", (folder / "fleet.csv").read_bytes(), headers={"Content-Type": "text/csv"})
    assert status == 200 and answer["applied"], answer
    gateway.wait_online(options.devices, 120)
    wait_settled(gateway)

    faults = Faults(simulator, gateway, specs, dice)
    began = time.monotonic()
    rows = [look(gateway, began)]
    while time.monotonic() - began < options.minutes * 60:
        faults.one()
        time.sleep(SECONDS_BETWEEN)
        if time.monotonic() - began - rows[-1]["t"] >= options.minutes * 60 / 60:
            rows.append(look(gateway, began))
            print(json.dumps(rows[-1]), flush=True)
    faults.mend()
    try:
        gateway.wait_online(options.devices, 180)
    except Exception:
        tell_missing(gateway)
        raise
    # The last streams end some seconds after their viewers.
    harness.wait_for("streams end", lambda: gateway.fleet()["streams"] == 0, 120)
    time.sleep(5)
    rows.append(look(gateway, began))
    print(json.dumps(rows[-1]), json.dumps(faults.done), flush=True)

    first, last = rows[0], rows[-1]
    assert last["online"] == options.devices, last
    assert last["threads"] == first["threads"], (first, last)
    assert abs(last["tasks"] - first["tasks"]) <= 4, (first, last)
    assert abs(last["descriptors"] - first["descriptors"]) <= 16, (first, last)
    quarter = len(rows) // 4
    early = statistics.median(row["resident_kib"] for row in rows[quarter:2 * quarter] or rows)
    late = statistics.median(row["resident_kib"] for row in rows[-quarter or -1:])
    assert late <= early * 1.05 + 4096, f"resident memory grew from {early} to {late} KiB"
    totals = simulator.totals()
    assert totals["locks"] == 0, totals
    print(f"soak: {options.minutes} min, {options.devices} devices, {sum(faults.done.values())} faults: all back; "
          f"{early:.0f} -> {late:.0f} KiB, {first['descriptors']} -> {last['descriptors']} descriptors, "
          f"{first['tasks']} -> {last['tasks']} tasks, {totals['wrong_passwords']} wrong passwords, no lock")


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=30)
    parser.add_argument("--devices", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=int(time.time()))
    options = parser.parse_args()
    print(f"soak: seed {options.seed}", flush=True)
    with tempfile.TemporaryDirectory(prefix="camfleet-soak-") as folder, contextlib.ExitStack() as stack:
        run(options, pathlib.Path(folder), stack)


if __name__ == "__main__":
    main()
