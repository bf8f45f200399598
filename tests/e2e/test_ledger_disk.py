"""The event ledger on a disk that fails, fills up, becomes read-only or is slow: nothing that was acknowledged is lost."""
import re
import signal

import pytest

import harness
from test_ledger import alarms_of, entries, unaccounted


@pytest.fixture
def town(started, simulate, bad_disk, tmp_path):
    """A gateway whose disk does what town.disk(...) says, and two cameras that are quiet."""
    fault = tmp_path / "fault"
    simulator = simulate(2, extra=("--alarms-per-minute", "0"))
    gateway = harness.Gateway(tmp_path / "data", env={"LD_PRELOAD": str(bad_disk), "CAMFLEET_DISK_FAULT": str(fault)})
    started.append(gateway)
    for spec in simulator.specs:
        gateway.add(**spec)
    gateway.wait_online(2)
    gateway.disk = lambda what: fault.write_text(what, encoding="ascii") if what else fault.unlink()
    gateway.simulator = simulator
    return gateway


def raise_alarm(town, device=0):
    town.simulator.post(f"/devices/{device}/alarm", {"type": "linedetection", "channel": 1, "seconds": 1})


def numbers(gateway):
    return {(e["device"], m[1]) for e in entries(gateway) if (m := re.search(r"alarm (\d{6})", e["description"]))}


def state(gateway):
    return gateway.get("/api/v1/events/account")["ledger"]["code"]


@pytest.mark.parametrize("what,code", [("full", "ledger.full"), ("read-only", "ledger.read_only")])
def test_a_disk_without_room_stops_the_reading_and_loses_nothing(town, what, code):
    raise_alarm(town)
    harness.wait_for("it is stored", lambda: len(numbers(town)) == 1)
    town.disk(what)
    for _ in range(3):
        raise_alarm(town)
    harness.wait_for("it says so", lambda: state(town) == code)
    assert len(numbers(town)) == 1 and town.metrics()["camfleet_ledger_failing"] == 1
    town.disk(None)
    # The same batch is written, and what waited in the devices' connections is read.
    harness.wait_for("all is stored", lambda: len(numbers(town)) == 4)
    assert state(town) == "ok" and town.metrics()["camfleet_ledger_failing"] == 0


def test_a_failed_fsync_ends_the_gateway_and_the_next_start_accounts_for_all(started, town, tmp_path):
    raise_alarm(town)
    harness.wait_for("it is stored", lambda: len(numbers(town)) == 1)
    town.disk("sync")
    raise_alarm(town)
    harness.wait_for("it ends", lambda: town.child.poll() is not None)
    assert town.child.returncode == -signal.SIGABRT and '"ledger.sync_failed"' in town.text
    again = harness.Gateway(tmp_path / "data")
    started.append(again)
    again.wait_online(2)
    alarms = alarms_of(town.simulator)
    assert len(alarms) == 2
    harness.wait_for("the account closes", lambda: not unaccounted(town.simulator, again, alarms)[0])
    assert (town.simulator.specs[0]["id"], "000001") in numbers(again)


def test_a_slow_disk_makes_it_late_and_no_more(town):
    town.disk("slow 300")
    for n in range(20):
        raise_alarm(town, n % 2)
    harness.wait_for("all is stored", lambda: len(numbers(town)) == 20)
    # What came while one fsync ran went in one transaction.
    assert town.metrics()["camfleet_ledger_commit_seconds_count"] < 60
