"""Bad viewers and a bad camera beside good ones (docs/bad-inputs.md, rows 31 to 33, 41 and 57); in full: tests/proof/ordeals.py."""
import asyncio

import pytest

import crowd
import harness
import ordeals

GOOD, BAD = 60, 6


@pytest.fixture
def stream(gateway, simulate):
    simulator = simulate(2)
    for spec in simulator.specs:
        gateway.add(**spec)
    gateway.wait_online(2)
    gateway.simulator = simulator
    return simulator.specs[0]["id"] + "/1/main"


def test_who_never_reads_costs_those_who_do_nothing(gateway, stream):
    token = gateway.live(stream)["token"]
    before = harness.resident_kib(gateway.pid)
    stuck = ordeals.never_reads(gateway.rtsp, stream, token, BAD)

    async def meanwhile(everybody):
        await crowd.until("all watch", lambda: all(seen.packets > 0 for seen in everybody))
        was = [seen.packets for seen in everybody]
        await crowd.until("some seconds for each", lambda: all(seen.packets - w > 800 for seen, w in zip(everybody, was)))

    everybody = asyncio.run(crowd.watch(GOOD, lambda index, seen, stack: crowd.rtsp(gateway.rtsp, stream, token, "tcp", index, seen, stack),
                                        meanwhile))
    assert sum(seen.lost for seen in everybody) == 0
    assert harness.resident_kib(gateway.pid) - before < 40 * 1024
    assert gateway.simulator.totals()["plays"] == 1
    for link in stuck:
        link.close()
    harness.wait_for("all left", lambda: gateway.fleet()["viewers"] == 0)


def test_a_camera_that_sends_100_mbit_a_second_ends_alone(gateway, stream, started):
    camera = ordeals.FloodingCamera(100)
    started.append(camera)
    before = harness.resident_kib(gateway.pid)
    with ordeals.Watched(gateway, stream) as viewer:
        gateway.add(id="flood", driver="rtsp", url=camera.url, always_on=True)
        harness.wait_for("it is ended", lambda: gateway.metrics().get('camfleet_pull_failures_total{code="media.flood"}', 0) >= 1)
        viewer.more()
        assert camera.sent > 20e6 and camera.plays == 1, (camera.sent, camera.plays)
        shown = next(one for one in gateway.get("/api/v1/streams")["items"] if one["stream"] == "flood/1/main")
        assert shown["state"] == "ended" and shown["reason"] == "media.flood", shown
        viewer.unharmed()
    assert harness.resident_kib(gateway.pid) - before < 60 * 1024, "no more than its group of pictures and what is on its way"


def test_where_any_rate_is_allowed_a_flood_is_relayed_in_bounded_memory(tmp_path, started, simulate):
    simulator = simulate(1)
    gateway = harness.Gateway(tmp_path / "data", ("--hub-max-mbps", "0"))
    started.append(gateway)
    gateway.add(**simulator.specs[0])
    gateway.wait_online(1)
    camera = ordeals.FloodingCamera(100)
    started.append(camera)
    before = harness.resident_kib(gateway.pid)
    with ordeals.Watched(gateway, simulator.specs[0]["id"] + "/1/main") as viewer:
        gateway.add(id="flood", driver="rtsp", url=camera.url, always_on=True)
        harness.wait_for("it floods", lambda: camera.sent > 40e6)
        viewer.more()
        viewer.unharmed()
    assert harness.resident_kib(gateway.pid) - before < 60 * 1024
    assert not gateway.metrics().get('camfleet_pull_failures_total{code="media.flood"}')
