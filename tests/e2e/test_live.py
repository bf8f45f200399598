"""Players that we did not write play every output: codec, size, and a picture whose time advances."""
import json
import re
import subprocess

import pytest

import harness

SIZES = {"main": (1280, 720), "sub": (352, 288)}


@pytest.fixture
def camera(gateway, simulate):
    simulator = simulate(1)
    gateway.add(**simulator.specs[0])
    gateway.wait_online(1)
    gateway.simulator = simulator
    return simulator.specs[0]["id"]


def assert_plays(shown, profile):
    video = shown["streams"][0]
    assert (video["codec_name"], video["width"], video["height"]) == ("h264", *SIZES[profile])
    times = [float(packet["pts_time"]) for packet in shown["packets"] if "pts_time" in packet]
    assert len(times) >= 25, shown
    steps = [b - a for a, b in zip(times, times[1:])]
    assert all(0 < step < 0.2 for step in steps), steps
    assert abs(sum(steps) / len(steps) - 0.04) < 0.005, steps
    assert "K" in shown["packets"][0]["flags"], "the first picture is a key picture"


@pytest.mark.parametrize("profile", SIZES)
def test_ffprobe_plays_rtsp(gateway, camera, profile):
    url = gateway.live(f"{camera}/1/{profile}")["urls"]["rtsp"]
    assert_plays(harness.probe(url, 2, ("-rtsp_transport", "tcp")), profile)


@pytest.mark.parametrize("profile", SIZES)
def test_ffprobe_plays_mp4_over_http(gateway, camera, profile):
    assert_plays(harness.probe(gateway.live(f"{camera}/1/{profile}")["urls"]["mp4"], 2), profile)


def test_the_burnt_in_frame_counter_has_no_hole(gateway, camera):
    """Decoded frames differ from each other, none is lost: 100 frames in 100 steps of 40 ms."""
    url = gateway.live(f"{camera}/1/sub")["urls"]["rtsp"]
    done = harness.run(["ffmpeg", "-v", "error", "-rtsp_transport", "tcp", "-i", url, "-an", "-frames:v", 100,
                        "-fps_mode", "passthrough", "-copyts", "-f", "framemd5", "-"])
    assert not done.stderr, done.stderr
    rows = [line.split(",") for line in done.stdout.decode().splitlines() if line and line[0] != "#"]
    assert len(rows) == 100 and len({row[-1].strip() for row in rows}) >= 99


@pytest.mark.parametrize("profile", SIZES)
def test_gstreamer_plays_rtsp(gateway, camera, profile):
    url = gateway.live(f"{camera}/1/{profile}")["urls"]["rtsp"]
    said = harness.gst_launch("rtspsrc", f"location={url}", "protocols=tcp", "!", "rtph264depay", "!",
                              "h264parse", "!", "avdec_h264", "!", "videoconvert", "!", "identity", "name=seen", "silent=false",
                              "eos-after=50", "!", "fakesink", "sync=false")
    width, height = SIZES[profile]
    assert f"width=(int){width}" in said and f"height=(int){height}" in said, said[-2000:]
    stamps = re.findall(r"pts: (\d+):(\d+):([\d.]+)", said)
    times = [int(h) * 3600 + int(m) * 60 + float(s) for h, m, s in stamps]
    assert len(times) >= 40 and all(b > a for a, b in zip(times, times[1:])), times


def test_gstreamer_plays_mp4(gateway, camera):
    url = gateway.live(f"{camera}/1/sub")["urls"]["mp4"]
    done = harness.run(["gst-launch-1.0", "-v", "souphttpsrc" if _has("souphttpsrc") else "curlhttpsrc", f"location={url}",
                        "!", "qtdemux", "!", "h264parse", "!", "avdec_h264", "!", "identity", "eos-after=50", "!", "fakesink",
                        "sync=false"])
    assert b"width=(int)352" in done.stdout


def _has(element):
    return subprocess.run(["gst-inspect-1.0", "--exists", element], check=False).returncode == 0


