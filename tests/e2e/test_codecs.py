"""Sound, H.265, B frames and streams that change, from cameras that nobody here wrote."""
import json
import os
import pathlib
import re
import subprocess
import urllib.request

import pytest

import cameras
import harness

BROWSER = pathlib.Path(__file__).parent / "browser"
PICTURE = "videotestsrc is-live=true ! video/x-raw,width=320,height=180,framerate=25/1 !"
H264 = f"{PICTURE} x264enc tune=zerolatency key-int-max=25 bitrate=300 ! rtph264pay name=pay0 pt=96"
H265 = f"{PICTURE} x265enc tune=zerolatency key-int-max=25 speed-preset=ultrafast ! rtph265pay name=pay0 pt=96"
TONE = "audiotestsrc is-live=true freq=440 ! audioconvert ! audio/x-raw,channels=1,"
AAC = f"{TONE}rate=16000 ! audioconvert ! avenc_aac ! rtpmp4gpay"
PCMU = f"{TONE}rate=8000 ! mulawenc ! rtppcmupay"
PCMA = f"{TONE}rate=8000 ! alawenc ! rtppcmapay"
G722 = f"{TONE}rate=16000 ! audioconvert ! avenc_g722 ! rtpg722pay"


def record(url, path, pictures, sound=0, meanwhile=None):
    """The stream until so many pictures and frames of sound have come, and `meanwhile` has come true; whole boxes only."""
    data = b""
    with urllib.request.urlopen(url, timeout=30) as answer:
        while data.count(b"moof") < pictures + sound:
            data += answer.read1(65536)
        kind = answer.headers["Content-Type"]
        if meanwhile:
            harness.wait_for("what comes meanwhile", lambda: answer.read1(65536) and meanwhile())
    end = 0
    while end + 8 <= len(data) and end + (size := int.from_bytes(data[end:end + 4], "big")) <= len(data):
        end += size
    path.write_bytes(data[:end])
    return kind


def shown(path):
    """-> {kind: stream}; every frame was decoded, and nothing in it was an error."""
    done = harness.run(["ffmpeg", "-v", "error", "-err_detect", "explode", "-i", path, "-map", "0", "-f", "null", "-"])
    assert not done.stderr, done.stderr
    streams = json.loads(harness.run(["ffprobe", "-v", "error", "-count_frames", "-show_streams", "-of", "json", path]).stdout)
    return {stream["codec_type"]: stream for stream in streams["streams"]}


def packets(path, kind):
    found = harness.run(["ffprobe", "-v", "error", "-select_streams", kind, "-show_entries", "packet=pts_time,dts_time,duration_time",
                         "-of", "json", path])
    return json.loads(found.stdout)["packets"]


def camera_of(gateway, started, launch):
    camera = cameras.GStreamerCamera(f"( {launch} )")
    started.append(camera)
    gateway.add(id="lobby", driver="rtsp", url=camera.url)
    gateway.wait_state("lobby", "online")
    return gateway.live("lobby", 300)["urls"]


