"""How fast a ledger that is full comes out: so many stored events to a sink of each kind, one after the other, none failing. The
other side says yes at once, so the rate is ours, or the broker's where one is named."""
import subprocess
import time

import stage
from stage import lab

from sinks import Kafka, Mosquitto  # tests/e2e


def main():
    options = lab.options(__doc__, events=1_000_000, kinds="file,webhook,webhook-batch,mqtt,kafka,dapr", devices=0)
    report = lab.Report("events_drain", events=options.events)
    with lab.Lab() as all_of_it:
        data = all_of_it.folder / "data"
        data.mkdir()
        subprocess.run([lab.BIN / "events_load", "fill", data, str(options.events)], check=True)
        gateway = all_of_it.gateway(extra=["--allow-sinks", "127.0.0.0/8", "--sink-files", str(all_of_it.folder / "files")])
        receiver = stage.Receiver()
        all_of_it.callback(receiver.stop)
        for kind in options.kinds.split(","):
            body = {"kind": kind, "id": kind}
            if kind == "file":
                body |= {"path": "events.jsonl"}
            elif kind == "webhook":
                body |= {"url": receiver.url, "connections": 16}
            elif kind == "webhook-batch":
                body |= {"kind": "webhook", "url": receiver.url, "connections": 4, "batch": 100}
            elif kind == "dapr":
                body |= {"url": f"http://127.0.0.1:{receiver.port}", "pubsub": "pubsub", "connections": 16}
            broker = None
            if kind == "mqtt":
                broker = Mosquitto(all_of_it.folder / "mosquitto")
                body |= {"url": f"mqtt://127.0.0.1:{broker.port}"}
            elif kind == "kafka":
                broker = Kafka()
                body |= {"brokers": broker.brokers}
            newest = options.events
            spent, began = lab.cpu_s(gateway.pid), time.monotonic()
            stage.sink(gateway, start="oldest", **body)
            lab.harness.wait_for(f"{kind} has all", lambda sink=kind: gateway.get(f"/api/v1/sinks/{sink}")["cursor"] >= newest, 1800)
            took, spent = time.monotonic() - began, lab.cpu_s(gateway.pid) - spent
            shown = gateway.get(f"/api/v1/sinks/{kind}")
            assert shown["parked"] == 0 and shown["delivered"] >= options.events, shown
            report.add(f"{kind}", options.events / took, "1/s")
            report.add(f"{kind}, CPU of an event", spent * 1e6 / options.events, "us")
            assert gateway.call("DELETE", f"/api/v1/sinks/{kind}")[0] == 204
            if broker:
                broker.stop()
    report.done()


if __name__ == "__main__":
    main()
