"""What it costs to pull streams that nobody watches: CPU a stream-second, resident bytes a stream."""
import time

import stage
from stage import harness, lab


def main():
    options = lab.options(__doc__, devices=1000, seconds=15, settle=8)
    report = lab.Report("relay_ingest", streams=options.devices, clip="sub", seconds=options.seconds)
    with stage.Stage("sub") as on:
        floor = on.floor(options.devices, read_only=True)
        time.sleep(3)
        cost, took = stage.cpu_over(floor.pid, options.seconds)
        least = cost * 1e3 / (options.devices * took)
        floor.stop()

        gateway = on.gateway()
        on.cameras(gateway, options.devices, always_on=False)
        time.sleep(options.settle)
        without = lab.resident(gateway.pid)
        idle, idle_took = stage.cpu_over(gateway.pid, options.seconds)
        on.cameras(gateway, options.devices, always_on=True)
        harness.wait_for("all streams live", lambda: stage.live_streams(gateway) == options.devices)
        time.sleep(options.settle)
        cost, took = stage.cpu_over(gateway.pid, options.seconds)
        ours = cost * 1e3 / (options.devices * took)
        held = sum(stream["held_bytes"] for stream in stage.streams_of(gateway)) / options.devices
        per_stream = (lab.resident(gateway.pid) - without) / options.devices
        report.add("pulling a stream", ours, "ms/stream-s", budget=0.25, floor=least, note="floor: a bare epoll reader of the same bytes")
        report.add("against the floor", ours / least, "x", budget=1.4)
        report.add("the same devices, nothing pulled", idle * 1e3 / (options.devices * idle_took), "ms/device-s")
        report.add("memory of a stream", per_stream / 1024, "KiB", budget=held / 1024 + 24, note="budget: its group of pictures and 24 KiB")
        report.add("of it its group of pictures", held / 1024, "KiB")
        report.add("streams live", stage.live_streams(gateway), "", budget=options.devices, most=False)
        report.add("threads", lab.threads(gateway.pid), "")
    report.done()


if __name__ == "__main__":
    main()
