"""The floors by themselves, without a gateway: one epoll that reads streams and keeps nothing, one that writes whole frames to
many viewers, one that does both for many streams. What the other benches are compared with."""
import time

import stage
from stage import lab

UNITS = 1e9 / 8


def main():
    options = lab.options(__doc__, devices=1000, viewers="100,500,1000", seconds=8)
    report = lab.Report("floor_copy", streams=options.devices, viewers=options.viewers, seconds=options.seconds)
    with stage.Stage("sub") as on:
        floor = on.floor(options.devices, read_only=True)
        time.sleep(3)
        cost, took = stage.cpu_over(floor.pid, options.seconds)
        floor.stop()
        report.add("reading a stream", cost * 1e3 / (options.devices * took), "ms/stream-s", note="sub, nobody watches")
        floor = on.floor(options.devices)
        port = floor.ready["port"]
        both = on.herd([f"rtsp://127.0.0.1:{port}/{i}" for i in range(options.devices)], options.devices, seconds=options.seconds,
                       watched=[floor.pid])
        floor.stop()
        report.add("a stream with its viewer", both["cpu"][0] * 1e3 / (options.devices * both["seconds"]), "ms/stream-s", note="sub")
        report.add("a stream with its viewer: delay p50", both["delay_ms"]["p50"], "ms")
    for viewers in map(int, options.viewers.split(",")):
        with stage.Stage("main") as on:
            floor = on.floor(1)
            seen = on.herd([f"rtsp://127.0.0.1:{floor.ready['port']}/0"], viewers, seconds=options.seconds, watched=[floor.pid])
        report.add(f"{viewers} viewers of one stream: CPU a Gbit", seen["cpu"][0] / (seen["bytes"] / UNITS), "s", note="main")
        report.add(f"{viewers} viewers of one stream: delay p50", seen["delay_ms"]["p50"], "ms")
        report.add(f"{viewers} viewers of one stream: delay p99", seen["delay_ms"]["p99"], "ms")
    report.done()


if __name__ == "__main__":
    main()
