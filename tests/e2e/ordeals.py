"""What a gateway has to bear while it serves others: viewers who never read, connections without a word, thousands who want
dead cameras, a camera that floods. Small in tests/e2e/test_ordeals.py, in full in tests/proof/ordeals.py."""
import asyncio
import base64
import concurrent.futures
import contextlib
import http.client
import itertools
import json
import socket
import struct
import subprocess
import sys
import threading
import time

import crowd
import harness


class Watched:
    """One viewer over RTSP, in a thread of its own, that counts packets and holes until the block ends."""

    def __init__(self, gateway, stream):
        self.seen = crowd.Seen()
        self._over = threading.Event()
        self._failed = None
        self._thread = threading.Thread(target=self._run, args=(gateway.rtsp, stream, gateway.live(stream, ttl_s=3600)["token"]), daemon=True)

    def _run(self, at, stream, token):
        async def watch():
            with contextlib.ExitStack() as stack:
                await crowd.rtsp(at, stream, token, "tcp", 9_000, self.seen, stack)
                while not self._over.is_set():
                    await asyncio.sleep(0.05)
        try:
            asyncio.run(watch())
        except Exception as why:  # told where the block ends
            self._failed = why

    def __enter__(self):
        self._thread.start()
        harness.wait_for("the viewer has a picture", lambda: self._failed or self.seen.packets > 10)
        return self

    def more(self, packets=50):
        """It still gets packets."""
        before = self.seen.packets
        harness.wait_for("more packets for the viewer", lambda: self._failed or self.seen.packets > before + packets)

    def __exit__(self, *_):
        self._over.set()
        self._thread.join(20)
        if self._failed:
            raise AssertionError(f"the viewer: {self._failed!r}")

    def unharmed(self):
        assert not self.seen.lost and not self.seen.over, vars(self.seen)


def never_reads(gateway, stream, token, count):
    """Viewers over RTSP who ask for everything and then take nothing; their sockets."""
    host, port = gateway.rsplit(":", 1)
    basic = base64.b64encode(f"live:{token}".encode()).decode()
    out = []
    for number in range(count):
        link = socket.socket()
        link.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        link.bind((f"127.0.3.{1 + number // crowd.PER_ADDRESS}", 0))
        link.settimeout(30)
        link.connect((host, int(port)))
        out.append(link)

        def ask(method, target, *headers, link=link):
            lines = [f"{method} {target} RTSP/1.0", "CSeq: 1", f"Authorization: Basic {basic}", *headers]
            link.sendall(("\r\n".join(lines) + "\r\n\r\n").encode())

        def answer(link=link):
            text = b""
            while b"\r\n\r\n" not in text:
                text += link.recv(2048)
            return text.decode("latin-1")

        url = f"rtsp://{gateway}/live/{stream}"
        ask("DESCRIBE", url)
        text = answer()
        assert " 200 " in text, text
        ask("SETUP", url + "/trackID=0", "Transport: RTP/AVP/TCP;unicast;interleaved=0-1")
        while "Session:" not in text:
            text += answer()
        ask("PLAY", url, "Session: " + text.split("Session: ", 1)[1].split("\r\n")[0].split(";")[0])
    return out


# Connects COUNT times to each of the addresses, says nothing, and holds on to what it gets until its input ends.
CONNECTS = r"""
import errno, json, resource, socket, sys
name, count, *where = sys.argv[1:]
resource.setrlimit(resource.RLIMIT_NOFILE, (resource.getrlimit(resource.RLIMIT_NOFILE)[1],) * 2)
held, told = [], {"connected": 0, "refused": 0}
for number in range(int(count)):
    host, port = where[number % len(where)].rsplit(":", 1)
    link = socket.socket()
    link.settimeout(20)
    try:
        link.bind((f"127.{name}.{number // 100 // 250}.{1 + number // 100 % 250}", 0))
        link.connect((host, int(port)))
        held.append(link)
        told["connected"] += 1
    except OSError:
        link.close()
        told["refused"] += 1
print(json.dumps(told), flush=True)
sys.stdin.read()
"""


