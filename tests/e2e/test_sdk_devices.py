"""What a device can be and do through the vendor's library: TLS, IPv6, recorders, what the library does not do itself, and links
that it makes anew. A stand-in for it is built beside the tests (tests/standin/hcnetsdk)."""
import base64
import json
import re
import urllib.request

import pytest

import fronts
import harness
from test_ledger import entries
from test_sdk import blind, library, serve, with_drivers  # noqa: F401: two are fixtures
from test_sim import curl
from test_source_trouble import ffmpeg

QUIET = ("--alarms-per-minute", "0")
RECORDERS = (*QUIET, "--nvr-every", "1", "--nvr-channels", "4")


@pytest.fixture
def front(started):
    def start(*args, **options):
        one = fronts.Front(*args, **options)
        started.append(one)
        return one

    return start


def add(gateway, spec, login, *drivers, **more):
    gateway.add(**{**with_drivers(spec, *(drivers or ("hcnetsdk",)), login=login), **more})
    return spec["id"]


def plays(gateway, stream):
    seen = harness.probe(gateway.live(stream)["urls"]["rtsp"])
    return seen["streams"][0]["codec_name"] == "h264" and bool(seen["packets"])


def alarm(gateway, simulator, kind="VMD", channel=1, **query):
    """Raises one, and gives the first event of it."""
    simulator.post("/devices/0/alarm", {"type": kind, "channel": channel, "seconds": 2})
    return harness.wait_for(f"the alarm {kind}", lambda: entries(gateway, type=kind.lower(), **query))[0]


def milliseconds(shown):
    return int(re.search(r"(-?\d+) ms", shown["detail"]).group(1))


def mend(simulator):
    with urllib.request.urlopen(urllib.request.Request(simulator.control + "/faults", method="DELETE"), timeout=10) as answer:
        assert answer.status == 202


# --- how it is reached

@pytest.mark.parametrize("login", ["isapi", "private", "auto"])
def test_a_device_is_reached_over_tls(serve, simulate, library, front, tmp_path, login):  # noqa: F811
    simulator = simulate(1, extra=QUIET)
    spec = simulator.specs[0]
    tls = front(spec["address"], (spec["address"], simulator.http_port), tls=fronts.self_signed(tmp_path))
    gateway = serve("--sdk-dir", library.path)
    # Of both that `auto` tries, one alone speaks it here.
    port = simulator.http_port if login == "auto" else tls.port
    device = add(gateway, spec, login, sdk_tls=True, sdk_port=port, https_port=tls.port)
    shown = gateway.wait_state(device, "online")
    assert shown["sdk_tls"] is True and shown["facts"]["serial"] and tls.taken
    assert plays(gateway, f"{device}/1/main")
    assert alarm(gateway, simulator)["source"] == "sdk"


def test_a_port_that_does_not_speak_tls_is_told_and_the_device_comes_when_that_is_changed(serve, simulate, library):  # noqa: F811
    simulator = simulate(1, extra=QUIET)
    gateway = serve("--sdk-dir", library.path)
    device = add(gateway, simulator.specs[0], "private", sdk_tls=True)
    shown = harness.wait_for("the reason", lambda: (d := gateway.device(device))["reason"] == "tls.handshake_failed" and d)
    assert shown["state"] == "backoff" and "error 159" in shown["detail"]
    status, _, changed = gateway.call("PATCH", f"/api/v1/devices/{device}", {"sdk_tls": False})
    assert status == 200 and changed["sdk_tls"] is False, changed
    gateway.wait_state(device, "online")


