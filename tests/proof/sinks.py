#!/usr/bin/python3
"""Kills the gateway again and again while its sinks fail at random, and looks whether every entry of the ledger came to each:
a webhook, a batched webhook, a file, Mosquitto and the mock cluster of Kafka. `--kills 100`."""
import argparse
import json
import pathlib
import random
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "e2e"))

import harness  # noqa: E402
from sinks import Kafka, Mosquitto, Receiver, Subscriber, check  # noqa: E402
from test_sinks import DEVICES, Site  # noqa: E402


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--seed", type=int, default=random.randrange(1 << 30))
    options = parser.parse_args()
    print("seed", options.seed, flush=True)
    rng = random.Random(options.seed)
    started = []
    with tempfile.TemporaryDirectory() as folder:
        tmp = pathlib.Path(folder)

        def simulate(devices, **how):
            simulator = harness.Simulator(devices, export=tmp / "fleet.csv", **how)
            simulator.specs = harness.read_export(tmp / "fleet.csv")
            started.append(simulator)
            return simulator

        def plan(number, path, events):
            return rng.choice((500, 503, 429, "close", "half")) if rng.random() < 0.15 else 200

        try:
            receiver, kafka, broker = Receiver(plan), Kafka(), Mosquitto(tmp / "mosquitto")
            reader = Subscriber(broker)
            started += [receiver, kafka, broker, reader]
            site = Site(started, simulate, tmp / "data", ["--sink-files", str(tmp / "files")])
            sinks = [site.sink(kind="webhook", url=receiver.url), site.sink(kind="webhook", url=receiver.url.replace("/events", "/batch"), batch=50),
                     site.sink(kind="file", path="events.jsonl"), site.sink(kind="mqtt", url=f"mqtt://127.0.0.1:{broker.port}"),
                     site.sink(kind="kafka", brokers=kafka.brokers)]
            for kill in range(options.kills):
                site.alarms(rng.randrange(1, 3 * DEVICES))
                time.sleep(rng.uniform(0, 1.5))  # what is being done just then is what is tested
                site.kill()
                site.start()
                if kill % 10 == 9:
                    print(kill + 1, "kills,", len(site.ledger()), "entries", flush=True)
            site.gateway.wait_online(DEVICES)
            for sink in sinks:
                harness.wait_for(f"{sink} has all", lambda sink=sink: site.show(sink)["pending"] == 0, 300)
            wanted = site.ledger()
            file = tmp / "files" / "events.jsonl"
            harness.wait_for("the subscriber has all", lambda: {e["id"] for e in reader.events()} >= set(wanted))
            for name, events in (("webhook", receiver.taken_at["/events"]), ("batch", receiver.taken_at["/batch"]),
                                 ("file", [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]),
                                 ("mqtt", reader.events()), ("kafka", kafka.events())):
                check(events, wanted)
                print(f"{name}: {len(wanted)} entries, {len(events)} deliveries, none missing, in order of each device")
            parked = sum(site.show(sink)["parked"] for sink in sinks)
            print("parked:", parked)
            return 1 if parked else 0
        finally:
            for process in reversed(started):
                process.stop()


if __name__ == "__main__":
    sys.exit(main())
