"""camfleet-sim as real clients see it: curl and ffmpeg, no gateway."""
import concurrent.futures
import csv
import json
import os
import pathlib
import signal
import socket
import subprocess
import urllib.request

import pytest

import harness

BITS = 10


@pytest.fixture
def sim(simulate):
    return simulate(8, extra=["--heartbeat", "1", "--alarms-per-minute", "0"])


def rtsp_url(sim, device=0, path="/Streaming/Channels/101"):
    spec = sim.specs[device]
    return f"rtsp://{spec['username']}:{spec['password']}@{spec['address']}:{sim.rtsp_port}{path}"


def curl(sim, path, device=0, password=None, extra=(), check=True):
    spec = sim.specs[device]
    login = f"{spec['username']}:{password or spec['password']}"
    return harness.run(["curl", "-sS", "--max-time", "10", "--digest", "-u", login, *extra,
                        f"http://{spec['address']}:{sim.http_port}{path}"], check=check).stdout


def ffprobe(url, *extra):
    done = harness.run(["ffprobe", "-v", "error", "-rtsp_transport", "tcp", *extra, "-of", "json", url])
    return json.loads(done.stdout)


def frame_numbers(sim, frames):
    """The numbers that the squares at the top left of the sub stream's pictures say."""
    url = rtsp_url(sim, path="/Streaming/Channels/102")
    done = harness.run(["ffmpeg", "-v", "error", "-rtsp_transport", "tcp", "-i", url, "-frames:v", frames, "-vsync", "0",
                        "-vf", f"crop={16 * BITS}:16:0:0,scale={BITS}:1:flags=area,format=gray", "-f", "rawvideo", "-"])
    rows = [done.stdout[at:at + BITS] for at in range(0, len(done.stdout), BITS)]
    return [sum((level > 127) << (BITS - 1 - bit) for bit, level in enumerate(row)) for row in rows]


@pytest.mark.parametrize("path, width, height", [
    ("/Streaming/Channels/101", 1280, 720),
    ("/Streaming/Channels/102", 352, 288),
    ("/ISAPI/Streaming/channels/102", 352, 288),
    ("/h264/ch1/main/av_stream", 1280, 720),
])
def test_ffprobe_plays_both_profiles_in_every_form_of_url(sim, path, width, height):
    stream, = ffprobe(rtsp_url(sim, path=path), "-show_streams")["streams"]
    assert (stream["codec_name"], stream["width"], stream["height"]) == ("h264", width, height)
    assert stream["has_b_frames"] == 0
    assert stream["avg_frame_rate"] == "25/1"


def test_recorder_plays_its_last_channel_without_parameter_sets_in_the_description(sim):
    recorder = next(i for i, spec in enumerate(sim.specs) if "nvr" in spec["tags"])
    stream, = ffprobe(rtsp_url(sim, recorder, "/Streaming/Channels/1602"), "-show_streams")["streams"]
    assert (stream["width"], stream["height"]) == (352, 288)


def test_clip_goes_on_over_its_end_without_a_jump_of_time_or_picture(sim):
    """More frames than the clip has, so the seam is among them wherever it began; by two clients at the same time."""
    url = rtsp_url(sim, path="/Streaming/Channels/102")
    with concurrent.futures.ThreadPoolExecutor() as pool:
        counting = pool.submit(frame_numbers, sim, 510)
        packets = ffprobe(url, "-show_entries", "packet=pts,flags", "-read_intervals", "%+22")["packets"]
        numbers = counting.result()
    pts = [packet["pts"] for packet in packets if "pts" in packet]
    assert len(pts) > 500
    assert {b - a for a, b in zip(pts, pts[1:])} == {3600}
    keys = [i for i, packet in enumerate(packets) if "K" in packet["flags"]]
    assert {b - a for a, b in zip(keys, keys[1:])} == {50}
    assert len(numbers) == 510
    assert all((b - a) % 500 == 1 for a, b in zip(numbers, numbers[1:])), numbers
    assert numbers[0] % 50 == 0


def test_rates_are_what_the_manual_says(sim):
    for path, expected in (("/Streaming/Channels/101", 1000), ("/Streaming/Channels/102", 250)):
        packets = ffprobe(rtsp_url(sim, path=path), "-show_entries", "packet=size", "-read_intervals", "%+6")["packets"]
        sizes = [int(packet["size"]) for packet in packets]
        kbps = sum(sizes) * 8 * 25 / len(sizes) / 1000
        assert 0.8 * expected < kbps < 1.2 * expected, (path, kbps)


def test_curl_reads_device_info_and_a_picture(sim):
    assert b"<deviceName>" in curl(sim, "/ISAPI/System/deviceInfo")
    picture = curl(sim, "/ISAPI/Streaming/channels/101/picture")
    assert picture[:2] == b"\xff\xd8" and picture[-2:] == b"\xff\xd9"
    totals = sim.stats()["totals"]
    assert totals["logins"] == 2 and totals["wrong_passwords"] == 0


def test_every_device_lets_curl_in_whatever_digest_it_wants(sim):
    for device in range(len(sim.specs)):
        assert b"<serialNumber>" in curl(sim, "/ISAPI/System/deviceInfo", device), device


