"""Canary passwords: nothing that the gateway says, writes or leaves in its memory has one of them in it."""
import base64
import concurrent.futures
import json
import os
import pathlib
import urllib.parse

import harness

CANARIES = ["Canary-of-the-north-7319", "canary?of&the=south%20/5527", "金丝雀-of-the-east-9954"]
LATER = "Canary-of-another-day-4482"


def spellings(secret):
    """The ways in which a text could stand somewhere."""
    raw = secret.encode()
    yield raw
    yield urllib.parse.quote(secret, safe="").encode()
    yield urllib.parse.quote(secret).encode()
    yield json.dumps(secret)[1:-1].encode()
    yield base64.b64encode(raw).rstrip(b"=")
    yield base64.b64encode(b"admin:" + raw).rstrip(b"=")
    yield raw.hex().encode()
    yield secret.encode("utf-16-le")


def found(haystack, secrets, where):
    return [f"{secret!r} as {form!r} in {where}" for secret in secrets for form in set(spellings(secret)) if form in haystack]


def dump_of(pid, path):
    """All memory of a process that it may write to, as a core dump has it."""
    harness.run(["gcore", "-o", path, pid], patience=120)
    core = pathlib.Path(f"{path}.{pid}")
    data = core.read_bytes()
    core.unlink()
    return data


def test_no_password_is_left_anywhere(started, tmp_path):
    # The password goes to the simulator in a file of its own, and to the gateway through each way in.
    simulators = []
    for index, secret in enumerate([*CANARIES, LATER]):
        simulator = harness.Simulator(2, address=f"127.1.{index}.1", export=tmp_path / f"{index}.csv",
                                      extra=["--password", secret])
        started.append(simulator)
        simulators.append(harness.read_export(tmp_path / f"{index}.csv"))
    data = tmp_path / "data"
    gateway = harness.Gateway(data, extra=["--log-level", "trace", "--fleet-backoff-base-ms", 1])
    started.append(gateway)

    for index, specs in enumerate(simulators[:3]):
        for spec in specs:
            gateway.add(**{**spec, "id": f"site-{index}-{spec['id']}", "password": CANARIES[index]})
    first = simulators[0][0]
    quoted = urllib.parse.quote(CANARIES[0], safe="")
    gateway.add(id="by-url", driver="rtsp",
                url=f"rtsp://{first['username']}:{quoted}@{first['address']}:{first['rtsp_port']}/Streaming/Channels/101")
    # Refused in every way that may quote what it refuses.
    for body in ({"id": "bad id!", "address": "10.0.0.1", "password": CANARIES[0]},
                 {"id": "by-url", "address": "10.0.0.1", "password": CANARIES[1]},
                 {"id": "x", "address": "10.0.0.1", "password": [CANARIES[0]]},
                 {"id": "x", "address": "10.0.0.1", "passwort": CANARIES[0]},
                 {"id": "x", "driver": "rtsp", "url": f"http://u:{quoted}@10.0.0.1/"},
                 {"id": "x", "driver": "rtsp", "url": f"rtsp://u:{quoted}@[::bad/"}):
        status, _, answer = gateway.call("POST", "/api/v1/devices", body)
        assert status in (400, 403, 409), (body, status, answer)
        assert not found(json.dumps(answer, ensure_ascii=False).encode(), CANARIES, "an answer"), body
    broken = b'{"id":"x","address":"10.0.0.1","password":"' + CANARIES[0].encode() + b'"'
    assert gateway.call("POST", "/api/v1/devices", broken)[0] == 400
    gateway.wait_online(7)

    # One that nobody answers for is told at the lower levels, at its third failure.
    gateway.add(id="nobody", address="127.9.9.9", http_port=1, username="admin", password=CANARIES[2])
    harness.wait_for("a line of a low level", lambda: '"level":"debug"' in gateway.text)

    ids = [item["id"] for item in gateway.get("/api/v1/devices?limit=100")["items"] if item["id"] != "nobody"]
    with concurrent.futures.ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda i: harness.probe(gateway.live(f"{i}/1/main")["urls"]["rtsp"], 1, ("-rtsp_transport", "tcp")), ids[:4]))
    pictures = [gateway.call("GET", f"/live/{i}/1/main.jpg")[0] for i in ids[1:4]]
    assert 200 in pictures

    # A password that is wrong, one that changes, and the whole fleet told again to log in.
    status, _, _ = gateway.call("PATCH", f"/api/v1/devices/{ids[0]}", {"password": LATER})
    assert status == 200
    gateway.wait_state(ids[0], "rejected")
    csv = "address,http_port,rtsp_port,username,password\n" + "".join(
        f"{spec['address']},{spec['http_port']},{spec['rtsp_port']},admin,{LATER}\n" for spec in simulators[3])
    for dry in ("true", "false"):
        status, _, answer = gateway.call("POST", f"/api/v1/devices/import?dry_run={dry}", csv.encode(),
                                         headers={"Content-Type": "text/csv"})
        assert status == 200, answer
        assert not found(json.dumps(answer, ensure_ascii=False).encode(), [LATER], "the answer of an import")
    status, _, _ = gateway.call("PATCH", f"/api/v1/devices/{ids[0]}", {"password": CANARIES[0]})
    gateway.wait_online(9)

    secrets = [*CANARIES, LATER]
    leaks = []
    for path in ["/api/v1/devices?limit=100", "/api/v1/fleet", "/metrics", "/metrics/devices", "/api/v1/devices/export?format=csv",
                 "/api/v1/devices/export?format=yaml", "/api/v1/live-tokens", *[f"/api/v1/devices/{i}" for i in ids],
                 *[f"/api/v1/devices/{i}/explain" for i in ids]]:
        status, headers, answer = gateway.call("GET", path)
        assert status == 200, (path, status, answer)
        raw = answer if isinstance(answer, bytes) else json.dumps(answer, ensure_ascii=False).encode()
        leaks += found(raw + str(headers).encode(), secrets, path)
    leaks += found(gateway.text.encode(), secrets, "the log at its lowest level")
    arguments = pathlib.Path(f"/proc/{gateway.pid}/cmdline").read_bytes() + pathlib.Path(f"/proc/{gateway.pid}/environ").read_bytes()
    leaks += found(arguments, secrets, "its arguments and environment")
    for file in [*data.rglob("*")]:
        if file.is_file():
            leaks += found(file.read_bytes(), secrets, file.name)
    core = dump_of(gateway.pid, tmp_path / "core")
    assert ids[0].encode() in core, "the dump is one of this process"
    leaks += found(core, secrets, "a dump of its memory")
    assert not leaks, "\n".join(leaks)

    # The key itself, and the tokens, stand in the memory of their owner alone; the database holds neither.
    key = (data / "secret.key").read_bytes()
    token = (data / "admin.token").read_bytes().strip()
    for file in data.glob("registry.db*"):
        assert key not in file.read_bytes() and token not in file.read_bytes(), file
    assert token.decode() not in gateway.text and os.stat(data / "secret.key").st_mode & 0o077 == 0