@pytest.mark.parametrize("video, sound, codecs, rate", [
    (H264, AAC, ("h264", "aac"), 16000),
    (H265, AAC, ("hevc", "aac"), 16000),
    (H264, PCMU, ("h264", "pcm_mulaw"), 8000),
    (H264, PCMA, ("h264", "pcm_alaw"), 8000),
])
def test_picture_and_sound(gateway, started, tmp_path, video, sound, codecs, rate):
    urls = camera_of(gateway, started, f"{video} {sound} name=pay1 pt={97 if 'mp4g' in sound else 0 if 'pcmu' in sound else 8}")
    relayed = harness.probe(urls["rtsp"], 2, ("-rtsp_transport", "tcp"))
    assert {s["codec_name"] for s in relayed["streams"]} == set(codecs), "as the camera sent it"

    clip = tmp_path / "clip.mp4"
    assert record(urls["mp4"], clip, 75, 45) == "video/mp4"
    streams = shown(clip)
    assert streams["video"]["codec_name"] == codecs[0] and int(streams["video"]["nb_read_frames"]) > 25, streams["video"]
    heard = streams["audio"]
    assert (heard["codec_name"], heard["sample_rate"], heard["channels"]) == ("aac", str(rate), 1)
    # Sound is as long as the pictures; behind the silence of the beginning it has no holes.
    sound_at = [float(p["pts_time"]) for p in packets(clip, "a")]
    steps = [(b - a) * rate / 1024 for a, b in zip(sound_at, sound_at[1:])]
    assert all(0 < step < 2.01 for step in steps) and all(0.98 < step < 1.02 for step in steps[6:]), steps
    pictures_at = [float(p["pts_time"]) for p in packets(clip, "v")]
    assert abs(sound_at[-1] - pictures_at[-1]) < 1 and sound_at[-1] - sound_at[0] > 1
    assert int(heard["nb_read_frames"]) >= len(sound_at) - 1
    stream = gateway.get("/api/v1/streams")["items"][0]
    assert stream["stream"] == "lobby/1/main" and stream["audio_note"] is None, stream
    assert stream["audio"] == {"aac": "aac", "pcm_mulaw": "pcmu", "pcm_alaw": "pcma"}[codecs[1]]
    assert stream["clock"]["source"] in ("arrival", "reports"), stream


def test_sound_alone(gateway, started, tmp_path):
    urls = camera_of(gateway, started, f"{PCMA} name=pay0 pt=8")
    relayed = harness.probe(urls["rtsp"], 1, ("-rtsp_transport", "tcp"))
    assert [s["codec_name"] for s in relayed["streams"]] == ["pcm_alaw"]
    clip = tmp_path / "clip.mp4"
    assert record(urls["mp4"], clip, 0, 16) == "audio/mp4"
    streams = shown(clip)
    assert set(streams) == {"audio"} and int(streams["audio"]["nb_read_frames"]) >= 15


def test_sound_that_mp4_cannot_carry_and_metadata_are_left_out(gateway, started, tmp_path):
    urls = camera_of(gateway, started, f"{H264} {G722} name=pay1 pt=9 audiotestsrc is-live=true ! rtpgstpay name=pay2 pt=99")
    clip = tmp_path / "clip.mp4"

    def clock():
        return gateway.get("/api/v1/streams?device=lobby")["items"][0]["clock"]

    record(urls["mp4"], clip, 40, 0, lambda: clock()["source"] == "reports")
    assert abs(clock()["offset_ms"]) < 5000, "both run on this machine"
    assert set(shown(clip)) == {"video"}
    listed = gateway.get("/api/v1/streams?device=lobby")["items"][0]
    assert (listed["video"], listed["audio"], listed["audio_note"]) == ("h264", "g722", "media.unsupported_codec"), listed


@pytest.mark.parametrize("encoder, payloader", [
    ("x264enc bframes=2 b-adapt=false key-int-max=24 speed-preset=veryfast bitrate=300 ! video/x-h264,profile=main", "rtph264pay"),
    ("x265enc key-int-max=24 speed-preset=ultrafast option-string=bframes=2:b-adapt=0:log-level=none", "rtph265pay"),
])
def test_b_frames_are_decoded_in_order_and_shown_in_theirs(gateway, started, tmp_path, encoder, payloader):
    urls = camera_of(gateway, started, f"{PICTURE} {encoder} ! {payloader} name=pay0 pt=96")
    clip = tmp_path / "clip.mp4"
    record(urls["mp4"], clip, 60)
    streams = shown(clip)
    assert streams["video"]["has_b_frames"] > 0 and int(streams["video"]["nb_read_frames"]) > 50
    seen = packets(clip, "v")
    decoded = [float(p["dts_time"]) for p in seen]
    assert all(a < b for a, b in zip(decoded, decoded[1:])), decoded
    assert all(float(p["pts_time"]) >= float(p["dts_time"]) for p in seen)
    assert any(float(b["pts_time"]) < float(a["pts_time"]) for a, b in zip(seen, seen[1:])), "there are B frames"
    at = sorted(float(p["pts_time"]) for p in seen)[:-4]
    assert all(abs(b - a - 0.04) < 0.004 for a, b in zip(at, at[1:])), at