@pytest.mark.parametrize("login", ["isapi", "private"])
def test_a_device_at_an_ipv6_address(serve, simulate, library, front, login):  # noqa: F811
    simulator = simulate(1, extra=QUIET)
    spec = simulator.specs[0]
    http = front("::1", (spec["address"], simulator.http_port))
    front("::1", (spec["address"], simulator.rtsp_port), port=simulator.rtsp_port)  # the device names this one itself
    gateway = serve("--sdk-dir", library.path, "--allow-devices", "::1/128")
    device = add(gateway, spec, login, address="::1", http_port=http.port, sdk_port=http.port)
    gateway.wait_state(device, "online")
    assert plays(gateway, f"{device}/1/main")
    assert alarm(gateway, simulator)["device"] == device


def test_what_is_an_address_is_the_same_for_every_driver(serve, simulate, library):  # noqa: F811
    simulator = simulate(1, extra=QUIET)
    gateway = serve("--sdk-dir", library.path)
    for address in ("::1", "[::1]", "::1%lo", "fe80::1%lo", "::ffff:127.0.0.1", "0:0:0:0:0:0:0:1", "fd00::1"):
        answers = []
        for driver in ("hikvision", "hcnetsdk"):
            spec = {**with_drivers(simulator.specs[0], driver), "id": "one", "address": address, "enabled": False}
            status, _, body = gateway.call("POST", "/api/v1/devices", spec)
            answers.append((status, body.get("code"), body.get("address")))
            if status == 201:
                assert gateway.call("DELETE", "/api/v1/devices/one")[0] == 204
        assert answers[0] == answers[1], (address, answers)


# --- what the library does not do itself

def test_what_the_library_refuses_by_isapi_is_asked_of_the_device(serve, simulate, library):  # noqa: F811
    simulator = simulate(16, extra=QUIET)
    gateway = serve("--sdk-dir", library.path)
    dome = next(i for i in range(16) if b"<PTZStatus" in curl(simulator, "/ISAPI/PTZCtrl/channels/1/status", i)
                and b"<InputProxyChannelList" not in curl(simulator, "/ISAPI/ContentMgmt/InputProxy/channels", i))
    device = add(gateway, simulator.specs[dome], "isapi")
    gateway.wait_state(device, "online")
    path = f"/api/v1/devices/{device}/channels/1/ptz"

    def order(body):
        status, _, answer = gateway.call("POST", path, body)
        assert status == 200, answer

    def looks():
        return curl(simulator, "/ISAPI/PTZCtrl/channels/1/status", dome)

    # Pictures by ISAPI are nothing that the library does: 189.
    for _ in range(2):
        status, head, jpeg = gateway.call("GET", f"/live/{device}/1/main.jpg")
        assert status == 200 and head["Content-Type"] == "image/jpeg" and jpeg[:2] == b"\xff\xd8"

    for error in (189, 23, 91):
        library.fault(error=error, error_in="NET_DVR_PTZControlWithSpeed_Other")
        before = looks()
        order({"pan": 60, "stop_after_ms": 300})
        harness.wait_for("it turns", lambda: looks() != before)
    # It is known by now: the library is not asked again.
    library.fault(error=7, error_in="NET_DVR_PTZControlWithSpeed_Other")
    order({"pan": 0})
    library.fault(error=189, error_in="NET_DVR_PTZPreset_Other")
    turned = looks()
    order({"preset": 1})
    harness.wait_for("it goes to its preset", lambda: looks() != turned)


@pytest.mark.parametrize("fault", [{}, {"error": 189, "error_in": "NET_DVR_MakeKeyFrame"}])
def test_a_stream_without_key_frames_is_asked_for_one(serve, simulate, library, fault):  # noqa: F811
    simulator = simulate(1, extra=QUIET)
    library.fault(**fault)
    gateway = serve("--sdk-dir", library.path)
    device = add(gateway, simulator.specs[0], "isapi")
    gateway.wait_state(device, "online")
    simulator.post("/faults", {"fault": "no_key_frames"})
    player = ffmpeg(gateway.live(f"{device}/1/main")["urls"]["rtsp"])
    try:
        harness.wait_for("the device is asked", lambda: simulator.totals()["key_frames_asked"] > 0)
        mend(simulator)
        harness.wait_for("it plays", lambda: player.count > 10)
    finally:
        player.stop()


