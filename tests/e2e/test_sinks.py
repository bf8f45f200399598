"""Sinks over HTTP and into files: every entry of the ledger, in order of each device, whatever the other side does."""
import collections
import hashlib
import hmac
import json
import random
import signal
import socket

import pytest

import harness
from certificates import Authority
from sinks import Receiver, check

DEVICES = 6


class Site:
    """A gateway that may reach loopback, and cameras that raise alarms when told."""

    def __init__(self, started, simulate, data, extra=()):
        self.started, self.data = started, data
        self.extra = ["--allow-sinks", "127.0.0.0/8", *extra]
        self.simulator = simulate(DEVICES, extra=("--alarms-per-minute", "0", "--nvr-every", "0"))  # recorders tell no end
        self.gateway = None
        self.start()
        for n, spec in enumerate(self.simulator.specs):
            self.gateway.add(**{**spec, "tags": ["north" if n == 0 else "south"]})
        self.gateway.wait_online(DEVICES)

    def start(self):
        self.gateway = harness.Gateway(self.data, extra=self.extra)
        self.started.append(self.gateway)

    def kill(self):
        self.gateway.stop(signal.SIGKILL)
        self.started.remove(self.gateway)

    def alarms(self, count):
        for n in range(count):
            self.simulator.post(f"/devices/{n % DEVICES}/alarm", {"type": "fielddetection", "channel": 1, "seconds": 1})

    def ledger(self, **query):
        """The ids of all entries, in the order of the ledger."""
        found, cursor = [], None
        while True:
            text = "&".join(f"{k}={v}" for k, v in {**query, "order": "asc", "limit": 1000, **({"cursor": cursor} if cursor else {})}.items())
            page = self.gateway.get(f"/api/v1/events?{text}")
            found += [entry["id"] for entry in page["items"]]
            cursor = page["next"]
            if not cursor:
                return found

    def sink(self, **body):
        status, _, made = self.gateway.call("POST", "/api/v1/sinks", {"start": "oldest", **body})
        assert status == 201, made
        return made["id"]

    def show(self, sink):
        return self.gateway.get(f"/api/v1/sinks/{sink}")

    def over(self, alarms):
        """Once so many alarms have begun and ended: nothing is added to the ledger any more."""
        def ended():
            steps = collections.defaultdict(set)
            for event, step in (one.split("/") for one in self.ledger(type="fielddetection")):
                steps[event].add(step)
            return len(steps) >= alarms and not any("start" in had and "end" not in had for had in steps.values())
        harness.wait_for("the alarms are over and stored", ended)

    def settled(self, sink, alarms):
        """Once so many alarms are over and the sink has all there is."""
        self.over(alarms)
        return self.has_all(sink)

    def has_all(self, sink, patience=harness.PATIENCE):
        """Once the sink has what is in the ledger now. That is listed from the disk, a moment before sinks are told of it."""
        last = self.gateway.get("/api/v1/events?order=desc&limit=1")["items"][0]["seq"]
        return harness.wait_for(f"{sink} has all", lambda: (s := self.show(sink))["cursor"] >= last and s["pending"] == 0 and s, patience)

    def post(self, path, body=None, want=(200, 202, 204)):
        status, _, answer = self.gateway.call("POST", f"/api/v1/sinks/{path}", body if body is not None else {})
        assert status in want, (status, answer)
        return answer


@pytest.fixture
def site(started, simulate, tmp_path):
    return Site(started, simulate, tmp_path / "data", ["--sink-files", str(tmp_path / "files")])


@pytest.fixture
def receive(started):
    def start(*args, **kwargs):
        receiver = Receiver(*args, **kwargs)
        started.append(receiver)
        return receiver

    return start


