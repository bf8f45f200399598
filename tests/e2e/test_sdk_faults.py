"""The vendor's library at its worst, by the stand-in: calls that never return, buffers that lie, devices that make up what they are, hosts
that die in a burst, a gateway that is too slow. What it breaks costs its own host's devices a blink, and nobody else anything."""
import os
import pathlib
import re
import signal
import subprocess
import urllib.request

import pytest

import harness
from storms import Viewer
from test_ledger import alarms_of, entries, unaccounted
from test_sdk import blind, hosts_of, library, serve, through_the_library  # noqa: F401

QUIET = ("--alarms-per-minute", "0")
# Devices come back soon, or a test would be as long as their patience.
SOON = ("--fleet-backoff-base-ms", 200, "--fleet-backoff-cap-s", 2)
SMALL = ("--sdk-alarm-ring-mib", 1, "--sdk-media-ring-mib", 1)
KILLS = int(os.environ.get("CAMFLEET_KILLS", "4"))  # of a host in a burst; the proof has ten
PROGRAM_STREAM = {"error": 23, "error_in": "NET_DVR_SetStandardDataCallBackEx"}
NO_ISAPI = {"error": 23, "error_in": "NET_DVR_STDXMLConfig"}


def reconnect(gateway, device):
    assert gateway.call("POST", f"/api/v1/devices/{device}/reconnect")[0] in (200, 202, 204)


def picture(gateway, device):
    return gateway.call("GET", f"/live/{device}/1/main.jpg")[0]


def plays(gateway, stream, seconds=1, patience=20):
    """Whether a player decodes so much of it without a complaint; two seconds may come from memory."""
    try:
        done = harness.run(["ffmpeg", "-nostdin", "-v", "error", "-rtsp_transport", "tcp", "-i", gateway.live(stream)["urls"]["rtsp"],
                            "-an", "-t", seconds, "-f", "framecrc", "-"], patience, check=False)
    except subprocess.TimeoutExpired:  # packets without pictures
        return False
    pictures = sum(not line.startswith(b"#") for line in done.stdout.splitlines())
    return done.returncode == 0 and not done.stderr and pictures >= 20 * seconds


def mend(simulator):
    request = urllib.request.Request(simulator.control + "/faults", method="DELETE")
    with urllib.request.urlopen(request, timeout=10):
        pass


def counted(gateway, name):
    return gateway.metrics().get(name, 0)


# --- calls that never return


@pytest.mark.parametrize("place", ["login", "logout", "play", "live"])
def test_a_call_that_never_returns_costs_its_host_and_no_other(serve, simulate, library, place):
    simulator = simulate(4, extra=QUIET)
    gateway = serve("--sdk-dir", library.path, "--sdk-devices-per-host", 2, "--sdk-call-limit-s", 5, *SOON)
    devices = through_the_library(gateway, simulator.specs)
    gateway.wait_online(4)
    first = hosts_of(gateway)
    before = {device: gateway.device(device)["since"] for device in devices}

    library.fault(hang=place, device=simulator.specs[0]["address"], once=True)
    if place in ("login", "logout"):
        reconnect(gateway, devices[0])
        viewer = None
    else:
        viewer = Viewer(gateway, f"{devices[0]}/1/sub")
    harness.wait_for("the call is made", (library.path / f"standin.json.{place}").exists)

    def over():
        return {d for d in devices if any("sdk.host_hung" in b["detail"] for b in blind(gateway, d) if b["reason"] == "blind.not_armed")}

    harness.wait_for("another host", lambda: len(hosts_of(gateway)) == 2 and hosts_of(gateway) != first)
    harness.wait_for("all to be back", lambda: gateway.fleet()["states"]["online"] == 4)
    harness.wait_for("the intervals to end", lambda: all(b["to"] for d in devices for b in blind(gateway, d)))
    if viewer:
        viewer.stop()
    now = {device: gateway.device(device)["since"] for device in devices}
    moved = {device for device in devices if now[device] != before[device]}
    assert devices[0] in moved and len(moved) == 2 and over() and over() <= moved
    assert all(blind(gateway, device) for device in moved)
    assert len(set(first) & set(hosts_of(gateway))) == 1
    harness.wait_for("it plays", lambda: plays(gateway, f"{devices[0]}/1/sub"))


