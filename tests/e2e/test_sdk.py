"""Devices through the vendor's library, for which a stand-in is built beside the tests: it runs in camfleet-sdkhost processes."""
import contextlib
import json
import os
import pathlib
import shutil
import signal

import pytest

import harness
import watched
from test_ledger import entries
from test_sim import curl


@pytest.fixture
def library(tmp_path):
    """A directory of the library, as an operator has one; faults are written beside it."""
    folder = tmp_path / "hcnetsdk"
    folder.mkdir()
    shutil.copy(harness.STANDIN, folder)

    class Library:
        path = folder

        def fault(self, **what):
            # Read again when it changes; never half of it.
            part = folder / "standin.part"
            part.write_text(json.dumps(what), encoding="ascii")
            part.rename(folder / "standin.json")

    return Library()


@pytest.fixture
def serve(started, tmp_path):
    def start(*extra):
        running = harness.Gateway(tmp_path / "data", extra=extra)
        started.append(running)
        return running

    return start


def with_drivers(spec, *drivers, login="isapi"):
    plain = {name: value for name, value in spec.items() if name != "driver"}
    return {**plain, "drivers": list(drivers), "sdk_login": login, "sdk_port": spec["http_port"]}


def through_the_library(gateway, specs, login="isapi"):
    for spec in specs:
        gateway.add(**with_drivers(spec, "hcnetsdk", login=login))
    return [spec["id"] for spec in specs]


def hosts_of(gateway):
    """-> pids of the gateway's camfleet-sdkhost processes."""
    pids, found = [], []
    for file in pathlib.Path(f"/proc/{gateway.pid}/task").glob("*/children"):
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):  # a thread that has just ended
            pids += map(int, file.read_text(encoding="ascii").split())
    for pid in pids:
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):
            # By its arguments, for under a tool the process has another name.
            if b"\0--host\0" in pathlib.Path(f"/proc/{pid}/cmdline").read_bytes():
                found.append(pid)
    return sorted(found)


def blind(gateway, device):
    return gateway.get(f"/api/v1/blind?device={device}")["items"]



@pytest.mark.parametrize("login", ["isapi", "private", "auto"])
def test_a_device_plays_and_its_alarms_are_events(serve, simulate, library, login):
    simulator = simulate(1, extra=("--alarms-per-minute", "0"))
    gateway = serve("--sdk-dir", library.path)
    (device,) = through_the_library(gateway, simulator.specs, login)
    shown = gateway.wait_state(device, "online")
    assert shown["reason"] == "fleet.connected" and shown["facts"]["driver"] == "hcnetsdk" and shown["channels"]
    assert shown["facts"]["serial"] and shown["facts"]["model"]

    seen = harness.probe(gateway.live(f"{device}/1/main")["urls"]["rtsp"])
    assert seen["streams"][0]["codec_name"] == "h264" and seen["packets"]

    simulator.post("/devices/0/alarm", {"type": "VMD", "channel": 1, "seconds": 2})
    event = harness.wait_for("the alarm", lambda: entries(gateway, type="vmd"))[0]
    assert (event["device"], event["channel"], event["source"]) == (device, 1, "sdk")


def test_a_library_that_hands_over_its_program_stream_alone_plays_too(serve, simulate, library):
    simulator = simulate(1, extra=("--alarms-per-minute", "0"))
    library.fault(error=23, error_in="NET_DVR_SetStandardDataCallBackEx")
    gateway = serve("--sdk-dir", library.path)
    (device,) = through_the_library(gateway, simulator.specs)
    gateway.wait_state(device, "online")
    seen = harness.probe(gateway.live(f"{device}/1/main")["urls"]["rtsp"])
    assert seen["streams"][0]["codec_name"] == "h264" and seen["streams"][0]["width"] > 0 and seen["packets"]


