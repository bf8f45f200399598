"""Discovery: WS-Discovery and SADP find the simulated fleet, propose it, and touch nothing. Each test has a network of its
own, since the ports of both protocols are fixed; that takes root."""
import ctypes
import os
import re
import shutil
import socket
import struct
import subprocess
import time
import uuid

import pytest

import harness

GROUP = "239.255.255.250"
LO = ("--discovery-interfaces", "lo")


@pytest.fixture(autouse=True)
def own_network():
    """This thread, and what it starts, in a network namespace with nothing but a loopback device."""
    libc = ctypes.CDLL(None, use_errno=True)
    before = os.open("/proc/thread-self/ns/net", os.O_RDONLY)
    if libc.unshare(0x40000000) != 0:
        os.close(before)
        pytest.skip("a network of its own takes root")
    try:
        subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
        yield
    finally:
        libc.setns(before, 0x40000000)
        os.close(before)


def start(started, tmp_path, *extra, allow="127.0.0.0/8"):
    gateway = harness.Gateway(tmp_path / "data", extra=(*LO, *extra), allow=allow)
    started.append(gateway)
    harness.wait_for("it listens", lambda: gateway.get("/api/v1/discovered")["discovery"]["interfaces"] == ["lo"])
    return gateway


def discovered(gateway, **query):
    items, cursor = [], ""
    while cursor is not None:
        text = "&".join([f"{k}={v}" for k, v in query.items()] + ([f"cursor={cursor}"] if cursor else []))
        page = gateway.get(f"/api/v1/discovered?{text}")
        items += page["items"]
        cursor = page["next"]
    return items


def status(gateway):
    return gateway.get("/api/v1/discovered?limit=1")["discovery"]


def probe(gateway):
    """Asks, as soon as it may."""
    def ask():
        code, _, body = gateway.call("POST", "/api/v1/discovered/probe")
        assert code in (202, 429), body
        return code == 202
    harness.wait_for("a probe", ask)


def multicast():
    sender = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sender.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, struct.pack("4s4si", b"", b"", 1))
    return sender


def hello(epr, xaddrs, scopes="onvif://www.onvif.org/name/x"):
    return (f'<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope"><s:Header/><s:Body><Hello><EndpointReference>'
            f"<Address>urn:uuid:{epr}</Address></EndpointReference><Types>NetworkVideoTransmitter</Types><Scopes>{scopes}</Scopes>"
            f"<XAddrs>{xaddrs}</XAddrs></Hello></s:Body></s:Envelope>").encode()


def untouched(simulator):
    stats = simulator.stats()
    assert stats["totals"]["connections"] == 0 and stats["totals"]["logins"] == 0, stats["totals"]
    assert stats["strangers"] == 0, "nor did anybody connect to the others"


def test_both_protocols_find_the_fleet_and_nobody_is_touched(started, tmp_path, simulate):
    gateway = start(started, tmp_path)
    simulator = simulate(24, extra=("--discovery", "--discovery-others", "6"))
    # Hello at the start, heard without a question.
    heard = harness.wait_for("all hellos", lambda: len(items := discovered(gateway)) == 30 and items)
    assert status(gateway)["last_probe"] is None
    assert {item["via"] for item in heard} <= {"both", "wsd", "sadp"}
    by_address = {item["address"]: item for item in heard}
    assert len(by_address) == 30 and not any(item["address_shared"] for item in heard)

    probe(gateway)
    assert gateway.call("POST", "/api/v1/discovered/probe")[0] == 429
    harness.wait_for("answers", lambda: status(gateway)["last_probe"] and status(gateway)["received"] >= 60 + 24 * 3)
    items = {item["address"]: item for item in discovered(gateway, limit=7)}
    assert len(items) == 30
    for number, spec in enumerate(simulator.specs):
        item = items[spec["address"]]
        stats = simulator.stats(f"/stats/{number}")
        assert item["via"] == "both" and item["hikvision"] and item["activated"] is True, item
        assert (item["serial"], item["model"]) == (stats["serial"], stats["model"])
        assert (item["http_port"], item["sdk_port"]) == (spec["http_port"], 8000)
        assert item["interface"] == "lo" and item["known"] is None and item["suggest"], str(item)
        assert item["suggest"]["driver"] == "hikvision"
        assert {"fe80::4619:b6ff:fe00:1"} == {a["address"] for a in item["addresses"] if not a["allowed"]}
    others = [item for item in items.values() if item["via"] != "both"]
    brands = [item for item in others if item["via"] == "wsd"]
    raw = [item for item in others if item["via"] == "sadp"]
    assert len(brands) == len(raw) == 3
    assert all(i["name"] == "ACME Dome" and i["location"] == "attic" and not i["hikvision"] for i in brands)
    assert all(i["activated"] is False and i["suggest"] is None and i["reason"] == "device.not_activated" for i in raw)
    untouched(simulator)

    # What is suggested can be added with a login, and is known from then on.
    assert len(discovered(gateway, via="both")) == 24
    for spec in simulator.specs[:3]:
        added = gateway.add(**items[spec["address"]]["suggest"], username=spec["username"], password=spec["password"])
        gateway.wait_state(added["id"], "online")
        key = items[spec["address"]]["key"]
        shown = gateway.get(f"/api/v1/discovered/{key}")
        assert shown["known"] == added["id"] and shown["suggest"] is None and shown["moved_from"] is None, shown
    assert len(discovered(gateway, known="true")) == 3 and len(discovered(gateway, known="false")) == 27
    totals = simulator.totals()
    assert totals["wrong_passwords"] == 0
    assert gateway.call("GET", "/api/v1/discovered/nobody")[2]["code"] == "discovery.unknown"
    assert gateway.call("GET", "/api/v1/discovered?known=perhaps")[0] == 400


