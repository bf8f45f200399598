"""GET of one device while thousands are online and some of them flap, asked by h2load (nghttp2-client)."""
import re
import shutil
import subprocess
import sys
import threading
import time

import lab


def seconds_of(text):
    value, unit = re.fullmatch(r"([\d.]+)(us|ms|s)", text).groups()
    return float(value) * {"us": 1e-6, "ms": 1e-3, "s": 1}[unit]


def h2load(urls, token, seconds, clients, rate=None, log=None):
    """Asks for what the file `urls` names, in turn. -> requests a second, failures, and the latencies where `log` is a file for them."""
    argv = ["h2load", "--h1", "-t", "1", "-c", clients, "-D", seconds, "--warm-up-time", "1", "-H", f"Authorization: Bearer {token}"]
    if rate:
        # Paced as a mean: each client keeps a period of its own.
        argv += ["--rps", max(1, rate // clients)]
    if log:
        argv += ["--log-file", log]
    done = subprocess.run([str(a) for a in [*argv, "-i", urls]], capture_output=True, text=True, check=False, timeout=seconds + 60)
    found = re.search(r"finished in [^,]*, ([\d.]+) req/s", done.stdout)
    if not found:
        raise RuntimeError(done.stdout + done.stderr)
    bad = re.search(r"(\d+) failed, (\d+) errored, (\d+) timeout", done.stdout)
    not_2xx = re.search(r"status codes: (\d+) 2xx, (\d+) 3xx, (\d+) 4xx, (\d+) 5xx", done.stdout)
    failures = sum(map(int, bad.groups())) + sum(map(int, not_2xx.groups()[1:]))
    latencies = []
    if log:
        with open(log, encoding="ascii") as lines:
            latencies = sorted(int(line.split("\t")[2]) for line in lines)
    return float(found.group(1)), failures, latencies


def percentile(ordered, share):
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))] if ordered else 0


class Flapping(threading.Thread):
    """A share of the devices loses its power and gets it back, over and over."""

    def __init__(self, simulator, count, period):
        super().__init__(daemon=True)
        self.simulator, self.count, self.period, self.over = simulator, count, period, threading.Event()
        self.start()

    def run(self):
        on = True
        while not self.over.is_set():
            on = not on
            for index in range(self.count):
                self.simulator.post(f"/devices/{index}/power", {"on": on})
                if self.over.wait(self.period / self.count):
                    break
        for index in range(self.count):
            self.simulator.post(f"/devices/{index}/power", {"on": True})

    def stop(self):
        self.over.set()
        self.join(60)


def main():
    options = lab.options(__doc__, seconds=10, clients=16, rate=7800, flapping=0.05, period=20, urls=500)
    if not shutil.which("h2load"):
        sys.exit("api_reads: h2load is missing (Debian: nghttp2-client)")
    report = lab.Report("api_reads", devices=options.devices, clients=options.clients, flapping=options.flapping)
    with lab.Lab() as all_of_it:
        simulator = all_of_it.simulator(options.devices, extra=["--alarms-per-minute", "0"])
        gateway = all_of_it.gateway()
        lab.bring_in(gateway, simulator.csv)
        lab.wait_all(gateway, ["online"], options.devices)
        ids = [spec["id"] for spec in lab.harness.read_export(simulator.csv)]
        # All over the fleet, and those that flap among them: no single answer is asked for again and again.
        asked = ids[::max(1, len(ids) // options.urls)]

        def urls(name, base):
            path = all_of_it.folder / name
            path.write_text("".join(f"{base}/api/v1/devices/{one}\n" for one in asked), encoding="ascii")
            return path

        url = urls("urls", gateway.url)
        size = int(gateway.call("GET", f"/api/v1/devices/{ids[-1]}")[1]["Content-Length"])
        port = all_of_it.folder / "port"
        bare = subprocess.Popen([lab.BIN / "fleet_floor", "http", port, str(size)])
        all_of_it.callback(bare.kill)
        lab.harness.wait_for("the bare server", port.exists)
        bare_url = urls("bare-urls", f"http://127.0.0.1:{port.read_text().strip()}")
        flapping = Flapping(simulator, int(options.devices * options.flapping), options.period)
        time.sleep(3)

        # CPU of an answer: what the process spent, less what it spends in the same time unasked.
        before = lab.cpu_s(gateway.pid)
        time.sleep(options.seconds / 2)
        unasked = (lab.cpu_s(gateway.pid) - before) / (options.seconds / 2)
        def cost(pid, where, idle):
            before, began = lab.cpu_s(pid), time.monotonic()
            rate, failed, _ = h2load(where, gateway.token, options.seconds, options.clients)
            took = time.monotonic() - began
            assert failed == 0, failed
            # With those of the warm-up, which are not in the rate.
            return rate, (lab.cpu_s(pid) - before - idle * took) / (rate * (options.seconds + 1))
        floor_rate, floor_cpu = cost(bare.pid, bare_url, 0)
        rate, cpu = cost(gateway.pid, url, unasked)
        report.add("answers of one core", 1 / cpu, "1/s", budget=20000, floor=1 / floor_cpu, most=False,
                   note="1 / CPU of an answer; floor: a bare epoll server of as many constant bytes")
        report.add("CPU of an answer", cpu * 1e6, "us", floor=floor_cpu * 1e6)
        report.add("answers a second, unpaced", rate, "1/s", floor=floor_rate, note="h2load, simulator and gateway share the cores")
        before = lab.loop_delays(gateway)
        paced, failed, latencies = h2load(url, gateway.token, options.seconds, options.clients, options.rate, all_of_it.folder / "paced")
        _, _, bare_latencies = h2load(bare_url, gateway.token, options.seconds, options.clients, options.rate, all_of_it.folder / "bare")
        turns = lab.loop_delays(gateway)
        flapping.stop()
        report.add("paced: rate reached", paced, "1/s", budget=options.rate * 0.97, most=False)
        report.add("paced: p50", percentile(latencies, 0.5) / 1e3, "ms", floor=percentile(bare_latencies, 0.5) / 1e3)
        report.add("paced: p99", percentile(latencies, 0.99) / 1e3, "ms", budget=5, floor=percentile(bare_latencies, 0.99) / 1e3)
        report.add("paced: longest turn of the API's loop", lab.longest_turn_ms(before, turns, "api"), "ms", note="at most; the devices' loops: "
                   f"{lab.longest_turn_ms(before, turns, 'loop'):g} ms")
        report.add("answers that failed", failed, "", budget=0)
    report.done()


if __name__ == "__main__":
    main()
