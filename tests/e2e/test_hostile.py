"""Over a thousand devices that mean no good, beside a few honest ones: they dribble, they answer each request with a megabyte,
they close the door after the login. It costs bounded memory, has a code for each, and the honest ones do not notice."""
import asyncio
import contextlib
import hashlib
import re
import threading

import harness
import storms

DRIBBLING, HUGE, CLOSING = 1000, 100, 100
INFO = ("<?xml version=\"1.0\"?><DeviceInfo><deviceName>x</deviceName><model>DS-X</model><serialNumber>SN{}</serialNumber>"
        "<firmwareVersion>V5</firmwareVersion><deviceType>IPCamera</deviceType></DeviceInfo>")


class Hostile(threading.Thread):
    """One port on all of loopback; how it behaves follows from the address that was called."""

    def __init__(self):
        super().__init__(daemon=True)
        self.loop = asyncio.new_event_loop()
        self.port, self.ready, self.served = 0, threading.Event(), {"40": 0, "41": 0, "42": 0}
        self.start()
        assert self.ready.wait(harness.PATIENCE)

    def run(self):
        asyncio.set_event_loop(self.loop)
        server = self.loop.run_until_complete(asyncio.start_server(self.serve, "0.0.0.0", 0, backlog=1024))
        self.port = server.sockets[0].getsockname()[1]
        self.ready.set()
        self.loop.run_forever()

    async def serve(self, reader, writer):
        kind = writer.get_extra_info("sockname")[0].split(".")[1]
        self.served[kind] = self.served.get(kind, 0) + 1
        with contextlib.suppress(OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            if kind == "40":
                for byte in b"HTTP/1.1 200 OK\r\nContent-Length: 10000\r\n\r\n" + bytes(10000):
                    writer.write(bytes([byte]))
                    await asyncio.sleep(5)
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
                if kind == "41":
                    writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/xml\r\nContent-Length: 1000000\r\n\r\n" + b"x" * 1000000)
                    await writer.drain()
                    continue
                if "Authorization:" not in head:
                    challenge = 'Digest realm="x", nonce="%s", qop="auth"' % hashlib.md5(head.encode()).hexdigest()
                    writer.write(f"HTTP/1.1 401 Unauthorized\r\nWWW-Authenticate: {challenge}\r\nContent-Length: 0\r\n\r\n".encode())
                    continue
                if "deviceInfo" in head:
                    body = INFO.format(writer.get_extra_info("sockname")[0].replace(".", ""))
                    writer.write(f"HTTP/1.1 200 OK\r\nContent-Type: application/xml\r\nContent-Length: {len(body)}\r\n\r\n{body}".encode())
                    continue
                break  # logged in: that was all
        writer.close()

    def stop(self):
        def end():
            for task in asyncio.all_tasks(self.loop):
                task.cancel()
            self.loop.call_later(0.2, self.loop.stop)
        self.loop.call_soon_threadsafe(end)
        self.join(10)


def fleet_of(port):
    rows = ["id,name,driver,address,http_port,username,password,tags"]
    for kind, second, count in (("dribbling", 40, DRIBBLING), ("huge", 41, HUGE), ("closing", 42, CLOSING)):
        rows += [f"{kind}-{i},,hikvision,127.{second}.{i // 250}.{i % 250 + 1},{port},admin,password-of-{kind}-{i},{kind}" for i in range(count)]
    return "\r\n".join(rows).encode()


def test_a_thousand_hostile_devices_harm_nobody_else(started, tmp_path):
    def start(process):
        started.append(process)
        return process
    hostile = start(Hostile())
    storm = storms.Storm(tmp_path, start, 20, gateway=["--fleet-call-ms", "600", "--fleet-attempt-ms", "1500", "--fleet-backoff-cap-s", "10"])
    storm.all_online()
    logins = storm.site.totals()["logins"]
    before = harness.resident_kib(storm.gateway.pid)
    total = storm.total + DRIBBLING + HUGE + CLOSING
    peak = 0

    def reasons():
        nonlocal peak
        peak = max(peak, harness.resident_kib(storm.gateway.pid))
        told = {}
        for row in storm.gateway.fleet()["summary"]:
            told[row["reason"]] = told.get(row["reason"], 0) + row["count"]
        return told

    with storm.watched() as seen:
        status, _, answer = storm.gateway.call("POST", "/api/v1/devices/import", fleet_of(hostile.port), headers={"Content-Type": "text/csv"})
        assert status == 200 and answer["counts"]["add"] == DRIBBLING + HUGE + CLOSING, answer["counts"]
        # Every one of them was tried.
        harness.wait_for("each was tried", lambda: reasons() and all(
            count >= most for count, most in zip(hostile.served.values(), (DRIBBLING, HUGE, CLOSING), strict=True)), 120)
    assert seen.viewers_ended == 0 and seen.still and seen.calm_logins == 0 and not seen.failed, vars(seen)
    assert storm.site.totals()["logins"] == logins, "an honest device was logged in to again"
    # Each has a reason of its own, and none is online by mistake.
    for kind, code in (("dribbling", r"net\.timeout"), ("huge", r"device\.unexpected_answer|http\.too_large"), ("closing", r"net\.(closed|reset)")):
        shown = harness.wait_for(kind, lambda kind=kind: [d for d in storm.gateway.get(f"/api/v1/devices?tag={kind}&state=backoff&limit=20")["items"]])
        for device in shown:
            assert re.fullmatch(code, device["reason"]), (kind, device["reason"], device["detail"])
    # What a device may make us hold is bounded, and so is how many connect at once.
    assert peak - before < 96 * 1024, f"{peak - before} KiB more for {total} devices"
    assert storm.gateway.fleet()["admission"]["most"] <= 64
