"""Sinks that are brokers: Mosquitto, and the mock cluster of librdkafka with kcat as its reader."""
import json

import pytest

import harness
from certificates import Authority
from sinks import Kafka, Mosquitto, Subscriber, check
from test_sinks import Site


@pytest.fixture
def site(started, simulate, tmp_path):
    return Site(started, simulate, tmp_path / "data", ["--sink-files", str(tmp_path / "files")])


@pytest.mark.parametrize("version", [4, 5])
def test_mqtt_over_a_broker_that_is_killed(site, started, tmp_path, version):
    broker = Mosquitto(tmp_path / "mosquitto")
    started.append(broker)
    before = Subscriber(broker)
    started.append(before)
    sink = site.sink(kind="mqtt", url=f"mqtt://127.0.0.1:{broker.port}", version=version)
    site.alarms(6)
    site.settled(sink, 6)
    harness.wait_for("the subscriber has all", lambda: {e["id"] for e in before.events()} >= set(site.ledger()))
    check(before.events(), site.ledger())
    device = site.simulator.specs[0]["id"]
    assert any(topic == f"camfleet/{device}/1/fielddetection" for topic, _ in before.messages)
    broker.kill()
    site.alarms(6)
    harness.wait_for("it says that nobody is there", lambda: site.show(sink)["state"] == "retrying")
    broker.start()
    after = Subscriber(broker, also=before)
    started.append(after)
    site.settled(sink, 12)
    # What went out between the broker's start and the subscription went to nobody: it is replayed.
    site.post(f"{sink}/replay", {"rate": 10000})
    harness.wait_for("the subscriber has all", lambda: {e["id"] for e in after.events()} >= set(site.ledger()))
    harness.wait_for("the replay, marked as one", lambda: any(event.get("replayed") for event in after.events()))


def test_a_broker_that_is_down_for_a_whole_run(site, started, tmp_path):
    broker = Mosquitto(tmp_path / "mosquitto")
    started.append(broker)
    broker.kill()
    sink = site.sink(kind="mqtt", url=f"mqtt://127.0.0.1:{broker.port}")
    filed = site.sink(kind="file", path="events.jsonl")
    site.alarms(6)
    site.settled(filed, 6)  # the other sink does not notice
    stored = len(site.ledger())
    shown = site.show(sink)
    assert shown["delivered"] == 0 and shown["pending"] >= stored and shown["reason"] == "sink.unreachable" and shown["parked"] == 0
    site.kill()
    site.start()
    site.gateway.wait_online(6)
    site.alarms(6)
    site.settled(filed, 12)
    assert site.show(sink)["delivered"] == 0 and site.show(sink)["parked"] == 0
    broker.start()
    reader = Subscriber(broker)
    started.append(reader)
    site.settled(sink, 12)
    # What went out between the broker's start and the subscription went to nobody: it is replayed.
    site.post(f"{sink}/replay", {"rate": 10000})
    harness.wait_for("the subscriber has all", lambda: {e["id"] for e in reader.events()} >= set(site.ledger()))


def test_mqtt_with_tls_and_a_login(site, started, tmp_path):
    authority = Authority(tmp_path / "ca")
    passwords = tmp_path / "passwords"
    harness.run(["mosquitto_passwd", "-c", "-b", passwords, "camfleet", "right"])
    passwords.chmod(0o644)
    broker = Mosquitto(tmp_path / "mosquitto", settings=["allow_anonymous false", f"password_file {passwords}"], tls=authority.make("broker"))
    started.append(broker)
    reader = Subscriber(broker, extra=["--cafile", str(authority.file), "-u", "camfleet", "-P", "right"])
    started.append(reader)
    sink = site.sink(kind="mqtt", url=f"mqtts://localhost:{broker.port}", ca_file=str(authority.file), username="camfleet", password="wrong")
    state = harness.wait_for("the login is refused", lambda: (s := site.show(sink))["state"] == "refused" and s)
    assert state["reason"] == "sink.refused" and state["pending"] > 0
    assert site.gateway.call("PATCH", f"/api/v1/sinks/{sink}", {"password": "right"})[0] == 200
    site.alarms(6)
    site.settled(sink, 6)
    harness.wait_for("the subscriber has all", lambda: {e["id"] for e in reader.events()} >= set(site.ledger()))
    check(reader.events(), site.ledger())


def test_kafka_over_a_broker_that_goes_away_and_a_gateway_that_is_killed(site, started):
    kafka = Kafka()
    started.append(kafka)
    sink = site.sink(kind="kafka", brokers=kafka.brokers)
    site.alarms(6)
    site.settled(sink, 6)
    records = kafka.records()
    check([event for _, _, event in records], site.ledger())
    for key, headers, event in records:
        assert key == event["partitionkey"] and headers["event-id"] == event["id"]
        assert headers["content-type"] == "application/cloudevents+json"
    kafka.tell("error 3 6")  # NOT_LEADER_FOR_PARTITION: the client looks again and retries
    kafka.tell("down")
    site.alarms(6)
    harness.wait_for("it says that nobody is there", lambda: site.show(sink)["state"] == "retrying")
    site.kill()
    site.start()
    kafka.tell("up")
    site.settled(sink, 12)
    check(kafka.events(), site.ledger())
    # What no broker takes is parked: larger than a message may be there.
    assert site.show(sink)["parked"] == 0 and json.dumps(site.show(sink)).count("password") == 0
