"""Devices through hosts of the vendor's library, for which its stand-in is loaded, beside the same devices by the native driver:
memory, threads and CPU of the gateway and of its hosts. Of the hosts' figures those of the library are the stand-in's own, which
says nothing of the vendor's; what the gateway and the way between the two cost is ours."""
import csv
import pathlib
import shutil
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "fleet"))
import lab  # noqa: E402

STANDIN = lab.BIN.parent / "standin" / "hcnetsdk" / "libhcnetsdk.so"


def hosts_of(gateway):
    children = pathlib.Path(f"/proc/{gateway.pid}/task").glob("*/children")
    pids = [int(pid) for file in children for pid in file.read_text(encoding="ascii").split()]
    return [pid for pid in pids if pathlib.Path(f"/proc/{pid}/comm").read_text(encoding="ascii").startswith("camfleet-sdk")]


def through_the_library(file, http_port):
    """The same devices, to be reached by the other driver."""
    with open(file, encoding="utf-8", newline="") as source:
        rows = list(csv.DictReader(source))
    for row in rows:
        row.pop("driver", None)
        row.update(drivers="hcnetsdk", sdk_login="isapi", sdk_port=http_port)
    made = file.with_name("sdk.csv")
    with open(made, "w", encoding="utf-8", newline="") as to:
        writer = csv.DictWriter(to, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return made


def run(all_of_it, name, options, file, extra):
    gateway = all_of_it.gateway(name=name, extra=extra)
    time.sleep(2)
    empty = lab.resident(gateway.pid)
    began = time.monotonic()
    lab.bring_in(gateway, file)
    lab.wait_all(gateway, ["online"], options.devices, patience=600)
    took = time.monotonic() - began
    hosts = hosts_of(gateway)
    logins = [lab.cpu_s(gateway.pid), sum(lab.cpu_s(pid) for pid in hosts)]
    time.sleep(options.settle)
    out = {"took": took, "gateway": lab.resident(gateway.pid) - empty, "login": logins, "hosts": len(hosts), "threads": lab.threads(gateway.pid),
           "host": [lab.resident(pid) for pid in hosts], "host_threads": sum(lab.threads(pid) for pid in hosts)}
    idle = [lab.cpu_s(gateway.pid), sum(lab.cpu_s(pid) for pid in hosts)]
    time.sleep(options.seconds)
    out["idle"] = [(lab.cpu_s(gateway.pid) - idle[0]) / options.seconds, (sum(lab.cpu_s(pid) for pid in hosts) - idle[1]) / options.seconds]
    still = gateway.fleet()["states"]["online"]
    gateway.stop()
    return out, still


def main():
    options = lab.options(__doc__, devices=5000, settle=20, seconds=20, hosts=5)
    report = lab.Report("sdk_density", devices=options.devices, hosts=options.hosts, library="stand-in")
    with lab.Lab() as all_of_it:
        library = all_of_it.folder / "hcnetsdk"
        library.mkdir()
        shutil.copy(STANDIN, library)
        simulator = all_of_it.simulator(options.devices, extra=["--alarms-per-minute", "0"])
        native, _ = run(all_of_it, "native", options, simulator.csv, [])
        each = -(-options.devices // options.hosts)
        sdk, still = run(all_of_it, "sdk", options, through_the_library(simulator.csv, simulator.http_port),
                         ["--sdk-dir", library, "--sdk-devices-per-host", each])
    count = options.devices
    report.add("devices online, after the time to settle", still, "", note=f"of {count}")
    report.add("hosts", sdk["hosts"], "", budget=options.hosts)
    for label, one in (("native", native), ("through the library", sdk)):
        report.add(f"{label}: gateway, a device", one["gateway"] / count / 1024, "KiB")
        report.add(f"{label}: gateway, CPU a login", one["login"][0] * 1e3 / count, "ms", note="with its import and start")
        report.add(f"{label}: gateway at rest", one["idle"][0] * 100, "% of a core")
        report.add(f"{label}: gateway, threads", one["threads"], "of them")
        report.add(f"{label}: all online after", one["took"], "s")
    report.add("hosts: memory a device", sum(sdk["host"]) / count / 1024, "KiB", note="stand-in; the vendor's was measured at 91 KiB")
    report.add("hosts: largest", max(sdk["host"]) / 2**20, "MiB")
    report.add("hosts: threads", sdk["host_threads"], "of them", note="stand-in; the vendor's starts 132 in each")
    report.add("hosts: CPU a login", sdk["login"][1] * 1e3 / count, "ms", note="stand-in; the vendor's was measured at 0.75")
    report.add("hosts at rest", sdk["idle"][1] * 100, "% of a core")
    report.done()


if __name__ == "__main__":
    main()
