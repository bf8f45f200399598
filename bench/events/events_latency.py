"""From the first byte of an alarm at the camera to the webhook that is told of it: at so many alarms a second, with all devices
online. Both ends read the same clock; the floor is the same webhook posted to by a bare client. `--slow-sync-ms 30` lets each
fsync and fdatasync of the ledger take so much longer (tests/disk/bad_disk.cpp)."""
import subprocess
import time

import stage
from stage import lab


def slow_disk(folder, ms):
    library, fault = folder / "bad_disk.so", folder / "fault"
    subprocess.run(["c++", "-std=c++20", "-shared", "-fPIC", "-O1", "-o", library, lab.ROOT / "tests" / "disk" / "bad_disk.cpp"], check=True)
    fault.write_text(f"slow {ms}")
    return {"LD_PRELOAD": str(library), "CAMFLEET_DISK_FAULT": str(fault)}


def main():
    options = lab.options(__doc__, devices=5000, rate=200, seconds=60, slow_sync_ms=0)
    slow = options.slow_sync_ms
    report = lab.Report(f"events_latency_sync_{slow}" if slow else "events_latency", devices=options.devices, alarms_per_s=options.rate,
                        seconds=options.seconds, slow_sync_ms=slow)
    with lab.Lab() as all_of_it:
        simulator = all_of_it.simulator(options.devices, extra=["--alarms-per-minute", options.rate * 60 / options.devices,
                                                                "--alarm-seconds", 1])
        gateway = all_of_it.gateway(extra=["--allow-sinks", "127.0.0.0/8"], env=slow_disk(all_of_it.folder, slow) if slow else None)
        lab.bring_in(gateway, simulator.csv)
        lab.wait_all(gateway, ["online"], options.devices)
        receiver = stage.Receiver()
        stage.sink(gateway, kind="webhook", id="hook", url=receiver.url, start="now", connections=8)
        time.sleep(3)
        first = simulator.stats("/alarms?limit=1")["last"]
        spent, began = lab.cpu_s(gateway.pid), time.monotonic()
        raised, since = {}, first
        ids = [row["id"] for row in lab.harness.read_export(simulator.csv)]
        while time.monotonic() - began < options.seconds:
            time.sleep(1)
            page = simulator.stats(f"/alarms?since={since}&limit=10000")
            for one in page["items"]:
                raised[ids[one["device"]], one["number"]] = one["began_us"]
                since = one["serial"]
        took = time.monotonic() - began
        spent = lab.cpu_s(gateway.pid) - spent
        time.sleep(2)
        told, sums = receiver.stop()
        times = sorted((told[alarm] - at) / 1e3 for alarm, at in raised.items() if alarm in told)
        report.add("alarms raised", len(raised) / took, "1/s")
        report.add("of them never told", len(raised) - len(times), "", budget=0)
        report.add("camera to webhook, p50", times[len(times) // 2], "ms")
        report.add("camera to webhook, p99", times[len(times) * 99 // 100], "ms", budget=100)
        report.add("camera to webhook, longest", times[-1], "ms")
        report.add("gateway, of one core", spent * 100 / took, "%", note=f"{options.devices} devices online")
        report.add("deliveries", sums["events"], "", note="entries: beginnings, ends, the gateway's own")
    report.done()


if __name__ == "__main__":
    main()
