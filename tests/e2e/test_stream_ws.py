"""/api/v1/stream over a WebSocket: the same events, the same resuming, the same limits."""
import base64
import contextlib
import json
import os
import signal
import socket
import struct
import urllib.parse

import pytest

import harness
from test_matrix import make_token
from test_stream import Follower, moves

TEXT, CLOSE, PING, PONG = 1, 8, 9, 10


class Socket:
    """The client's end (RFC 6455): frames as the server sends them, and any that a test wants to send."""

    def __init__(self, gateway, token=None, headers=(), small=False, **query):
        host, port = gateway.http.rsplit(":", 1)
        self.link = socket.socket()
        if small:
            self.link.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        self.link.settimeout(30)
        self.link.connect((host, int(port)))
        target = "/api/v1/stream?" + urllib.parse.urlencode(query, doseq=True)
        lines = [f"GET {target} HTTP/1.1", "Host: x", "Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13",
                 "Sec-WebSocket-Key: " + base64.b64encode(os.urandom(16)).decode(),
                 f"Authorization: Bearer {token or gateway.token}", *headers]
        self.link.sendall(("\r\n".join(lines) + "\r\n\r\n").encode())
        self.file = self.link.makefile("rb")
        self.head = [line.decode() for line in iter(lambda: self.file.readline().strip(), b"")]
        self.status = int(self.head[0].split()[1])
        self.code = None

    def frame(self):
        """-> (opcode, payload); None at the end of the connection"""
        head = self.file.read(2)
        if len(head) < 2:
            return None
        length = head[1] & 127
        if length > 125:
            length = int.from_bytes(self.file.read(2 if length == 126 else 8), "big")
        data = self.file.read(length)
        if len(data) < length:
            return None  # cut off
        opcode = head[0] & 15
        if opcode == CLOSE and len(data) >= 2:
            self.code = struct.unpack(">H", data[:2])[0]
        return opcode, data

    def messages(self, pong=True):
        while (got := self.frame()) is not None and got[0] != CLOSE:
            if got[0] == PING and pong:
                self.send(PONG, got[1])
            if got[0] == TEXT:
                yield json.loads(got[1])

    def take(self, count, **kwargs):
        return [message for _, message in zip(range(count), self.messages(**kwargs))]

    def send(self, opcode, data=b"", masked=True, first=0x80):
        size = bytes([(0x80 if masked else 0) | min(len(data), 126)]) + (len(data).to_bytes(2, "big") if len(data) > 125 else b"")
        mask = os.urandom(4)
        body = bytes(b ^ mask[i % 4] for i, b in enumerate(data)) if masked else data
        self.link.sendall(bytes([first | opcode]) + size + (mask if masked else b"") + body)

    def ended(self):
        """Reads on to the end; -> the code of the close frame, None where there was none"""
        with contextlib.suppress(OSError):
            while self.frame() is not None:
                pass
        return self.code

    def close(self):
        self.file.close()
        self.link.close()


def alike(messages):
    """Without the place in the ledger, which goes on meanwhile."""
    return [{**m, "id": moves(m["id"])} for m in messages]


def off(gateway, device, n):
    gateway.add(id=device, address=f"127.9.7.{n}", http_port=9, enabled=False)


def test_both_forms_tell_the_same_and_resume_at_the_same_places(gateway):
    start = gateway.get("/api/v1/devices")["cursor"]
    live = Socket(gateway, cursor=start)
    assert live.status == 101
    for n in range(3):
        off(gateway, f"d{n}", n + 1)
    gateway.call("PATCH", "/api/v1/devices/d1", {"name": "]]>\"\n<b>"[:3] + "门"})
    gateway.call("DELETE", "/api/v1/devices/d2")
    told = live.take(5)
    assert [(m["type"], m["device"]) for m in told] == [("added", "d0"), ("added", "d1"), ("added", "d2"), ("changed", "d1"), ("removed", "d2")]
    follower = Follower(gateway, cursor=start)
    assert alike([e.data for e in follower.take(5)]) == alike(told)
    follower.close()
    assert alike(Socket(gateway, cursor=told[1]["id"]).take(3)) == alike(told[2:])
    assert alike(Socket(gateway, headers=[f"Last-Event-ID: {told[3]['id']}"]).take(1)) == alike(told[4:])
    assert [m["device"] for m in Socket(gateway, cursor=start, type="removed").take(1)] == ["d2"]
    assert Socket(gateway, cursor=start, headers=["Accept-Language: zh"]).take(1)[0]["text"] != told[0]["text"]
    reset = Socket(gateway, cursor="0000000000000001-1").take(1)[0]
    assert (reset["type"], reset["cause"], moves(reset["id"])) == ("reset", "restart", moves(told[4]["id"]))
    live.close()


