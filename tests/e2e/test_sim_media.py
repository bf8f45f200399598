"""What camfleet-sim shows and sounds like, and what its faults do to that, as ffmpeg and curl see it: H.265, sound, domes."""
import json
import subprocess
import urllib.request

import pytest

import harness
from test_sim import BITS, curl, ffprobe, rtsp_url

SUB = "/Streaming/Channels/102"


@pytest.fixture
def sim(simulate):
    return simulate(16, extra=["--h265-every", "4", "--audio", "mixed", "--algorithms", "md5", "--alarms-per-minute", "0", "--nvr-every", "9"])


def frame_numbers(sim, device, frames):
    """What the squares in the pictures of a sub stream say."""
    done = harness.run(["ffmpeg", "-v", "error", "-rtsp_transport", "tcp", "-i", rtsp_url(sim, device, SUB), "-frames:v", frames,
                        "-vsync", "0", "-vf", f"crop={16 * BITS}:16:0:0,scale={BITS}:1:flags=area,format=gray", "-f", "rawvideo", "-"])
    rows = [done.stdout[at:at + BITS] for at in range(0, len(done.stdout), BITS)]
    return [sum((level > 127) << (BITS - 1 - bit) for bit, level in enumerate(row)) for row in rows]


def put(sim, device, path, body=""):
    return curl(sim, "/ISAPI/PTZCtrl/channels/1/" + path, device, extra=["-X", "PUT", "-H", "Content-Type: application/xml", "-d", body])


def clear(sim):
    with urllib.request.urlopen(urllib.request.Request(sim.control + "/faults", method="DELETE"), timeout=10) as answer:
        json.load(answer)


def test_h265_devices_say_so_and_play_both_profiles_in_order(sim):
    assert b"<videoCodecType>H.265</videoCodecType>" in curl(sim, "/ISAPI/Streaming/channels/101", 7)
    assert b"<videoCodecType>H.264</videoCodecType>" in curl(sim, "/ISAPI/Streaming/channels/101", 6)
    for path, width in (("/Streaming/Channels/101", 1280), (SUB, 352)):
        streams = ffprobe(rtsp_url(sim, 7, path), "-show_streams", "-select_streams", "v")["streams"]
        assert [(s["codec_name"], s["width"], s["has_b_frames"]) for s in streams] == [("hevc", width, 0)]
    numbers = frame_numbers(sim, 7, 60)
    assert numbers[0] % 50 == 0 and all((b - a) % 200 == 1 for a, b in zip(numbers, numbers[1:])), numbers


@pytest.mark.parametrize("device, codec, rate", [(1, "pcm_mulaw", 8000), (2, "pcm_alaw", 8000), (3, "aac", 16000), (12, None, 0)])
def test_sound_is_there_and_keeps_time(sim, device, codec, rate):
    told = ffprobe(rtsp_url(sim, device, SUB), "-show_streams", "-show_entries", "packet=codec_type,duration_time,pts_time", "-read_intervals", "%+3")
    sounds = [s for s in told["streams"] if s["codec_type"] == "audio"]
    assert [(s["codec_name"], int(s["sample_rate"])) for s in sounds] == ([(codec, rate)] if codec else [])
    names = {1: b"G.711ulaw", 2: b"G.711alaw", 3: b"AAC"}
    assert (names.get(device, b"audioCompressionType") in curl(sim, "/ISAPI/Streaming/channels/101", device)) == bool(codec)
    if codec:
        stamps = [float(p["pts_time"]) for p in told["packets"] if p["codec_type"] == "audio" and "pts_time" in p]
        step = 0.04 if rate == 8000 else 0.064
        assert len(stamps) > 20 and all(abs(b - a - step) < 0.001 for a, b in zip(stamps[1:], stamps[2:])), stamps


