"""SIGTERM: everything ends cleanly within 10 s, whatever the other sides do."""
import signal
import socket
import subprocess
import threading
import time

import pytest

import harness

BOUND = 15  # the promise is 10 s; the rest is for a busy machine


def stop(gateway):
    began = time.monotonic()
    assert gateway.stop(patience=60) == 0, gateway.text[-2000:]
    assert time.monotonic() - began < BOUND
    assert '"event":"gateway.stopped"' in gateway.text


class Between:
    """Stands before a camera's port and passes everything on, but no TEARDOWN."""

    def __init__(self, to):
        self.to = to
        self.swallowed = 0
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                one, _ = self.listener.accept()
            except OSError:
                return
            other = socket.create_connection(self.to, 10)
            threading.Thread(target=self.carry, args=(one, other), daemon=True).start()
            threading.Thread(target=self.carry, args=(other, one), daemon=True).start()

    def carry(self, source, target):
        try:
            while True:
                piece = source.recv(65536)
                if not piece:
                    break
                if piece.startswith(b"TEARDOWN"):
                    self.swallowed += 1
                    continue
                target.sendall(piece)
        except OSError:
            pass
        for one in (source, target):
            try:
                one.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass


def player(gateway, stream):
    url = gateway.live(stream)["urls"]["rtsp"]
    return subprocess.Popen(["ffmpeg", "-v", "error", "-rtsp_transport", "tcp", "-i", url, "-f", "null", "-"],
                            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def idle_viewer(gateway, stream):
    """Asks for a stream and never reads it."""
    url = gateway.live(stream)["urls"]["mp4"]
    host, path = url.split("/", 3)[2:]
    address, port = host.rsplit(":", 1)
    one = socket.socket()
    one.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    one.connect((address, int(port)))
    one.sendall(f"GET /{path} HTTP/1.1\r\nHost: {host}\r\n\r\n".encode())
    return one


def test_two_hundred_devices_and_those_who_do_not_listen(gateway, simulate, started):
    simulator = simulate(200, extra=("--nvr-every", 0))
    for spec in simulator.specs:
        gateway.add(**spec)
    gateway.wait_online(200, 120)
    ids = [spec["id"] for spec in simulator.specs]
    mute = Between((simulator.specs[9]["address"], simulator.rtsp_port))
    gateway.add(id="mute", driver="rtsp", url=f"rtsp://127.0.0.1:{mute.port}/Streaming/Channels/101",
                username=simulator.specs[9]["username"], password=simulator.specs[9]["password"])
    silent = socket.create_server(("", 0))
    for i in range(20):  # the kernel accepts; nobody ever says a word
        gateway.add(id=f"silent-{i}", address=f"127.9.0.{i + 1}", http_port=silent.getsockname()[1], username="a", password="b")
    watched = [f"{device}/1/sub" for device in ids[:6]]
    players = [player(gateway, stream) for stream in watched]
    sleepers = [idle_viewer(gateway, f"{device}/1/main") for device in ids[6:9]]
    players.append(player(gateway, "mute/1/main"))
    kept = socket.create_connection(tuple(gateway.http.rsplit(":", 1)), 10)
    kept.sendall(b"GET /heal")  # half a request
    try:
        harness.wait_for("all play", lambda: simulator.totals()["playing"] >= 10)
        before = simulator.totals()["teardowns"]
        stop(gateway)
        totals = harness.wait_for("the cameras heard of it", lambda: (t := simulator.totals())["alarm_streams"] == 0 and t["playing"] == 0 and t)
        assert totals["teardowns"] - before >= 9 and mute.swallowed == 1, (before, totals)
        for one in players:
            one.wait(harness.PATIENCE)
    finally:
        for one in players:
            one.kill()
        for one in (*sleepers, kept, silent, mute.listener):
            one.close()


def test_a_request_that_runs_is_answered_and_new_ones_are_not_taken(gateway, simulate):
    """A picture takes its time; the stop waits for it. Meanwhile a kept connection hears 503 of /readyz."""
    import http.client

    address, port = gateway.http.rsplit(":", 1)
    kept = http.client.HTTPConnection(address, int(port), timeout=20)
    kept.request("GET", "/readyz")
    assert kept.getresponse().read()
    busy = http.client.HTTPConnection(address, int(port), timeout=20)
    busy.putrequest("POST", "/api/v1/devices")
    busy.putheader("Authorization", f"Bearer {gateway.token}")
    busy.putheader("Content-Type", "application/json")
    busy.putheader("Content-Length", "2")
    busy.endheaders()
    harness.wait_for("it runs", lambda: gateway.call("GET", "/healthz")[0] == 200)
    gateway.child.send_signal(signal.SIGTERM)
    harness.wait_for("it stops", lambda: "gateway.stopping" in gateway.text)
    kept.request("GET", "/readyz")
    assert kept.getresponse().status == 503
    busy.send(b"{}")
    assert busy.getresponse().status in (400, 503)
    with pytest.raises(OSError):
        socket.create_connection((address, int(port)), 5).close()
    assert gateway.child.wait(BOUND) == 0


def test_a_second_signal_ends_it_at_once(gateway):
    address, port = gateway.http.rsplit(":", 1)
    busy = socket.create_connection((address, int(port)), 10)
    busy.sendall(f"POST /api/v1/devices HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer {gateway.token}\r\nContent-Length: 20\r\n\r\n".encode())
    harness.wait_for("it runs", lambda: gateway.call("GET", "/healthz")[0] == 200)
    gateway.child.send_signal(signal.SIGTERM)
    harness.wait_for("it stops", lambda: "gateway.stopping" in gateway.text)
    assert gateway.stop(signal.SIGTERM) in (128 + signal.SIGTERM, 0)
    busy.close()


def test_the_registry_is_closed_whole(gateway, tmp_path):
    gateway.add(id="cam", address="127.9.9.9", http_port=9, username="a", password="b")
    stop(gateway)
    left = [path.name for path in (tmp_path / "data").iterdir() if path.name.startswith("registry.db")]
    assert left == ["registry.db"], "no journal is left to be played back"