def test_many_viewers_one_upstream_and_the_camera_is_left_after_the_last(tmp_path, started, simulate):
    simulator = simulate(1)
    gateway = harness.Gateway(tmp_path / "data", extra=("--hub-linger-s", "1"))
    started.append(gateway)
    gateway.add(**simulator.specs[0])
    gateway.wait_online(1)
    camera = simulator.specs[0]["id"]
    url = gateway.live(f"{camera}/1/sub")["urls"]["rtsp"]
    viewers = [subprocess.Popen(["ffmpeg", "-v", "quiet", "-rtsp_transport", "tcp", "-i", url, "-c", "copy", "-f", "null", "-"],
                                stdin=subprocess.DEVNULL, start_new_session=True) for _ in range(8)]
    harness.wait_for("eight viewers", lambda: gateway.fleet()["viewers"] == 8)
    assert gateway.fleet()["streams"] == 1
    stats = simulator.totals()
    assert stats["playing"] == 1, stats
    for viewer in viewers:
        viewer.terminate()
        viewer.wait(20)
    harness.wait_for("the camera is left", lambda: simulator.totals()["playing"] == 0)
    harness.wait_for("no stream", lambda: gateway.fleet()["streams"] == 0)


def test_a_revoked_token_ends_its_viewers(gateway, camera):
    live = gateway.live(f"{camera}/1/sub")
    viewer = subprocess.Popen(["ffmpeg", "-v", "quiet", "-rtsp_transport", "tcp", "-i", live["urls"]["rtsp"], "-c", "copy",
                               "-f", "null", "-"], stdin=subprocess.DEVNULL, start_new_session=True)
    other = subprocess.Popen(["curl", "-sN", "-o", "/dev/null", live["urls"]["mp4"]], start_new_session=True)
    harness.wait_for("both watch", lambda: gateway.fleet()["viewers"] == 2)
    assert gateway.call("DELETE", f"/api/v1/live-tokens/{live['id']}")[0] == 204
    viewer.wait(35)
    other.wait(35)


def test_what_cannot_play_says_why(gateway, camera):
    for stream, code in ((f"{camera}/9/main", "device.no_channel"), (f"{camera}/1/third", "device.no_channel"),
                         ("nobody/1/main", "device.unknown")):
        status, _, problem = gateway.call("GET", f"/live/{stream}.mp4")
        assert status in (404, 502) and problem["code"] == code, (stream, problem)
    assert gateway.call("GET", f"/live/{camera}/1/fourth.mp4")[0] == 404
    assert gateway.call("GET", f"/live/{camera}/0/main.mp4")[0] == 404
    # an RTSP player without a token, with a wrong one, with the administrator's
    for user in ("", "live:wrong@", f"admin:{gateway.token}@"):
        done = harness.run(["ffprobe", "-v", "error", "-rtsp_transport", "tcp", f"rtsp://{user}{gateway.rtsp}/live/{camera}/1/sub"],
                           check=False)
        assert done.returncode != 0 and b"401" in done.stderr, done.stderr


def test_metrics_count_what_was_played(gateway, camera):
    harness.probe(gateway.live(f"{camera}/1/sub")["urls"]["mp4"], 1)
    metrics = gateway.metrics()
    assert any(name.startswith("camfleet_") and "stream" in name for name in metrics), json.dumps(metrics, indent=1)


def test_a_device_that_stays_on_is_pulled_without_viewers_until_it_is_removed(gateway, simulate):
    simulator = simulate(2)
    gateway.add(**{**simulator.specs[0], "always_on": True})
    gateway.add(**simulator.specs[1])
    gateway.wait_online(2)
    harness.wait_for("one stream", lambda: gateway.fleet()["streams"] == 1 and simulator.totals()["playing"] == 1)
    assert gateway.fleet()["viewers"] == 0
    assert gateway.call("DELETE", f"/api/v1/devices/{simulator.specs[0]['id']}")[0] == 204
    harness.wait_for("no stream", lambda: gateway.fleet()["streams"] == 0 and simulator.totals()["playing"] == 0)
