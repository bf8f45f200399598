"""One stream to many viewers: CPU a Gbit, delay by the clock in the video, resident bytes a viewer."""
import time

import stage
from stage import harness, lab

UNITS = 1e9 / 8


def one(report, viewers, form, options):
    name = f"{viewers} viewers"
    with stage.Stage(options.clip) as on:
        floor = on.floor(1)
        least = on.herd([f"rtsp://127.0.0.1:{floor.ready['port']}/0"], viewers, seconds=options.seconds, watched=[floor.pid])
        floor.stop()
        gateway = on.gateway()
        on.cameras(gateway, 1, always_on=True)
        harness.wait_for("the stream", lambda: stage.live_streams(gateway) == 1)
        time.sleep(3)
        empty = lab.resident(gateway.pid)
        ours = on.herd(stage.addresses(gateway, 1, form), viewers, seconds=options.seconds, watched=[gateway.pid])
    per_gbit = ours["cpu"][0] / (ours["bytes"] / UNITS)
    floor_gbit = least["cpu"][0] / (least["bytes"] / UNITS)
    report.add(f"{name}: CPU a Gbit", per_gbit, "s", floor=floor_gbit, note="floor: a bare writer of whole frames")
    report.add(f"{name}: against the floor", per_gbit / floor_gbit, "x", budget=1.15 if form == "rtsp" and viewers >= 1000 else None)
    report.add(f"{name}: sent", ours["bytes"] / UNITS / ours["seconds"], "Gbit/s", floor=least["bytes"] / UNITS / least["seconds"])
    p50, floor_p50 = ours["delay_ms"]["p50"], least["delay_ms"]["p50"]
    report.add(f"{name}: delay p50", p50, "ms", budget=1.15 * floor_p50 + 1 if form == "rtsp" else None, floor=floor_p50)
    report.add(f"{name}: delay p99", ours["delay_ms"]["p99"], "ms", floor=least["delay_ms"]["p99"])
    report.add(f"{name}: memory of a viewer", (ours["resident"][0] - empty) / viewers / 1024, "KiB", budget=6 if form == "rtsp" else None)
    report.add(f"{name}: packets missing", ours["gaps"], "", budget=0)
    report.add(f"{name}: viewers without a picture", viewers - ours["pictured"], "", budget=0)


def main():
    options = lab.options(__doc__, devices=1, viewers="100,500,1000", form="rtsp", clip="main", seconds=8)
    name = "relay_fanout" if options.form == "rtsp" else f"relay_fanout_{options.form}"
    report = lab.Report(name, form=options.form, clip=options.clip, seconds=options.seconds)
    for viewers in map(int, options.viewers.split(",")):
        one(report, viewers, options.form, options)
    report.done()


if __name__ == "__main__":
    main()
