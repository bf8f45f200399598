"""Alarms as they come, and cameras that are moved."""
import json
import signal
import subprocess

import pytest

import harness
from test_stream import Follower


@pytest.fixture
def fleet(gateway, simulate):
    simulator = simulate(3, extra=("--alarms-per-minute", "0"))
    for n, spec in enumerate(simulator.specs):
        gateway.add(**{**spec, "tags": ["north" if n == 0 else "south"]})
    gateway.wait_online(3)
    simulator.ids = [spec["id"] for spec in simulator.specs]
    return simulator


def test_an_alarm_begins_goes_on_and_ends(gateway, fleet):
    start = gateway.get("/api/v1/devices")["cursor"]
    fleet.post("/devices/0/alarm", {"type": "VMD", "channel": 1, "seconds": 3})
    follower = Follower(gateway, cursor=start, type="alarm")
    begin, end = follower.take(2)
    assert begin.name == end.name == "alarm" and begin.id == begin.data["id"]
    for event, phase in ((begin, "active"), (end, "inactive")):
        data = event.data
        assert (data["event"], data["device"], data["channel"], data["type"]) == ("alarm", fleet.ids[0], 1, "vmd")
        assert (data["phase"], data["type_text"], data["left_out"]) == (phase, "Motion", 0)
        assert data["device_time"] and data["received"].endswith("Z")
    assert begin.data["count"] == 1 and end.data["count"] >= 2
    # By cursor, language, tag and device, as every other event.
    fleet.post("/devices/1/alarm", {"type": "linedetection", "channel": 1, "seconds": 1})
    chinese = Follower(gateway, cursor=start, headers=["Accept-Language: zh"], type="alarm", tag="south").take(1)[0]
    assert (chinese.data["device"], chinese.data["type_text"], chinese.data["phase"]) == (fleet.ids[1], "越界侦测", "pulse")
    assert Follower(gateway, cursor=start, device=fleet.ids[1]).take(1)[0].data["type"] == "linedetection"


def test_a_camera_in_a_burst_neither_pushes_out_the_moves_of_others_nor_is_cut(started, tmp_path, simulate):
    simulator = simulate(2, extra=("--alarms-per-minute", "0"))
    gateway = harness.Gateway(tmp_path / "data", extra=["--stream-kept-moves", "256"])
    started.append(gateway)
    for spec in simulator.specs:
        gateway.add(**spec)
    gateway.wait_online(2)
    start = gateway.get("/api/v1/devices")["cursor"]
    other = simulator.specs[1]["id"]
    gateway.call("POST", f"/api/v1/devices/{other}/disable")
    for _ in range(600):
        simulator.post("/devices/0/alarm", {"type": "linedetection", "channel": 1, "seconds": 1})
    events = Follower(gateway, cursor=start)
    first = events.take(1)[0]
    assert first.name != "reset" and first.data["device"] == other, first
    events.close()
    # Whoever comes back gets every one of them, past any ring.
    numbers = set()
    Follower(gateway, cursor=start, type="alarm").until(
        lambda e: numbers.add(e.data["description"]) or len(numbers) == 600)
    assert len(numbers) == 600


def test_who_follows_alarms_misses_none_where_the_gateway_is_killed(started, tmp_path, gateway, fleet):
    start = gateway.get("/api/v1/devices")["cursor"]
    for _ in range(3):
        fleet.post("/devices/0/alarm", {"type": "linedetection", "channel": 1, "seconds": 1})
    seen = Follower(gateway, cursor=start, type="alarm").take(1)
    harness.wait_for("three are stored", lambda: len(gateway.get("/api/v1/events?type=linedetection")["items"]) == 3)
    gateway.stop(signal.SIGKILL)
    again = harness.Gateway(tmp_path / "data")
    started.append(again)
    again.wait_online(3)
    fleet.post("/devices/1/alarm", {"type": "linedetection", "channel": 1, "seconds": 1})
    # The moves of the run before are gone, and it says so; the ledger is not.
    came = Follower(again, header=seen[0].id, type="alarm").take(4)
    assert came[0].name == "reset" and came[0].data["cause"] == "restart"
    alarms = [e.data for e in [*seen, *came[1:]]]
    assert [a["seq"] for a in alarms] == sorted(a["seq"] for a in alarms)
    assert len({a["entry"] for a in alarms}) == 4 and alarms[-1]["device"] == fleet.ids[1]


def test_the_command_line_shows_alarms(gateway, fleet):
    with subprocess.Popen([harness.BIN / "camfleet", "--url", gateway.url, "stream", "--type", "alarm", "--count", "1"],
                          env={"CAMFLEET_TOKEN": gateway.token, "PATH": "/usr/bin", "LANG": "C.UTF-8"}, text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE) as tail:
        assert "connected" in tail.stderr.readline()
        fleet.post("/devices/2/alarm", {"type": "fielddetection", "channel": 1, "seconds": 2})
        line = tail.stdout.readline()
        tail.wait(30)
    assert fleet.ids[2] in line and "Intrusion active" in line and "channel 1" in line, line


def test_a_camera_that_cannot_be_moved_says_so_and_the_way_there_is_guarded(gateway, fleet):
    viewer = gateway.call("POST", "/api/v1/tokens", {"name": "wall", "role": "viewer"})[2]["token"]
    path = f"/api/v1/devices/{fleet.ids[0]}/channels/1/ptz"
    assert gateway.call("POST", path, {"pan": 10}, token=viewer)[2]["code"] == "auth.forbidden"
    for body in ({}, {"pan": 101}, {"pan": 1, "preset": 1}, {"pan": 1, "stop_after_ms": 60000}, {"turn": 1}):
        status, _, problem = gateway.call("POST", path, body)
        assert (status, problem["code"]) == (400, "api.bad_request"), body
    assert gateway.call("POST", f"/api/v1/devices/{fleet.ids[0]}/channels/99/ptz", {"pan": 10})[2]["code"] == "device.no_channel"
    assert gateway.call("POST", "/api/v1/devices/nobody/channels/1/ptz", {"pan": 10})[2]["code"] == "device.unknown"
    # The flood of one is told when it is enough, and leaves a trace.
    answers = [gateway.call("POST", path, {"pan": 10}) for _ in range(60)]
    enough = [a for a in answers if a[0] == 429]
    assert enough and enough[0][2]["code"] == "device.too_many_commands" and int(enough[0][1]["Retry-After"]) > 0
    audit = [json.loads(line) for line in gateway.lines if '"audit"' in line and "moveCamera" in line]
    assert audit and f"{fleet.ids[0]}/1 pan 10 tilt 0 zoom 0 for 500 ms" in {line["subject"] for line in audit}
    done = harness.run([harness.BIN / "camfleet", "--url", gateway.url, "device", "ptz", fleet.ids[0], "--pan", "1", "--stop"],
                       check=False, env={"CAMFLEET_TOKEN": gateway.token, "PATH": "/usr/bin"})
    assert done.returncode != 0 and b"--preset or --stop" in done.stderr
