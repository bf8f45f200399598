"""Hosts of the vendor's library come and go, and the gateway is as it was; and how leaks of the library itself are looked for."""
import contextlib
import json
import os
import pathlib
import signal

import pytest

import harness
import storms
import watched
from test_ledger import entries
from test_sdk import hosts_of, library, serve, through_the_library  # noqa: F401

KILLS = 4  # behind the first: the gateway waits twice as long before each next host


def held(gateway):
    proc = pathlib.Path(f"/proc/{gateway.pid}")
    links = []
    for fd in os.listdir(proc / "fd"):
        with contextlib.suppress(FileNotFoundError):  # closed meanwhile
            links.append(os.readlink(proc / "fd" / fd))
    children = []
    for file in proc.glob("task/*/children"):
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):  # a thread that has just ended
            children += file.read_text(encoding="ascii").split()
    return {"descriptors": len(links), "rings": sum("memfd:camfleet-" in link for link in links),
            "mapped": (proc / "maps").read_text(encoding="utf-8").count("memfd:camfleet-"),
            "threads": len(os.listdir(proc / "task")), "children": len(children), "tasks": int(gateway.metrics()["camfleet_tasks"])}


def settled(gateway):
    """-> what the gateway holds, once that has not changed for a while: connections of the API and of streams end a little later."""
    looks = []

    def still():
        looks.append(held(gateway))
        return len(looks) >= 40 and all(look == looks[-1] for look in looks[-40:]) and looks[-1]
    return harness.wait_for("what it holds stands still", still)


def test_hosts_that_are_killed_again_and_again_leave_nothing_in_the_gateway(serve, simulate, library):  # noqa: F811
    simulator = simulate(3, extra=("--alarms-per-minute", "60"))
    gateway = serve("--sdk-dir", library.path, "--fleet-backoff-base-ms", 200, "--fleet-backoff-cap-s", 1, "--hub-linger-s", 1)
    devices = through_the_library(gateway, simulator.specs)
    gateway.wait_online(3)

    def kill_one(viewer):
        """With pictures and alarms under way; until both come again."""
        harness.wait_for("it plays", lambda: viewer.bytes > 0)
        (pid,) = hosts_of(gateway)
        seen = {entry["id"] for entry in entries(gateway)}
        os.kill(pid, signal.SIGKILL)
        harness.wait_for("another host", lambda: hosts_of(gateway) not in ([], [pid]))
        gateway.wait_online(3)
        bytes_then = viewer.bytes
        harness.wait_for("it plays again", lambda: viewer.bytes > bytes_then)
        harness.wait_for("alarms come again", lambda: {entry["id"] for entry in entries(gateway)} - seen)

    def watch_while(kills):
        viewer = storms.Viewer(gateway, f"{devices[0]}/1/main")
        for _ in range(kills):
            kill_one(viewer)
        viewer.stop()
        assert not viewer.ended, "who watches goes on watching"
        harness.wait_for("streams end", lambda: gateway.fleet()["streams"] == 0)

    watch_while(1)  # what is made once is made
    before, memory = settled(gateway), harness.resident_kib(gateway.pid)
    watch_while(KILLS)
    assert settled(gateway) == before
    assert before["children"] == 1 and before["rings"] == 2, before
    if not watched.TOOL:  # a sanitizer keeps what was freed
        grown = harness.resident_kib(gateway.pid) - memory
        assert grown < 16 << 10, f"{grown} KiB more after {KILLS} hosts"


def rounds(library, spec, *extra):  # noqa: F811
    """camfleet-sdkhost --check ... --times -> (what it found, its looks, what grew)"""
    done = harness.run([harness.BIN / "camfleet-sdkhost", "--check", library.path, "--try", spec["address"], "--isapi", "--port",
                        spec["http_port"], "--user", spec["username"], *extra], check=False, input=spec["password"].encode() + b"\n")
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    return done.returncode, lines


@pytest.mark.parametrize("more", [(), ("--live", "--alarms")])
def test_a_library_that_holds_on_to_nothing_grows_by_nothing(simulate, library, more):  # noqa: F811
    spec = simulate(1, extra=("--alarms-per-minute", "0")).specs[0]
    code, lines = rounds(library, spec, "--times", 20, *more)
    assert code == 0, lines
    assert lines[0]["code"] == "ok" and lines[0]["login"]["ok"]
    looks = lines[1:-1]
    assert [look["round"] for look in looks] == list(range(0, 21, 2))
    assert all(look["resident_kib"] > 0 and look["threads"] > 0 and look["descriptors"] > 0 for look in looks)
    grew = lines[-1]["grew"]
    assert lines[-1]["rounds"] == 20 and grew["threads"] == 0 and grew["descriptors"] == 0, lines
    if not watched.TOOL:
        assert grew["resident_kib_a_round"] < 100, lines


@pytest.mark.leaks
def test_a_library_that_leaks_is_seen_to_grow(simulate, library):  # noqa: F811
    spec = simulate(1, extra=("--alarms-per-minute", "0")).specs[0]
    library.fault(leak=1 << 20)  # a login
    code, lines = rounds(library, spec, "--times", 20)
    assert code == (23 if watched.TOOL == "address" else 99 if watched.TOOL == "valgrind" else 0), lines
    assert lines[-1]["grew"]["resident_kib_a_round"] > 900, lines


def test_the_first_failure_ends_the_rounds(simulate, library):  # noqa: F811
    simulator = simulate(1, extra=("--alarms-per-minute", "0"))
    spec = simulator.specs[0]
    library.fault(error=7, error_in="NET_DVR_SetupAlarmChan_V41")
    code, lines = rounds(library, spec, "--times", 20, "--alarms")
    assert code == 1
    assert lines[-1] == {"round": 1, "failed": "NET_DVR_SetupAlarmChan_V41", "error": 7}
    library.fault()
    code, lines = rounds(library, {**spec, "password": "wrong"}, "--times", 20)
    assert code == 1 and len(lines) == 1 and lines[0]["login"]["error"] == 1
    assert simulator.totals()["wrong_passwords"] == 1
