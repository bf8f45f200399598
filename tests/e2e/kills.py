"""The proof that no alarm is lost: a gateway is killed at random moments under the alarms of a fleet, while what it delivers to
fails at random; then everybody's books are compared. test_ledger_kills.py has ten kills, tests/proof/kills.py a hundred."""
import collections
import datetime
import json
import pathlib
import random
import re
import subprocess
import threading
import time
import types

import harness
from sinks import Kafka, Mosquitto, Receiver, Subscriber

NUMBER = re.compile(r"alarm (\d{6,})")


def micros(text):
    return round(datetime.datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp() * 1e6)


class Tally:
    """What one sink was given. Of each entry the first delivery counts, as for one who drops repeated ids."""

    def __init__(self, proof, name):
        self.proof, self.name = proof, name
        self.got, self.last = set(), {}
        self.deliveries = self.replayed = 0
        self.lock = threading.Lock()

    def take(self, event):
        data = event["data"]
        seq, device = data["seq"], event["source"]
        with self.lock:
            self.deliveries += 1
            self.proof.name(seq, event["id"], self.name)
            if seq in self.got:
                return
            self.got.add(seq)
            if event.get("replayed"):
                self.replayed += 1
                return
            if seq < self.last.get(device, 0):
                self.proof.wrong.append(f"{self.name}: {event['id']} ({seq}) of {device} came after {self.last[device]}")
            self.last[device] = seq


class Alarms(threading.Thread):
    """Writes down what the simulator raised, for it keeps the last 65,536 alone."""

    def __init__(self, simulator, wrong):
        super().__init__(daemon=True)
        self.simulator, self.wrong, self.over = simulator, wrong, threading.Event()
        self.all, self.since = {}, 0  # (device, number) -> (began, heard)
        self.start()

    lines = ()

    def look(self):
        while True:
            page = self.simulator.stats(f"/alarms?since={self.since}&limit=10000")
            if page["dropped"] > self.since:
                self.wrong.append(f"the simulator forgot alarms: {page['dropped'] - self.since}")
            if not page["items"]:
                return
            for one in page["items"]:
                self.all[self.simulator.specs[one["device"]]["id"], one["number"]] = (one["began_us"], one["heard"])
            self.since = page["items"][-1]["serial"]

    def run(self):
        while not self.over.wait(1):
            self.look()

    def stop(self):
        self.over.set()
        self.join()


class Ledger:
    """All entries as the API tells them, read on from where it was read to."""

    def __init__(self, proof):
        self.proof, self.cursor, self.entries = proof, None, 0
        self.starts = collections.defaultdict(set)  # (device, number) -> events that begin it
        self.known = set()                          # (device, number) of which there is an entry at all
        self.received = collections.defaultdict(list)  # device -> when its entries were received
        self.seqs = set()

    def read(self):
        while True:
            page = self.proof.gateway.get("/api/v1/events?order=asc&limit=1000" + (f"&cursor={self.cursor}" if self.cursor else ""))
            for entry in page["items"]:
                if entry["seq"] in self.seqs:
                    continue
                self.seqs.add(entry["seq"])
                self.proof.name(entry["seq"], entry["id"], "ledger")
                self.received[entry["device"]].append(micros(entry["received"]))
                if found := NUMBER.search(entry["description"]):
                    alarm = entry["device"], int(found[1])
                    self.known.add(alarm)
                    if entry["state"] in ("start", "pulse"):
                        self.starts[alarm].add(entry["event"])
            if not page["next"]:
                return
            self.cursor = page["next"]


