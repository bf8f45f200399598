"""Players that we did not write, on every output, at the same time: five seconds each (tests/proof/players.py: a minute)."""
import json
import os
import subprocess

import pytest

import harness
import players

SECONDS = 5


@pytest.fixture(scope="module")
def stage(tmp_path_factory):
    """One gateway; the simulator with H.264 and H.265, and GStreamer's cameras with sound."""
    started = []
    folder = tmp_path_factory.mktemp("players")
    try:
        players.install()
        simulator = harness.Simulator(2, export=folder / "fleet.csv", extra=["--h265-every", "2"])
        started.append(simulator)
        simulator.specs = harness.read_export(folder / "fleet.csv")
        gateway = harness.Gateway(folder / "data")
        started.append(gateway)
        yield gateway, players.sources_of(gateway, simulator, started)
    finally:
        for process in reversed(started):
            process.stop()


def test_every_output_plays_in_every_player_that_knows_it(stage):
    gateway, sources = stage
    seen = players.play_all(gateway, sources, SECONDS)
    for play, what in seen.items():
        print(*play, what, sep=" | ")
    assert not [f"{play}: {what}" for play, what in seen.items() if isinstance(what, players.Failed)]
    # However many watched in whatever form: each camera was asked once at a time, each form was made once.
    harness.wait_for("everybody left", lambda: gateway.fleet()["viewers"] == 0)


def test_chromium_plays_what_a_browser_can(stage):
    gateway, sources = stage
    streams = [{"stream": source.stream, "sound": source.sound} for source in sources.values() if source.video == "h264"]
    done = subprocess.run(["node", "--test", "--test-reporter=tap", "players.test.mjs"], cwd=players.BROWSER, timeout=200, check=False,
                          capture_output=True, text=True,
                          env={**os.environ, "CAMFLEET_URL": gateway.url, "CAMFLEET_TOKEN": gateway.token, "CAMFLEET_SECONDS": str(SECONDS),
                               "CAMFLEET_STREAMS": json.dumps(streams), "CAMFLEET_HEVC": sources["simulator, hevc"].stream})
    print(done.stdout)
    assert done.returncode == 0 and "# pass 2" in done.stdout, done.stdout[-4000:] + done.stderr[-2000:]
