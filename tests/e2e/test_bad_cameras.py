"""Cameras that answer badly on purpose, by the numbers of docs/bad-inputs.md: each has a reason, none hurts another."""
import contextlib
import os
import re
import shutil
import signal
import socket
import subprocess
import threading

import pytest

import harness

DTD = '<?xml version="1.0"?><!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><DeviceInfo><model>&x;</model></DeviceInfo>'
DEEP = "<a>" * 100_000


def http(body, head="Content-Type: application/xml\r\nContent-Length: {}\r\n\r\n", status="200 OK"):
    return (f"HTTP/1.1 {status}\r\n" + head.format(len(body)) + body).encode()


def rtsp(text):
    return ("RTSP/1.0 " + text).encode()


# name: row, driver, answer, reason
BAD = {
    "negative-length": (1, "rtsp", rtsp("200 OK\r\nCSeq: 1\r\nContent-Length: -1\r\n\r\n"), "rtsp.bad_header"),
    "two-lengths": (1, "rtsp", rtsp("200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n"), "rtsp.bad_header"),
    "two-gigabytes": (2, "rtsp", rtsp("200 OK\r\nContent-Length: 2147483648\r\n\r\n"), "rtsp.too_large"),
    "ten-thousand-headers": (3, "rtsp", rtsp("200 OK\r\n" + "X: y\r\n" * 10_000), "rtsp.too_large"),
    "endless-line": (3, "rtsp", rtsp("200 OK\r\nX: " + "y" * 1_000_000), "rtsp.too_large"),
    "speaks-http": (5, "rtsp", b"HTTP/1.1 200 OK\r\n\r\n", "rtsp.bad_start_line"),
    "metadata-address": (16, "rtsp", rtsp("302 Moved\r\nLocation: rtsp://169.254.169.254/\r\n\r\n"), "rtsp.foreign_url"),
    "full": (17, "rtsp", rtsp("453 Not Enough Bandwidth\r\n\r\n"), "device.sessions_full"),
    "no-description": (42, "rtsp", rtsp("200 OK\r\nContent-Length: 6\r\n\r\n<html>"), "sdp.invalid"),
    "endless-chunk": (79, "hikvision", http("FFFFFFFFFFFFFFFF\r\n", "Transfer-Encoding: chunked\r\n\r\n"), "http.bad_message"),
    "gzip": (80, "hikvision", http("x", "Content-Encoding: gzip\r\nContent-Length: {}\r\n\r\n"), "http.bad_message"),
    "login-page": (88, "hikvision", http("<!DOCTYPE html><html>Login</html>"), "device.unexpected_answer"),
    "smuggles": (90, "hikvision", http("5", "Transfer-Encoding: chunked\r\nContent-Length: {}\r\n\r\n"), "http.bad_message"),
    "dtd": (91, "hikvision", http(DTD), "xml.dtd_refused"),
    "deep": (92, "hikvision", http(DEEP), "xml.too_large"),
    "json": (100, "hikvision", http('{"DeviceInfo": {}}'), "device.unexpected_answer"),
}


@pytest.fixture
def bad_camera():
    """Starts listeners that treat each connection as `serve` says, and ends them with the test."""
    over, listeners = threading.Event(), []

    def start(serve):
        listener = socket.create_server(("127.9.1.1", 0), backlog=64)
        listener.settimeout(0.2)
        listeners.append(listener)

        def accept():
            while not over.is_set():
                with contextlib.suppress(TimeoutError, OSError):
                    link, _ = listener.accept()
                    threading.Thread(target=talk, args=(link,), daemon=True).start()

        def talk(link):
            with link, contextlib.suppress(OSError):
                link.settimeout(30)
                serve(link, over)

        threading.Thread(target=accept, daemon=True).start()
        return listener.getsockname()[1]

    yield start
    over.set()
    for listener in listeners:
        listener.close()


def add(gateway, name, driver, port):
    where = {"url": f"rtsp://127.9.1.1:{port}/cam"} if driver == "rtsp" else {"address": "127.9.1.1", "http_port": port}
    gateway.add(id=name, drivers=[driver], username="admin", password="secret-1234", **where)


def good_devices(gateway, simulate, count):
    simulator = simulate(count)
    for spec in simulator.specs:
        gateway.add(**spec)
    gateway.wait_online(count)
    return simulator


def test_each_bad_answer_has_its_reason_and_costs_nobody_else_anything(gateway, simulate, bad_camera):
    simulator = good_devices(gateway, simulate, 4)

    def answering(answer):
        def serve(link, _):
            if link.recv(65536):
                link.sendall(answer)
                link.recv(65536)
        return serve

    before = harness.resident_kib(gateway.pid)
    for name, (_, driver, answer, _) in BAD.items():
        add(gateway, name, driver, bad_camera(answering(answer)))
    for name, (row, _, _, reason) in BAD.items():
        shown = harness.wait_for(f"{name} (row {row}) as {reason}", lambda name=name, reason=reason: (d := gateway.device(name))["reason"] == reason and d)
        assert "secret-1234" not in str(shown)
    assert harness.resident_kib(gateway.pid) - before < 64 * 1024
    assert gateway.fleet()["states"]["online"] == 4
    assert simulator.totals()["wrong_passwords"] == 0
    assert "secret-1234" not in gateway.text