def test_a_webhook_gets_each_entry_signed_and_named(site, receive):
    receiver = receive()
    sink = site.sink(kind="webhook", id="police", url=receiver.url, secret="k3y", filter={"types": ["fielddetection"]})
    site.alarms(12)
    state = site.settled(sink, 12)
    events = receiver.events()
    check(events, site.ledger(type="fielddetection"))
    assert {event["type"] for event in events} <= {"camfleet.alarm.start", "camfleet.alarm.end", "camfleet.alarm.pulse"}
    assert all(event["specversion"] == "1.0" and event["data"]["type"] == "fielddetection" for event in events)
    for _, headers, body in receiver.requests:
        stamp = headers["X-Camfleet-Timestamp"]
        assert headers["X-Camfleet-Signature"] == "v1=" + hmac.new(b"k3y", f"{stamp}.".encode() + body, hashlib.sha256).hexdigest()
        assert headers["Content-Type"] == "application/cloudevents+json"
        assert headers["Idempotency-Key"] == json.loads(body)["id"]
    # The key is never shown again; the state is.
    assert state["state"] == "idle" and state["secrets"] == ["secret"] and "k3y" not in json.dumps(state)
    assert state["delivered"] == len(events) and state["parked"] == 0
    metrics = site.gateway.metrics()
    assert metrics['camfleet_sink_delivered_total{sink="police"}'] == len(events)
    assert metrics['camfleet_sink_parked{sink="police"}'] == 0
    harness.wait_for("nothing is pending", lambda: site.gateway.metrics()['camfleet_sink_pending{sink="police"}'] == 0)
    site.post(f"{sink}/test")
    assert receiver.events()[-1]["type"] == "camfleet.test.pulse"


def test_whatever_a_webhook_answers_every_entry_arrives(site, receive):
    seed = random.randrange(1 << 30)
    print("seed", seed)
    rng = random.Random(seed)
    bad = (500, 502, 429, (503, {"Retry-After": "1"}), "close", "half")
    receiver = receive(lambda number, path, events: rng.choice(bad) if rng.random() < 0.25 else 200)
    sink = site.sink(kind="webhook", url=receiver.url)
    batched = site.sink(kind="webhook", url=receiver.url.replace("/events", "/batch"), batch=20)
    site.alarms(18)
    site.settled(sink, 18)
    site.settled(batched, 18)
    assert site.show(sink)["parked"] == 0 and site.show(sink)["retries"] + site.show(batched)["retries"] > 0
    assert set(receiver.taken_at) == {"/events", "/batch"}
    for events in receiver.taken_at.values():
        check(events, site.ledger())


def test_what_a_webhook_does_not_take_is_parked_and_others_go_on(site, receive):
    bad = site.simulator.specs[0]["id"]
    taking = []
    receiver = receive(lambda number, path, events: 200 if taking or events[0]["data"]["device"] != bad else 422)
    sink = site.sink(kind="webhook", url=receiver.url, filter={"types": ["fielddetection"]})
    site.alarms(12)
    site.settled(sink, 12)
    wanted = site.ledger(type="fielddetection")
    parked = site.gateway.get(f"/api/v1/sinks/{sink}/parked")["items"]
    assert parked and {entry["device"] for entry in parked} == {bad}
    assert all(entry["reason"] == "sink.rejected" and entry["tries"] == 3 and "422" in entry["detail"] for entry in parked)
    assert {e["id"] for e in receiver.events()} | {entry["id"] for entry in parked} == set(wanted)
    # Over a kill they stay; one is retried, the other given up.
    site.kill()
    site.start()
    assert site.gateway.get(f"/api/v1/sinks/{sink}/parked")["items"] == parked
    seq = parked[0]["seq"]
    status, _, problem = site.gateway.call("POST", f"/api/v1/sinks/{sink}/parked/{seq}/retry")
    assert (status, problem["code"]) == (502, "sink.rejected")
    taking.append(True)
    site.post(f"{sink}/parked/{seq}/retry")
    assert parked[0]["id"] in {event["id"] for event in receiver.events()}
    assert site.gateway.call("DELETE", f"/api/v1/sinks/{sink}/parked/{parked[1]['seq']}")[0] == 204
    assert len(site.gateway.get(f"/api/v1/sinks/{sink}/parked")["items"]) == len(parked) - 2