# --- recorders

@pytest.mark.parametrize("login", ["isapi", "private"])
def test_a_recorder_has_its_channels_by_our_numbers(serve, simulate, library, login):  # noqa: F811
    simulator = simulate(1, extra=RECORDERS)
    simulator.post("/faults", {"fault": "camera_away", "channel": 3})
    gateway = serve("--sdk-dir", library.path)
    device = add(gateway, simulator.specs[0], login)
    shown = gateway.wait_state(device, "online")
    assert shown["facts"]["kind"] == "nvr"
    assert [(c["number"], c["online"]) for c in shown["channels"]] == [(1, True), (2, True), (3, False), (4, True)]
    assert all(c["name"] for c in shown["channels"])
    for profile in ("main", "sub"):
        assert plays(gateway, f"{device}/2/{profile}")
    # By the vendor's protocol these are structures, and channel 2 is 34 there.
    for kind in ("VMD", "fielddetection", "linedetection"):
        event = alarm(gateway, simulator, kind, channel=2)
        assert (event["device"], event["channel"]) == (device, 2), event
    status, head, jpeg = gateway.call("GET", f"/live/{device}/2/main.jpg")
    assert status == 200 and jpeg[:2] == b"\xff\xd8", (status, head)


def test_a_recorder_that_does_not_speak_isapi_is_known_by_the_library(serve, simulate, library):  # noqa: F811
    simulator = simulate(1, extra=RECORDERS)
    simulator.post("/faults", {"fault": "camera_away", "channel": 2})
    library.fault(no_isapi=True)
    gateway = serve("--sdk-dir", library.path, "--fleet-heartbeat-s", 1)
    device = add(gateway, simulator.specs[0], "private", timezone="Asia/Shanghai")
    shown = gateway.wait_state(device, "online")
    assert shown["facts"]["kind"] == "nvr" and shown["facts"]["serial"] and not shown["facts"]["model"]
    assert [(c["number"], c["online"], c["name"], c.get("ptz", False)) for c in shown["channels"]] == \
        [(1, True, "", False), (2, False, "", False), (3, True, "", False), (4, True, "", False)]
    assert abs(shown["facts"]["clock_offset_ms"]) < 5_000
    assert plays(gateway, f"{device}/3/main")
    assert alarm(gateway, simulator, channel=3)["channel"] == 3
    assert gateway.call("POST", f"/api/v1/devices/{device}/isapi", {"method": "GET", "path": "/ISAPI/System/time"})[2]["code"] == "device.not_supported"
    # Its clock is looked at again and again, in the time zone that the operator named.
    simulator.post("/faults", {"fault": "clock_skew", "seconds": 3600})
    shown = harness.wait_for("the clock", lambda: (d := gateway.device(device))["reason"] == "device.clock_off" and d)
    assert abs(milliseconds(shown) - 3_600_000) < 10_000
    mend(simulator)
    gateway.wait_state(device, "online")
    # Where nobody says what its local time is, nothing is said of it.
    status, _, _ = gateway.call("PATCH", f"/api/v1/devices/{device}", {"timezone": None})
    assert status == 200 and gateway.call("POST", f"/api/v1/devices/{device}/reconnect")[0] in (200, 202, 204)
    harness.wait_for("no clock", lambda: (d := gateway.device(device))["state"] == "online" and d["facts"]["clock_offset_ms"] is None)


@pytest.mark.parametrize("claimed", [0, 3, 65_535])
def test_a_recorder_that_lies_about_its_channels_stays_within_bounds(serve, simulate, library, claimed):  # noqa: F811
    simulator = simulate(1, extra=RECORDERS)
    library.fault(no_isapi=True, channels=claimed)
    gateway = serve("--sdk-dir", library.path)
    device = add(gateway, simulator.specs[0], "private")
    shown = gateway.wait_state(device, "online")
    assert len(shown["channels"]) == min(claimed, 1024)
    if claimed:
        assert plays(gateway, f"{device}/1/main")