def test_cameras_that_dribble_are_given_up_and_delay_nobody(gateway, simulate, bad_camera):
    """Row 14: a byte now and then, from forty of them at once, while good ones log in and play."""
    def dribble(link, over):
        link.recv(65536)
        for byte in b"HTTP/1.1 200 OK\r\n" + b"X" * 1000:
            if over.wait(0.5):
                return
            link.sendall(bytes([byte]))

    for number in range(40):
        add(gateway, f"slow-{number}", "rtsp" if number % 2 else "hikvision", bad_camera(dribble))
    simulator = good_devices(gateway, simulate, 10)
    shown = harness.probe(gateway.live(simulator.specs[0]["id"] + "/1/sub")["urls"]["mp4"], 1)
    assert shown["packets"]
    for number in range(2):
        harness.wait_for("given up", lambda number=number: gateway.device(f"slow-{number}")["reason"] == "net.timeout")
    assert gateway.fleet()["states"]["online"] == 10


def can_trace():
    return shutil.which("strace") and subprocess.run(["strace", "-qq", "-o", os.devnull, "true"], capture_output=True, check=False).returncode == 0


def test_documents_that_name_files_and_addresses_make_nobody_open_or_call_them(started, bad_camera, tmp_path):
    """Row 91, seen from outside: what the gateway opens and whom it calls, as the kernel was asked."""
    if not can_trace():
        pytest.skip("strace is not here, or may not trace")
    canary = tmp_path / "canary-8f3a"
    canary.write_text("DS-2CD", encoding="utf-8")
    trap = socket.create_server(("127.9.1.2", 0))
    nobody = f"http://127.9.1.2:{trap.getsockname()[1]}/canary-8f3a"
    info = "<DeviceInfo><model>&x;</model></DeviceInfo>"
    documents = {
        "file": f'<!DOCTYPE a [<!ENTITY x SYSTEM "file://{canary}">]>{info}',
        "path": f'<!DOCTYPE a [<!ENTITY x SYSTEM "{canary}">]>{info}',
        "address": f'<!DOCTYPE a [<!ENTITY x SYSTEM "{nobody}">]>{info}',
        "name": f'<!DOCTYPE a [<!ENTITY x SYSTEM "http://canary-8f3a.invalid/x">]>{info}',
        "dtd": f'<!DOCTYPE DeviceInfo SYSTEM "file://{canary}">{info}',
        "public": f'<!DOCTYPE DeviceInfo PUBLIC "-//x" "{nobody}">{info}',
        "parameter": f'<!DOCTYPE a [<!ENTITY % y SYSTEM "{nobody}"> %y;]>{info}',
    }

    def answering(answer):
        def serve(link, _):
            if link.recv(65536):
                link.sendall(answer)
                link.recv(65536)
        return serve

    trace = tmp_path / "calls"
    calls = "open,openat,openat2,connect,sendto,sendmsg,sendmmsg"
    gateway = harness.Gateway(tmp_path / "data", prefix=["strace", "-f", "-qq", "-s", "256", "-o", trace, "-e", f"trace={calls}"])
    started.append(gateway)
    ports = set()
    for name, document in documents.items():
        port = bad_camera(answering(http('<?xml version="1.0"?>' + document)))
        ports.add(str(port))
        add(gateway, name, "hikvision", port)
    for name in documents:
        harness.wait_for(name, lambda name=name: gateway.device(name)["reason"] == "xml.dtd_refused")
    # The traced one is stopped; strace then ends by itself.
    os.kill(int(trace.read_text(encoding="utf-8", errors="replace").split(None, 1)[0]), signal.SIGTERM)
    gateway.child.wait(harness.PATIENCE)

    lines = trace.read_text(encoding="utf-8", errors="replace").splitlines()
    opened = [line for line in lines if re.search(r" open(at2?)?\(", line)]
    assert any("registry.db" in line for line in opened), "what it does open is seen"
    assert not [line for line in opened if "canary" in line]
    called = [re.search(r"sin6?_port=htons\((\d+)\).*?\"([^\"]+)\"", line) for line in lines if re.search(r" (connect|send\w+)\(.*sin6?_port", line)]
    assert {where.group(1) for where in called if where} == ports, "its cameras, and nobody else"
    assert {where.group(2) for where in called if where} == {"127.9.1.1"}
    trap.settimeout(0)
    with pytest.raises(BlockingIOError):
        trap.accept()
    trap.close()