@contextlib.contextmanager
def idle_connections(gateway, count, processes):
    """So many connections without a word, half to each port; yields what became of them."""
    children = [subprocess.Popen([sys.executable, "-c", CONNECTS, str(80 + number), str(count // processes), gateway.rtsp, gateway.http],
                                 stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for number in range(processes)]
    try:
        told = [json.loads(child.stdout.readline()) for child in children]
        yield {name: sum(one[name] for one in told) for name in told[0]}
    finally:
        for child in children:
            child.stdin.close()
            child.wait(60)
            child.stdout.close()


def want_dead_cameras(gateway, requests, cameras, callers=20):
    """So many requests for streams of `cameras` that refuse, a third of them for devices that do not exist; -> {status: times}."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        closed = probe.getsockname()[1]  # nobody listens there any more
    for number in range(cameras):
        gateway.add(id=f"dead-{number}", driver="rtsp", url=f"rtsp://127.9.{number // 250}.{number % 250 + 1}:{closed}/cam")
    host, port = gateway.http.rsplit(":", 1)

    def storm(which):
        codes = {}
        link = http.client.HTTPConnection(host, int(port), timeout=60)
        for turn in range(requests // callers):
            device = f"dead-{(which * 7 + turn) % cameras}" if turn % 3 else f"nobody-{which}-{turn}"
            link.request("GET", f"/live/{device}/1/main{('.flv', '.ts')[turn % 2]}", headers={"Authorization": f"Bearer {gateway.token}"})
            answer = link.getresponse()
            answer.read()
            codes[answer.status] = codes.get(answer.status, 0) + 1
        link.close()
        return codes

    counted = {}
    with concurrent.futures.ThreadPoolExecutor(callers) as pool:
        for one in pool.map(storm, range(callers)):
            for status, count in one.items():
                counted[status] = counted.get(status, 0) + count
    return counted


class FloodingCamera:
    """Speaks RTSP, and sends H.264 at so many Mbit/s to whoever plays, for as long as he takes it."""

    SDP = "v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\nm=video 0 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\na=control:trackID=1\r\n"
    PACKETS = 100  # of a picture
    SIZE = 1_400

    def __init__(self, mbps, address="127.9.7.7"):
        self.mbps, self.sent, self.plays, self.lines = mbps, 0, 0, []
        self._over = threading.Event()
        self._listener = socket.create_server((address, 0))
        self._listener.settimeout(0.2)
        self.url = f"rtsp://{address}:{self._listener.getsockname()[1]}/cam"
        self._thread = threading.Thread(target=self._accept, daemon=True)
        self._thread.start()

    def _accept(self):
        while not self._over.is_set():
            with contextlib.suppress(TimeoutError):
                link, _ = self._listener.accept()
                threading.Thread(target=self._serve, args=(link,), daemon=True).start()

    def _serve(self, link):
        with link, contextlib.suppress(OSError):
            link.settimeout(20)
            text = b""
            while not self._over.is_set():
                while b"\r\n\r\n" not in text:
                    got = link.recv(4096)
                    if not got:
                        return
                    text += got
                head, text = text.split(b"\r\n\r\n", 1)
                lines = head.decode("latin-1").split("\r\n")
                method = lines[0].split()[0]
                fields = {line.split(":", 1)[0].lower(): line.split(":", 1)[1].strip() for line in lines[1:]}
                out = [f"CSeq: {fields.get('cseq', 0)}", "Session: 1"]
                body = ""
                if method == "DESCRIBE":
                    body = self.SDP
                    out += ["Content-Type: application/sdp", f"Content-Length: {len(body)}"]
                if method == "SETUP":
                    out.append("Transport: RTP/AVP/TCP;unicast;interleaved=0-1")
                link.sendall(("RTSP/1.0 200 OK\r\n" + "\r\n".join(out) + "\r\n\r\n" + body).encode())
                if method == "PLAY":
                    self.plays += 1
                    self._flood(link)

    def _flood(self, link):
        sequence, size, began, sent = itertools.count(1), self.SIZE + 12, time.monotonic(), 0
        for picture in itertools.count():
            if self._over.is_set():
                return
            out = bytearray()
            for number in range(self.PACKETS):
                # One fragmented key picture after another (RFC 6184 section 5.8).
                mark = 0x85 if number == 0 else 0x45 if number == self.PACKETS - 1 else 0x05
                out += struct.pack(">cBHBBHIIBB", b"$", 0, size, 0x80, 96 | (0x80 if number == self.PACKETS - 1 else 0), next(sequence) & 0xFFFF,
                                   picture * 1_000 & 0xFFFFFFFF, 7, 0x7C, mark) + b"\x88" * (self.SIZE - 2)
            link.sendall(out)
            sent += len(out)
            self.sent += len(out)
            ahead = sent * 8 / (self.mbps * 1e6) - (time.monotonic() - began)
            if ahead > 0:
                self._over.wait(ahead)

    def stop(self):
        self._over.set()
        self._thread.join(5)
        self._listener.close()
