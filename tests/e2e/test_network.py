"""Networks as they are at the edge of a site: slow, clogged, and full of connections whose other end is gone."""
import http.client
import json
import os
import random
import signal

import harness
from slow_network import Link, Network

SEED = int(os.environ.get("CAMFLEET_SEED", "7"))


def through(network, link, spec, at):
    """The camera of an export, reached by another address."""
    to = spec["address"]
    return {**spec, "address": at, "http_port": network.open(link, at, (to, int(spec["http_port"]))),
            "rtsp_port": network.open(link, at, (to, int(spec["rtsp_port"])))}


def test_a_camera_behind_a_bad_line_is_kept_and_says_why_a_stream_does_not_start(gateway, simulate):
    print("seed", SEED)
    camera = simulate(1, extra=["--heartbeat", "1"]).specs[0]
    line = Link(delay_s=0.15, bytes_per_s=8_000, loss=0.15)  # 300 ms there and back, 64 kbit/s
    with Network(SEED) as network:
        spec = through(network, line, camera, "127.8.0.1")
        gateway.add(**spec)
        gateway.wait_online(1, patience=60)
        heard = {gateway.device(spec["id"])["last_heard"]}
        harness.wait_for("five signs of life", lambda: heard.add(gateway.device(spec["id"])["last_heard"]) or len(heard) >= 5)
        seen = gateway.device(spec["id"])
        assert (seen["state"], len([move for move in seen["history"] if move["to"] == "online"])) == ("online", 1), seen
        host, port = gateway.http.rsplit(":", 1)
        watching = http.client.HTTPConnection(host, int(port), timeout=60)
        watching.request("GET", f"/live/{spec['id']}/1/sub.mp4", headers={"Authorization": f"Bearer {gateway.token}"})
        answer = watching.getresponse()
        if answer.status == 200:
            assert answer.read(100)
        else:
            code = json.loads(answer.read())["code"]
            assert code.startswith(("media.", "net.", "rtsp.", "device.")), code
        watching.close()


def test_a_gateway_that_was_killed_outwaits_its_own_dead_sessions(simulate, started, tmp_path):
    """Cameras that have not noticed: the places for alarms and streams are taken by connections that nobody holds any more."""
    camera = simulate(1, extra=["--max-sessions", "1", "--max-alarm-streams", "1", "--heartbeat", "1"]).specs[0]
    line = Link()
    with Network(SEED) as network:
        gateway = harness.Gateway(tmp_path / "data")
        started.append(gateway)
        spec = through(network, line, camera, "127.8.0.2")
        gateway.add(**{**spec, "always_on": True})
        gateway.wait_online(1)
        stream = f"{spec['id']}/1/main"

        def first_bytes(gateway):
            host, port = gateway.http.rsplit(":", 1)
            link = http.client.HTTPConnection(host, int(port), timeout=30)
            link.request("GET", f"/live/{stream}.mp4", headers={"Authorization": f"Bearer {gateway.token}"})
            answer = link.getresponse()
            data = answer.read(100)
            link.close()
            return answer.status, data

        assert first_bytes(gateway)[0] == 200
        line.keeps_stale = True
        gateway.stop(how=signal.SIGKILL)
        harness.wait_for("the line has seen its ends", lambda: line.connections == 0)
        network.turn()  # and has put them aside
        line.keeps_stale = False
        gateway = harness.Gateway(tmp_path / "data")
        started.append(gateway)
        # It is logged in, and says what is missing; the account is in no danger.
        seen = gateway.wait_state(spec["id"], "degraded")
        assert seen["reason"].startswith("device."), seen
        assert first_bytes(gateway)[0] != 200, "its only place for a stream is taken"
        network.drop_stale()
        gateway.wait_state(spec["id"], "online", patience=60)
        harness.wait_for("it plays", lambda: first_bytes(gateway)[0] == 200, patience=60)


def test_cameras_that_clog_one_by_one_come_back_in_any_order_and_leave_nothing_behind(gateway, simulate):
    print("seed", SEED)
    chance = random.Random(SEED)
    specs = simulate(12, extra=["--heartbeat", "1"]).specs
    lines = {spec["id"]: Link() for spec in specs}
    with Network(SEED) as network:
        for n, spec in enumerate(specs):
            gateway.add(**through(network, lines[spec["id"]], spec, f"127.8.1.{n + 1}"))
        gateway.wait_online(len(specs))
        open_files = len(os.listdir(f"/proc/{gateway.pid}/fd"))
        connections = sum(line.connections for line in lines.values())
        clogged = chance.sample(sorted(lines), 6)
        for device in clogged:
            lines[device].clogged = True
        for device in clogged:
            harness.wait_for(f"{device} is missed", lambda d=device: gateway.device(d)["state"] != "online", patience=90)
        others = [device for device in lines if device not in clogged]
        for device in others:
            seen = gateway.device(device)
            assert (seen["state"], len([move for move in seen["history"] if move["to"] == "online"])) == ("online", 1), seen
        for device in chance.sample(clogged, len(clogged)):
            lines[device].clogged = False
        gateway.wait_online(len(specs), patience=90)
        harness.wait_for("nothing is left behind", lambda: len(os.listdir(f"/proc/{gateway.pid}/fd")) <= open_files and
                         sum(line.connections for line in lines.values()) <= connections, patience=60)
        assert gateway.child.poll() is None