def test_a_dome_shows_where_it_looks(sim):
    dome = next(i for i in range(16) if b"<deviceType>IPDome</deviceType>" in curl(sim, "/ISAPI/System/deviceInfo", i) and i % 4 != 3)
    assert max(frame_numbers(sim, dome, 30)) < 500
    for azimuth, elevation, zoom, first in ((900, 0, 10, 550), (1800, 400, 10, 800), (2700, 0, 60, 975)):
        put(sim, dome, "absolute", f"<PTZData><AbsoluteHigh><elevation>{elevation}</elevation><azimuth>{azimuth}</azimuth>"
                                   f"<absoluteZoom>{zoom}</absoluteZoom></AbsoluteHigh></PTZData>")
        numbers = frame_numbers(sim, dome, 30)
        assert set(numbers) == set(range(first, first + 25)), (azimuth, numbers)
        assert curl(sim, "/ISAPI/Streaming/channels/102/picture", dome)[:2] == b"\xff\xd8"
    put(sim, dome, "presets/1/goto")
    assert max(frame_numbers(sim, dome, 30)) < 500
    # In the middle of a stream.
    watching = subprocess.Popen(["ffmpeg", "-v", "error", "-rtsp_transport", "tcp", "-i", rtsp_url(sim, dome, SUB), "-frames:v", "150", "-vsync",
                                 "0", "-vf", f"crop={16 * BITS}:16:0:0,scale={BITS}:1:flags=area,format=gray", "-f", "rawvideo", "-"],
                                stdout=subprocess.PIPE)
    try:
        harness.wait_for("it plays", lambda: sim.stats(f"/stats/{dome}")["playing"] == 1)
        put(sim, dome, "continuous", "<PTZData><pan>100</pan><tilt>0</tilt><zoom>0</zoom></PTZData>")
        out, _ = watching.communicate(timeout=harness.PATIENCE)
    finally:
        watching.kill()
        watching.wait()
        put(sim, dome, "continuous", "<PTZData><pan>0</pan><tilt>0</tilt><zoom>0</zoom></PTZData>")
    rows = [out[at:at + BITS] for at in range(0, len(out), BITS)]
    views = [(sum((level > 127) << (BITS - 1 - bit) for bit, level in enumerate(row)) - 500) // 25 for row in rows]
    assert {1, 2, 3, 4, 5, 6} <= set(views), views
    changes = [b for a, b in zip(views, views[1:]) if a != b and a >= 0 and b >= 0]
    assert all((b - a) % 8 == 1 for a, b in zip(changes, changes[1:])), changes


def test_encrypted_pictures_have_a_stream_and_cannot_be_seen(sim):
    sim.post("/faults", {"fault": "encrypted", "devices": "0,7"})
    for device, codec in ((0, "h264"), (7, "hevc")):
        # It may look for a picture for ever: it is told to end.
        done = harness.run(["timeout", "-s", "INT", "-k", "5", "8", "ffmpeg", "-v", "error", "-rtsp_transport", "tcp",
                            "-i", rtsp_url(sim, device, SUB), "-f", "null", "-"], check=False)
        assert done.stderr.strip(), "a decoder that has nothing to complain of"
        assert ffprobe(rtsp_url(sim, device, SUB), "-show_streams", "-select_streams", "v")["streams"][0]["codec_name"] == codec
    clear(sim)
    assert max(frame_numbers(sim, 0, 10)) < 500


def test_codec_change_is_told_by_the_next_description(sim):
    sim.post("/faults", {"fault": "codec_change", "devices": "6,7"})
    for device, codec in ((6, "hevc"), (7, "h264")):
        assert ffprobe(rtsp_url(sim, device, SUB), "-show_streams", "-select_streams", "v")["streams"][0]["codec_name"] == codec
    assert b"<videoCodecType>H.265</videoCodecType>" in curl(sim, "/ISAPI/Streaming/channels/101", 6)
    sim.post("/faults", {"fault": "codec_change", "devices": "8", "to": "main"})
    for stream, codec in ((101, b"H.265"), (102, b"H.264")):
        assert b"<videoCodecType>" + codec + b"<" in curl(sim, f"/ISAPI/Streaming/channels/{stream}", 8)
