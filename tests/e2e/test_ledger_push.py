"""What devices push themselves: acknowledged when it is on disk, known by where it comes from."""
import http.client
import json

import harness
from test_ledger import entries

ALERT = """<EventNotificationAlert version="2.0" xmlns="http://www.hikvision.com/ver20/XMLSchema">
<ipAddress>10.0.0.7</ipAddress><macAddress>{mac}</macAddress><channelID>1</channelID><dateTime>2026-11-28T16:00:0{n}+08:00</dateTime>
<activePostCount>1</activePostCount><eventType>{type}</eventType><eventState>active</eventState><eventDescription>pushed {n}</eventDescription>
</EventNotificationAlert>"""
JPEG = b"\xff\xd8\xff\xe0" + bytes(1000) + b"\xff\xd9"


def push(port, body, kind="application/xml", source="127.1.0.1", method="POST"):
    link = http.client.HTTPConnection("127.0.0.1", port, timeout=30, source_address=(source, 0))
    link.request(method, "/anything", body, {"Content-Type": kind})
    answer = link.getresponse()
    return answer.status, answer.read().decode().strip()


def form(*parts):
    out = b""
    for name, kind, data in parts:
        out += (f'--boundary\r\nContent-Disposition: form-data; name="{name}"; filename="{name}"\r\nContent-Type: {kind}\r\n'
                f"Content-Length: {len(data)}\r\n\r\n").encode() + data + b"\r\n"
    return out + b"--boundary--\r\n"


def test_a_push_is_answered_when_it_is_stored_and_known_by_its_sender(started, tmp_path, simulate):
    simulator = simulate(1, extra=("--alarms-per-minute", "0"))
    gateway = harness.Gateway(tmp_path / "data", extra=["--events-listen", "127.0.0.1:0"])
    started.append(gateway)
    spec = simulator.specs[0]
    gateway.add(**spec)
    gateway.wait_online(1)
    port = next(int(line["at"].rsplit(":", 1)[1]) for line in map(json.loads, gateway.lines) if line.get("event") == "events.listening")
    device = gateway.device(spec["id"])
    mac = device.get("mac") or ""
    source = spec["address"]

    def alert(n, kind="linedetection", mac=mac):
        return ALERT.format(n=n, type=kind, mac=mac).encode()

    # Stored before it is answered; the same again is the same event, where the device says that it repeats it.
    assert push(port, alert(1), source=source)[0] == 200
    one = entries(gateway, type="linedetection")
    assert [(e["device"], e["source"], e["description"]) for e in one] == [(spec["id"], "isapi.push", "pushed 1")]
    assert one[0]["device_time"] == "2026-11-28T16:00:01+08:00"

    body = form(("linedetection", "application/xml", alert(2)), ("detectionPicture.jpg", "image/jpeg", JPEG))
    assert push(port, body, "multipart/form-data; boundary=boundary", source)[0] == 200
    (picture,) = entries(gateway, type="linedetection")[1]["pictures"]
    assert picture["content_type"] == "image/jpeg" and picture["size"] == len(JPEG)
    status, head, bytes_ = gateway.call("GET", picture["url"])
    assert (status, bytes_) == (200, JPEG) and head["X-Content-Type-Options"] == "nosniff" and "sandbox" in head["Content-Security-Policy"]

    # Strangers, another device's MAC at this address, and what nobody can mean.
    assert push(port, alert(3), source="127.9.9.9") == (403, "events.foreign")
    if mac:
        assert push(port, alert(4, mac="02:00:00:00:00:01"), source=source) == (403, "events.foreign")
    assert push(port, b"<html/>", source=source) == (400, "api.bad_request")
    assert push(port, b"", source=source, method="GET")[0] == 405
    assert len(entries(gateway, type="linedetection")) == 2
    # Nothing else is to be had there.
    assert push(port, b"", source="127.9.9.9", method="GET")[0] == 405
