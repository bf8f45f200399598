"""CPU of one login (digest, device info, channels, time, alarm channel), and the cold start of a whole fleet."""
import time

import lab


def cold_start(all_of_it, options, extra):
    began = time.monotonic()
    gateway = all_of_it.gateway(extra=extra)
    ready, cpu = time.monotonic() - began, lab.cpu_s(gateway.pid)
    sampler = lab.Sampler(lambda: gateway.fleet()["states"]["online"], every=0.25)
    lab.wait_all(gateway, ["online"], options.devices)
    online, spent = time.monotonic() - began, lab.cpu_s(gateway.pid) - cpu
    curve = sampler.stop()
    admission = gateway.fleet()["admission"]
    gateway.stop()
    return {"ready_s": ready, "online_s": online, "login_cpu_ms": spent * 1e3 / options.devices, "start_cpu_s": cpu, "curve": curve,
            "most": admission["most"]}


def main():
    options = lab.options(__doc__, runs=3, max_connecting=64)
    extra = ["--fleet-max-connecting", options.max_connecting]
    report = lab.Report("fleet_login", devices=options.devices, runs=options.runs, admission_cap=options.max_connecting,
                        simulated_latency_ms=0)
    runs, floors = [], []
    with lab.Lab() as all_of_it:
        simulator = all_of_it.simulator(options.devices, extra=["--alarms-per-minute", "0"])
        gateway = all_of_it.gateway(extra=extra)
        lab.bring_in(gateway, simulator.csv)
        lab.wait_all(gateway, ["online"], options.devices)
        gateway.stop()
        before = simulator.totals()
        for _ in range(options.runs):
            runs.append(cold_start(all_of_it, options, extra))
            floors.append(lab.Lab.floor_of("login", simulator.csv)["login_cpu_ms"])
        after = simulator.totals()
        assert after["wrong_passwords"] == before["wrong_passwords"] and after["locks"] == 0
    middle = sorted(runs, key=lambda run: run["login_cpu_ms"])[len(runs) // 2]
    report.add("CPU of a login", middle["login_cpu_ms"], "ms", budget=0.5, floor=lab.median(floors),
               note="floor: one blocking client that makes the same requests, and parses nothing")
    report.add("cold start, all online", lab.median([run["online_s"] for run in runs]), "s", budget=15,
               note="from exec, the simulator on the same cores")
    report.add("of it until the ports answer", lab.median([run["ready_s"] for run in runs]), "s")
    report.add("logins a second", options.devices / lab.median([run["online_s"] - run["ready_s"] for run in runs]), "1/s", budget=200, most=False)
    report.add("connecting at once, at most", max(run["most"] for run in runs), "", budget=options.max_connecting)
    report.keep(curve=middle["curve"])
    report.done()


if __name__ == "__main__":
    main()
