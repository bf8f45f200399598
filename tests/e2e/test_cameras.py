"""Cameras that nobody here wrote, behind the rtsp driver."""
import pytest

import cameras
import harness

H264 = "x264enc tune=zerolatency key-int-max=25 bitrate=500"
LAUNCH = f"( videotestsrc is-live=true ! video/x-raw,width=640,height=360,framerate=25/1 ! {H264} ! rtph264pay name=pay0 pt=96 )"


def plays(gateway, camera, size=(640, 360), codec="h264", outputs=("rtsp", "mp4")):
    live = gateway.live(f"{camera}/1/main")["urls"]
    for output in outputs:
        shown = harness.probe(live[output], 2, ("-rtsp_transport", "tcp") if output == "rtsp" else ())
        video = next(s for s in shown["streams"] if s["codec_type"] == "video")
        assert (video["codec_name"], video["width"], video["height"]) == (codec, *size), (output, video)
        times = [float(p["pts_time"]) for p in shown["packets"] if "pts_time" in p]
        assert len(times) > 20 and times[-1] > times[0] + 0.8, (output, times)


@pytest.mark.parametrize("auth", ["", "digest"])
def test_gstreamers_server_is_a_camera(gateway, started, auth):
    camera = cameras.GStreamerCamera(LAUNCH, auth)
    started.append(camera)
    gateway.add(id="lobby", driver="rtsp", url=camera.url, username=camera.user, password=camera.password)
    shown = gateway.wait_state("lobby", "online")
    assert shown["reason"] == "fleet.no_alarm_channel", shown
    assert shown["channels"][0]["profiles"][0]["codec"] == "h264"
    plays(gateway, "lobby")


def test_basic_over_plain_text_is_refused_with_its_reason(gateway, started):
    camera = cameras.GStreamerCamera(LAUNCH, "basic")
    started.append(camera)
    gateway.add(id="lobby", driver="rtsp", url=camera.url, username=camera.user, password=camera.password)
    shown = harness.wait_for("a verdict", lambda: (d := gateway.device("lobby"))["reason"] == "digest.basic_refused" and d)
    assert shown["state"] in ("rejected", "backoff"), shown


def test_a_wrong_password_for_gstreamers_server_is_rejected(gateway, started):
    camera = cameras.GStreamerCamera(LAUNCH, "digest")
    started.append(camera)
    gateway.add(id="lobby", driver="rtsp", url=camera.url, username=camera.user, password="wrong")
    assert gateway.wait_state("lobby", "rejected")["reason"] == "device.bad_credentials"


def test_a_password_inside_the_url_moves_to_the_secret(gateway, started, tmp_path):
    camera = cameras.GStreamerCamera(LAUNCH, "digest", password="canary-in-url")
    started.append(camera)
    added = gateway.add(id="lobby", driver="rtsp", url=camera.url.replace("rtsp://", "rtsp://viewer:canary-in-url@"))
    assert "canary" not in str(added) and added["has_password"] and added["username"] == "viewer"
    gateway.wait_state("lobby", "online")
    plays(gateway, "lobby", outputs=("rtsp",))
    assert all(b"canary-in-url" not in p.read_bytes() for p in (tmp_path / "data").rglob("*") if p.is_file())


def test_h265_passes_through_rtsp_untouched(gateway, started):
    camera = cameras.GStreamerCamera("( videotestsrc is-live=true ! video/x-raw,width=640,height=360,framerate=25/1 ! "
                                     "x265enc tune=zerolatency key-int-max=25 speed-preset=ultrafast ! rtph265pay name=pay0 pt=96 )")
    started.append(camera)
    gateway.add(id="lobby", driver="rtsp", url=camera.url)
    gateway.wait_state("lobby", "online")
    plays(gateway, "lobby", codec="hevc", outputs=("rtsp",))


def test_audio_passes_through_rtsp_untouched(gateway, started):
    camera = cameras.GStreamerCamera(LAUNCH[:-1] + " audiotestsrc is-live=true ! audio/x-raw,rate=8000,channels=1 ! alawenc ! "
                                     "rtppcmapay name=pay1 pt=8 )")
    started.append(camera)
    gateway.add(id="lobby", driver="rtsp", url=camera.url)
    gateway.wait_state("lobby", "online")
    shown = harness.probe(gateway.live("lobby")["urls"]["rtsp"], 2, ("-rtsp_transport", "tcp"))
    assert {s["codec_name"] for s in shown["streams"]} == {"h264", "pcm_alaw"}
    plays(gateway, "lobby")


@pytest.mark.parametrize("arguments, codec, outputs", [
    (["-c:v", "libx264", "-tune", "zerolatency", "-g", "25", "-bf", "0", "-pix_fmt", "yuv420p"], "h264", ("rtsp", "mp4")),
    (["-c:v", "libx265", "-preset", "ultrafast", "-tune", "zerolatency", "-x265-params", "keyint=25:log-level=none"], "hevc",
     ("rtsp",)),
])
def test_ffmpeg_is_a_camera(gateway, started, tmp_path, arguments, codec, outputs):
    camera = cameras.FfmpegCamera(arguments, tmp_path)
    started.append(camera)
    gateway.add(id="lobby", driver="rtsp", url=camera.url)
    gateway.wait_state("lobby", "online")
    plays(gateway, "lobby", codec=codec, outputs=outputs)


def test_a_camera_that_dies_is_noticed_and_found_again(gateway, started):
    camera = cameras.GStreamerCamera(LAUNCH)
    started.append(camera)
    gateway.add(id="lobby", driver="rtsp", url=camera.url)
    gateway.add(id="nobody", driver="rtsp", url="rtsp://127.0.0.1:9/cam")
    gateway.wait_state("lobby", "online")
    assert gateway.wait_state("nobody", "backoff")["reason"] == "net.refused"
    camera.stop()
    gateway.wait_state("lobby", "backoff")
