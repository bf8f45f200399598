"""What a fleet costs that does nothing: alarm channels open, heartbeats of 10 s."""
import time

import lab


def main():
    options = lab.options(__doc__, seconds=60, heartbeat=10)
    report = lab.Report("fleet_idle", devices=options.devices, heartbeat_s=options.heartbeat, seconds=options.seconds)
    with lab.Lab() as all_of_it:
        simulator = all_of_it.simulator(options.devices, extra=["--alarms-per-minute", "0", "--heartbeat", options.heartbeat])
        floor = lab.Lab.floor_of("login", simulator.csv, options.seconds)
        gateway = all_of_it.gateway()
        empty = lab.cpu_s(gateway.pid)
        time.sleep(5)
        bare = (lab.cpu_s(gateway.pid) - empty) * 100 / 5
        lab.bring_in(gateway, simulator.csv)
        lab.wait_all(gateway, ["online"], options.devices)
        time.sleep(2 * options.heartbeat)  # what a login leaves to be done is done
        before, began, requests = lab.cpu_s(gateway.pid), time.monotonic(), simulator.totals()["http_requests"]
        time.sleep(options.seconds)
        spent, took = lab.cpu_s(gateway.pid) - before, time.monotonic() - began
        asked = simulator.totals()["http_requests"] - requests
        report.add("of one core", spent * 100 / took, "%", budget=5, floor=floor["idle_core_percent"],
                   note=f"floor: a bare epoll reader of the same {floor['reads']} pieces")
        report.add("of one core, no device", bare, "%")
        report.add("CPU of a heartbeat", spent * 1e6 / (options.devices * took / options.heartbeat), "us",
                   floor=floor["idle_core_percent"] * 1e4 * options.seconds / max(1, floor["reads"]))
        report.add("questions by us", asked / options.devices / took * 60, "1/min", note="a device; its own heartbeats are enough")
        assert gateway.fleet()["states"]["online"] == options.devices
    report.done()


if __name__ == "__main__":
    main()
