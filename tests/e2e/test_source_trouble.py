"""A camera loses its power and comes back: who watches goes on watching, on the same connection."""
import re
import signal
import subprocess
import threading

import pytest

import harness


class Player:
    """A real player whose count of decoded pictures is known at any time."""

    def __init__(self, argv, pattern):
        self.count = 0
        self.text = ""
        self.child = subprocess.Popen([str(a) for a in argv], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace")
        self.thread = threading.Thread(target=self._read, args=(re.compile(pattern),), daemon=True)
        self.thread.start()

    def _read(self, pattern):
        for line in self.child.stdout:
            self.text = (self.text + line)[-20_000:]
            if found := pattern.search(line):
                self.count = int(found.group(1))

    def stop(self):
        self.child.send_signal(signal.SIGKILL)
        self.child.wait()
        self.thread.join(10)


def ffmpeg(url):
    return Player(["ffmpeg", "-nostdin", "-v", "error", "-rtsp_transport", "tcp", "-i", url, "-f", "null", "-progress", "pipe:1", "-"], r"^frame=(\d+)")


def ffmpeg_http(url):
    return Player(["ffmpeg", "-nostdin", "-v", "error", "-i", url, "-f", "null", "-progress", "pipe:1", "-"], r"^frame=(\d+)")


def gstreamer(url):
    return Player(["gst-launch-1.0", "-v", "rtspsrc", f"location={url}", "protocols=tcp", "!", "rtph264depay", "!", "h264parse", "!",
                   "avdec_h264", "!", "fpsdisplaysink", "text-overlay=false", "video-sink=fakesink", "sync=false", "fps-update-interval=200"],
                  r"rendered: (\d+)")


def gstreamer_udp(url):
    return Player(["gst-launch-1.0", "-v", "rtspsrc", f"location={url}", "protocols=udp", "timeout=0", "!", "rtph264depay", "!", "h264parse", "!",
                   "avdec_h264", "!", "fpsdisplaysink", "text-overlay=false", "video-sink=fakesink", "sync=false", "fps-update-interval=200"],
                  r"rendered: (\d+)")


def stream_of(gateway, name):
    return next((s for s in gateway.get("/api/v1/streams")["items"] if s["stream"] == name), None)


@pytest.mark.parametrize("trouble", ["power", "reset"])
def test_players_go_on_when_their_camera_comes_back(gateway, simulate, trouble):
    simulator = simulate(1)
    gateway.add(**simulator.specs[0])
    gateway.wait_online(1)
    stream = simulator.specs[0]["id"] + "/1/main"
    urls = gateway.live(stream)["urls"]
    players = {"ffmpeg": ffmpeg(urls["rtsp"]), "gstreamer": gstreamer(urls["rtsp"]), "mp4": ffmpeg_http(urls["mp4"]),
               "gstreamer udp": gstreamer_udp(urls["rtsp"])}
    try:
        for name, player in players.items():
            harness.wait_for(f"{name} plays", lambda p=player: p.count > 20)
        status = harness.wait_for("figures", lambda: (s := stream_of(gateway, stream)) and s["health"]["gop_frames"] and s)
        assert status["state"] == "live" and status["viewers"] == 4 and status["health"]["lost"] == 0, status
        assert status["health"]["fps"] > 5 and status["health"]["kbps"] > 50 and status["held_bytes"] > 0, status
        if trouble == "power":
            simulator.post("/devices/0/power", {"on": False})
            away = harness.wait_for("reconnecting", lambda: (s := stream_of(gateway, stream)) and s["state"] == "reconnecting" and s)
            assert away["reason"] and away["viewers"] == 4, away
            simulator.post("/devices/0/power", {"on": True})
        else:  # an operator wants it anew: the device is well all the time
            status, _, body = gateway.call("POST", f"/api/v1/devices/{simulator.specs[0]['id']}/reconnect")
            assert status in (200, 202), body
            harness.wait_for("another pull", lambda: simulator.totals()["plays"] >= 2)
        harness.wait_for("live again", lambda: (s := stream_of(gateway, stream)) and s["state"] == "live")
        counts = {name: player.count for name, player in players.items()}
        for name, player in players.items():
            harness.wait_for(f"{name} goes on: {player.text[-2000:]}", lambda p=player, n=name: p.count > counts[n] + 40)
            assert player.child.poll() is None, (name, player.text)
        assert gateway.metrics()["camfleet_stream_holds_total"] >= 1
        assert gateway.text.count('"media.viewer_first_picture"') == len(players), "one line a viewer"
    finally:
        for player in players.values():
            player.stop()


def test_another_codec_ends_it_and_the_next_viewer_gets_it(gateway, simulate):
    simulator = simulate(2, extra=["--h265-every", "2", "--nvr-every", "0"])
    specs = sorted(simulator.specs, key=lambda s: s["address"])
    url = lambda spec: f"rtsp://{spec['address']}:{spec['rtsp_port']}/Streaming/Channels/101"
    gateway.add(id="moved", drivers=["rtsp"], url=url(specs[0]), username=specs[0]["username"], password=specs[0]["password"])
    gateway.wait_online(1)
    address = gateway.live("moved/1/main")["urls"]["rtsp"]
    player = ffmpeg(address)
    try:
        harness.wait_for("it plays", lambda: player.count > 10)
        before = stream_of(gateway, "moved/1/main")["video"]
        status, headers, _ = gateway.call("GET", "/api/v1/devices/moved")
        status, _, body = gateway.call("PATCH", "/api/v1/devices/moved", {"url": url(specs[1]), "username": specs[1]["username"],
                                                                          "password": specs[1]["password"]},
                                       headers={"If-Match": headers["ETag"]})
        assert status == 200, body
        harness.wait_for("the player's end", lambda: player.child.poll() is not None)
        harness.wait_for("the reason", lambda: '"code":"media.changed"' in gateway.text)
    finally:
        player.stop()
    harness.run(["ffmpeg", "-nostdin", "-v", "error", "-rtsp_transport", "tcp", "-i", address, "-frames:v", "5", "-f", "null", "-"])
    assert {before, stream_of(gateway, "moved/1/main")["video"]} == {"h264", "h265"}