def test_a_sink_that_refuses_says_so_and_keeps_everything(site, receive):
    answers = [401]
    receiver = receive(lambda number, path, events: answers[0])
    sink = site.sink(kind="webhook", url=receiver.url, token="old")
    state = harness.wait_for("it is refused", lambda: (s := site.show(sink))["state"] == "refused" and s)
    assert state["reason"] == "sink.refused" and "401" in state["detail"] and state["next_attempt"] and state["pending"] > 0
    asked = len(receiver.requests)
    assert asked <= 8, "it tries seldom"
    # Redirects are not followed; addresses that are not allowed are not dialled.
    answers[0] = (302, {"Location": receiver.url})
    site.post(f"{sink}/pause")
    site.post(f"{sink}/resume")
    harness.wait_for("the redirect is told", lambda: "302" in site.show(sink)["detail"])
    assert site.gateway.call("PATCH", f"/api/v1/sinks/{sink}", {"url": "http://169.254.169.254/latest"})[0] == 200
    harness.wait_for("it is forbidden", lambda: site.show(sink)["reason"] == "net.forbidden_address")
    answers[0] = 200
    status, headers, _ = site.gateway.call("GET", f"/api/v1/sinks/{sink}")
    assert site.gateway.call("PATCH", f"/api/v1/sinks/{sink}", {"url": receiver.url}, headers={"If-Match": '"1"'})[0] == 412
    assert site.gateway.call("PATCH", f"/api/v1/sinks/{sink}", {"url": receiver.url, "token": "new"}, headers={"If-Match": headers["ETag"]})[0] == 200
    site.has_all(sink)
    check(receiver.events(), site.ledger())
    assert receiver.requests[-1][1]["Authorization"] == "Bearer new"


def test_a_slow_device_entry_does_not_hold_up_the_others(site, receive):
    slow = site.simulator.specs[0]["id"]
    receiver = receive(lambda number, path, events: "slow" if events[0]["data"]["device"] == slow else 200)
    sink = site.sink(kind="webhook", url=receiver.url, filter={"types": ["fielddetection"]})
    site.alarms(12)
    harness.wait_for("the others arrive", lambda: len({e["data"]["device"] for e in receiver.events()}) == DEVICES - 1)
    receiver.release.set()
    site.settled(sink, 12)
    check(receiver.events(), site.ledger(type="fielddetection"))


def test_https_wants_a_certificate_that_names_the_host(site, receive, tmp_path):
    authority, other = Authority(tmp_path / "ca"), Authority(tmp_path / "other")
    receiver = receive(tls=authority.make("receiver"))
    sink = site.sink(kind="webhook", url=receiver.url, ca_file=str(other.file))
    harness.wait_for("it is refused", lambda: site.show(sink)["reason"] == "tls.certificate_refused")
    assert site.gateway.call("PATCH", f"/api/v1/sinks/{sink}", {"ca_file": str(authority.file)})[0] == 200
    site.has_all(sink)
    check(receiver.events(), site.ledger())


def test_files_and_a_replay(site, tmp_path):
    sink = site.sink(kind="file", id="archive", path="site/events.jsonl")
    site.alarms(6)
    site.settled(sink, 6)
    file = tmp_path / "files" / "site" / "events.jsonl"

    def lines():
        return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]

    ids = [event["id"] for event in lines()]
    assert len(ids) == len(set(ids)), "exactly once, where nothing goes wrong"
    check(lines(), site.ledger())
    device = site.simulator.specs[1]["id"]
    done = harness.run([harness.BIN / "camfleet", "events", "replay", sink, "--device", device, "--rate", "1000", "--data", site.data,
                        "--url", site.gateway.url])
    assert b"replay begun" in done.stdout + done.stderr
    harness.wait_for("the replay ends", lambda: not site.show(sink)["replay"]["running"])
    again = [event["id"] for event in lines() if event.get("replayed")]
    assert again and again == [event["id"] for event in lines() if event["data"]["device"] == device and "replayed" not in event]
    assert site.show(sink)["cursor"] == site.show(sink)["newest"]
    for path in ("/etc/passwd", "../up", "a//b", ".hidden", ""):
        status, _, problem = site.gateway.call("POST", "/api/v1/sinks", {"kind": "file", "path": path})
        assert (status, problem["code"]) == (400, "sink.invalid"), path


def test_dapr_by_its_published_api(site, receive):
    plan = ["no such component"]

    def answer(number, path, events):
        if path != "/v1.0/publish/pubsub/camfleet.events" or "no such component" in plan:
            return 404
        return plan.pop() if plan else 204

    sidecar = receive(answer)
    sink = site.sink(kind="dapr", url=f"http://127.0.0.1:{sidecar.port}", pubsub="pubsub", token="t0ken")
    harness.wait_for("no such component", lambda: site.show(sink)["state"] == "refused")
    plan[:] = [500, 500]
    site.post(f"{sink}/pause")
    site.post(f"{sink}/resume")
    site.has_all(sink)
    check(sidecar.events(), site.ledger())
    assert sidecar.requests[-1][1]["dapr-api-token"] == "t0ken"
    assert sidecar.requests[-1][1]["Content-Type"] == "application/cloudevents+json"