def test_a_device_of_the_fleet_at_another_address_is_shown_and_nothing_is_changed(started, tmp_path, simulate):
    first = simulate(2)
    gateway = start(started, tmp_path)
    for spec in first.specs:
        gateway.add(**spec)
    gateway.wait_online(2)
    first.stop()
    # The same devices, by seed, at other addresses.
    second = harness.Simulator(2, address="127.9.0.1", extra=("--discovery",))
    started.append(second)
    items = harness.wait_for("both moved", lambda: len(i := [d for d in discovered(gateway) if d["moved_from"]]) == 2 and i)
    assert {item["known"]: item["moved_from"] for item in items} == {s["id"]: s["address"] for s in first.specs}
    assert all(item["reason"] == "discovery.moved" and item["suggest"] is None for item in items)
    harness.wait_for("log lines", lambda: gateway.text.count('"discovery.moved"') >= 2)
    for spec in first.specs:
        assert gateway.device(spec["id"])["address"] == spec["address"]
    assert second.totals()["connections"] == 0
    time.sleep(1.5)  # some more lists, with nothing new to say
    assert len(re.findall(r'"event":"discovery.moved"', gateway.text)) <= 2


def test_hostile_datagrams_change_nothing_for_others(started, tmp_path, simulate):
    gateway = start(started, tmp_path)
    simulator = simulate(24, extra=("--discovery",))
    harness.wait_for("all hellos", lambda: len(discovered(gateway)) == 24)
    sender = multicast()
    wsd, sadp = (GROUP, 3702), (GROUP, 37020)
    bomb = b'<!DOCTYPE l [<!ENTITY a "ha">' + b"".join(
        f'<!ENTITY a{i} "{"&a%s;" % (i - 1 if i else "") * 10}">'.encode() for i in range(10)) + b"]><Envelope>&a9;</Envelope>"
    for junk in (b"", b"\0", b"\xff" * 65507, b"<" * 60000, b"<a>" * 20000, bomb, b"<Envelope><Body>" + b"<x/>" * 15000,
                 hello("a" * 60000, "http://127.0.0.1/"), b"<Probe><Uuid>1</Uuid><Types>activate</Types></Probe>",
                 os.urandom(1400), "<ProbeMatch><MAC>东门".encode("gbk")):
        for to in (wsd, sadp):
            sender.sendto(junk, to)

    # Addresses that nobody must follow are shown as refused.
    other = multicast()
    other.bind(("127.200.0.1", 0))
    other.sendto(hello("spoof-1", "http://169.254.169.254/latest http://[::1]:80/ http://0.0.0.0/"), wsd)
    other.sendto(hello("spoof-2", f"http://{gateway.http}/api http://169.254.169.254/"), wsd)
    spoofed = harness.wait_for("the spoofed ones", lambda: len(i := [d for d in discovered(gateway) if "spoof" in d["key"]]) == 2
                               and i)
    for item in spoofed:
        assert item["suggest"] is None and item["reason"] == "net.forbidden_address", item
        assert not item["address_allowed"] and not any(a["allowed"] for a in item["addresses"])

    # An answer that nobody asked for is not taken; nor are 10,000 of one source.
    refused = status(gateway)["refused"]
    for number in range(10_000):
        address = f"10.66.{number // 250}.{number % 250 + 1}"
        sender.sendto(hello(uuid.uuid4(), f"http://{address}/"), wsd)
    harness.wait_for("refusals", lambda: (s := status(gateway))["refused"] + s["lost"] > refused + 9_000)
    assert len(discovered(gateway)) <= 24 + 2 + 64 + 16 * 30
    # 15,000 of as many sources: bounded, and those that answer again are still there.
    probe(gateway)
    flood = multicast()
    for number in range(15_000):
        control = socket.inet_aton("0.0.0.0") + socket.inet_aton(f"127.{100 + number // 62500}.{number // 250 % 250}.{number % 250 + 1}")
        with_source = [(socket.IPPROTO_IP, 8, struct.pack("i", 0)[:0] + struct.pack("i", 1) + control[4:] + control[:4])]
        flood.sendmsg([hello(uuid.uuid4(), "http://10.66.0.1/")], with_source, 0, wsd)
        if number % 500 == 0:
            time.sleep(0.02)  # a network has a speed
    # By the gauge: pages that are read while the flood is still being taken in show both sides of a replacement.
    assert gateway.metrics()["camfleet_discovery_devices"] <= 10_000
    assert gateway.get("/healthz")["status"] == "ok"
    assert harness.resident_kib(gateway.pid) < 200 * 1024
    untouched(simulator)
    assert all(line.startswith("{") for line in gateway.lines)
    print("status after the floods:", status(gateway))