def test_a_library_that_never_cleans_up_does_not_keep_the_gateway(serve, simulate, library):
    simulator = simulate(2, extra=QUIET)
    library.fault(hang="cleanup")
    gateway = serve("--sdk-dir", library.path)
    through_the_library(gateway, simulator.specs)
    gateway.wait_online(2)
    pids = hosts_of(gateway)
    assert gateway.stop() == 0
    assert not any(pathlib.Path(f"/proc/{pid}").exists() for pid in pids)


def test_a_login_that_hangs_does_not_delay_the_others_of_its_host(serve, simulate, library):
    simulator = simulate(3, extra=QUIET)
    gateway = serve("--sdk-dir", library.path, *SOON)
    devices = through_the_library(gateway, simulator.specs)
    gateway.wait_online(3)
    pids = hosts_of(gateway)
    library.fault(hang="login", device=simulator.specs[0]["address"])
    reconnect(gateway, devices[0])
    harness.wait_for("it hangs", lambda: gateway.device(devices[0])["state"] == "backoff")
    for device in devices[1:]:
        assert picture(gateway, device) == 200 and plays(gateway, f"{device}/1/sub")
    simulator.post("/devices/1/alarm", {"type": "linedetection", "channel": 1, "seconds": 1})
    harness.wait_for("an alarm of another", lambda: entries(gateway, type="linedetection"))
    assert hosts_of(gateway) == pids and gateway.fleet()["states"]["online"] == 2


# --- buffers that lie


@pytest.mark.parametrize("form", [{}, PROGRAM_STREAM], ids=["rtp", "program stream"])
def test_stream_buffers_that_cannot_be_cost_their_viewer_alone(serve, simulate, library, form):
    simulator = simulate(2, extra=QUIET)
    library.fault(**form)
    gateway = serve("--sdk-dir", library.path, *SOON)
    bad, good = through_the_library(gateway, simulator.specs)
    gateway.wait_online(2)
    pids = hosts_of(gateway)
    other = Viewer(gateway, f"{good}/1/sub")
    harness.wait_for("pictures of the other", lambda: other.bytes > 10_000)
    since = {device: gateway.device(device)["since"] for device in (bad, good)}
    memory = harness.resident_kib(gateway.pid)
    for number, wrong in enumerate(("truncated", "oversized", "empty", "null", "garbage", "wild"), 1):
        watching = Viewer(gateway, f"{bad}/1/main")  # from before
        harness.wait_for("it is watched", lambda viewer=watching: viewer.bytes)
        library.fault(**form, stream=wrong, device=simulator.specs[0]["address"])
        fresh = Viewer(gateway, f"{bad}/1/sub")  # and from the middle of it
        had = other.bytes
        harness.wait_for(f"{wrong}: the other goes on", lambda had=had: other.bytes > had + 30_000)
        assert not plays(gateway, f"{bad}/1/sub", 5, 4), wrong
        simulator.post("/devices/0/alarm", {"type": "linedetection", "channel": 1, "seconds": 1})
        harness.wait_for(f"{wrong}: its alarms come", lambda n=number: len({e["event"] for e in entries(gateway, type="linedetection")}) == n)
        library.fault(**form)
        for profile in ("main", "sub"):
            harness.wait_for(f"{wrong}: it plays again", lambda p=profile: plays(gateway, f"{bad}/1/{p}"))
        watching.stop()
        fresh.stop()
    assert not other.ended and other.gap < harness.PATIENCE / 2
    other.stop()
    assert hosts_of(gateway) == pids
    assert since == {device: gateway.device(device)["since"] for device in (bad, good)}
    assert harness.resident_kib(gateway.pid) - memory < 64 * 1024


# Of what the vendor's protocol tells by structures, and of what comes as a document.
ALARMS = {"v40": ("private", "VMD", {}), "v30": ("private", "shelteralarm", {"v30": True}), "rule": ("private", "fielddetection", {}),
          "document": ("isapi", "linedetection", {})}


