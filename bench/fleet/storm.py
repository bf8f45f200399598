"""Storms of thousands of devices: how long until all are back, how many connect at once, whether they go in lock-step, and what
everybody else notices of it. `--only power_cut,flap` runs some."""
import os
import shutil
import signal
import sys
import time

import lab
import storms

CAP = 64


def start_in(all_of_it):
    def start(process):
        all_of_it.callback(process.stop)
        return process
    return start


class Turns:
    """How long the loops were held while it lasted; told beside what `seen` says."""

    def __init__(self, gateway, seen):
        self.gateway, self.seen = gateway, seen

    def __enter__(self):
        self.before = lab.loop_delays(self.gateway)

    def __exit__(self, *_):
        after = lab.loop_delays(self.gateway)
        self.seen.turn_ms = lab.longest_turn_ms(self.before, after, "loop")
        self.seen.api_turn_ms = lab.longest_turn_ms(self.before, after, "api")


class Run:
    def __init__(self, report, all_of_it, options):
        self.report, self.all_of_it, self.options = report, all_of_it, options
        self.start = start_in(all_of_it)
        self.series = {}

    def storm(self, devices=None, site=(), gateway=(), **more):
        made = storms.Storm(self.all_of_it.folder, self.start, devices or self.options.devices,
                            site=["--nonce-life", "36000", *site], gateway=["--fleet-max-connecting", CAP, *gateway], **more)
        made.all_online(300)
        return made

    def tell(self, name, back_s, seen, storm, budget_s=None, note=""):
        add = self.report.add
        locks = storm.site.totals()["locks"]
        add(f"{name}: all back", back_s, "s", budget=budget_s, note=note)
        if seen is None:
            add(f"{name}: connecting at once, at most", storm.gateway.fleet()["admission"]["most"], "", budget=CAP)
            add(f"{name}: accounts locked", locks, "", budget=0)
            return
        rates = seen.attempts_per_second()
        add(f"{name}: connecting at once, at most", seen.fleet["admission"]["most"], "", budget=CAP)
        add(f"{name}: connections a second, at most", max((rate for _, rate in rates), default=0.0), "1/s")
        add(f"{name}: accounts locked", locks, "", budget=0)
        add(f"{name}: other viewers cut off", seen.viewers_ended, "", budget=0)
        add(f"{name}: longest gap of their pictures", seen.gap_s, "s")
        if seen.turn_ms is not None:
            add(f"{name}: longest turn of a device's loop, at most", seen.turn_ms, "ms", note=f"of the API's: {seen.api_turn_ms:g} ms")
        add(f"{name}: API p99", seen.p99_ms, "ms", budget=5, note=f"{seen.asked} reads at 50 a second, {len(seen.failed)} failed")
        self.series[name] = [[t, round(rate)] for t, rate in rates]


def power_cut(run):
    storm = run.storm()
    with storm.watched() as seen, Turns(storm.gateway, seen):
        began = time.monotonic()
        storm.power(["all"], False)
        lab.harness.wait_for("all are away", lambda: storm.away() == storm.devices, 120)
        run.report.add("power cut: all noticed", time.monotonic() - began, "s")
        time.sleep(run.options.outage)
        storm.power(["all"], True)
        back = storm.all_online(300)
    run.tell("power cut", back, seen, storm, 30, f"all {storm.devices}; off until all were noticed and {run.options.outage} s more")
    return storm


def subnet_and_flap(run, storm=None):
    storm = storm or run.storm()
    subnet = range(storms.PER_SUBNET)
    with storm.watched() as seen:
        storm.power(subnet, False)
        lab.harness.wait_for("the subnet is away", lambda: storm.away() >= storms.PER_SUBNET)
        storm.power(subnet, True)
        back = storm.all_online(300)
    run.tell("subnet", back, seen, storm, 30, f"{storms.PER_SUBNET} devices")
    with storm.watched() as seen:
        for _ in range(3):
            storm.power(subnet, False)
            time.sleep(10)
            storm.power(subnet, True)
            time.sleep(10)
        back = storm.all_online(300)
    run.tell("flapping switch", back, seen, storm, 60, "on and off each 10 s, three times; since the last")
    return storm