def test_two_thousand_devices_answer_at_once(started, tmp_path, simulate):
    gateway = start(started, tmp_path)
    simulator = simulate(2000, extra=("--discovery", "--discovery-others", "200"))
    probe(gateway)
    harness.wait_for("all of them", lambda: len(discovered(gateway, limit=1000)) == 2200
                     or (status(gateway)["lost"] and probe(gateway)), 120)
    probe(gateway)
    harness.wait_for("both protocols", lambda: len(discovered(gateway, limit=1000, via="both")) == 2000 or probe(gateway), 120)
    print("2,200 devices:", status(gateway))
    untouched(simulator)


def test_a_timer_asks_where_an_operator_wants_it_and_off_is_off(started, tmp_path, simulate):
    simulate(3, extra=("--discovery",))
    time.sleep(2)  # its hellos are over
    gateway = start(started, tmp_path, "--discovery-interval-s", "10")
    harness.wait_for("found by the timer", lambda: len(discovered(gateway)) == 3)
    assert gateway.stop() == 0
    off = harness.Gateway(tmp_path / "off", extra=("--discovery-enabled", "false"))
    started.append(off)
    assert off.get("/api/v1/discovered")["discovery"]["enabled"] is False
    assert off.call("POST", "/api/v1/discovered/probe")[2]["code"] == "discovery.disabled"
    with open(f"/proc/{off.pid}/net/udp", encoding="ascii") as sockets:
        ports = [int(row.split()[1].split(":")[1], 16) for row in sockets.readlines()[1:]]
    assert sorted(port for port in ports if port in (3702, 37020)) == [3702, 37020], "only the simulator's two"


@pytest.mark.skipif(not shutil.which("wsdd"), reason="wsdd is not installed")
def test_a_program_of_others_is_understood_and_understands_us(started, tmp_path, simulate):
    """wsdd of Debian, a host of WS-Discovery: we hear its hello and its goodbye, it reads our probes."""
    # wsdd does not send to its own machine: it gets one, at the other end of a cable.
    away = subprocess.Popen(["unshare", "-n", "sleep", "600"])
    try:
        ours = os.readlink("/proc/thread-self/ns/net")
        harness.wait_for("another network", lambda: os.readlink(f"/proc/{away.pid}/ns/net") != ours)
        there = ["nsenter", "-t", str(away.pid), "-n"]
        for command in (f"ip link add veth0 type veth peer name veth1 netns {away.pid}", "ip addr add 10.77.0.1/24 dev veth0",
                        "ip link set veth0 up"):
            harness.run(command.split())
        for command in ("ip addr add 10.77.0.2/24 dev veth1", "ip link set veth1 up", "ip route add 239.0.0.0/8 dev veth1"):
            harness.run(there + command.split())
        meet_wsdd(started, tmp_path, there)
    finally:
        away.terminate()
        away.wait(10)


def meet_wsdd(started, tmp_path, there):
    gateway = harness.Gateway(tmp_path / "data", extra=("--discovery-interfaces", "veth0"), allow="10.0.0.0/8")
    started.append(gateway)
    harness.wait_for("it listens", lambda: status(gateway)["interfaces"] == ["veth0"])
    log = tmp_path / "wsdd.log"
    with open(log, "wb") as said:
        host = subprocess.Popen([*there, "wsdd", "-i", "veth1", "-4", "-n", "filer", "-w", "HOME", "-vvv"], stdout=said, stderr=said)
    try:
        found = harness.wait_for("its hello", lambda: discovered(gateway))
        assert len(found) == 1 and found[0]["via"] == "wsd" and found[0]["source"] == "10.77.0.2", found
        assert found[0]["key"].startswith("epr-") and not found[0]["hikvision"]
        probe(gateway)
        # It understands both of our questions, and is no camera.
        harness.wait_for("our probes in its log", lambda: "unknown discovery type (dn:NetworkVideoTransmitter)" in log.read_text()
                         and "Probe message lacks wsd:Types" in log.read_text())
    finally:
        host.terminate()
        host.wait(10)
    harness.wait_for("its goodbye", lambda: discovered(gateway)[0]["gone"])