@pytest.mark.parametrize("command", ALARMS)
def test_alarms_whose_lengths_lie_harm_nobody(serve, simulate, library, command):
    login, kind, form = ALARMS[command]
    simulator = simulate(2, extra=QUIET)
    library.fault(**form)
    gateway = serve("--sdk-dir", library.path, *SOON)
    bad, good = through_the_library(gateway, simulator.specs, login)
    gateway.wait_online(2)
    pids = hosts_of(gateway)
    # Another kind for the other device each time: the same again would be the event that is open.
    others = ("VMD", "videoloss", "tamperdetection", "fielddetection", "linedetection", "regionentrance")
    for wrong, other in zip(("truncated", "oversized", "empty", "null", "wild", "wild_pictures"), others, strict=True):
        library.fault(**form, alarms=wrong, device=simulator.specs[0]["address"])
        posted = simulator.totals()["alarm_posts"]
        simulator.post("/devices/0/alarm", {"type": kind, "channel": 1, "seconds": 1})
        harness.wait_for(f"{wrong} to be sent", lambda: simulator.totals()["alarm_posts"] > posted)
        simulator.post("/devices/1/alarm", {"type": other, "channel": 1, "seconds": 1})
        harness.wait_for(f"{wrong}: the other's come", lambda k=other: entries(gateway, device=good, type=k.lower()))
    if command == "document":
        # What is right of it is told: the document, without pictures that cannot be.
        event = next(e for e in entries(gateway, device=bad) if e["type"] == "linedetection")
        assert event["pictures"] == []
        harness.wait_for("they are counted", lambda: counted(gateway, "camfleet_sdk_pictures_left_out_total") >= 2)
    library.fault(**form)
    mark = len(entries(gateway, device=bad))
    simulator.post("/devices/0/alarm", {"type": kind, "channel": 1, "seconds": 1})
    harness.wait_for("its own come again", lambda: len(entries(gateway, device=bad)) > mark)
    assert hosts_of(gateway) == pids and gateway.fleet()["states"]["online"] == 2


@pytest.mark.parametrize("login,kind", [("isapi", "linedetection"), ("private", "fielddetection")])
def test_pictures_come_with_their_alarm_and_those_without_measure_are_left_out(serve, simulate, library, login, kind):
    simulator = simulate(1, extra=QUIET)
    gateway = serve("--sdk-dir", library.path)
    (device,) = through_the_library(gateway, simulator.specs, login)
    gateway.wait_state(device, "online")
    library.fault(pictures=2, picture_bytes=50_000)
    simulator.post("/devices/0/alarm", {"type": kind, "channel": 1, "seconds": 1})
    event = harness.wait_for("the alarm", lambda: entries(gateway, type=kind))[0]
    pictures = event["pictures"]
    assert len(pictures) == (2 if login == "isapi" else 1), "a rule's structure has one"
    for one in pictures:
        assert (one["content_type"], one["size"]) == ("image/jpeg", 50_000)
        status, head, body = gateway.call("GET", one["url"])
        assert (status, head["Content-Type"], len(body)) == (200, "image/jpeg", 50_000)
        assert body[:2] == b"\xff\xd8" and body[-2:] == b"\xff\xd9" and head["X-Content-Type-Options"] == "nosniff"
    assert counted(gateway, "camfleet_sdk_pictures_left_out_total") == 0

    memory = harness.resident_kib(gateway.pid)
    library.fault(pictures=2, picture_bytes=16 << 20)
    simulator.post("/devices/0/alarm", {"type": "regionentrance", "channel": 1, "seconds": 1})
    event = harness.wait_for("the alarm without them", lambda: entries(gateway, type="regionentrance"))[0]
    assert event["pictures"] == []
    assert counted(gateway, "camfleet_sdk_pictures_left_out_total") >= len(pictures)
    assert harness.resident_kib(gateway.pid) - memory < 32 * 1024


# --- a device that makes up what it is