def test_nothing_is_missing_after_kills(site, receive):
    seed = random.randrange(1 << 30)
    print("seed", seed)
    rng = random.Random(seed)
    receiver = receive(lambda number, path, events: 500 if rng.random() < 0.1 else 200)
    sink = site.sink(kind="webhook", url=receiver.url)
    filed = site.sink(kind="file", path="events.jsonl")
    for n in range(3):
        site.alarms(6)
        stored = 6 * (n + 1)
        harness.wait_for("the alarms are stored", lambda: len(site.ledger(type="fielddetection")) >= stored)
        site.kill()
        site.start()
        site.gateway.wait_online(DEVICES)
    site.over(18)
    for one in (sink, filed):
        site.has_all(one)
    check(receiver.events(), site.ledger())
    file = site.data.parent / "files" / "events.jsonl"
    check([json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()], site.ledger())


def test_declared_sinks_follow_the_file(started, tmp_path, receive):
    receiver = receive()
    config = tmp_path / "camfleet.yaml"

    def declare(text):
        config.write_text(f"allow_sinks: [127.0.0.0/8]\n{text}")

    declare(f"sinks:\n  - id: night\n    kind: webhook\n    url: {receiver.url}\n    secret: k3y\n    filter: {{types: [vmd]}}\n")
    gateway = harness.Gateway(tmp_path / "data", extra=["--config", config])
    started.append(gateway)
    night = gateway.get("/api/v1/sinks/night")
    assert night["declared"] and night["secrets"] == ["secret"] and night["filter"]["types"] == ["vmd"]
    status, _, problem = gateway.call("PATCH", "/api/v1/sinks/night", {"url": "http://example.org/"})
    assert (status, problem["code"]) == (400, "sink.invalid")
    declare(f"sinks:\n  - id: night\n    kind: webhook\n    url: {receiver.url}\n    batch: 5\n")
    gateway.child.send_signal(signal.SIGHUP)
    harness.wait_for("it is changed", lambda: gateway.get("/api/v1/sinks/night")["batch"] == 5)
    assert gateway.get("/api/v1/sinks/night")["filter"]["types"] == []
    declare("sinks: []\n")
    gateway.child.send_signal(signal.SIGHUP)
    harness.wait_for("it is switched off", lambda: not gateway.get("/api/v1/sinks/night")["enabled"])
    # Nothing of the key is in the data directory or in the log.
    for file in (tmp_path / "data").rglob("*"):
        if file.is_file():
            assert b"k3y" not in file.read_bytes(), file
    assert "k3y" not in gateway.text


def test_what_makes_no_sense_is_refused(gateway):
    for body in ({}, {"kind": "carrier-pigeon"}, {"kind": "webhook"}, {"kind": "webhook", "url": "ftp://a/"},
                 {"kind": "webhook", "url": "http://user:pass@a/"}, {"kind": "webhook", "url": "http://a/", "batch": 0},
                 {"kind": "webhook", "url": "http://a/", "topic": "x"}, {"kind": "webhook", "url": "http://a/", "id": "A B"},
                 {"kind": "mqtt", "url": "http://a/"}, {"kind": "mqtt", "url": "mqtt://a/", "topic": "a/#"},
                 {"kind": "kafka", "brokers": "a:1", "topic": "a b"}, {"kind": "kafka", "brokers": "a:1", "security": "none"},
                 {"kind": "file", "path": "x"}, {"kind": "webhook", "url": "http://a/", "filter": {"channels": ["x"]}}):
        status, _, problem = gateway.call("POST", "/api/v1/sinks", body)
        assert (status, problem["code"]) == (400, "sink.invalid"), body
    assert gateway.get("/api/v1/sinks") == {"items": [], "next": None}
    assert gateway.call("GET", "/api/v1/sinks/none")[2]["code"] == "sink.unknown"
    with socket.create_server(("127.0.0.1", 0)) as door:
        body = {"kind": "webhook", "id": "local", "url": f"http://localhost:{door.getsockname()[1]}/"}
        assert gateway.call("POST", "/api/v1/sinks", body)[0] == 201
        assert gateway.call("POST", "/api/v1/sinks", body)[2]["code"] == "sink.exists"
        status, _, problem = gateway.call("POST", "/api/v1/sinks/local/test", {})
        assert problem["code"] == "net.forbidden_address", "loopback has to be allowed"
