"""Cameras that we did not write: GStreamer's RTSP server, and ffmpeg behind a front that only hands its RTP on."""
import contextlib
import pathlib
import socket
import subprocess
import sys
import threading

import harness

GSTREAMER = r"""
import sys, gi
gi.require_version("Gst", "1.0"); gi.require_version("GstRtspServer", "1.0")
from gi.repository import Gst, GstRtspServer, GLib
Gst.init(None)
launch, user, password = sys.argv[1:4]
server = GstRtspServer.RTSPServer(); server.set_address("127.0.0.1"); server.set_service("0")
factory = GstRtspServer.RTSPMediaFactory(); factory.set_launch(launch); factory.set_shared(True)
if "udp" in sys.argv[4:]:
    gi.require_version("GstRtsp", "1.0")
    from gi.repository import GstRtsp
    factory.set_protocols(GstRtsp.RTSPLowerTrans.UDP)
if user:
    auth = GstRtspServer.RTSPAuth()
    token = GstRtspServer.RTSPToken(); token.set_string("media.factory.role", "viewer")
    if len(sys.argv) > 4 and sys.argv[4] == "digest":
        auth.set_supported_methods(2); auth.add_digest(user, password, token)
    else:
        auth.add_basic(GstRtspServer.RTSPAuth.make_basic(user, password), token)
    server.set_auth(auth)
    roles = factory.add_role_from_structure if False else None
    permissions = GstRtspServer.RTSPPermissions()
    permissions.add_permission_for_role("viewer", "media.factory.access", True)
    permissions.add_permission_for_role("viewer", "media.factory.construct", True)
    factory.set_permissions(permissions)
server.get_mount_points().add_factory("/cam", factory)
server.attach(None)
print('{"port": %d}' % server.get_bound_port(), flush=True)
GLib.MainLoop().run()
"""


class GStreamerCamera(harness.Process):
    """gst-rtsp-server with a pipeline; `auth` is "", "basic" or "digest"; with `only_udp` it refuses TCP."""

    def __init__(self, launch, auth="", user="viewer", password="p@:/#%&\" x", only_udp=False):
        self.user, self.password = (user, password) if auth else ("", "")
        super().__init__(["/usr/bin/python3", "-c", GSTREAMER, launch, self.user, self.password, auth,
                          "udp" if only_udp else ""], "stdout",
                         lambda line: line if "port" in line else None)
        self.url = f"rtsp://127.0.0.1:{self.ready['port']}/cam"


class FfmpegCamera:
    """ffmpeg encodes and makes the RTP; this front answers RTSP with ffmpeg's own SDP and interleaves its packets."""

    TEST_PICTURE = ("-re", "-f", "lavfi", "-i", "testsrc2=size=640x360:rate=25")

    def __init__(self, codec_arguments, folder, source=TEST_PICTURE):
        self._stop = threading.Event()
        self._viewers, self._lock = [], threading.Lock()
        self._media = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._media.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
        self._media.bind(("127.0.0.1", 0))
        self._media.settimeout(0.2)
        self._listen = socket.create_server(("127.0.0.1", 0))
        self._listen.settimeout(0.2)
        self.url = f"rtsp://127.0.0.1:{self._listen.getsockname()[1]}/cam"
        sdp = pathlib.Path(folder) / "camera.sdp"
        port = self._media.getsockname()[1]
        self.child = subprocess.Popen(
            ["ffmpeg", "-v", "error", *source, *codec_arguments, "-an",
             "-f", "rtp", "-sdp_file", str(sdp), f"rtp://127.0.0.1:{port}?rtcpport={port}"],
            stdin=subprocess.DEVNULL, start_new_session=True)
        self.sdp = harness.wait_for("ffmpeg's SDP", lambda: sdp.exists() and sdp.read_text() or None)
        self._threads = [threading.Thread(target=run, daemon=True) for run in (self._accept, self._forward)]
        for thread in self._threads:
            thread.start()

    def _accept(self):
        while not self._stop.is_set():
            with contextlib.suppress(TimeoutError):
                link, _ = self._listen.accept()
                threading.Thread(target=self._serve, args=(link,), daemon=True).start()

    def _serve(self, link):
        with link, contextlib.suppress(OSError, ValueError):
            file = link.makefile("rb")
            while request := file.readline():
                if request[:1] == b"$":
                    continue
                method = request.split()[0].decode()
                headers = {}
                while (line := file.readline().strip()):
                    name, value = line.decode().split(":", 1)
                    headers[name.lower()] = value.strip()
                answer = [f"RTSP/1.0 200 OK", f"CSeq: {headers.get('cseq', '')}"]
                body = ""
                if method == "OPTIONS":
                    answer.append("Public: OPTIONS, DESCRIBE, SETUP, PLAY, TEARDOWN")
                elif method == "DESCRIBE":
                    body = self.sdp.replace("SDP:\n", "")
                    answer += ["Content-Type: application/sdp", f"Content-Base: {self.url}/", f"Content-Length: {len(body)}"]
                elif method == "SETUP":
                    answer += ["Transport: RTP/AVP/TCP;unicast;interleaved=0-1", "Session: 4711;timeout=60"]
                elif method in ("PLAY", "GET_PARAMETER"):
                    answer.append("Session: 4711")
                link.sendall(("\r\n".join(answer) + "\r\n\r\n" + body).encode())
                if method == "PLAY":
                    with self._lock:
                        self._viewers.append(link)
                if method == "TEARDOWN":
                    return
        with self._lock:
            if link in self._viewers:
                self._viewers.remove(link)

    def _forward(self):
        while not self._stop.is_set():
            try:
                packet = self._media.recv(65536)
            except TimeoutError:
                continue
            channel = 1 if 192 <= packet[1] <= 223 else 0
            frame = b"$" + bytes([channel]) + len(packet).to_bytes(2, "big") + packet
            with self._lock:
                for link in list(self._viewers):
                    try:
                        link.sendall(frame)
                    except OSError:
                        self._viewers.remove(link)

    def stop(self):
        self._stop.set()
        self.child.terminate()
        self.child.wait(20)
        for thread in self._threads:
            thread.join(5)
        self._media.close()
        self._listen.close()


if __name__ == "__main__":
    sys.exit("a module of the tests")
