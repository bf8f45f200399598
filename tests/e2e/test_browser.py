"""The console in Debian's Chromium, driven by playwright-core, against a gateway with simulated devices."""
import os
import pathlib
import subprocess

import harness

BROWSER = pathlib.Path(__file__).parent / "browser"


def test_the_console_shows_the_fleet_and_a_picture_that_moves(gateway, simulate):
    simulator = simulate(24, extra=["--h265-every", "8", "--audio", "mixed"])
    for spec in simulator.specs:
        gateway.add(**spec)
    gateway.wait_online(24)
    if not (BROWSER / "node_modules" / "axe-core").exists():
        subprocess.run(["npm", "ci", "--no-audit", "--no-fund", "--loglevel=error"], cwd=BROWSER, check=True)
    artefacts = harness.ARTEFACTS / "browser"
    artefacts.mkdir(parents=True, exist_ok=True)
    tests = ["live.test.mjs", "cameras.test.mjs", "trouble.test.mjs", "pages.test.mjs", "events.test.mjs"]
    done = subprocess.run(["node", "--test", "--test-reporter=tap", "--test-concurrency=2", *tests],
                          cwd=BROWSER, timeout=900, check=False, capture_output=True, text=True,
                          env={**os.environ, "CAMFLEET_URL": gateway.url, "CAMFLEET_TOKEN": gateway.token,
                               "CAMFLEET_ARTEFACTS": str(artefacts), "CAMFLEET_SIM": simulator.control})
    print(done.stdout)
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-3000:]
    assert "# fail 0" in done.stdout and "# pass 0" not in done.stdout