def recorder(run, storm=None):
    storm = storm or run.storm()
    nvr = run.start(lab.harness.Simulator(1, address=storms.RECORDER, export=run.all_of_it.folder / "recorder.csv", seed=23,
                                          extra=["--nvr-every", "1", "--nvr-channels", "64", "--max-sessions", "100"]))
    calm = storm.calm_ids
    storm.bring_in(run.all_of_it.folder / "recorder.csv", prefix="nvr-")
    name, storm.calm_ids = storm.calm_ids[0], calm
    storm.gateway.wait_state(name, "online")
    viewers = [storms.Viewer(storm.gateway, f"{name}/{channel}/sub") for channel in range(1, 65)]
    lab.harness.wait_for("64 play", lambda: nvr.totals()["playing"] == 64)
    with storm.watched() as seen:
        nvr.post("/devices/0/power", {"on": False})
        lab.harness.wait_for("it is away", lambda: storm.gateway.device(name)["state"] != "online")
        nvr.post("/devices/0/power", {"on": True})
        began = time.monotonic()
        storm.gateway.wait_state(name, "online")
        viewers += [storms.Viewer(storm.gateway, f"{name}/{channel}/sub") for channel in range(1, 65)]
        lab.harness.wait_for("64 play again", lambda: nvr.totals()["playing"] == 64)
        back = time.monotonic() - began
    assert nvr.totals()["locks"] == 0 and nvr.totals()["wrong_passwords"] == 0
    run.tell("recorder", back, seen, storm, 30, "64 channels, each watched: until all of them play again")
    for viewer in viewers:
        viewer.over.set()


def stale_sessions(run):
    """The old gateway is stopped, not ended: as far as the cameras know, it holds its sessions. Two simulators, for one has not
    the descriptors for the connections of two gateways."""
    folder = run.all_of_it.folder
    count = run.options.devices // 2
    sites = []
    storm = run.storm(count, site=["--max-alarm-streams", "1"])
    sites.append(storm.site)
    sites.append(run.start(lab.harness.Simulator(count, address="127.100.0.1", export=folder / "more.csv", seed=24,
                                                 extra=["--alarms-per-minute", "0", "--nonce-life", "36000", "--max-alarm-streams", "1"])))
    calm = storm.calm_ids
    storm.bring_in(folder / "more.csv", prefix="more-")
    storm.calm_ids = calm
    devices = 2 * count
    lab.wait_all(storm.gateway, ["online"], devices + storm.calm_count)
    old = storm.gateway
    os.killpg(old.pid, signal.SIGSTOP)
    shutil.copytree(folder / "data", folder / "copy")
    began = time.monotonic()
    storm.gateway = run.start(lab.harness.Gateway(folder / "copy", extra=storm.options))
    lab.harness.wait_for("all are logged in", lambda: storm.gateway.fleet()["states"]["degraded"] == devices, 120)
    run.report.add("killed and restarted: all logged in", time.monotonic() - began, "s", note="their alarm channels refused: the old process holds them")
    time.sleep(5)
    sampler = storms.Sampler(storm.site, storm.gateway)
    os.killpg(old.pid, signal.SIGKILL)
    began = time.monotonic()
    lab.wait_all(storm.gateway, ["online"], devices + storm.calm_count)
    back = time.monotonic() - began
    rows = sampler.stop()
    run.series["killed and restarted"] = [[after["t"], round(2 * (after["connections"] - before["connections"]) / max(0.01, after["t"] - before["t"]))]
                                          for before, after in zip(rows, rows[1:])]
    run.report.add("killed and restarted: all back", back, "s", budget=150, note=f"{devices} devices; since they gave up the old process's alarm channels: "
                   "whoever is told that there is none asks each one to two minutes")
    run.report.add("killed and restarted: connecting at once, at most", storm.gateway.fleet()["admission"]["most"], "", budget=CAP)
    run.report.add("killed and restarted: accounts locked", sum(site.totals()["locks"] for site in sites), "", budget=0)
    run.report.add("killed and restarted: wrong passwords", sum(site.totals()["wrong_passwords"] for site in sites), "", budget=0)