def test_what_is_wrong_is_told_before_the_upgrade(gateway):
    assert Socket(gateway, cursor="x").status == 400
    assert Socket(gateway, nothing="1").status == 400
    assert Socket(gateway, token="wrong").status == 401
    assert Socket(gateway, headers=["Origin: https://evil.example"]).status == 403
    assert Socket(gateway, headers=["Sec-WebSocket-Key: c2hvcnQ="]).status == 400
    extension = Socket(gateway, headers=["Sec-WebSocket-Extensions: permessage-deflate"])
    assert extension.status == 101 and not any("xtension" in line for line in extension.head)


@pytest.mark.parametrize("frames, code", [
    ([(TEXT, b"x", False, 0x80)], 1002),      # not masked
    ([(TEXT, b"x", True, 0xC0)], 1002),       # a bit of an extension that there is not
    ([(PING, b"x" * 126, True, 0x80)], 1002),
    ([(PING, b"", True, 0x00)], 1002),        # a control frame in pieces
    ([(0, b"x", True, 0x80)], 1002),          # goes on with nothing
    ([(TEXT, b"\xff\xfe", True, 0x80)], 1007),
    ([(TEXT, b"x" * 5000, True, 0x80)], 1009),
    ([(TEXT, b"x" * 4000, True, 0x80)] * 5, 1008),  # it is to listen
    ([(PING, b"", True, 0x80)] * 100, 1008),
    ([(CLOSE, b"\x03\xe8", True, 0x80)], 1000),
])
def test_who_breaks_the_rules_is_told_by_which(gateway, frames, code):
    live = Socket(gateway)
    with contextlib.suppress(OSError):
        for frame in frames:
            live.send(*frame[:2], masked=frame[2], first=frame[3])
    assert live.ended() == code


def test_pings_are_answered_and_who_gives_no_sign_of_life_is_closed(started, tmp_path):
    gateway = harness.Gateway(tmp_path / "data", extra=["--stream-heartbeat-s", "1"])
    started.append(gateway)
    live, mute = Socket(gateway), Socket(gateway)
    live.send(PING, b"are you there")
    beats, pongs = 0, []
    while beats < 3:
        opcode, data = live.frame()
        if opcode == PING:
            live.send(PONG, data)
        elif opcode == PONG:
            pongs.append(data)
        elif opcode == TEXT:
            assert json.loads(data)["type"] == "heartbeat"
            beats += 1
    assert pongs == [b"are you there"]
    assert mute.ended() == 1001
    assert gateway.metrics()['camfleet_stream_ends_total{cause="slow"}'] == 1
    # The heartbeat carries the place to come back to, where a filter lets nothing through.
    quiet = Socket(gateway, type="removed")
    off(gateway, "a", 1)
    cursor = gateway.get("/api/v1/devices")["cursor"]
    assert any(moves(message.get("id", "")) == moves(cursor) for message in quiet.take(3))


def test_who_does_not_read_costs_nothing_and_comes_back(started, tmp_path):
    gateway = harness.Gateway(tmp_path / "data")
    started.append(gateway)
    start = gateway.get("/api/v1/devices")["cursor"]
    slow = Socket(gateway, cursor=start, small=True)
    rows = "id,address,http_port,enabled\n" + "".join(f"d{n},127.9.{n // 250}.{n % 250 + 1},9,false\n" for n in range(3000))
    status, _, plan = gateway.call("POST", "/api/v1/devices/import", rows.encode(), headers={"Content-Type": "text/csv"})
    assert status == 200 and plan["counts"]["add"] == 3000
    harness.wait_for("it is closed", lambda: gateway.metrics().get('camfleet_stream_ends_total{cause="slow"}', 0) >= 1)
    read = []
    with contextlib.suppress(OSError):
        for message in slow.messages():
            read.append(message)
    again = Socket(gateway, cursor=read[-1]["id"] if read else start).take(3000 - len(read))
    assert [moves(m["id"]) for m in read + again] == [moves(e.data["id"]) for e in Follower(gateway, cursor=start).take(3000)]


def test_all_ends_with_a_word_when_the_right_or_the_gateway_ends(started, tmp_path):
    gateway = harness.Gateway(tmp_path / "data", extra=["--stream-max-subscribers", "3"])
    started.append(gateway)
    viewer = make_token(gateway, "viewer")
    refused, stays, other = Socket(gateway, token=viewer["token"]), Socket(gateway), Socket(gateway)
    full = Socket(gateway)
    assert full.status == 503 and any(line.startswith("Retry-After") for line in full.head)
    other.send(CLOSE, b"\x03\xe8")
    assert other.ended() == 1000
    harness.wait_for("a place is free", lambda: gateway.metrics()["camfleet_stream_subscribers"] == 2)
    assert gateway.call("DELETE", f"/api/v1/tokens/{viewer['id']}")[0] == 204
    last = refused.take(1)[0]
    assert (last["type"], last["code"]) == ("bye", "auth.revoked") and refused.ended() == 1008
    gateway.child.send_signal(signal.SIGTERM)
    last = stays.take(1)[0]
    assert (last["type"], last["code"]) == ("bye", "fleet.stopping") and stays.ended() == 1001