def test_a_host_that_dies_or_hangs_takes_only_its_devices_along(serve, simulate, library):
    simulator = simulate(4, extra=("--alarms-per-minute", "0"))
    gateway = serve("--sdk-dir", library.path, "--sdk-devices-per-host", 2, "--fleet-backoff-base-ms", 200)
    devices = through_the_library(gateway, simulator.specs)
    gateway.wait_online(4)
    first = hosts_of(gateway)
    assert len(first) == 2
    before = {device: gateway.device(device)["since"] for device in devices}

    for how, reason in ((signal.SIGKILL, "sdk.host_lost"), (signal.SIGSTOP, "sdk.host_hung")):
        gone = hosts_of(gateway)[0]
        os.kill(gone, how)

        def over():
            return {d for d in devices if any(b["reason"] == "blind.not_armed" and reason in b["detail"] for b in blind(gateway, d))}

        blinked = harness.wait_for("its devices to blink", lambda: len(over()) == 2 and over())
        harness.wait_for("all to be back", lambda: gateway.fleet()["states"]["online"] == 4)
        harness.wait_for("the intervals to end", lambda: all(b["to"] for d in devices for b in blind(gateway, d)))
        now = {device: gateway.device(device)["since"] for device in devices}
        assert {d for d in devices if now[d] != before[d]} == blinked
        assert gone not in hosts_of(gateway) and len(hosts_of(gateway)) == 2
        before = now
    gateway.stop()
    assert not any(pathlib.Path(f"/proc/{pid}").exists() for pid in first)


@pytest.mark.parametrize("fault", [{"crash": "login", "once": True}, {"crash": "callback", "once": True}])
def test_a_library_that_crashes_is_started_again(serve, simulate, library, fault):
    simulator = simulate(1, extra=("--alarms-per-minute", "0"))
    gateway = serve("--sdk-dir", library.path, "--fleet-backoff-base-ms", 200)
    library.fault(**fault)
    (device,) = through_the_library(gateway, simulator.specs)
    gateway.wait_state(device, "online")
    if fault["crash"] == "callback":
        pid = hosts_of(gateway)
        simulator.post("/devices/0/alarm", {"type": "VMD", "channel": 1, "seconds": 30})
        harness.wait_for("another host", lambda: hosts_of(gateway) not in ([], pid))
        gateway.wait_state(device, "online")
    assert any("sdk.host_ended" in line and "sdk.host_lost" in line for line in gateway.lines)
    harness.wait_for("an alarm", lambda: simulator.post("/devices/0/alarm", {"type": "VMD", "channel": 1, "seconds": 2}) and
                     entries(gateway, type="vmd"))


def test_without_a_library_the_rest_works_and_it_is_said_why(serve, simulate, library):
    simulator = simulate(3, extra=("--alarms-per-minute", "0"))
    gateway = serve("--sdk-dir", library.path / "nothing")
    (first,) = through_the_library(gateway, simulator.specs[:1])
    second, third = simulator.specs[1], simulator.specs[2]
    gateway.add(**with_drivers(second, "hcnetsdk", "hikvision"))
    gateway.add(**third)
    shown = harness.wait_for("the reason", lambda: (d := gateway.device(first))["reason"] == "sdk.unreadable" and d)
    assert "no such directory" in shown["detail"]
    # The next driver of the list is told with what the first met.
    shown = gateway.wait_state(second["id"], "online")
    assert shown["reason"] == "driver.fallback" and shown["detail"].startswith("hcnetsdk: sdk.unreadable")
    assert shown["facts"]["driver"] == "hikvision"
    assert gateway.wait_state(third["id"], "online")["reason"] == "fleet.connected"


def test_a_library_that_fails_every_call_is_told(serve, simulate, library):
    simulator = simulate(1, extra=("--alarms-per-minute", "0"))
    library.fault(error=41)
    gateway = serve("--sdk-dir", library.path)
    (device,) = through_the_library(gateway, simulator.specs)
    shown = harness.wait_for("the reason", lambda: (d := gateway.device(device))["reason"] == "sdk.init_failed" and d)
    assert "error 41" in shown["detail"]


def test_alarms_that_cannot_be_read_harm_nobody(serve, simulate, library):
    simulator = simulate(1, extra=("--alarms-per-minute", "0"))
    gateway = serve("--sdk-dir", library.path)
    (device,) = through_the_library(gateway, simulator.specs, "private")
    gateway.wait_state(device, "online")
    pids = hosts_of(gateway)
    for wrong in ("truncated", "oversized", "empty", "null"):
        library.fault(alarms=wrong)
        posted = simulator.totals()["alarm_posts"]
        simulator.post("/devices/0/alarm", {"type": "fielddetection", "channel": 1, "seconds": 1})
        harness.wait_for(f"{wrong} to be sent", lambda: simulator.totals()["alarm_posts"] > posted)
    library.fault()
    simulator.post("/devices/0/alarm", {"type": "linedetection", "channel": 1, "seconds": 2})
    harness.wait_for("the alarm", lambda: entries(gateway, type="linedetection"))
    assert hosts_of(gateway) == pids and gateway.device(device)["state"] == "online"