@pytest.mark.parametrize("lie,channels", [
    ({"analogue": 0, "digital": 0}, 0),
    ({"analogue": 255, "first_analogue": 0}, 255),
    ({"analogue": 0, "digital": 65_280, "first_digital": 33}, 1024),
    ({"analogue": 16, "digital": 16, "first_analogue": 1, "first_digital": 1}, 32),
    ({"analogue": 255, "digital": 65_280, "first_analogue": 0, "first_digital": 0}, 1024),
])
def test_a_device_that_lies_about_its_channels_has_a_list_that_is_bounded(serve, simulate, library, lie, channels):
    simulator = simulate(1, extra=QUIET)
    library.fault(**NO_ISAPI, **lie)
    gateway = serve("--sdk-dir", library.path)
    (device,) = through_the_library(gateway, simulator.specs, "private")
    shown = gateway.wait_state(device, "online")
    numbers = [channel["number"] for channel in shown["channels"]]
    assert numbers == list(range(1, channels + 1))
    pids = hosts_of(gateway)
    for absent in (channels + 2, 1025, 65_535):
        status, _, problem = gateway.call("GET", f"/live/{device}/{absent}/main.jpg")
        assert (status, problem["code"]) == (404, "device.no_channel"), absent
    # Some are in the list and not in the device: it says so itself.
    if channels > 1:
        status, _, problem = gateway.call("GET", f"/live/{device}/{channels}/main.flv")
        assert (status, problem["code"]) == (404, "device.no_channel"), problem
    # Alarms of whatever number are events.
    for kind, told in (("VMD", 1), ("videoloss", 4_000), ("tamperdetection", 2_147_483_647)):
        library.fault(**NO_ISAPI, **lie, alarm_channel=told)
        simulator.post("/devices/0/alarm", {"type": kind, "channel": 1, "seconds": 1})
        event = harness.wait_for(f"the alarm of {told}", lambda k=kind: entries(gateway, type=k.lower()))[0]
        # A number of the list, as it was told, or the device itself.
        assert event["channel"] in (0, told) or event["channel"] <= 65_535 and told > channels
    assert hosts_of(gateway) == pids and gateway.device(device)["state"] == "online"


# --- bursts, and those who are too slow for them


def accounted(gateway, simulator):
    """Every alarm that the devices raised is an event, or began while its device is known to have been blind."""
    alarms = alarms_of(simulator)
    harness.wait_for("the account closes", lambda: not unaccounted(simulator, gateway, alarms)[0])
    events = entries(gateway)
    assert len({e["id"] for e in events}) == len(events)
    told = [(e["device"], m[1]) for e in events if e["state"] == "start" and (m := re.search(r"alarm (\d{6})", e["description"]))]
    assert len(told) == len(set(told)), "an alarm is one event"
    return alarms


def test_a_gateway_that_stands_still_loses_pictures_and_no_alarm_without_a_word(serve, simulate, library):
    simulator = simulate(4, extra=QUIET)
    gateway = serve("--sdk-dir", library.path, *SMALL, *SOON)
    devices = through_the_library(gateway, simulator.specs)
    gateway.wait_online(4)
    pids = hosts_of(gateway)
    viewers = [Viewer(gateway, f"{device}/1/main") for device in devices]
    harness.wait_for("pictures", lambda: all(viewer.bytes for viewer in viewers))
    # Alarms that are large fill what waits for them too.
    library.fault(pictures=1, picture_bytes=400_000)
    simulator.post("/faults", {"fault": "alarm_burst", "per_s": 20})
    os.kill(gateway.pid, signal.SIGSTOP)
    try:
        begun = simulator.stats()
        # Longer than a host may leave a question without an answer: it is not the host that is slow.
        harness.wait_for("all rings to be full", lambda: (s := simulator.stats())["uptime_s"] > begun["uptime_s"] + 15 and
                         s["totals"]["alarm_posts"] > begun["totals"]["alarm_posts"] + 1_000)
    finally:
        os.kill(gateway.pid, signal.SIGCONT)
    mend(simulator)
    library.fault()
    harness.wait_for("lost pictures to be counted", lambda: counted(gateway, "camfleet_sdk_frames_dropped_total") > 0)
    harness.wait_for("lost alarms to be counted", lambda: counted(gateway, "camfleet_sdk_alarms_refused_total") > 0)
    # The same viewers go on, and whoever comes now sees whole pictures.
    had = [viewer.bytes for viewer in viewers]
    harness.wait_for("viewers to go on", lambda: all(viewer.bytes > n for viewer, n in zip(viewers, had, strict=True)))
    for device in devices:
        harness.wait_for("it plays", lambda d=device: plays(gateway, f"{d}/1/main"))
    assert not any(viewer.ended for viewer in viewers)
    for viewer in viewers:
        viewer.stop()
    assert len(accounted(gateway, simulator)) > 500
    harness.wait_for("the intervals to end", lambda: all(b["to"] for d in devices for b in blind(gateway, d)))
    assert hosts_of(gateway) == pids and gateway.fleet()["states"]["online"] == 4


