"""Resident bytes of a logged-in device with its alarm channel, in a process that carries thousands of them."""
import time

import lab


def settled(gateway, seconds):
    time.sleep(seconds)
    return lab.resident(gateway.pid)


def main():
    options = lab.options(__doc__, settle=25)
    report = lab.Report("fleet_density", devices=options.devices)
    floor = lab.Lab.floor_of("sockets", options.devices)["bytes_per_device"]
    with lab.Lab() as all_of_it:
        simulator = all_of_it.simulator(options.devices, extra=["--alarms-per-minute", "0"])
        gateway = all_of_it.gateway()
        empty = settled(gateway, 2)
        lab.bring_in(gateway, simulator.csv)
        lab.wait_all(gateway, ["online"], options.devices)
        imported = settled(gateway, options.settle)
        gateway.stop()

        # As it runs after the next start, without what the import left behind.
        gateway = all_of_it.gateway()
        lab.wait_all(gateway, ["online"], options.devices)
        restarted = settled(gateway, options.settle)
        report.add("resident, no device", empty / 2**20, "MiB")
        per_device = (restarted - empty) / options.devices / 1024
        report.add("a device, after a start", per_device, "KiB", budget=16, floor=floor / 1024,
                   note="floor: a bare coroutine with two waiting sockets")
        report.add("a device, after its import", (imported - empty) / options.devices / 1024, "KiB", budget=16)
        report.add("descriptors a device", lab.descriptors(gateway.pid) / options.devices, "")
        report.add("threads", lab.threads(gateway.pid), "", note="of the whole process")

        # All of them lose their power and come back: what such a storm leaves behind.
        simulator.post("/devices/all/power", {"on": False})
        lab.wait_all(gateway, ["backoff", "waiting", "connecting"], options.devices)
        simulator.post("/devices/all/power", {"on": True})
        lab.wait_all(gateway, ["online"], options.devices)
        report.add("a device, after a power cut", (settled(gateway, options.settle) - empty) / options.devices / 1024, "KiB", budget=16)
    report.done()


if __name__ == "__main__":
    main()
