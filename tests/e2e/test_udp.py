"""RTP over UDP: cameras and players that we did not write, and networks that let nothing or too little through."""
import json
import re
import socket
import ssl
import subprocess

import pytest

import cameras
import certificates
import harness
from test_cameras import LAUNCH
from test_live import assert_plays
from test_viewers import Client

UDP = ("-rtsp_transport", "udp")
TCP = ("-rtsp_transport", "tcp")


@pytest.fixture
def camera(gateway, simulate):
    """A simulated camera that is asked for UDP: camera(udp="silent") and the like."""
    def start(transport="udp", **options):
        extra = ("--udp", options["udp"]) if options else ()
        simulator = simulate(1, extra=extra)
        gateway.add(**{**simulator.specs[0], "transport": transport})
        gateway.wait_online(1)
        gateway.simulator = simulator
        return simulator.specs[0]["id"]

    return start


def rtsp(gateway, stream):
    return gateway.live(stream)["urls"]["rtsp"]


def fallbacks(gateway):
    return {name: value for name, value in gateway.metrics().items() if name.startswith("camfleet_udp_fallbacks_total")}


def test_from_a_camera_over_udp_to_viewers_over_udp_and_tcp(gateway, camera):
    device = camera()
    url = rtsp(gateway, f"{device}/1/main")
    other = subprocess.Popen(["ffmpeg", "-v", "quiet", *TCP, "-i", url, "-c", "copy", "-f", "null", "-"],
                             stdin=subprocess.DEVNULL, start_new_session=True)
    try:
        harness.wait_for("a viewer over TCP", lambda: gateway.fleet()["viewers"] == 1)
        assert_plays(harness.probe(url, 2, UDP), "main")
        metrics = gateway.metrics()
        assert metrics['camfleet_viewers{output="rtsp"}'] == 1
        assert metrics['camfleet_media_sent_bytes_total{output="rtsp_udp"}'] > 100_000
        assert metrics["camfleet_udp_streams"] == 1 and metrics["camfleet_udp_lost_total"] == 0, metrics
        totals = gateway.simulator.totals()
        assert totals["udp_plays"] == totals["plays"] == 1 and totals["receiver_reports"] >= 1, totals
        assert not fallbacks(gateway)
        assert other.poll() is None
    finally:
        other.terminate()
        other.wait(20)
    harness.wait_for("the viewers left", lambda: gateway.fleet()["viewers"] == 0)


def test_no_frame_is_lost_from_end_to_end(gateway, camera):
    done = harness.run(["ffmpeg", "-v", "error", *UDP, "-i", rtsp(gateway, f"{camera()}/1/sub"), "-an", "-frames:v", 75,
                        "-fps_mode", "passthrough", "-copyts", "-f", "framemd5", "-"])
    rows = [line.split(",") for line in done.stdout.decode().splitlines() if line and line[0] != "#"]
    assert len(rows) == 75 and len({row[-1].strip() for row in rows}) >= 74, done.stderr


def test_gstreamer_plays_over_udp(gateway, camera):
    url = rtsp(gateway, f"{camera('tcp')}/1/main")
    said = harness.gst_launch("rtspsrc", f"location={url}", "protocols=udp", "!", "rtph264depay", "!",
                              "h264parse", "!", "avdec_h264", "!", "identity", "silent=false", "eos-after=50", "!", "fakesink",
                              "sync=false")
    assert "width=(int)1280" in said and len(re.findall(r"pts: ", said)) >= 40, said[-2000:]
    assert gateway.metrics()['camfleet_media_sent_bytes_total{output="rtsp_udp"}'] > 100_000
    assert gateway.simulator.totals()["udp_plays"] == 0


@pytest.mark.parametrize("transport, only_udp", [("udp", False), ("auto", True)])
def test_gstreamers_server_is_a_camera_over_udp(gateway, started, transport, only_udp):
    server = cameras.GStreamerCamera(LAUNCH, "digest", only_udp=only_udp)
    started.append(server)
    gateway.add(id="lobby", driver="rtsp", url=server.url, username=server.user, password=server.password, transport=transport)
    gateway.wait_state("lobby", "online")
    shown = harness.probe(rtsp(gateway, "lobby/1/main"), 2, UDP)
    assert shown["streams"][0]["width"] == 640 and len(shown["packets"]) > 20
    assert gateway.metrics()["camfleet_udp_streams"] == 1 and not fallbacks(gateway)


@pytest.mark.parametrize("network, code", [("off", "rtsp.no_transport"), ("silent", "rtsp.udp_silent"),
                                           ("small", "rtsp.udp_silent")])
