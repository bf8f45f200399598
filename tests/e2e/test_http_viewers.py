"""Viewers over HTTP that break the rules, in every form: slow ones, hasty ones, and thousands who want to see dead cameras."""
import concurrent.futures
import http.client
import os
import socket

import pytest

import harness
from test_live import assert_plays

FORMS = [".mp4", ".flv", ".ts", "/ws?form=flv"]


@pytest.fixture
def camera(gateway, simulate):
    simulator = simulate(1)
    gateway.add(**simulator.specs[0])
    gateway.wait_online(1)
    gateway.simulator = simulator
    return simulator.specs[0]["id"]


def ask(gateway, path, receive_buffer=None):
    """Sends the request and leaves the answer to the caller."""
    host, port = gateway.http.rsplit(":", 1)
    link = socket.socket()
    if receive_buffer:
        link.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
    link.connect((host, int(port)))
    upgrade = ("Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
               if "/ws" in path else "")
    link.sendall(f"GET {path} HTTP/1.1\r\nHost: {gateway.http}\r\n{upgrade}\r\n".encode())
    return link


def descriptors(gateway):
    return len(os.listdir(f"/proc/{gateway.pid}/fd"))


def test_who_reads_nothing_is_closed_and_costs_nobody_anything(gateway, camera):
    live = gateway.live(f"{camera}/1/main")
    paths = [f"/live/{camera}/1/main{form}{'&' if '?' in form else '?'}token={live['token']}" for form in FORMS]
    before = harness.resident_kib(gateway.pid)
    stuck = [ask(gateway, path, 4096) for path in paths for _ in range(5)]
    assert_plays(harness.probe(live["urls"]["rtsp"], 15, ("-rtsp_transport", "tcp")), "main")
    assert harness.resident_kib(gateway.pid) - before < 60 * 1024
    harness.wait_for("the stuck ones are closed", lambda: gateway.fleet()["viewers"] == 0)
    metrics = gateway.metrics()
    for output in ("mp4", "flv", "ts", "ws-flv"):
        assert metrics[f'camfleet_viewer_slow_total{{output="{output}"}}'] == 5, metrics
    for link in stuck:
        link.close()


def test_who_leaves_at_once_leaves_nothing_behind(gateway, camera):
    token = gateway.live(f"{camera}/1/sub")["token"]
    watching = ask(gateway, f"/live/{camera}/1/sub.flv?token={token}")
    assert watching.recv(4096).startswith(b"HTTP/1.1 200 ")
    before = descriptors(gateway)
    for turn in range(300):
        form = FORMS[turn % len(FORMS)]
        link = ask(gateway, f"/live/{camera}/1/sub{form}{'&' if '?' in form else '?'}token={token}")
        if turn % 3 == 1:
            link.recv(100)
        if turn % 3 == 2:
            link.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")  # a reset
        link.close()
    harness.wait_for("the others are forgotten", lambda: gateway.fleet()["viewers"] == 1 and descriptors(gateway) <= before + 2)
    assert gateway.simulator.totals()["plays"] == 1, "one pull for all of them"
    assert len(watching.recv(4096)) > 0
    watching.close()


def test_thousands_who_want_dead_cameras_are_told_at_once_and_harm_nobody(gateway, camera):
    with socket.create_server(("127.0.0.1", 0)) as probe:
        closed = probe.getsockname()[1]  # nobody listens there any more
    for number in range(40):
        gateway.add(id=f"dead-{number}", driver="rtsp", url=f"rtsp://127.9.0.{number + 1}:{closed}/cam")
    before = harness.resident_kib(gateway.pid)
    host, port = gateway.http.rsplit(":", 1)

    def storm(which):
        codes = {}
        link = http.client.HTTPConnection(host, int(port), timeout=60)
        for turn in range(150):
            device = f"dead-{(which * 7 + turn) % 40}" if turn % 3 else f"nobody-{which}-{turn}"
            link.request("GET", f"/live/{device}/1/main{('.flv', '.ts')[turn % 2]}", headers={"Authorization": f"Bearer {gateway.token}"})
            answer = link.getresponse()
            answer.read()
            codes[answer.status] = codes.get(answer.status, 0) + 1
        link.close()
        return codes

    with concurrent.futures.ThreadPoolExecutor(21) as pool:
        asked = [pool.submit(storm, which) for which in range(20)]
        assert_plays(harness.probe(gateway.live(f"{camera}/1/sub")["urls"]["flv"], 3), "sub")
        counted = {}
        for one in asked:
            for status, count in one.result().items():
                counted[status] = counted.get(status, 0) + count
    assert sum(counted.values()) == 3_000 and set(counted) <= {404, 502, 503, 504}, counted
    assert counted[404] == 1_000, counted
    assert harness.resident_kib(gateway.pid) - before < 30 * 1024
    assert {name: value for name, value in gateway.metrics().items() if name.startswith("camfleet_streams_starting")} == {"camfleet_streams_starting": 0}
    harness.wait_for("nobody watches", lambda: gateway.fleet()["viewers"] == 0)


def test_h265_in_flv_is_what_the_operator_says_and_then_what_the_address_says(tmp_path, started, simulate):
    simulator = simulate(1, extra=["--h265-every", "1"])
    gateway = harness.Gateway(tmp_path / "data", ("--live-flv-hevc", "12"))
    started.append(gateway)
    gateway.add(**simulator.specs[0])
    gateway.wait_online(1)
    live = gateway.live(simulator.specs[0]["id"] + "/1/sub")
    path = live["urls"]["flv"].split(gateway.http, 1)[1]

    def sequence_header(path):
        """The first picture tag's first bytes, behind the file's head and onMetaData."""
        with ask(gateway, path) as link:
            data = b""
            while (at := data.find(b"FLV\x01")) < 0 or len(data) < at + 600:
                data += link.recv(4096)
        at += 13
        at += 15 + int.from_bytes(data[at + 1:at + 4], "big")
        assert data[at] == 9
        return data[at + 11:at + 16]

    assert sequence_header(path) == b"\x1c\0\0\0\0"
    assert sequence_header(path + "&hevc=12") == b"\x1c\0\0\0\0"
    assert sequence_header(path + "&hevc=hvc1") == b"\x90hvc1"
    for wrong in (f"{path}&hevc=13", path.replace(".flv?", "/ws?form=avi&")):
        with ask(gateway, wrong) as link:
            answer = link.recv(4096)
            assert answer.startswith(b"HTTP/1.1 400 ") and b"api.bad_request" in answer, answer
