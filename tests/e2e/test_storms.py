"""Storms of five hundred devices. Each ends with all of them online, or rejected where that is right, with a bounded number in
flight, nobody locked out, and the streams, the logins and the API of everybody else undisturbed."""
import os
import shutil
import signal

import harness
import pytest
import storms

DEVICES = 500
CAP = 48
SUBNET = range(storms.PER_SUBNET)
GATEWAY = ["--fleet-max-connecting", CAP, "--fleet-backoff-cap-s", "4"]


@pytest.fixture
def start(started):
    def keep(process):
        started.append(process)
        return process
    return keep


@pytest.fixture
def storm(start, tmp_path):
    made = storms.Storm(tmp_path, start, DEVICES, gateway=GATEWAY)
    made.all_online()
    return made


def test_power_cuts_of_all_and_of_a_subnet_and_a_switch_that_flaps(storm):
    with storm.watched() as seen:
        storm.power(["all"], False)
        harness.wait_for("all are away", lambda: storm.away() == DEVICES)
        storm.power(["all"], True)
        storm.all_online()
    seen.check(storm, CAP)
    assert storm.site.totals()["wrong_passwords"] == 0

    rest = [one["logins"] for one in storm.site.stats("/stats?devices=1")["by_device"]][storms.PER_SUBNET:]
    with storm.watched() as seen:
        for _ in range(3):
            storm.power(SUBNET, False)
            harness.wait_for("the subnet is away", lambda: storm.away() >= storms.PER_SUBNET * 3 // 4)
            storm.power(SUBNET, True)
            harness.wait_for("some are back", lambda: storm.away() < storms.PER_SUBNET // 2)
        storm.all_online()
    seen.check(storm, CAP)
    after = [one["logins"] for one in storm.site.stats("/stats?devices=1")["by_device"]][storms.PER_SUBNET:]
    assert after == rest, "the other subnet did not notice"


def test_a_recorder_of_64_channels_that_all_are_watched_comes_back(storm, start, tmp_path):
    recorder = start(harness.Simulator(1, address=storms.RECORDER, export=tmp_path / "recorder.csv", seed=23,
                                       extra=["--nvr-every", "1", "--nvr-channels", "64", "--max-sessions", "100"]))
    storm.bring_in(tmp_path / "recorder.csv", prefix="nvr-")
    recorder_id, storm.calm_ids = storm.calm_ids[0], [f"calm-{spec['id']}" for spec in harness.read_export(tmp_path / "calm.csv")]
    storm.gateway.wait_state(recorder_id, "online")
    watching = [storms.Viewer(storm.gateway, f"{recorder_id}/{channel}/sub") for channel in range(1, 65)]
    harness.wait_for("64 play", lambda: recorder.totals()["playing"] == 64)
    with storm.watched() as seen:
        recorder.post("/devices/0/power", {"on": False})
        harness.wait_for("it is away", lambda: storm.gateway.device(recorder_id)["state"] != "online")
        recorder.post("/devices/0/power", {"on": True})
        storm.gateway.wait_state(recorder_id, "online")
        again = [storms.Viewer(storm.gateway, f"{recorder_id}/{channel}/sub") for channel in range(1, 65)]
        harness.wait_for("64 play again", lambda: recorder.totals()["playing"] == 64 and all(v.bytes for v in again))
    seen.check(storm, CAP)
    totals = recorder.totals()
    assert totals["locks"] == 0 and totals["wrong_passwords"] == 0, totals
    for viewer in watching + again:
        viewer.over.set()


def test_the_gateway_is_killed_while_the_cameras_hold_its_sessions(start, tmp_path):
    # One alarm stream for each: while the old one lives, the new one is refused.
    storm = storms.Storm(tmp_path, start, DEVICES, site=["--max-alarm-streams", "1"], gateway=GATEWAY)
    storm.all_online()
    old = storm.gateway
    os.killpg(old.pid, signal.SIGSTOP)  # as far as the cameras know, it lives
    shutil.copytree(tmp_path / "data", tmp_path / "copy")
    storm.gateway = start(harness.Gateway(tmp_path / "copy", extra=GATEWAY))
    harness.wait_for("all are logged in, without alarms", lambda: storm.gateway.fleet()["states"]["degraded"] == DEVICES)
    refused = storm.gateway.fleet()["summary"]
    assert [(row["reason"], row["count"]) for row in refused] == [("device.alarm_down", DEVICES)], refused
    os.killpg(old.pid, signal.SIGKILL)
    storm.all_online(patience=120)
    totals = storm.site.totals()
    assert totals["locks"] == 0 and totals["wrong_passwords"] == 0, totals
    assert totals["alarm_streams"] == DEVICES
    assert storm.gateway.fleet()["admission"]["most"] <= CAP


def test_passwords_rotated_overnight_cost_each_device_one_attempt(start, tmp_path):
    storm = storms.Storm(tmp_path, start, DEVICES, gateway=[*GATEWAY, "--fleet-suspect-per-second", "40"],
                         site=["--lock-after", "3"], shared_password="of-this-year-1")
    storm.all_online()
    rotated = range(DEVICES // 3)
    with storm.watched() as seen:
        for index in rotated:
            storm.site.post(f"/devices/{index}/password", {"password": "of-next-year-2"})
        storm.power(["all"], False)
        harness.wait_for("all are away", lambda: storm.away() == DEVICES)
        storm.power(["all"], True)
        harness.wait_for("each is online or rejected", lambda: (s := storm.gateway.fleet()["states"])["rejected"] == len(rotated)
                         and s["online"] == storm.total - len(rotated), 120)
    seen.check(storm, CAP)
    wrong = [one["wrong_passwords"] for one in storm.site.stats("/stats?devices=1")["by_device"]]
    assert wrong == [1] * len(rotated) + [0] * (DEVICES - len(rotated))


@pytest.mark.skipif(os.geteuid() != 0, reason="a name server of our own wants port 53 and a mount namespace")
def test_a_name_server_that_is_silent_keeps_nobody_away(start, tmp_path):
    server = storms.NameServer()
    site = start(harness.Simulator(DEVICES, address=storms.SITE, export=tmp_path / "site.csv", seed=21))
    gateway = start(harness.Gateway(tmp_path / "data", extra=GATEWAY, prefix=server.prefix(tmp_path)))
    rows = (tmp_path / "site.csv").read_text(encoding="utf-8").splitlines()
    for index, spec in enumerate(harness.read_export(tmp_path / "site.csv"), 1):
        rows[index] = rows[index].replace(spec["address"], server.name_of(spec["address"]))
    status, _, answer = gateway.call("POST", "/api/v1/devices/import", "\r\n".join(rows).encode(), headers={"Content-Type": "text/csv"})
    assert status == 200 and answer["applied"], answer
    try:
        gateway.wait_online(DEVICES)
        asked = server.asked
        assert asked >= DEVICES
        server.up = False
        site.post("/devices/all/power", {"on": False})
        harness.wait_for("all are away", lambda: gateway.fleet()["states"]["online"] == 0)
        # What was known of the names is old by now, and asked for in vain.
        harness.wait_for("the server is asked", lambda: server.asked > asked + 50)
        site.post("/devices/all/power", {"on": True})
        # Back by the addresses of before.
        gateway.wait_online(DEVICES, patience=120)
        assert site.totals()["wrong_passwords"] == 0
    finally:
        server.stop()