@pytest.mark.parametrize("login", ["isapi", "private"])
def test_a_clock_that_goes_wrong_is_seen(serve, simulate, library, login):  # noqa: F811
    simulator = simulate(1, extra=QUIET)
    gateway = serve("--sdk-dir", library.path, "--fleet-heartbeat-s", 1)
    device = add(gateway, simulator.specs[0], login)
    assert abs(gateway.wait_state(device, "online")["facts"]["clock_offset_ms"]) < 5_000
    simulator.post("/faults", {"fault": "clock_skew", "seconds": -120})
    shown = harness.wait_for("it is seen", lambda: (d := gateway.device(device))["reason"] == "device.clock_off" and d)
    assert shown["state"] == "degraded" and abs(milliseconds(shown) + 120_000) < 10_000
    mend(simulator)
    gateway.wait_state(device, "online")


# --- what is handed through

@pytest.mark.parametrize("driver,login", [("hikvision", "auto"), ("hcnetsdk", "isapi"), ("hcnetsdk", "private")])
def test_an_administrator_asks_the_device_itself(serve, simulate, library, tmp_path, driver, login):  # noqa: F811
    simulator = simulate(1, extra=QUIET)
    gateway = serve("--sdk-dir", library.path)
    device = add(gateway, simulator.specs[0], login, driver)
    serial = gateway.wait_state(device, "online")["facts"]["serial"]
    path = f"/api/v1/devices/{device}/isapi"

    def ask(**body):
        status, _, answer = gateway.call("POST", path, body)
        assert status == 200, answer
        return answer

    told = ask(method="GET", path="/ISAPI/System/deviceInfo")
    assert told["status"] == 200 and "xml" in told["content_type"] and serial in told["body"] and "encoding" not in told
    picture = ask(method="GET", path="/ISAPI/Streaming/channels/101/picture")
    assert picture["encoding"] == "base64" and base64.b64decode(picture["body"])[:2] == b"\xff\xd8"
    done = ask(method="PUT", path="/ISAPI/Streaming/channels/101/requestKeyFrame", body="<a/>", content_type="application/xml")
    assert done["status"] == 200 and simulator.totals()["key_frames_asked"] == 1
    refused = ask(method="GET", path="/ISAPI/Nothing/here")
    assert refused["status"] == 403 and "notSupport" in refused["body"]

    for body in ({"method": "GET", "path": "/ISAPI/../x"}, {"method": "GET", "path": "/ISAPI/a\r\nX: y"}, {"method": "OPTIONS", "path": "/ISAPI/x"}):
        status, _, problem = gateway.call("POST", path, body)
        assert (status, problem["code"]) == (400, "api.bad_request"), problem
    operator = gateway.call("POST", "/api/v1/tokens", {"name": "gate", "role": "operator"})[2]["token"]
    assert gateway.call("POST", path, {"method": "GET", "path": "/ISAPI/System/time"}, token=operator)[2]["code"] == "auth.forbidden"
    harness.wait_for("the audit line", lambda: any('"askDevice"' in line and f"{device} GET /ISAPI/System/deviceInfo" in line for line in gateway.lines))

    def camfleet(*args):
        return harness.run([harness.BIN / "camfleet", "device", "isapi", device, *args, "--url", gateway.url, "--data", tmp_path / "data"], check=False)

    assert serial.encode() in camfleet("GET", "/ISAPI/System/deviceInfo").stdout
    assert camfleet("GET", "/ISAPI/Streaming/channels/101/picture").stdout[:2] == b"\xff\xd8"
    failed = camfleet("GET", "/ISAPI/Nothing/here")
    assert failed.returncode == 1 and b"403" in failed.stderr and b"notSupport" in failed.stdout
    assert simulator.specs[0]["password"] not in json.dumps(told)


# --- links that the library makes anew

