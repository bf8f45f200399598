"""The stream of events: what happens to the devices, without a hole, for whoever reads it."""
import collections
import contextlib
import json
import signal
import socket
import threading
import time
import urllib.parse

import pytest

import harness

Event = collections.namedtuple("Event", "name id data")
QUIET = ("--alarms-per-minute", "0")  # alarms are events too: tests/e2e/test_alarms.py


class Follower:
    """A reader of /api/v1/stream: events() yields what comes, until the gateway or close() ends it."""

    def __init__(self, gateway, cursor=None, header=None, small=False, headers=(), **query):
        host, port = gateway.http.rsplit(":", 1)
        if cursor:
            query["cursor"] = cursor
        self.link = socket.socket()
        if small:
            self.link.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        self.link.settimeout(30)
        self.link.connect((host, int(port)))
        lines = [f"GET /api/v1/stream?{urllib.parse.urlencode(query, doseq=True)} HTTP/1.0", f"Authorization: Bearer {gateway.token}",
                 "Accept: text/event-stream", *headers]
        if header:
            lines.append(f"Last-Event-ID: {header}")
        self.link.sendall(("\r\n".join(lines) + "\r\n\r\n").encode())
        self.file = self.link.makefile("rb")
        self.head = [line.decode() for line in iter(lambda: self.file.readline().strip(), b"")]
        self.status = int(self.head[0].split()[1])
        self.last = cursor or header
        self.comments = 0

    def events(self):
        name, last, data = None, None, []
        for raw in self.file:
            line = raw.decode().rstrip("\n")
            if not line:
                if last is not None:
                    self.last = last
                if data:
                    yield Event(name, self.last, json.loads("\n".join(data)))
                name, last, data = None, None, []
                continue
            if line.startswith(":"):
                self.comments += 1
                continue
            field, _, value = line.partition(": ")
            assert field in ("event", "id", "data", "retry"), line
            name, last = (value, last) if field == "event" else (name, value) if field == "id" else (name, last)
            if field == "data":
                data.append(value)

    def take(self, count):
        out = []
        for event in self.events():
            out.append(event)
            if len(out) == count:
                break
        return out

    def until(self, done):
        out = []
        for event in self.events():
            out.append(event)
            if done(event):
                break
        return out

    def close(self):
        with contextlib.suppress(OSError):
            self.link.shutdown(socket.SHUT_RDWR)
        self.file.close()
        self.link.close()


def moves(cursor):
    """The part of a cursor that is a place among the moves; what follows is one in the ledger of events."""
    return cursor.rsplit("-", 1)[0]


def number(cursor):
    return int(cursor.split("-")[1], 16)


def test_a_device_is_followed_from_its_first_day_to_its_last(gateway, simulate):
    camera = simulate(1, extra=QUIET).specs[0]
    start = gateway.get("/api/v1/devices")["cursor"]
    live = Follower(gateway, cursor=start)
    assert live.status == 200 and "Content-Type: text/event-stream" in live.head
    gateway.add(**camera)
    gateway.wait_online(1)
    gateway.call("DELETE", f"/api/v1/devices/{camera['id']}")
    events = live.until(lambda e: e.name == "removed")
    assert [e.name for e in events] == ["added", "move", "move", "removed"]
    assert [(e.data["from"], e.data["to"]) for e in events[1:3]] == [("waiting", "connecting"), ("connecting", "online")]
    assert all(e.id == e.data["id"] and e.data["device"] == camera["id"] and e.data["type"] == e.name for e in events)
    assert events[2].data["reason"] == "fleet.connected" and events[2].data["text"]
    # The same again for who comes later, from any place.
    assert Follower(gateway, from_="x").status == 400
    again = Follower(gateway, cursor=start, headers=["Accept-Language: zh"]).take(4)
    assert [moves(e.id) for e in again] == [moves(e.id) for e in events] and again[2].data["text"] == "已登录，报警通道已布防。"
    assert [e.name for e in Follower(gateway, header=events[1].id, cursor=start).take(2)] == ["move", "removed"]
    assert [e.name for e in Follower(gateway, cursor=start, type="removed").take(1)] == ["removed"]
    assert [e.data["to"] for e in Follower(gateway, cursor=start, state="online", device=camera["id"]).take(1)] == ["online"]


