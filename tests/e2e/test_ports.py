"""No port is left to connect from: in a network of its own, so that nobody else runs out of them."""
import concurrent.futures
import ctypes
import errno
import os
import pathlib
import socket
import struct
import subprocess

import pytest

import harness

CLONE_NEWNET = 0x40000000
# More than this test asks within a second: a port it has asked from is free again after one.
PORTS = 128


def enter_network_of_our_own():
    """The calling thread, and what it starts, has a loopback device and nothing else."""
    if ctypes.CDLL(None, use_errno=True).unshare(CLONE_NEWNET) != 0:
        return os.strerror(ctypes.get_errno())
    if subprocess.run(["ip", "link", "set", "lo", "up"], check=False).returncode != 0:
        return "no ip(8)"
    pathlib.Path("/proc/sys/net/ipv4/ip_local_port_range").write_text(f"40000 {40000 + PORTS - 1}", encoding="ascii")
    return None


def take_all_ports(to):
    """Connections to one place from every port that there is."""
    taken = []
    while True:
        link = socket.socket()
        link.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))  # leaves no TIME_WAIT behind
        try:
            link.connect(to)
        except OSError as error:
            link.close()
            assert error.errno == errno.EADDRNOTAVAIL, error
            return taken
        taken.append(link)


def without_ports(started, tmp_path):
    if why := enter_network_of_our_own():
        return why
    simulator = harness.Simulator(2, export=tmp_path / "fleet.csv")
    started.append(simulator)
    specs = harness.read_export(tmp_path / "fleet.csv")
    gateway = harness.Gateway(tmp_path / "data")
    started.append(gateway)
    blocked, other = specs
    taken = take_all_ports((blocked["address"], int(blocked["http_port"])))
    assert len(taken) > PORTS // 2  # what listens has the others
    gateway.add(**blocked)
    gateway.add(**other)
    # It is ours that is missing, not the camera; the other one is reached from the same ports all the same.
    seen = gateway.wait_state(blocked["id"], "backoff")
    assert seen["reason"] == "net.no_descriptors" and seen["next_attempt"], seen
    gateway.wait_state(other["id"], "online")
    told = gateway.get(f"/api/v1/devices/{blocked['id']}/explain")
    assert told["why"]
    attempts = seen["attempts"]
    harness.wait_for("it goes on trying", lambda: gateway.device(blocked["id"])["attempts"] > attempts)
    descriptors = len(os.listdir(f"/proc/{gateway.pid}/fd"))
    for link in taken:
        link.close()
    gateway.wait_state(blocked["id"], "online")
    assert len(os.listdir(f"/proc/{gateway.pid}/fd")) <= descriptors + 4, "two connections, and perhaps one of ours"
    assert gateway.child.poll() is None
    return None


def test_without_a_free_port_a_camera_waits_with_its_reason_and_comes_back(started, tmp_path):
    with concurrent.futures.ThreadPoolExecutor(1) as alone:
        why = alone.submit(without_ports, started, tmp_path).result()
    if why:
        pytest.skip(f"needs a network namespace: {why}")