def test_an_alarm_channel_that_the_library_cannot_make_anew_is_shown_and_comes_back(serve, simulate, library):  # noqa: F811
    simulator = simulate(1, extra=QUIET)
    gateway = serve("--sdk-dir", library.path)
    device = add(gateway, simulator.specs[0], "isapi")
    since = gateway.wait_state(device, "online")["since"]
    # Ended once, and made anew in the same moment, as some recorders want it each 40 s: not worth a word.
    streams = simulator.totals()["http_requests"]
    simulator.post("/faults", {"fault": "alarm_end", "every_s": 0.1})
    harness.wait_for("it ends", lambda: simulator.stats("/faults")["bitten"]["alarm_end"] > 0)
    mend(simulator)
    harness.wait_for("it is there again", lambda: simulator.totals()["alarm_streams"] == 1 and simulator.totals()["http_requests"] > streams)
    assert alarm(gateway, simulator)["device"] == device
    assert gateway.device(device)["since"] == since

    simulator.post("/faults", {"fault": "sessions_full", "answer": "503"})
    simulator.post("/faults", {"fault": "alarm_end", "every_s": 0.1})
    shown = gateway.wait_state(device, "degraded")
    assert shown["reason"] == "device.alarm_down" and "arms it again" in shown["detail"]
    harness.wait_for("it is blind", lambda: any(not b["to"] for b in blind(gateway, device)))
    mend(simulator)
    gateway.wait_state(device, "online")
    harness.wait_for("it sees again", lambda: blind(gateway, device) and all(b["to"] for b in blind(gateway, device)))
    assert alarm(gateway, simulator, "fielddetection")["device"] == device


def test_a_heartbeat_of_the_library_that_fails_is_no_device_that_is_gone(serve, simulate, library):  # noqa: F811
    simulator = simulate(1, extra=QUIET)
    library.fault(heartbeat_ms=100)
    gateway = serve("--sdk-dir", library.path)
    device = add(gateway, simulator.specs[0], "private")
    since = gateway.wait_state(device, "online")["since"]
    library.fault(heartbeat_ms=100, heartbeat_fails=True)
    asked = simulator.totals()["http_requests"]
    # Now nobody asks the device but us, once for each time that the library gives it up.
    harness.wait_for("we ask it ourselves", lambda: simulator.totals()["http_requests"] > asked + 20)
    library.fault(heartbeat_ms=100)
    assert plays(gateway, f"{device}/1/main")
    assert gateway.device(device)["since"] == since
    simulator.post("/devices/0/power", {"on": False})
    harness.wait_for("it is gone", lambda: gateway.device(device)["state"] not in ("online", "degraded"))
    harness.wait_for("it is blind", lambda: any(not b["to"] for b in blind(gateway, device)))
    simulator.post("/devices/0/power", {"on": True})
    gateway.wait_state(device, "online")
    harness.wait_for("it sees again", lambda: all(b["to"] for b in blind(gateway, device)))


@pytest.mark.parametrize("login", ["isapi", "private"])
def test_who_watches_is_held_while_the_link_is_made_anew(serve, simulate, library, login):  # noqa: F811
    simulator = simulate(1, extra=QUIET)
    gateway = serve("--sdk-dir", library.path, "--fleet-backoff-base-ms", 200)
    device = add(gateway, simulator.specs[0], login)
    gateway.wait_state(device, "online")
    player = ffmpeg(gateway.live(f"{device}/1/main")["urls"]["rtsp"])
    try:
        harness.wait_for("it plays", lambda: player.count > 20)
        plays_before = simulator.totals()["plays"]
        simulator.post("/faults", {"fault": "reset"})
        harness.wait_for("it is played anew", lambda: simulator.totals()["plays"] > plays_before)
        seen = player.count
        harness.wait_for("who watches goes on", lambda: player.count > seen + 50)
        assert player.child.poll() is None
    finally:
        player.stop()
