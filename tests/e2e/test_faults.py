"""What breaks around the gateway: half-open connections, no descriptors left, a flood of devices that are not there."""
import base64
import os
import pathlib
import signal
import socket
import time
import urllib.error
import urllib.parse
import urllib.request

import harness


def cpu_seconds(pid):
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def test_half_open_connections_are_noticed_and_the_other_site_does_not_care(gateway, started, tmp_path):
    """A site that freezes (no FIN, no RST, nothing) is noticed by its silence; the other one plays on; all return."""
    sites = []
    for name, address in (("a", "127.1.0.1"), ("b", "127.2.0.1")):
        site = harness.Simulator(10, address=address, export=tmp_path / f"{name}.csv", extra=("--heartbeat", "2"))
        started.append(site)
        for number, spec in enumerate(harness.read_export(tmp_path / f"{name}.csv")):
            gateway.add(**{**spec, "id": f"{name}-{number}"})
        sites.append(site)
    gateway.wait_online(20)
    os.kill(sites[0].pid, signal.SIGSTOP)
    try:
        harness.wait_for("ten noticed", lambda: gateway.fleet()["states"]["online"] == 10, patience=120)
        shown = harness.probe(gateway.live("b-0/1/sub")["urls"]["mp4"], 2)
        assert len(shown["packets"]) > 25
        for number in range(10):
            assert gateway.device(f"b-{number}")["state"] == "online"
            assert gateway.device(f"a-{number}")["reason"] != "fleet.connected"
    finally:
        os.kill(sites[0].pid, signal.SIGCONT)
    gateway.wait_online(20, patience=180)
    assert sites[0].totals()["wrong_passwords"] == 0


def test_past_its_descriptors_the_gateway_refuses_devices_and_answers_on(tmp_path, started, simulate):
    simulator = simulate(60)

    gateway = harness.Gateway(tmp_path / "data", prefix=("prlimit", "--nofile=360:360"))
    started.append(gateway)
    for spec in simulator.specs:
        gateway.add(**spec)
    gateway.wait_online(52)  # (360 - 256) / 2
    full = [line for line in gateway.fleet()["summary"] if line["reason"] == "fleet.full"]
    assert [line["count"] for line in full] == [8], gateway.fleet()
    # Viewers without number: those that do not fit are turned away, the devices stay.
    host, port = gateway.http.rsplit(":", 1)
    flood = []
    for _ in range(400):
        link = socket.socket()
        link.settimeout(5)
        try:
            link.connect((host, int(port)))
        except OSError:
            break
        flood.append(link)
    before = cpu_seconds(gateway.pid)
    time.sleep(2)  # what is measured is what it burns in two seconds
    assert cpu_seconds(gateway.pid) - before < 0.5, "no busy loop where no descriptor is left"
    for link in flood:
        link.close()
    harness.wait_for("the API", lambda: gateway.fleet()["states"]["online"] == 52)
    # Those that wait start as soon as others leave, without a restart.
    for spec in simulator.specs[:8]:
        assert gateway.call("DELETE", f"/api/v1/devices/{spec['id']}")[0] == 204
    harness.wait_for("the eight that waited", lambda: not [line for line in gateway.fleet()["summary"]
                                                            if line["reason"] == "fleet.full"])
    gateway.wait_online(52)


def test_a_flood_of_viewers_leaves_the_devices_and_the_api_theirs(tmp_path, started, simulate):
    simulator = simulate(40)
    gateway = harness.Gateway(tmp_path / "data", prefix=("prlimit", "--nofile=420:420"))
    started.append(gateway)
    for spec in simulator.specs:
        gateway.add(**spec)
    gateway.wait_online(40)
    watched = simulator.specs[0]["id"]
    urls = gateway.live(f"{watched}/1/sub")["urls"]
    late = gateway.live(f"{simulator.specs[1]['id']}/1/sub")["urls"]

    def flood(at, connections=500):
        host, port = at.rsplit(":", 1)
        for number in range(connections):
            link = socket.socket()
            link.settimeout(5)
            link.bind((f"127.9.0.{1 + number % 5}", 0))  # more than one address may take
            link.connect((host, int(port)))
            links.append(link)

    links = []
    try:
        # There is no room for a viewer now, and it is said; the API answers.
        def refused():
            try:
                urllib.request.urlopen(late["mp4"], timeout=10).close()
            except urllib.error.HTTPError as answer:
                return answer.code == 503 and b"media.viewers_full" in answer.read()
            return False

        def refused_by_now():
            flood(gateway.rtsp, 8)
            return refused()
        harness.wait_for("a viewer is told that it is full", refused_by_now)
        assert gateway.fleet()["states"]["online"] == 40
        # Over RTSP too: some room above the viewers' line is left to tell it.
        def told(url=urllib.parse.urlsplit(late["rtsp"])):
            login = base64.b64encode(f"{url.username}:{url.password}".encode()).decode()
            try:
                # From an address that has taken less than its share.
                with socket.create_connection((url.hostname, url.port), 5, ("127.9.0.9", 0)) as link:
                    link.sendall(f"DESCRIBE rtsp://{url.hostname}:{url.port}{url.path} RTSP/1.0\r\nCSeq: 1\r\n"
                                 f"Authorization: Basic {login}\r\n\r\n".encode())
                    answer = link.recv(4096)
            except OSError:
                return False
            if b"RTSP/1.0 200" in answer:  # a viewer over HTTP has left its place
                flood(gateway.rtsp, 1)
            return b"RTSP/1.0 503" in answer and b"media.viewers_full" in answer
        harness.wait_for("a viewer over RTSP is told the same", told)
        flood(gateway.rtsp)
        assert gateway.fleet()["states"]["online"] == 40
        # All devices lose their power in the flood: what they had is still theirs when they return, though the
        # flood goes on and takes whatever it gets.
        for index in range(40):
            simulator.post(f"/devices/{index}/power", {"on": False})
        harness.wait_for("noticed", lambda: gateway.fleet()["states"]["online"] == 0, patience=60)
        flood(gateway.rtsp)
        flood(gateway.http)
        for index in range(40):
            simulator.post(f"/devices/{index}/power", {"on": True})
        for link in links[-500:]:
            link.close()  # the API is asked by this test
        gateway.wait_online(40, patience=90)
    finally:
        for link in links:
            link.close()
    harness.wait_for("there is room again", lambda: len(harness.probe(urls["mp4"], 1)["packets"]) > 10)


def test_devices_that_are_not_there_cost_nothing_and_delay_nobody(gateway, simulate):
    simulator = simulate(5)
    for number in range(200):
        gateway.add(id=f"gone-{number}", address=f"127.77.{number // 100}.{number % 100 + 1}", http_port=9, username="a", password="b")
    for spec in simulator.specs:
        gateway.add(**spec)
    gateway.wait_online(5)
    states = harness.wait_for("all gone in backoff", lambda: (s := gateway.fleet()["states"])["backoff"] >= 190 and s)
    assert states["online"] == 5
    one = gateway.device("gone-7")
    assert one["reason"] == "net.refused" and (one["next_attempt"] or one["state"] != "backoff")