def test_a_flash_and_its_beep_stay_together(gateway, started, tmp_path):
    film = tmp_path / "film.mkv"
    harness.run(["ffmpeg", "-v", "error", "-f", "lavfi", "-i",
                 "color=black:s=320x180:r=25:d=40,drawbox=t=fill:c=white:enable='lt(mod(t\\,2)\\,0.2)'", "-f", "lavfi", "-i",
                 "aevalsrc='if(lt(mod(t\\,2)\\,0.2)\\,sin(6283*t)\\,0)':s=16000:d=40", "-c:v", "libx264", "-preset", "ultrafast", "-g", "25",
                 "-pix_fmt", "yuv420p", "-c:a", "aac", "-ac", "1", film])
    urls = camera_of(gateway, started, f"filesrc location={film} ! matroskademux name=film film. ! queue ! h264parse ! "
                     "rtph264pay name=pay0 pt=96 config-interval=1 film. ! queue ! aacparse ! rtpmp4gpay name=pay1 pt=97")
    clip = tmp_path / "clip.mp4"
    record(urls["mp4"], clip, 175, 110)
    shown(clip)
    found = harness.run(["ffmpeg", "-v", "info", "-i", clip, "-vf", "blackdetect=d=0.2:pix_th=0.5", "-af", "silencedetect=n=-30dB:d=0.3",
                         "-f", "null", "-"]).stderr.decode()
    flashes = [float(t) for t in re.findall(r"black_end:([\d.]+)", found)]
    beeps = [float(t) for t in re.findall(r"silence_end: ([\d.]+)", found)]
    assert len(flashes) >= 2, found
    for beep in beeps[1:] or beeps:
        assert min(abs(beep - flash) for flash in flashes) < 0.1, (flashes, beeps)


def test_a_size_that_changes_on_the_way(gateway, started, tmp_path):
    parts = []
    for size in ("320x180", "480x270"):
        part = tmp_path / f"{size}.h264"
        harness.run(["ffmpeg", "-v", "error", "-f", "lavfi", "-i", f"testsrc2=size={size}:rate=25:duration=3", "-c:v", "libx264", "-preset",
                     "ultrafast", "-tune", "zerolatency", "-g", "25", "-bf", "0", "-pix_fmt", "yuv420p", part])
        parts.append(part.read_bytes())
    film = tmp_path / "film.h264"
    film.write_bytes(b"".join(parts) * 15)
    camera = cameras.FfmpegCamera(["-c:v", "copy"], tmp_path, ["-re", "-framerate", "25", "-i", str(film)])
    started.append(camera)
    gateway.add(id="lobby", driver="rtsp", url=camera.url)
    gateway.wait_state("lobby", "online")
    url = gateway.live("lobby", 300)["urls"]["mp4"]
    sizes = set()
    # A file cannot change its size: each ends cleanly where the camera's does, and the next begins with the new one.
    for turn in range(3):
        clip = tmp_path / f"{turn}.mp4"
        with urllib.request.urlopen(url, timeout=30) as answer:
            clip.write_bytes(answer.read())
        video = shown(clip)["video"]
        assert int(video["nb_read_frames"]) > 0
        sizes.add((video["width"], video["height"]))
    assert sizes == {(320, 180), (480, 270)}


def test_chromium_plays_picture_and_sound(gateway, started):
    camera_of(gateway, started, f"{H264} {PCMA} name=pay1 pt=8")
    if not (BROWSER / "node_modules" / "playwright-core").exists():
        subprocess.run(["npm", "ci", "--no-audit", "--no-fund", "--loglevel=error"], cwd=BROWSER, check=True)
    done = subprocess.run(["node", "--test", "--test-reporter=tap", "sound.test.mjs"], cwd=BROWSER, timeout=200, check=False,
                          capture_output=True, text=True,
                          env={**os.environ, "CAMFLEET_URL": gateway.url, "CAMFLEET_TOKEN": gateway.token, "CAMFLEET_DEVICE": "lobby"})
    assert done.returncode == 0 and "# pass 1" in done.stdout, done.stdout[-4000:] + done.stderr[-2000:]
