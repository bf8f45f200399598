"""Every output in every player that knows it, a minute each; prints the table of docs/players.md.

  tests/proof/players.py [--seconds 60] [--together 8]
"""
import argparse
import contextlib
import json
import os
import pathlib
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "e2e"))
import harness  # noqa: E402
import players  # noqa: E402


def chromium(gateway, sources, seconds):
    streams = [{"stream": source.stream, "sound": source.sound} for source in sources.values() if source.video == "h264"]
    done = subprocess.run(["node", "--test", "--test-reporter=tap", "players.test.mjs"], cwd=players.BROWSER, timeout=seconds + 240,
                          check=False, capture_output=True, text=True,
                          env={**os.environ, "CAMFLEET_URL": gateway.url, "CAMFLEET_TOKEN": gateway.token, "CAMFLEET_SECONDS": str(seconds),
                               "CAMFLEET_STREAMS": json.dumps(streams), "CAMFLEET_HEVC": sources["simulator, hevc"].stream})
    for line in done.stdout.splitlines():
        if "PLAYED " in line:
            print("chromium |", line.split("PLAYED ", 1)[1])
    return done.returncode == 0 or done.stdout[-3000:] + done.stderr[-2000:]


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--seconds", type=int, default=60)
    arguments.add_argument("--together", type=int, default=8)
    wish = arguments.parse_args()
    players.install()
    started = []
    with contextlib.ExitStack() as stack:
        folder = pathlib.Path(stack.enter_context(tempfile.TemporaryDirectory()))
        stack.callback(lambda: [process.stop() for process in reversed(started)])
        simulator = harness.Simulator(2, export=folder / "fleet.csv", extra=["--h265-every", "2"])
        started.append(simulator)
        simulator.specs = harness.read_export(folder / "fleet.csv")
        gateway = harness.Gateway(folder / "data")
        started.append(gateway)
        sources = players.sources_of(gateway, simulator, started)
        seen = players.play_all(gateway, sources, wish.seconds, wish.together)
        for play, what in seen.items():
            print(*play, what, sep=" | ")
        browser = chromium(gateway, sources, wish.seconds)
        if browser is not True:
            print("chromium |", browser)
        return 1 if browser is not True or any(isinstance(what, players.Failed) for what in seen.values()) else 0


if __name__ == "__main__":
    sys.exit(main())