def test_a_slow_disk_holds_the_library_back_and_no_alarm_is_lost_without_a_word(started, simulate, library, bad_disk, tmp_path):
    simulator = simulate(4, extra=QUIET)
    slow = tmp_path / "slow"
    gateway = harness.Gateway(tmp_path / "data", extra=("--sdk-dir", library.path, *SMALL, *SOON),
                              env={"LD_PRELOAD": str(bad_disk), "CAMFLEET_DISK_FAULT": str(slow)})
    started.append(gateway)
    devices = through_the_library(gateway, simulator.specs)
    gateway.wait_online(4)
    pids = hosts_of(gateway)
    slow.write_text("slow 700", encoding="ascii")
    simulator.post("/faults", {"fault": "alarm_burst", "per_s": 400})
    begun = simulator.stats()["totals"]["alarms_raised"]
    harness.wait_for("a burst", lambda: simulator.stats()["totals"]["alarms_raised"] > begun + 10_000)
    mend(simulator)
    slow.unlink()
    assert len(accounted(gateway, simulator)) > 10_000
    assert all(b["to"] for d in devices for b in blind(gateway, d))
    assert hosts_of(gateway) == pids and gateway.fleet()["states"]["online"] == 4


def test_a_host_that_is_killed_in_a_burst_loses_no_alarm_without_a_word(serve, simulate, library):
    simulator = simulate(4, extra=QUIET)
    gateway = serve("--sdk-dir", library.path, *SOON)
    devices = through_the_library(gateway, simulator.specs)
    gateway.wait_online(4)
    simulator.post("/faults", {"fault": "alarm_burst", "per_s": 20})
    for _ in range(KILLS):
        heard = simulator.totals()["alarm_posts"]
        harness.wait_for("alarms to come", lambda: simulator.totals()["alarm_posts"] > heard + 100)
        (pid,) = hosts_of(gateway)
        os.kill(pid, signal.SIGKILL)
        harness.wait_for("another host", lambda: hosts_of(gateway) not in ([], [pid]))
        gateway.wait_online(4)
    mend(simulator)
    assert len(accounted(gateway, simulator)) > 100 * KILLS
    assert all(b["to"] for d in devices for b in blind(gateway, d))


def test_an_alarm_that_came_during_a_heartbeat_outlives_the_end_of_its_host(serve, simulate, library):
    simulator = simulate(2, extra=QUIET)
    gateway = serve("--sdk-dir", library.path, "--fleet-heartbeat-s", 1, *SOON)
    _, other = through_the_library(gateway, simulator.specs)
    gateway.wait_online(2)
    library.fault(hang="isapi", device=simulator.specs[0]["address"], once=True)
    harness.wait_for("a heart-beat that gets no answer", (library.path / "standin.json.isapi").exists)
    simulator.post("/devices/0/alarm", {"type": "linedetection", "channel": 1, "seconds": 1})
    # One behind it, of a device whose session takes it: when that has ended the first has too, and is not told anew.
    simulator.post("/devices/1/alarm", {"type": "VMD", "channel": 1, "seconds": 2})
    harness.wait_for("the other's end", lambda: [e for e in entries(gateway, type="vmd") if e["device"] == other and e["state"] == "end"])
    assert not entries(gateway, type="linedetection"), "the heart-beat did not hold it up"
    os.kill(*hosts_of(gateway), signal.SIGKILL)
    harness.wait_for("what the host left behind", lambda: entries(gateway, type="linedetection"))
    gateway.wait_online(2)


def test_a_crowd_that_does_not_answer_delays_no_other_of_its_host(serve, simulate, library):
    simulator = simulate(60, extra=QUIET)
    gateway = serve("--sdk-dir", library.path, "--fleet-heartbeat-s", 5, *SOON)
    devices = through_the_library(gateway, simulator.specs)
    gateway.wait_online(60)
    pids = hosts_of(gateway)
    awake, silent = devices[:15], devices[15:]
    moves = {device: gateway.device(device)["history"] for device in awake}
    simulator.post("/faults", {"fault": "silence", "devices": "15-59"})
    for device in silent:
        reconnect(gateway, device)

    def failures(device):
        return sum(move["to"] == "backoff" for move in gateway.device(device)["history"])

    def each_has_failed():
        # Meanwhile whoever wants something of the others gets it.
        assert [picture(gateway, device) for device in awake] == [200] * len(awake)
        return all(failures(device) >= 2 for device in silent)

    harness.wait_for("each silent one to fail twice", each_has_failed, 3 * harness.PATIENCE)
    assert {device: gateway.device(device)["history"] for device in awake} == moves
    mend(simulator)
    gateway.wait_online(60, 2 * harness.PATIENCE)
    assert hosts_of(gateway) == pids and {device: gateway.device(device)["history"] for device in awake} == moves