@pytest.mark.parametrize("query", ["cursor=x", "cursor=", "from=yesterday", "type=", "type=all", "state=on", "nothing=1", "q=gate",
                                   "cursor=0000000000000001-1&from=now", "cursor=%0d%0aevent:+x", "device=a%0ab"])
def test_what_the_stream_does_not_know_is_refused(gateway, query):
    status, _, problem = gateway.call("GET", "/api/v1/stream?" + query)
    assert (status, problem["code"]) == (400, "api.bad_request")


def test_hostile_texts_stay_inside_their_data(gateway):
    names = ["a\u2028b", "<script>", "data: x", "\"}", "𝕏 id: 1"]
    for n, name in enumerate(names):
        gateway.add(id=f"d{n}", name=name, tags=[name], address=f"127.9.0.{n + 1}", http_port=9)
    live = Follower(gateway, **{"from": "oldest"})
    events = live.until(lambda e: e.data["device"] == f"d{len(names) - 1}" and e.data["to"] == "backoff")
    assert {e.name for e in events} <= {"added", "move"}


def test_a_cursor_of_another_run_or_of_the_future_is_told_so_once(started, tmp_path):
    gateway = harness.Gateway(tmp_path / "data")
    started.append(gateway)
    gateway.add(id="a", address="127.9.9.9", http_port=9, enabled=False)
    old = gateway.get("/api/v1/devices")["cursor"]
    live = Follower(gateway)
    gateway.stop()
    ends = live.take(5)
    assert [e.name for e in ends] == ["bye"] and ends[0].data["code"] == "fleet.stopping"
    gateway = harness.Gateway(tmp_path / "data")
    started.append(gateway)
    future = gateway.get("/api/v1/devices")["cursor"][:17] + "ffff"
    for n, (cursor, cause) in enumerate([(old, "restart"), (ends[0].id, "restart"), (future, "unknown")]):
        live = Follower(gateway, header=cursor)
        reset = live.take(1)[0]
        assert (reset.name, reset.data["cause"], reset.data["code"]) == ("reset", cause, "api.cursor_gone")
        assert moves(reset.id) == moves(gateway.get("/api/v1/devices")["cursor"])
        gateway.add(id=f"new-{n}", address=f"127.9.8.{n + 1}", http_port=9, enabled=False)
        assert live.take(1)[0].name == "added"
        live.close()


def test_the_ring_is_bounded_and_an_overrun_is_never_silent(started, tmp_path):
    gateway = harness.Gateway(tmp_path / "data", extra=["--stream-kept-moves", "256"])
    started.append(gateway)
    start = gateway.get("/api/v1/devices")["cursor"]
    for n in range(130):
        gateway.add(id=f"d{n}", address=f"127.9.{n // 200}.{n % 200 + 1}", http_port=9, enabled=False)
    for n in range(130):
        gateway.call("DELETE", f"/api/v1/devices/d{n}")
    assert Follower(gateway, cursor=start).take(1)[0].data["cause"] == "overrun"
    oldest = Follower(gateway, **{"from": "oldest"}).take(256)
    assert [number(e.id) for e in oldest] == list(range(5, 261))


def test_a_quiet_stream_has_a_heartbeat_that_moves_the_place_on(started, tmp_path):
    gateway = harness.Gateway(tmp_path / "data", extra=["--stream-heartbeat-s", "1"])
    started.append(gateway)
    live = Follower(gateway, device="none")
    gateway.add(id="a", address="127.9.9.9", http_port=9, enabled=False)
    reader = threading.Thread(target=lambda: list(live.events()))
    reader.start()
    harness.wait_for("heartbeats", lambda: live.comments >= 3 and live.last is not None)
    assert moves(live.last) == moves(gateway.get("/api/v1/devices")["cursor"])
    live.close()
    reader.join(10)
    harness.wait_for("the gateway to notice", lambda: gateway.metrics()["camfleet_stream_subscribers"] == 0)


def test_too_many_subscribers_are_refused_and_places_come_free(started, tmp_path):
    gateway = harness.Gateway(tmp_path / "data", extra=["--stream-max-subscribers", "3"])
    started.append(gateway)
    first = [Follower(gateway) for _ in range(3)]
    status, headers, problem = gateway.call("GET", "/api/v1/stream")
    assert (status, problem["code"]) == (503, "api.too_many_streams") and headers["Retry-After"]
    first[0].close()
    harness.wait_for("a place", lambda: gateway.metrics()["camfleet_stream_subscribers"] == 2)
    assert Follower(gateway).status == 200
    assert gateway.call("HEAD", "/api/v1/stream")[0] in (200, 503)


