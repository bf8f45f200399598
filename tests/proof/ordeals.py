"""What a gateway has to bear while it serves others, in full (tests/e2e/test_ordeals.py has it small): a fiftieth of the viewers
who never read, thousands of connections without a word, thousands of requests for dead cameras, a camera that floods. Each time
a fleet stays online and those who watch it miss no packet.

  tests/proof/ordeals.py [--good 500] [--idle 20000] [--requests 10000] [--seconds 20]

Wants the programs of the benches (CAMFLEET_BENCH=ON scripts/build.sh release).
"""
import argparse
import contextlib
import pathlib
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "tests" / "e2e"), str(ROOT / "bench" / "relay"), str(ROOT / "bench" / "fleet")]
import harness  # noqa: E402
import lab  # noqa: E402
import ordeals  # noqa: E402
import stage  # noqa: E402


def want(holds, what):
    if not holds:
        raise AssertionError(what)


def who_never_reads(wish):
    """Among so many who do, on a stream of 1 Mbit/s; from a farm and by a herd that are no Python."""
    stalled = max(1, wish.good // 50)
    with stage.Stage("main") as on:
        gateway = on.gateway()
        on.cameras(gateway, 1, always_on=True)
        harness.wait_for("the stream", lambda: stage.live_streams(gateway) == 1)
        before = harness.resident_kib(gateway.pid)
        seen = on.herd(stage.addresses(gateway, 1), wish.good + stalled, seconds=wish.seconds, stalled=stalled, watched=[gateway.pid])
        grown = harness.resident_kib(gateway.pid) - before
    want(seen["gaps"] == 0 and seen["pictured"] >= wish.good, seen)
    want(grown < 64 * 1024, f"{grown} KiB more")
    return f"{wish.good} viewers and {stalled} who never read, {wish.seconds} s: no packet missing, p50 {seen['delay_ms']['p50']} ms, {grown} KiB more"


def fleet(on, devices):
    """A gateway, and a simulator whose devices are all online."""
    simulator = on.simulator(devices)
    gateway = on.gateway()
    lab.bring_in(gateway, simulator.csv)
    lab.wait_all(gateway, ["online"], devices)
    return gateway, harness.read_export(simulator.csv)[0]["id"] + "/1/sub"


def ask(question):
    """While connections without a word have the last descriptors, a caller of the API is turned away too, and comes again: each
    of them is closed within ten seconds."""
    def answer():
        with contextlib.suppress(OSError):
            return question()
        return None
    return harness.wait_for("the API", answer)


def idle_connects(wish):
    devices = 200
    with lab.Lab() as on:
        gateway, stream = fleet(on, devices)
        files = lab.descriptors(gateway.pid)
        logins = gateway.metrics().get("camfleet_logins_total")
        with ordeals.Watched(gateway, stream) as viewer:
            most = 0
            watch = lab.Sampler(lambda: lab.descriptors(gateway.pid))
            with ordeals.idle_connections(gateway, wish.idle, 4) as told:
                viewer.more()
                online = ask(gateway.fleet)["states"]["online"]
                viewer.more()
            most = max(count for _, count in watch.stop())
            viewer.unharmed()
            want(online == devices and ask(gateway.fleet)["states"]["online"] == devices, online)
            want(ask(gateway.metrics).get("camfleet_logins_total") == logins, "a device was logged in to again")
        harness.wait_for("what they had is back", lambda: lab.descriptors(gateway.pid) <= files + 8)
    return f"{told['connected']} connections without a word, {told['refused']} refused: {devices} devices and a viewer undisturbed, {most} descriptors at most"


def dead_cameras(wish):
    with lab.Lab() as on:
        gateway, stream = fleet(on, 50)
        before = harness.resident_kib(gateway.pid)
        with ordeals.Watched(gateway, stream) as viewer:
            counted = ordeals.want_dead_cameras(gateway, wish.requests, 400)
            viewer.more()
            viewer.unharmed()
        grown = harness.resident_kib(gateway.pid) - before
        want(set(counted) <= {404, 502, 503, 504}, counted)
        want(sum(counted.values()) == wish.requests // 20 * 20, counted)
        want(gateway.metrics()["camfleet_streams_starting"] == 0, "a pull is still starting")
        want(grown < 40 * 1024, f"{grown} KiB more")
    return f"{sum(counted.values())} requests for dead cameras: {counted}, {grown} KiB more"


def flood(wish):
    with lab.Lab() as on:
        gateway, stream = fleet(on, 50)
        camera = ordeals.FloodingCamera(100)
        on.callback(camera.stop)
        before = harness.resident_kib(gateway.pid)
        with ordeals.Watched(gateway, stream) as viewer:
            gateway.add(id="flood", driver="rtsp", url=camera.url, always_on=True)
            end = time.monotonic() + max(wish.seconds, 40)  # longer than it is left alone after a flood
            harness.wait_for("it was pulled again and ended again", lambda: time.monotonic() > end and camera.plays >= 2, 180)
            viewer.more()
            viewer.unharmed()
        grown = harness.resident_kib(gateway.pid) - before
        want(gateway.fleet()["states"]["online"] >= 50, gateway.fleet())
        want(grown < 60 * 1024, f"{grown} KiB more")
    return f"a camera of 100 Mbit/s: {camera.plays} pulls, {camera.sent // 1_000_000} MB taken, others undisturbed, {grown} KiB more"


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--good", type=int, default=500)
    arguments.add_argument("--idle", type=int, default=20_000)
    arguments.add_argument("--requests", type=int, default=10_000)
    arguments.add_argument("--seconds", type=int, default=20)
    arguments.add_argument("--only", default="")
    wish = arguments.parse_args()
    failed = 0
    for ordeal in (who_never_reads, idle_connects, dead_cameras, flood):
        if wish.only and wish.only != ordeal.__name__:
            continue
        try:
            print(ordeal(wish), flush=True)
        except AssertionError as why:
            failed += 1
            print(f"{ordeal.__name__}: FAILED: {why}", flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
