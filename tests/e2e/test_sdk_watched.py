"""All that a device and its host do in their lives, for the tools of watched.py to look at; and that those see what they are for."""
import pytest

import harness
import watched
from test_ledger import entries
from test_sdk import hosts_of, library, serve, through_the_library  # noqa: F401
from test_sim import curl


def reconnect(gateway, device):
    since = gateway.device(device)["since"]
    assert gateway.call("POST", f"/api/v1/devices/{device}/reconnect")[0] in (200, 202, 204)
    harness.wait_for("it is back", lambda: (d := gateway.device(device))["state"] == "online" and d["since"] != since)


def plays(gateway, stream):
    try:
        return harness.probe(gateway.live(stream)["urls"]["rtsp"], seconds=1)["packets"]
    except AssertionError:  # the device has only just come back
        return None


@pytest.mark.parametrize("login", ["isapi", "private"])
def test_a_device_lives_from_its_login_to_its_removal(serve, simulate, library, login):  # noqa: F811
    simulator = simulate(16, extra=("--alarms-per-minute", "0"))
    dome = next(i for i in range(16) if b"<azimuth>" in curl(simulator, "/ISAPI/PTZCtrl/channels/1/status", i))
    gateway = serve("--sdk-dir", library.path)
    (device,) = through_the_library(gateway, [simulator.specs[dome]], login)
    gateway.wait_state(device, "online")
    (pid,) = hosts_of(gateway)
    for life in range(2):
        for profile in ("main", "sub"):
            harness.wait_for("it plays", lambda: plays(gateway, f"{device}/1/{profile}"))
        for kind in (("VMD",), ("linedetection", "fielddetection"))[life]:
            simulator.post(f"/devices/{dome}/alarm", {"type": kind, "channel": 1, "seconds": 1})
            harness.wait_for(kind, lambda: entries(gateway, type=kind.lower()))
        if not watched.GATEWAY_TOO:
            assert gateway.call("GET", f"/live/{device}/1/main.jpg")[2][:2] == b"\xff\xd8"
        for move in ({"pan": 80, "tilt": 40, "stop_after_ms": 200}, {"preset": 1}):
            assert gateway.call("POST", f"/api/v1/devices/{device}/channels/1/ptz", move)[0] in (200, 202, 204)
        if life == 0:
            reconnect(gateway, device)
    # Its last streams are still open, for whoever might come back to them.
    assert gateway.call("DELETE", f"/api/v1/devices/{device}")[0] == 204
    harness.wait_for("its place is given back", lambda: gateway.metrics()["camfleet_sdk_devices"] == 0)
    assert hosts_of(gateway) == [pid]
    assert gateway.stop() == 0
    if watched.TOOL == "valgrind":
        assert watched.looked_at(pid), "the host was ended before memcheck had looked"


@pytest.mark.leaks
@pytest.mark.skipif(watched.TOOL not in ("address", "valgrind"), reason="no tool that looks for leaks")
def test_what_a_library_loses_is_found_at_the_end_of_its_host(serve, simulate, library):  # noqa: F811
    simulator = simulate(1, extra=("--alarms-per-minute", "0"))
    library.fault(leak=4711)  # a login
    gateway = serve("--sdk-dir", library.path)
    (device,) = through_the_library(gateway, simulator.specs)
    gateway.wait_state(device, "online")
    reconnect(gateway, device)
    assert gateway.stop() == 0
    found = watched.take()
    assert any(watched.of_leaks(text) and ("4711" in text or "4,711" in text) for text in found), found