class Flapping:
    """All devices of a simulator reconnect again and again until it is left."""

    def __init__(self, gateway, devices):
        self.gateway, self.devices, self.over = gateway, devices, threading.Event()
        self.thread = threading.Thread(target=self.run)

    def run(self):
        while not self.over.is_set():
            for device in self.devices:
                self.gateway.call("POST", f"/api/v1/devices/{device}/reconnect")

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.over.set()
        self.thread.join()


def test_200_flapping_devices_without_a_hole_while_readers_come_back_and_one_does_not_read(gateway, simulate):
    specs = simulate(200, extra=QUIET).specs
    for spec in specs:
        gateway.add(**spec)
    gateway.wait_online(200, 120)
    start = gateway.get("/api/v1/devices?limit=1")["cursor"]
    mirrors, problems = [], []

    def follow(seconds, patience):
        # Leaves and comes back with its last id again and again; every number must come once.
        seen, cursor, states = number(start), start, {}
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            live = Follower(gateway, header=cursor)
            for event in live.events():
                if event.name not in ("move", "changed"):
                    problems.append(event)
                if number(event.id) != seen + 1:
                    problems.append((seen, event))
                seen, cursor = number(event.id), event.id
                states[event.data["device"]] = event.data["to"]
                if time.monotonic() > until or (patience and seen % patience == 0):
                    break
            live.close()
        mirrors.append((cursor, states))

    lazy = Follower(gateway, cursor=start, small=True)
    with Flapping(gateway, [spec["id"] for spec in specs]):
        readers = [threading.Thread(target=follow, args=(12, patience)) for patience in (0, 7, 101, 997)]
        for reader in readers:
            reader.start()
        for reader in readers:
            reader.join()
    assert not problems, problems[:3]
    gateway.wait_online(200, 120)
    # What the list said, and every move since: the fleet.
    for cursor, states in mirrors:
        head = number(gateway.get("/api/v1/devices?limit=1")["cursor"])
        if number(cursor) < head:
            for event in Follower(gateway, header=cursor).until(lambda e: number(e.id) >= head):
                states[event.data["device"]] = event.data["to"]
        assert set(states.values()) == {"online"}, collections.Counter(states.values())
    lazy.close()


def test_who_does_not_read_is_closed_and_others_are_not_disturbed(gateway):
    # Each deletion and addition is an event; a reader of 4 KiB takes none of them.
    lazy = Follower(gateway, small=True)
    live = Follower(gateway)
    count = [0]
    stop = threading.Event()

    def churn():
        n = 0
        while not stop.is_set():
            n += 1
            gateway.call("POST", "/api/v1/devices", {"id": "x", "address": f"127.9.{n % 200}.1", "http_port": 9, "enabled": False,
                                                     "name": "n" * 200})
            gateway.call("DELETE", "/api/v1/devices/x")

    def read():
        for _ in live.events():
            count[0] += 1

    threads = [threading.Thread(target=churn) for _ in range(1)] + [threading.Thread(target=read)]
    for thread in threads:
        thread.start()
    try:
        key = 'camfleet_stream_ends_total{cause="slow"}'
        harness.wait_for("the lazy one to be closed", lambda: gateway.metrics().get(key, 0) == 1, 90)
        before = count[0]
        harness.wait_for("the other to go on", lambda: count[0] > before + 20)
        assert gateway.metrics()["camfleet_stream_subscribers"] == 1
    finally:
        stop.set()
        lazy.close()
        live.close()
        for thread in threads:
            thread.join(30)


def test_many_subscribers_see_the_same(gateway, simulate):
    specs = simulate(20, extra=QUIET).specs
    followers = [Follower(gateway) for _ in range(200)]
    for spec in specs:
        gateway.add(**spec)
    gateway.wait_online(20)
    head = number(gateway.get("/api/v1/devices?limit=1")["cursor"])
    whole = {tuple(moves(e.id) for e in one.until(lambda e: number(e.id) == head)) for one in followers}
    assert len(whole) == 1 and len(next(iter(whole))) == head
    gateway.child.send_signal(signal.SIGTERM)
    assert {one.take(1)[0].name for one in followers} == {"bye"}