def rotated_passwords(run):
    count = run.options.devices // 3
    pace = 100
    storm = run.storm(gateway=["--fleet-suspect-per-second", pace, "--fleet-backoff-cap-s", "20"], site=["--lock-after", "3"], shared_password="of-this-year-1")
    for index in range(count):
        storm.site.post(f"/devices/{index}/password", {"password": "of-next-year-2"})
    with storm.watched() as seen:
        storm.power(["all"], False)
        lab.harness.wait_for("all are away", lambda: storm.away() == storm.devices, 120)
        storm.power(["all"], True)
        began = time.monotonic()
        lab.harness.wait_for("each is online or rejected", lambda: (s := storm.gateway.fleet()["states"])["rejected"] == count
                             and s["online"] == storm.total - count, 900)
        back = time.monotonic() - began
    assert storm.site.totals()["wrong_passwords"] == count
    run.tell("rotated passwords", back, seen, storm, None, f"{count} of {storm.devices} that share one: each rejected after one attempt; {pace} a second instead of 4")


def silent_name_server(run):
    server = storms.NameServer()
    run.all_of_it.callback(server.stop)
    devices = run.options.devices
    site = run.start(lab.harness.Simulator(devices, address=storms.SITE, export=run.all_of_it.folder / "named.csv", seed=21))
    gateway = run.start(lab.harness.Gateway(run.all_of_it.folder / "named", extra=["--fleet-max-connecting", CAP],
                                            prefix=server.prefix(run.all_of_it.folder)))
    text = (run.all_of_it.folder / "named.csv").read_text(encoding="utf-8")
    for spec in lab.harness.read_export(run.all_of_it.folder / "named.csv"):
        text = text.replace("," + spec["address"] + ",", "," + server.name_of(spec["address"]) + ",")
    (run.all_of_it.folder / "named.csv").write_text(text, encoding="utf-8")
    lab.bring_in(gateway, run.all_of_it.folder / "named.csv")
    gateway.wait_online(devices, 300)
    sampler = storms.Sampler(site, gateway)
    server.up = False
    began = time.monotonic()
    site.post("/devices/all/power", {"on": False})
    lab.harness.wait_for("all are away", lambda: gateway.fleet()["states"]["online"] == 0, 120)
    time.sleep(max(0.0, run.options.silence - (time.monotonic() - began)))
    site.post("/devices/all/power", {"on": True})
    back_from = time.monotonic()
    gateway.wait_online(devices, 300)
    back = time.monotonic() - back_from
    rows = sampler.stop()
    run.series["silent name server"] = [[after["t"], round((after["connections"] - before["connections"]) / max(0.01, after["t"] - before["t"]))]
                                        for before, after in zip(rows, rows[1:])]
    run.report.add("silent name server: all back", back, "s", budget=60,
                   note=f"{devices} devices by name, cut off while the server says nothing ({time.monotonic() - began:.0f} s so far)")
    run.report.add("silent name server: connecting at once, at most", gateway.fleet()["admission"]["most"], "", budget=CAP)
    run.report.add("silent name server: accounts locked", site.totals()["locks"], "", budget=0)


def main():
    options = lab.options(__doc__, outage=5, silence=30, strict=0, only="power_cut,subnet_and_flap,recorder,stale_sessions,rotated_passwords,silent_name_server")
    report = lab.Report("fleet_storm", devices=options.devices, admission_cap=CAP, outage_s=options.outage)
    series = {}
    only = options.only.split(",")
    together = [name for name in ("power_cut", "subnet_and_flap", "recorder") if name in only]
    if together:
        with lab.Lab() as all_of_it:
            run = Run(report, all_of_it, options)
            storm = run.storm()
            run.storm = lambda *a, **k: storm
            for name in together:
                globals()[name](run)
            series.update(run.series)
    for name in ("stale_sessions", "rotated_passwords", "silent_name_server"):
        if name not in only:
            continue
        if name == "silent_name_server" and os.geteuid() != 0:
            print("silent_name_server: wants to be root, left out")
            continue
        with lab.Lab() as all_of_it:
            run = Run(report, all_of_it, options)
            globals()[name](run)
            series.update(run.series)
    report.keep(attempts_per_second=series)
    wrong = report.done()
    if options.strict and wrong:
        sys.exit(f"fleet_storm: {wrong}")


if __name__ == "__main__":
    main()
