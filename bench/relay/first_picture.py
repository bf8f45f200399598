"""How long a viewer waits for its first whole picture on an open stream, from connect() on, when many arrive."""
import time

import stage
from stage import harness, lab


def main():
    options = lab.options(__doc__, devices=1, viewers=1000, rate=500, clip="main", form="rtsp")
    report = lab.Report("first_picture", viewers=options.viewers, rate=options.rate, clip=options.clip, form=options.form)
    with stage.Stage(options.clip) as on:
        gateway = on.gateway()
        on.cameras(gateway, 1, always_on=True)
        harness.wait_for("the stream", lambda: stage.live_streams(gateway) == 1)
        time.sleep(3)
        before = lab.cpu_s(gateway.pid)
        ours = on.herd(stage.addresses(gateway, 1, options.form), options.viewers, rate=options.rate, warm=0.2, seconds=0.2)
        spent = lab.cpu_s(gateway.pid) - before
    for share in ("p50", "p95", "p99"):
        report.add(f"first picture {share}", ours["first_picture_ms"][share], "ms", budget=20 if share == "p95" else None,
                   note="whole, from connect()" if share == "p50" else "")
    report.add("first byte of it p99", ours["first_byte_ms"]["p99"], "ms")
    report.add("CPU of an arrival", spent * 1e3 / options.viewers, "ms", note="with its group of pictures")
    report.add("viewers without a picture", options.viewers - ours["pictured"], "", budget=0)
    report.done()


if __name__ == "__main__":
    main()
