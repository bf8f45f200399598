"""Many streams with one viewer each: CPU a stream-second, delay by the clock in the video."""
import time

import stage
from stage import harness, lab


def main():
    options = lab.options(__doc__, devices=1000, form="rtsp", clip="sub", seconds=10)
    report = lab.Report("relay_matrix" if options.form == "rtsp" else f"relay_matrix_{options.form}", streams=options.devices,
                        form=options.form, clip=options.clip, seconds=options.seconds)
    with stage.Stage(options.clip) as on:
        count = options.devices
        floor = on.floor(count)
        port = floor.ready["port"]
        least = on.herd([f"rtsp://127.0.0.1:{port}/{i}" for i in range(count)], count, seconds=options.seconds, watched=[floor.pid])
        floor.stop()
        gateway = on.gateway()
        on.cameras(gateway, count, always_on=True)
        harness.wait_for("all streams live", lambda: stage.live_streams(gateway) == count)
        time.sleep(3)
        ours = on.herd(stage.addresses(gateway, count, options.form), count, seconds=options.seconds, watched=[gateway.pid])
    per_stream = lambda what: what["cpu"][0] * 1e3 / (count * what["seconds"])
    report.add("a stream with its viewer", per_stream(ours), "ms/stream-s", budget=0.5, floor=per_stream(least),
               note="floor: a bare reader and writer of whole frames")
    report.add("delay p50", ours["delay_ms"]["p50"], "ms", budget=1.15 * least["delay_ms"]["p50"] + 1, floor=least["delay_ms"]["p50"])
    report.add("delay p99", ours["delay_ms"]["p99"], "ms", floor=least["delay_ms"]["p99"])
    report.add("packets missing", ours["gaps"], "", budget=0)
    report.add("viewers without a picture", count - ours["pictured"], "", budget=0)
    report.done()


if __name__ == "__main__":
    main()