def test_wrong_passwords_lock_the_account_and_say_so(simulate):
    sim = simulate(1, extra=["--lock-after", "2"])
    assert b"<statusValue>401</statusValue>" in curl(sim, "/ISAPI/Security/userCheck", password="no")
    locked = curl(sim, "/ISAPI/Security/userCheck", password="no")
    assert b"<lockStatus>lock</lockStatus>" in locked and b"<unlockTime>1800</unlockTime>" in locked
    assert b"<statusValue>401</statusValue>" in curl(sim, "/ISAPI/Security/userCheck")
    stats = sim.stats("/stats/0")
    assert (stats["wrong_passwords"], stats["locks"], stats["refused_locked"]) == (2, 1, 1)


def test_curl_follows_an_alert_stream(sim):
    spec = sim.specs[0]
    argv = ["curl", "-sS", "-N", "--max-time", "30", "--digest", "-u", f"{spec['username']}:{spec['password']}",
            f"http://{spec['address']}:{sim.http_port}/ISAPI/Event/notification/alertStream"]
    with subprocess.Popen(argv, stdout=subprocess.PIPE) as client:
        try:
            harness.wait_for("an alert stream", lambda: sim.stats("/stats/0")["alarm_streams"] == 1)
            assert sim.post("/devices/0/alarm", {"type": "VMD", "seconds": 1}) == 202
            seen = b""
            while not (b"videoloss" in seen and seen.count(b"<eventType>VMD</eventType>") == 2):
                more = os.read(client.stdout.fileno(), 65536)
                assert more, seen
                seen += more
        finally:
            client.kill()
    assert seen.startswith(b"--boundary\r\n")
    assert b"<eventState>active</eventState>" in seen


def test_power_cut_is_seen_at_once_and_ends(sim):
    url = f"http://{sim.specs[1]['address']}:{sim.http_port}/"
    sim.post("/devices/1/power", {"on": False})
    with pytest.raises(OSError):
        urllib.request.urlopen(url, timeout=10)
    sim.post("/devices/1/power", {"on": True})
    harness.wait_for("power", lambda: sim.stats("/stats/1")["on"])
    assert b"<serialNumber>" in curl(sim, "/ISAPI/System/deviceInfo", 1)


def test_export_is_a_table_of_the_fleet_with_quotes_where_they_are_needed(simulate, tmp_path):
    sim = simulate(300)
    with open(tmp_path / "fleet.csv", newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 300
    assert {row["driver"] for row in rows} == {"hikvision"}
    assert rows[0]["address"] == "127.1.0.1" and rows[254]["address"] == "127.1.1.1"
    assert len({row["password"] for row in rows}) == 300
    assert any("," in row["name"] for row in rows) and any('"' in row["name"] for row in rows)
    assert {int(row["rtsp_port"]) for row in rows} == {sim.rtsp_port}


def test_only_loopback_is_listened_on(sim):
    """Other addresses of this machine are not the simulator's."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))
        except OSError:
            pytest.skip("this machine has loopback only")
        own = probe.getsockname()[0]
    with pytest.raises(OSError), socket.create_connection((own, sim.http_port), timeout=5) as client:
        client.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        if not client.recv(1):
            raise ConnectionResetError


def test_sigterm_ends_it_with_streams_open(sim):
    with subprocess.Popen(["ffmpeg", "-v", "quiet", "-rtsp_transport", "tcp", "-i", rtsp_url(sim), "-f", "null", "-"]) as viewer:
        harness.wait_for("a player", lambda: sim.stats()["totals"]["playing"] == 1)
        assert sim.stop(signal.SIGTERM) == 0
        viewer.kill()


def test_export_only_writes_and_ends(tmp_path):
    done = harness.run([harness.BIN / "camfleet-sim", "--devices", "3", "--export-only"])
    assert done.stdout.count(b"\r\n") == 4


def test_missing_clips_and_bad_options_are_explained(tmp_path):
    for argv, words in ((["--clips", tmp_path], b"main.h264"), (["--address", "10.0.0.1", "--http-port", "0"], b"address"),
                        (["--devices", "0"], b"--devices"), (["--no-such"], b"--no-such")):
        done = harness.run([harness.BIN / "camfleet-sim", *argv], check=False)
        assert done.returncode != 0
        assert words in done.stderr + done.stdout, (argv, done.stderr)


def test_help_and_version():
    assert b"--devices" in harness.run([harness.BIN / "camfleet-sim", "--help"]).stdout
    version = (pathlib.Path(harness.ROOT) / "VERSION").read_text(encoding="ascii").strip()
    assert version.encode() in harness.run([harness.BIN / "camfleet-sim", "--version"]).stdout


def test_it_ends_with_the_process_that_started_it():
    shell = '"$0" --http-port 0 --rtsp-port 0 --control 127.0.0.1:0 --exit-with-parent & echo $!; sleep 60'
    with subprocess.Popen(["sh", "-c", shell, harness.BIN / "camfleet-sim"], stdout=subprocess.PIPE, text=True) as parent:
        lines = [parent.stdout.readline(), parent.stdout.readline()]
        pid = int(next(line for line in lines if not line.startswith("{")))
        parent.kill()

    def ended():
        try:
            return pathlib.Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rsplit(")", 1)[1].split()[0] == "Z"
        except FileNotFoundError:
            return True

    harness.wait_for("the simulator to end", ended)