def test_a_wrong_library_is_told_from_none(serve, simulate, library):
    simulator = simulate(1, extra=("--alarms-per-minute", "0"))
    file = library.path / "libhcnetsdk.so"
    whole = file.read_bytes()
    file.write_bytes(b"\x7fELF\x01" + whole[5:])
    gateway = serve("--sdk-dir", library.path, "--fleet-backoff-base-ms", 200, "--fleet-backoff-cap-s", 1)
    (device,) = through_the_library(gateway, simulator.specs)
    shown = harness.wait_for("the reason", lambda: (d := gateway.device(device))["reason"] == "sdk.incompatible" and d)
    assert "another machine" in shown["detail"]


def test_a_wrong_password_costs_one_attempt_whatever_drivers_there_are(serve, simulate, library):
    simulator = simulate(1, extra=("--alarms-per-minute", "0"))
    gateway = serve("--sdk-dir", library.path)
    spec = simulator.specs[0]
    gateway.add(**{**with_drivers(spec, "hcnetsdk", "hikvision"), "password": "wrong"})
    shown = gateway.wait_state(spec["id"], "rejected")
    assert shown["reason"] == "device.bad_credentials" and "error 1" in shown["detail"]
    assert "hikvision" not in shown["detail"]


def test_a_picture_comes_through_the_library(serve, simulate, library):
    simulator = simulate(1, extra=("--alarms-per-minute", "0"))
    gateway = serve("--sdk-dir", library.path)
    (device,) = through_the_library(gateway, simulator.specs)
    gateway.wait_state(device, "online")
    status, head, jpeg = gateway.call("GET", f"/live/{device}/1/main.jpg")
    assert status == 200 and head["Content-Type"] == "image/jpeg" and jpeg[:2] == b"\xff\xd8"


def test_the_doctor_loads_the_library_and_logs_in(simulate, library, tmp_path):
    simulator = simulate(1, extra=("--alarms-per-minute", "0"))
    spec = simulator.specs[0]
    secret = tmp_path / "password"

    def doctor(password, *extra):
        secret.write_text(password + "\n", encoding="ascii")
        done = harness.run([harness.BIN / "camfleet", "doctor", "--json", "--data", tmp_path, "--hcnetsdk-dir", library.path,
                            "--password-file", secret, *extra], check=False)
        return {item["name"]: item for item in json.loads(done.stdout)["items"] if item["name"].startswith("sdk")}

    login = ("--try", spec["address"], "--isapi", "--port", spec["http_port"], "--username", spec["username"])
    found = doctor(spec["password"], *login)
    assert found["sdk library"]["grade"] == "ok" and "10240 logins" in found["sdk library"]["found"]
    assert found["sdk login"]["grade"] == "ok" and "1 channels" in found["sdk login"]["found"]
    found = doctor("wrong", *login)
    assert found["sdk login"]["grade"] == "fail" and "error 1 " in found["sdk login"]["found"]
    library.fault(crash="init")
    assert "crashed" in doctor("x")["sdk library"]["found"]
    (library.path / "libhcnetsdk.so").write_bytes(b"no library")
    assert doctor("x")["sdk library"]["found"].startswith("sdk.unreadable")


def test_no_password_is_to_be_seen(serve, simulate, library):
    simulator = simulate(1, extra=("--alarms-per-minute", "0"))
    gateway = serve("--sdk-dir", library.path)
    (device,) = through_the_library(gateway, simulator.specs)
    gateway.wait_state(device, "online")
    (pid,) = hosts_of(gateway)
    secret = simulator.specs[0]["password"].encode()
    for file in ("cmdline", "environ"):
        assert secret not in pathlib.Path(f"/proc/{pid}/{file}").read_bytes()
    status = pathlib.Path(f"/proc/{pid}/status").read_text(encoding="ascii")
    assert "NoNewPrivs:\t1" in status and "CapEff:\t0000000000000000" in status
    assert secret.decode() not in gateway.text