class KafkaReader(threading.Thread):
    """kcat, which follows the topic while it fills: the mock of a cluster keeps little."""

    def __init__(self, kafka, tally):
        super().__init__(daemon=True)
        self.kafka, self.tally, self.over, self.child = kafka, tally, False, None
        self.start()

    lines = ()

    def run(self):
        while not self.over:
            self.child = subprocess.Popen(["kcat", "-C", "-b", self.kafka.brokers, "-t", "camfleet.events", "-o", "beginning", "-q", "-u",
                                           "-f", "%s\\n"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
            for line in self.child.stdout:
                if line.endswith("\n"):
                    self.tally.take(json.loads(line))
            self.child.wait()
            time.sleep(0.2)  # the topic is not there before its first event

    def stop(self):
        self.over = True
        if self.child:
            self.child.kill()
        self.join(10)


class Proof:
    """`started`: what is put there is stopped by the caller, last first."""

    def __init__(self, folder, started, seed, devices=200, rate=500, kafka=False):
        self.folder, self.started, self.rng = pathlib.Path(folder), started, random.Random(seed)
        self.lock, self.ids, self.seqs, self.wrong = threading.Lock(), {}, {}, []
        self.kills = self.broker_kills = 0
        export = self.folder / "fleet.csv"
        self.devices = devices
        self.simulator = self.begin(harness.Simulator(devices, export=export, seed=seed, extra=(
            "--alarms-per-minute", rate * 60 / devices, "--alarm-seconds", 1)))
        self.simulator.specs = harness.read_export(export)
        self.tallies = {}
        failures, self.failing = random.Random(seed + 1), True

        def plan(number, path, events):
            return failures.choice((500, 503, 429, "close", "half")) if self.failing and failures.random() < 0.1 else 200

        hook = self.tally("webhook")
        self.receiver = self.begin(Receiver(plan, take=lambda path, events: [hook.take(event) for event in events]))
        self.mqtt = self.tally("mqtt")
        self.broker = self.begin(Mosquitto(self.folder / "mosquitto", settings=["max_queued_messages 0", "max_inflight_messages 0"]))
        self.heard = types.SimpleNamespace(messages=types.SimpleNamespace(append=lambda message: self.mqtt.take(message[1])))
        self.reader = self.begin(Subscriber(self.broker, also=self.heard))
        self.tally("file")
        if kafka:
            cluster = self.begin(Kafka())
            self.begin(KafkaReader(cluster, self.tally("kafka")))
        self.gateway = None
        self.start()
        status, _, answer = self.gateway.call("POST", "/api/v1/devices/import", export.read_bytes(), headers={"Content-Type": "text/csv"})
        assert status == 200, answer
        self.since = round(time.time() * 1e6)  # before that the gateway did not know of them
        for body in (dict(kind="webhook", id="webhook", url=self.receiver.url, batch=100, connections=2, timeout_s=5),
                     dict(kind="mqtt", id="mqtt", url=f"mqtt://127.0.0.1:{self.broker.port}"),
                     dict(kind="file", id="file", path="events.jsonl", payload=False)) + (
                         (dict(kind="kafka", id="kafka", brokers=cluster.brokers),) if kafka else ()):
            status, _, answer = self.gateway.call("POST", "/api/v1/sinks", {"start": "oldest", **body})
            assert status == 201, answer
        self.alarms = self.begin(Alarms(self.simulator, self.wrong))
        self.ledger = Ledger(self)
        self.gateway.wait_online(devices)

    def begin(self, process):
        self.started.append(process)
        return process

    def tally(self, name):
        self.tallies[name] = Tally(self, name)
        return self.tallies[name]

    def name(self, seq, entry, who):
        """An entry has one id and one place, whoever tells it."""
        with self.lock:
            if self.ids.setdefault(entry, seq) != seq or self.seqs.setdefault(seq, entry) != entry:
                self.wrong.append(f"{who}: {entry} is {seq}, and was {self.ids.get(entry)}; {seq} was {self.seqs.get(seq)}")

    @property
    def arguments(self):
        return ["--allow-sinks", "127.0.0.0/8", "--sink-files", str(self.folder / "files")]

    def start(self):
        self.gateway = self.begin(harness.Gateway(self.folder / "data", extra=self.arguments))

    def kill(self):
        self.gateway.stop(9)
        self.started.remove(self.gateway)
        self.kills += 1

    def kill_while_it_starts(self):
        child = subprocess.Popen([harness.BIN / "camfleet", "serve", "--data", self.folder / "data", "--http", "127.0.0.1:0", "--rtsp",
                                  "127.0.0.1:0", *self.arguments], stderr=subprocess.DEVNULL, start_new_session=True)
        time.sleep(self.rng.uniform(0, 0.4))
        child.kill()
        child.wait()
        self.kills += 1

    def kill_the_broker(self):
        self.broker.kill()
        time.sleep(self.rng.uniform(0, 0.5))
        self.broker.start()
        self.reader.stop()
        self.started.remove(self.reader)
        self.reader = self.begin(Subscriber(self.broker, also=self.heard))
        self.broker_kills += 1

    def run(self, kills, longest=3.0):
        while self.kills < kills:
            # The moment of a kill is what is random here.
            time.sleep(self.rng.uniform(0.2, longest))
            self.kill()
            if self.kills < kills and self.rng.random() < 0.2:
                self.kill_while_it_starts()
            self.start()
            if self.rng.random() < 0.3:
                self.kill_the_broker()
            if self.kills % 10 == 0:
                print(f"{self.kills} kills, {len(self.alarms.all)} alarms", flush=True)

    def lost(self, alarms):
        """-> (alarms that are neither stored nor began in a blind interval of their device, those that are only covered)"""
        self.ledger.read()
        blind = collections.defaultdict(list)
        for one in self.gateway.get("/api/v1/blind?limit=100000")["items"]:
            blind[one["device"]].append((micros(one["from"]), micros(one["to"]) + 1000 if one["to"] else float("inf")))
        missing, covered = [], []
        for alarm, (began, heard) in alarms.items():
            if alarm in self.ledger.known:
                continue
            covers = any(low <= began <= high for low, high in blind.get(alarm[0], ()))
            (covered if covers else missing).append((alarm, began, heard))
        return missing, covered

    def name_missing(self, missing):
        print(len(missing), "alarms are missing:")
        for (device, number), began, heard in missing[:20]:
            print(f"  {device} alarm {number}, began {began}, {'sent' if heard else 'nobody heard it'}; blind:")
            for one in self.gateway.get(f"/api/v1/blind?device={device}&limit=1000")["items"]:
                low, high = micros(one["from"]), micros(one["to"]) if one["to"] else None
                print(f"    {one['reason']} from {(low - began) / 1e6:+.3f} s to {f'{(high - began) / 1e6:+.3f} s' if high else 'now'}")

    def close(self, patience=120):
        """Compares all books. -> the figures; what is wrong is named."""
        self.gateway.wait_online(self.devices, patience)
        self.failing = False
        self.alarms.look()
        alarms = {alarm: (began, heard) for alarm, (began, heard) in self.alarms.all.copy().items() if began >= self.since}
        # The newest of them are on their way.
        try:
            harness.wait_for("the account closes", lambda: not self.lost(alarms)[0], patience)
        except AssertionError:
            self.name_missing(self.lost(alarms)[0])
            raise
        missing, covered = self.lost(alarms)
        wanted = set(self.ledger.seqs)
        for sink in self.tallies:  # whoever waits for a broker that was away tries now
            for what in ("pause", "resume"):
                self.gateway.call("POST", f"/api/v1/sinks/{sink}/{what}", {})
        newest = max(wanted)
        for sink in self.tallies:
            harness.wait_for(f"{sink} has all", lambda sink=sink: self.gateway.get(f"/api/v1/sinks/{sink}")["cursor"] >= newest, patience)
        torn = 0
        for path in sorted((self.folder / "files").glob("events.jsonl*"), key=lambda path: (path.name == "events.jsonl", path.name)):
            with path.open(encoding="utf-8") as file:
                for line in file:
                    if not line.endswith("}\n"):  # a kill tore it, or it is being written: it comes again
                        torn += 1
                        continue
                    self.tallies["file"].take(json.loads(line))
        assert torn <= self.kills + 1, torn
        # A broker that is killed, or keeps little, may lose what it had acknowledged: that is what replays are for.
        for sink in set(self.tallies) & {"mqtt", "kafka"}:
            if wanted - self.tallies[sink].got:
                status, _, answer = self.gateway.call("POST", f"/api/v1/sinks/{sink}/replay", {"rate": 10000})
                assert status in (200, 202, 204), answer
        for sink, tally in self.tallies.items():
            if sink != "file":
                harness.wait_for(f"all came through {sink}", lambda tally=tally: not wanted - tally.got, patience)
            assert not wanted - tally.got, (sink, [self.seqs[seq] for seq in sorted(wanted - tally.got)[:20]])
        unknown = self.ledger.known - set(self.alarms.all)
        self.alarms.look()
        unknown -= set(self.alarms.all)
        assert not unknown, ("nobody raised these", sorted(unknown)[:20])
        twice = [alarm for alarm, events in self.ledger.starts.items() if len(events) > 1]
        assert not twice, ("alarms that began twice", twice[:20])
        assert not self.wrong, self.wrong[:20]
        self.compare_with_the_account()
        heard = [one for one in covered if one[2]]
        return {"kills": self.kills, "broker_kills": self.broker_kills, "alarms": len(alarms), "entries": len(wanted),
                "alarms_stored": len(alarms) - len(covered), "alarms_covered_by_blind_intervals": len(covered),
                "of_them_sent_and_lost_in_a_kill": len(heard), "missing": 0,
                "deliveries": {sink: tally.deliveries for sink, tally in self.tallies.items()},
                "came_by_a_replay": {sink: self.tallies[sink].replayed for sink in set(self.tallies) & {"mqtt", "kafka"}}}

    def compare_with_the_account(self):
        """Of all that was received up to some moment: stored, delivered, parked, per device and sink."""
        until = datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(seconds=3)
        text = until.strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "Z"
        closed = lambda account: all(sink["pending"] == 0 for item in account["items"] for sink in item["sinks"])
        account = harness.wait_for("nothing is pending", lambda: closed(a := self.gateway.get(f"/api/v1/events/account?to={text}")) and a)
        self.ledger.read()
        stored = {device: sum(1 for at in received if at < micros(text)) for device, received in self.ledger.received.items()}
        assert {item["device"]: item["stored"] for item in account["items"]} == {d: n for d, n in stored.items() if n}
        for item in account["items"]:
            assert {s["sink"]: (s["delivered"], s["parked"]) for s in item["sinks"]} == {name: (item["stored"], 0) for name in self.tallies}, item