def test_where_udp_does_not_work_the_same_viewer_sees_the_picture_over_tcp(gateway, camera, network, code):
    device = camera(udp=network)
    # What came over UDP before the change has holes; what a viewer is here for comes afterwards.
    viewer = subprocess.Popen(["ffmpeg", "-v", "quiet", *TCP, "-i", rtsp(gateway, f"{device}/1/main"), "-c", "copy", "-f", "null",
                               "-"], stdin=subprocess.DEVNULL, start_new_session=True)
    try:
        harness.wait_for("a fallback", lambda: fallbacks(gateway) == {f'camfleet_udp_fallbacks_total{{code="{code}"}}': 1})
        harness.wait_for("a pull over TCP", lambda: gateway.simulator.totals()["playing"] == 1
                         and gateway.metrics()["camfleet_udp_streams"] == 0)
        assert_plays(harness.probe(rtsp(gateway, f"{device}/1/main"), 2, TCP), "main")
        assert gateway.fleet()["viewers"] >= 1 and viewer.poll() is None, "it was never sent away"
    finally:
        viewer.terminate()
        viewer.wait(20)
    line = next(json.loads(line) for line in gateway.lines if "rtsp.fallback_to_tcp" in line)
    assert line["code"] == code
    # Remembered: the next stream of this device asks for TCP at once.
    before = gateway.simulator.totals()["udp_plays"]
    assert_plays(harness.probe(rtsp(gateway, f"{device}/1/sub"), 2, TCP), "sub")
    assert gateway.simulator.totals()["udp_plays"] == before and sum(fallbacks(gateway).values()) == 1


class SecureClient(Client):
    def __init__(self, gateway):
        super().__init__(gateway)
        trust = ssl.create_default_context()
        trust.check_hostname, trust.verify_mode = False, ssl.CERT_NONE
        self.file.close()
        self.link = trust.wrap_socket(self.link)
        self.file = self.link.makefile("rb")


def test_beside_rtsps_nothing_leaves_in_plain_text_and_settings_may_switch_it_off(tmp_path, started, simulate):
    pair = certificates.Authority(tmp_path / "authority").make("gateway")
    simulator = simulate(1)
    asked = ("Transport", "RTP/AVP;unicast;client_port=5000-5001")
    for name, extra, plain in (("a", (), 200), ("b", ("--udp-viewers", "false"), 461)):
        gateway = harness.Gateway(tmp_path / name, ("--tls-cert", pair[0], "--tls-key", pair[1], "--insecure", *extra))
        started.append(gateway)
        gateway.add(**simulator.specs[0])
        gateway.wait_online(1)
        stream = f"{simulator.specs[0]['id']}/1/sub"
        url = f"rtsp://{gateway.rtsp}/live/{stream}?token={gateway.live(stream)['token']}"
        track = url.replace("?", "/trackID=0?")
        secure = SecureClient(gateway)
        assert secure.ask("DESCRIBE", url)[0] == 200
        assert secure.ask("SETUP", track, [asked])[0] == 461
        assert secure.ask("SETUP", track, [("Transport", "RTP/AVP/TCP;unicast;interleaved=0-1")])[0] == 200
        open_one = Client(gateway)
        assert open_one.ask("DESCRIBE", url)[0] == 200
        assert open_one.ask("SETUP", track, [asked])[0] == plain
        secure.close()
        open_one.close()


def test_ports_come_from_the_ranges_that_the_settings_name(tmp_path, started, simulate):
    simulator = simulate(1)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:  # where nobody else is at the moment
        probe.bind(("127.0.0.1", 0))
        first = min(max(probe.getsockname()[1], 2000), 65000) // 2 * 2 + 2
    gateway = harness.Gateway(tmp_path / "data", ("--udp-device-ports", f"{first}-{first + 39}",
                                                  "--udp-viewer-ports", f"{first + 40}-{first + 79}"))
    started.append(gateway)
    gateway.add(**{**simulator.specs[0], "transport": "udp"})
    gateway.wait_online(1)
    stream = f"{simulator.specs[0]['id']}/1/sub"
    client = Client(gateway)
    url = f"rtsp://{gateway.rtsp}/live/{stream}?token={gateway.live(stream)['token']}"
    assert client.ask("DESCRIBE", url)[0] == 200
    status, headers, _ = client.ask("SETUP", url.replace("?", "/trackID=0?"), [("Transport", "RTP/AVP;unicast;client_port=5000-5001")])
    port = int(re.search(r"server_port=(\d+)-", headers["transport"]).group(1))
    assert status == 200 and first + 40 <= port < first + 80
    with open(f"/proc/{gateway.pid}/net/udp", encoding="ascii") as table:
        bound = {int(line.split()[1].split(":")[1], 16) for line in table if ":" in line.split()[1]}
    assert len([p for p in bound if first <= p < first + 40]) >= 2, "the pair of the picture that is pulled"
    client.close()