def test_a_dome_is_moved_through_the_library(serve, simulate, library):
    simulator = simulate(16, extra=("--alarms-per-minute", "0"))
    gateway = serve("--sdk-dir", library.path)
    devices = through_the_library(gateway, simulator.specs)
    gateway.wait_online(16)
    dome = next(d for d in devices if any(c["ptz"] for c in gateway.device(d)["channels"]))
    path = f"/api/v1/devices/{dome}/channels/1/ptz"

    def looks():
        return curl(simulator, "/ISAPI/PTZCtrl/channels/1/status", devices.index(dome))

    before = looks()
    assert b"<azimuth>" in before
    status, _, answer = gateway.call("POST", path, {"pan": 80, "tilt": 40, "stop_after_ms": 500})
    assert status in (200, 202, 204), answer
    harness.wait_for("it turns", lambda: looks() != before)
    harness.wait_for("it stops by itself", lambda: looks() == looks())
    turned = looks()
    status, _, answer = gateway.call("POST", path, {"preset": 1})
    assert status in (200, 202, 204), answer
    harness.wait_for("it goes to its preset", lambda: looks() != turned)


# What the library does after it was told to stop, late, or at its end is nobody's loss.
@pytest.mark.parametrize("fault", [{"crash": "cleanup"}, {"crash": "logout", "once": True}, {"after_stop": True},
                                   {"late_ms": 300, "after_stop": True}])
def test_a_library_that_is_late_or_ends_badly_disturbs_nobody(serve, simulate, library, fault):
    simulator = simulate(3, extra=("--alarms-per-minute", "60"))
    library.fault(**fault)
    gateway = serve("--sdk-dir", library.path, "--fleet-backoff-base-ms", 200)
    devices = through_the_library(gateway, simulator.specs[:2])
    gateway.add(**simulator.specs[2])
    gateway.wait_online(3)
    other = gateway.device(simulator.specs[2]["id"])["since"]

    def plays():
        try:
            return harness.probe(gateway.live(f"{devices[1]}/1/sub")["urls"]["rtsp"], seconds=1)["packets"]
        except AssertionError:  # its host ends just then
            return None

    for _ in range(2):
        harness.wait_for("it plays", plays)
        assert gateway.call("POST", f"/api/v1/devices/{devices[0]}/reconnect")[0] in (200, 202, 204)
        harness.wait_for("both are there", lambda: all(gateway.device(d)["state"] == "online" for d in devices))
    assert gateway.call("DELETE", f"/api/v1/devices/{devices[0]}")[0] == 204
    harness.wait_for("the other goes on", lambda: gateway.device(devices[1])["state"] == "online")
    harness.wait_for("its alarms come", lambda: any(e["device"] == devices[1] for e in entries(gateway, type="vmd") + entries(gateway, type="linedetection")))
    assert gateway.device(simulator.specs[2]["id"])["since"] == other
    pids = hosts_of(gateway)
    assert gateway.stop() == 0
    assert not any(pathlib.Path(f"/proc/{pid}").exists() for pid in pids)


# Under memcheck a host is as large from the beginning.
@pytest.mark.leaks
@pytest.mark.skipif(watched.TOOL == "valgrind", reason="a host is too large from the beginning")
def test_a_library_that_leaks_is_replaced_before_it_hurts(serve, simulate, library):
    simulator = simulate(2, extra=("--alarms-per-minute", "0"))
    library.fault(leak=200 << 20)  # a login
    gateway = serve("--sdk-dir", library.path, "--sdk-recycle-mib", 150, "--sdk-recycle-pause-s", 2, "--fleet-backoff-base-ms", 200)
    (device,) = through_the_library(gateway, simulator.specs[:1])
    gateway.add(**simulator.specs[1])
    gateway.wait_online(2)
    first = hosts_of(gateway)
    native = gateway.device(simulator.specs[1]["id"])["since"]
    own = int(pathlib.Path(f"/proc/{gateway.pid}/statm").read_text(encoding="ascii").split()[1])
    harness.wait_for("another host", lambda: hosts_of(gateway) and not set(first) & set(hosts_of(gateway)))
    gateway.wait_state(device, "online")
    assert any("sdk.host_recycled" in move["reason"] + move["detail"] for move in gateway.device(device)["history"])
    assert gateway.device(simulator.specs[1]["id"])["since"] == native
    now = int(pathlib.Path(f"/proc/{gateway.pid}/statm").read_text(encoding="ascii").split()[1])
    assert (now - own) * os.sysconf("SC_PAGE_SIZE") < 32 << 20, "what the library leaks is not the gateway's"
