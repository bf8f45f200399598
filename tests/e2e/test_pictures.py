"""Pictures of streams as JPEG: of the hub's memory, of the device, of a pull; scaled, coalesced, and refused with a reason."""
import concurrent.futures
import contextlib
import json
import subprocess

import pytest

import cameras
import harness

HEVC = ("( videotestsrc is-live=true ! video/x-raw,width=640,height=360,framerate=25/1 ! "
        "x265enc tune=zerolatency speed-preset=ultrafast key-int-max=25 bitrate=500 ! h265parse ! rtph265pay name=pay0 pt=96 )")


@pytest.fixture
def camera(gateway, simulate):
    spec = simulate(1).specs[0]
    gateway.add(**spec)
    gateway.wait_online(1)
    return spec["id"]


@contextlib.contextmanager
def watched(gateway, stream):
    """Somebody watches, and has had a key picture."""
    viewer = subprocess.Popen(["ffmpeg", "-v", "quiet", "-rtsp_transport", "tcp", "-i", gateway.live(stream)["urls"]["rtsp"],
                               "-c", "copy", "-f", "null", "-"], stdin=subprocess.DEVNULL, start_new_session=True)
    try:
        harness.wait_for("the picture is of the hub", lambda: picture(gateway, stream)[1].get("X-Picture-Source") == "hub")
        yield
    finally:
        viewer.terminate()
        viewer.wait(20)


def picture(gateway, stream, query="", **headers):
    return gateway.call("GET", f"/live/{stream}.jpg{query}", headers=headers)


def size(jpeg, path):
    """As ffprobe decodes it: what a browser would."""
    path.write_bytes(jpeg)
    done = harness.run(["ffprobe", "-v", "error", "-count_frames", "-show_entries", "stream=codec_name,width,height,nb_read_frames",
                        "-of", "json", path])
    stream = json.loads(done.stdout)["streams"][0]
    assert stream["codec_name"] == "mjpeg" and stream["nb_read_frames"] == "1" and not done.stderr, (stream, done.stderr)
    return stream["width"], stream["height"]


def test_a_picture_of_a_stream_that_is_watched_comes_from_memory(gateway, camera, tmp_path):
    with watched(gateway, f"{camera}/1/sub"):
        status, headers, jpeg = picture(gateway, f"{camera}/1/sub")
        assert (status, headers["Content-Type"], headers["Cache-Control"]) == (200, "image/jpeg", "no-store")
        assert headers["X-Picture-Source"] == "hub" and 0 <= int(headers["X-Picture-Age-Ms"]) < 60_000
        assert size(jpeg, tmp_path / "whole.jpg") == (352, 288)
        for query, expected in (("?width=176", (176, 144)), ("?height=72", (88, 72)), ("?width=8000", (352, 288)),
                                ("?width=176&height=36&t=17", (44, 36))):
            status, headers, jpeg = picture(gateway, f"{camera}/1/sub", query)
            assert status == 200 and headers["X-Picture-Source"] == "hub", query
            assert size(jpeg, tmp_path / "scaled.jpg") == expected, query
        # Who has it already is not sent it again.
        status, headers, jpeg = picture(gateway, f"{camera}/1/sub", "?width=200")
        again = picture(gateway, f"{camera}/1/sub", "?width=200", **{"If-None-Match": headers["ETag"]})
        assert again[0] in (200, 304) and (again[0] == 200 or again[2] == b"")
        for query in ("?width=0", "?width=15", "?width=8193", "?width=-5", "?width=x", "?height=1e3"):
            status, _, problem = picture(gateway, f"{camera}/1/sub", query)
            assert (status, problem["code"]) == (400, "api.bad_request"), query
    assert "X-Picture-Age-Ms" not in gateway.call("HEAD", f"/live/{camera}/1/sub.jpg")[1]


def test_a_picture_that_nobody_watches_is_asked_of_the_device_and_scaled_here(gateway, camera, tmp_path):
    status, headers, jpeg = picture(gateway, f"{camera}/1/sub")
    assert status == 200 and headers["X-Picture-Source"] == "device"
    assert size(jpeg, tmp_path / "whole.jpg") == (352, 288)
    status, headers, jpeg = picture(gateway, f"{camera}/1/sub", "?width=100")
    assert status == 200 and headers["X-Picture-Source"] == "device"
    assert size(jpeg, tmp_path / "scaled.jpg")[0] == 100
    assert gateway.fleet()["streams"] == 0


def test_a_thousand_pictures_for_one_keep_no_other_waiting(gateway, camera):
    tokens = [gateway.call("POST", "/api/v1/tokens", {"name": name, "role": "viewer"})[2]["token"] for name in ("greedy", "modest")]
    with watched(gateway, f"{camera}/1/main"), concurrent.futures.ThreadPoolExecutor(48) as pool:
        asked = [pool.submit(gateway.call, "GET", f"/live/{camera}/1/main.jpg?width={100 + n % 500}", None, tokens[0])
                 for n in range(400)]
        for n in range(5):
            status, _, _ = gateway.call("GET", f"/live/{camera}/1/main.jpg?width={90 + n}", token=tokens[1])
            assert status == 200
        answers = [one.result() for one in asked]
    refused = [a for a in answers if a[0] != 200]
    assert all(a[0] == 503 and a[2]["code"] == "media.decoders_busy" and int(a[1]["Retry-After"]) > 0 for a in refused), refused[:1]
    assert len(answers) - len(refused) > 20


def test_a_camera_of_h265_that_makes_no_pictures_is_pulled_for_one(gateway, started, tmp_path):
    camera = cameras.GStreamerCamera(HEVC)
    started.append(camera)
    gateway.add(id="lobby", driver="rtsp", url=camera.url, username=camera.user, password=camera.password)
    gateway.wait_state("lobby", "online")
    status, headers, jpeg = picture(gateway, "lobby/1/main", "?width=320")
    assert status == 200, jpeg
    assert headers["X-Picture-Source"] in ("pull", "hub")
    assert size(jpeg, tmp_path / "scaled.jpg") == (320, 180)


def test_no_picture_says_why(gateway, camera):
    for stream, status, code in ((f"{camera}/9/main", 404, "device.no_channel"), ("nobody/1/main", 404, "device.unknown")):
        answer = picture(gateway, stream)
        assert (answer[0], answer[2]["code"]) == (status, code)
