"""A machine without memory, and one that gives us a tenth of a core: what fails is one request, what ends is started again, and
what was acknowledged is there."""
import pathlib
import signal
import struct
import threading
import time

import harness
import pytest

CSV = {"Content-Type": "text/csv"}


@pytest.fixture(scope="module")
def shim(tmp_path_factory):
    library = tmp_path_factory.mktemp("shim") / "bad_memory.so"
    harness.run(["cc", "-shared", "-fPIC", "-O1", "-o", library, pathlib.Path(__file__).parent / "bad_memory.c"])
    return library


class Memory:
    """From how many bytes on nothing is allocated; 0: all is well."""

    def __init__(self, path):
        self.path = path
        self.refuse_from(0)

    def refuse_from(self, size):
        with open(self.path, "r+b" if self.path.exists() else "wb") as file:  # in place: it is mapped
            file.write(struct.pack("=Q", size))


def test_one_allocation_that_fails_costs_one_request_and_none_at_all_costs_a_start(started, simulate, shim, tmp_path):
    memory = Memory(tmp_path / "fault")
    simulator = simulate(3, extra=("--alarms-per-minute", "0"))
    data = tmp_path / "data"
    gateway = harness.Gateway(data, env={"LD_PRELOAD": str(shim), "CAMFLEET_MEMORY_FAULT": str(memory.path)})
    started.append(gateway)
    file = (tmp_path / "fleet.csv").read_bytes()
    status, _, answer = gateway.call("POST", "/api/v1/devices/import", file, headers=CSV)
    assert status == 200 and answer["applied"], answer
    gateway.wait_online(3)
    logins = simulator.totals()["logins"]

    # A file of 3 MB cannot be held: whoever sent it is told, or cut off, and nobody else notices.
    memory.refuse_from(1 << 20)
    large = file + b"".join(b"wide-%d,%s,hikvision,127.41.%d.%d,80,554,admin,x,\r\n" % (i, b"n" * 100, i // 250, i % 250 + 1) for i in range(20000))
    try:
        status, _, answer = gateway.call("POST", "/api/v1/devices/import", large, headers=CSV)
    except OSError:
        status = None
    assert status is None or status >= 400, (status, answer)
    harness.wait_for("it is logged", lambda: "bad_alloc" in gateway.text)
    assert gateway.child.poll() is None
    assert gateway.fleet()["states"]["online"] == 3 and gateway.fleet()["total"] == 3
    memory.refuse_from(0)
    gateway.add(**{**simulator.specs[0], "id": "added-later", "address": "127.40.9.9"})
    assert simulator.totals()["logins"] == logins

    # Where there is none at all, the process ends; the next start has everything that was acknowledged.
    memory.refuse_from(1)
    harness.wait_for("it ends", lambda: gateway.child.poll() is not None)
    assert gateway.child.returncode != 0
    again = harness.Gateway(data)
    started.append(again)
    again.wait_online(3)
    assert again.fleet()["total"] == 4 and again.device("added-later")["address"] == "127.40.9.9"
    totals = simulator.totals()
    assert totals["wrong_passwords"] == 0 and totals["locks"] == 0, totals


class TenthOfACore(threading.Thread):
    """What a quota of CPU does to a process: it runs for 20 ms, and stands still for 180."""

    def __init__(self, process, run_s=0.02, stand_s=0.18):
        super().__init__(daemon=True)
        self.process, self.run_s, self.stand_s, self.over = process, run_s, stand_s, threading.Event()
        self.start()

    def run(self):
        while not self.over.is_set():
            self.process.child.send_signal(signal.SIGSTOP)
            self.over.wait(self.stand_s)
            self.process.child.send_signal(signal.SIGCONT)
            time.sleep(self.run_s)

    def stop(self):
        self.over.set()
        self.join(5)


def test_with_a_tenth_of_a_core_it_is_slow_and_nobody_is_lost(started, simulate, tmp_path):
    simulator = simulate(60, extra=("--heartbeat", "1", "--alarms-per-minute", "0"))
    gateway = harness.Gateway(tmp_path / "data")
    started.append(gateway)
    quota = TenthOfACore(gateway)
    try:
        status, _, answer = gateway.call("POST", "/api/v1/devices/import", (tmp_path / "fleet.csv").read_bytes(), headers=CSV)
        assert status == 200 and answer["applied"], answer
        gateway.wait_online(60)
        before = simulator.totals()
        assert before["logins"] >= 60 and before["wrong_passwords"] == 0
        # Late is not away: heartbeats that waited for us count, nobody is asked to log in again, and the API answers.
        stalls = gateway.metrics()["camfleet_loop_stalls_total"]
        simulator.post("/devices/0/alarm", {"type": "linedetection", "channel": 1, "seconds": 1})
        harness.wait_for("the alarm is stored", lambda: any(
            event["type"] == "linedetection" for event in gateway.get("/api/v1/events?limit=100")["items"]))
        harness.wait_for("the loops say how late they are", lambda: gateway.metrics()["camfleet_loop_stalls_total"] > stalls + 60)
        states = gateway.fleet()["states"]
    finally:
        quota.stop()
    assert states["online"] == 60, states
    after = simulator.totals()
    for counter in ("logins", "wrong_passwords", "locks"):
        assert after[counter] == before[counter], (counter, before[counter], after[counter])
