"""Files of devices: a fleet imported, changed, pruned; what is refused changes nothing; a kill leaves all or nothing."""
import concurrent.futures
import csv
import http.client
import io
import random
import signal
import threading
import time
import urllib.error
import urllib.request

import harness
import pytest
import yaml

CSV = {"Content-Type": "text/csv"}
YAML = {"Content-Type": "application/yaml"}


def send(gateway, text, kind=CSV, status=200, **flags):
    query = "&".join(f"{name}={str(value).lower()}" for name, value in flags.items())
    body = text if isinstance(text, bytes) else text.encode()
    got, _, answer = gateway.call("POST", f"/api/v1/devices/import?{query}", body, headers=kind)
    assert got == status, (got, answer)
    return answer


def export(gateway, **query):
    return gateway.get("/api/v1/devices/export?" + "&".join(f"{k}={v}" for k, v in query.items()))


def counts(answer):
    return {action: number for action, number in answer["counts"].items() if number}


def test_a_fleet_comes_by_a_file_and_follows_it(gateway, simulate, tmp_path):
    simulator = simulate(200)
    file = (tmp_path / "fleet.csv").read_bytes()

    # A dry run says everything and does nothing.
    empty = export(gateway)
    dry = send(gateway, file, dry_run=True)
    assert counts(dry) == {"add": 200} and not dry["applied"] and len(dry["items"]) == 200
    assert export(gateway) == empty and gateway.fleet()["total"] == 0

    done = send(gateway, file)
    assert counts(done) == {"add": 200} and done["applied"]
    gateway.wait_online(200)
    assert simulator.totals()["wrong_passwords"] == 0

    # The same file again, and the export of either kind, change nothing; no answer or export shows a password.
    secrets = [spec["password"] for spec in simulator.specs]
    assert counts(send(gateway, file)) == {"same": 200}
    for kind, headers in (("csv", CSV), ("yaml", YAML)):
        text = export(gateway, format=kind)
        assert counts(send(gateway, text, headers, prune=True)) == {"same": 200}
        assert not any(secret in text.decode() for secret in secrets)
    assert gateway.fleet()["states"]["online"] == 200, "what stays the same is left alone"

    # One row changes one device; the change of a password is told, and nothing of it.
    first = simulator.specs[0]["id"]
    change = f"id,name,password\n{first},=HYPERLINK(1),{secrets[0]}\n"
    dry = send(gateway, change, dry_run=True)
    assert [c["field"] for c in dry["items"][0]["changes"]] == ["name"]
    assert counts(send(gateway, change)) == {"change": 1}
    text = export(gateway).decode()
    assert "'=HYPERLINK(1)" in text
    assert counts(send(gateway, text)) == {"same": 200}
    dry = send(gateway, f"id,password\n{first},another-one\n", dry_run=True)
    assert dry["items"][0]["changes"] == [{"field": "password", "changed": True}]

    # prune: the fleet is what the file says, but never by a bad or an empty file.
    before = export(gateway)
    lines = file.decode().splitlines(keepends=True)
    half = "".join(lines[:101])
    bad = half.replace(lines[50], lines[50].replace("hikvision", "no-such-driver"))
    refused = send(gateway, bad, prune=True, status=422)
    assert refused["code"] == "import.prune_refused" and refused["counts"]["error"] == 1
    assert send(gateway, lines[0], prune=True, status=422)["code"] == "import.prune_refused"
    assert export(gateway) == before
    assert counts(send(gateway, half, prune=True, dry_run=True)) == {"same": 99, "change": 1, "remove": 100}
    assert export(gateway) == before
    assert counts(send(gateway, half, prune=True)) == {"same": 99, "change": 1, "remove": 100}
    assert gateway.fleet()["total"] == 100
    gateway.wait_online(100)


def test_good_rows_are_applied_and_bad_ones_told(gateway):
    text = (
        "id,名称,address,http_port,password\r\n"
        "a,北门,127.9.0.1,80,x\r\n"
        "b,,192.168.1.256,80,x\r\n"
        "c,,127.9.0.3,0,x\r\n"
        "d,,8.8.8.8,80,x\r\n"
        "a,,127.9.0.4,80,x\r\n"
        "f,,127.9.0.6,80,x\r\n"
    ).encode("gbk")
    before = export(gateway)
    refused = send(gateway, text, all_or_nothing=True, status=422)
    assert refused["code"] == "import.refused" and not refused["applied"]
    assert export(gateway) == before

    done = send(gateway, text, report="errors")
    assert counts(done) == {"add": 2, "error": 4} and done["encoding"] == "gb18030"
    assert [(i["row"], i["line"], i["errors"][0]["column"], i["errors"][0]["code"]) for i in done["items"]] == [
        (2, 3, "address", "device.invalid"),
        (3, 4, "http_port", "device.invalid"),
        (4, 5, "address", "net.forbidden_address"),
        (5, 6, "id", "import.duplicate"),
    ]
    assert {d["id"]: d["name"] for d in gateway.get("/api/v1/devices")["items"]} == {"a": "北门", "f": ""}


def test_what_is_no_file_of_devices_is_refused_whole(gateway):
    before = export(gateway)
    deep = "- " * 1_000_000
    bomb = "- &a0 [x]\n" + "".join(f"- &a{i} [{', '.join([f'*a{i - 1}'] * 9)}]\n" for i in range(1, 12))
    for text, kind, where in (
        ("address,colour\n127.9.0.1,red\n", CSV, "line 1"),
        (b"127.9.0.1,admin,secret\n", CSV, "header"),
        (b"address\n127.9.0.1\0\n", CSV, "NUL"),
        (deep, YAML, "line 1, column 3"),
        (bomb, YAML, "line "),
        ("- {id: a, id: b, address: 127.9.0.1}\n", YAML, "line 1, column 11"),
        ("- !!python/object/apply:os.system [id]\n", YAML, "line 1, column 3"),
        ("[" * 1_000_000, YAML, "line 1"),
    ):
        answer = send(gateway, text, kind, status=422)
        assert answer["code"] == "import.unreadable" and where in answer["detail"], answer
    assert send(gateway, "x", {"Content-Type": "application/json"}, status=415)["code"] == "api.unsupported_type"
    assert send(gateway, "address\n", dry_run="perhaps", status=400)["code"] == "api.bad_request"
    # 413 comes before the body is read.
    request = urllib.request.Request(gateway.url + "/api/v1/devices/import", method="POST", headers={
        "Authorization": f"Bearer {gateway.token}", **CSV, "Content-Length": str(1 << 30)}, data=b"address\n")
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(request, timeout=30)
    assert refused.value.code == 413
    assert export(gateway) == before


def rows_of(count, name):
    """Rows that nobody answers; disabled, so that the test is about files and not about connecting."""
    out = io.StringIO()
    table = csv.writer(out)
    table.writerow(["id", "name", "address", "username", "password", "enabled"])
    for i in range(count):
        table.writerow([f"d-{i}", name, f"127.8.{i // 250}.{i % 250 + 1}", "admin", f"pw-{i}", "false"])
    return out.getvalue().encode()


def test_the_gateway_answers_while_it_reads_a_large_file(gateway):
    file = rows_of(20_000, "x")
    slowest, over = [0.0], threading.Event()

    def ask():
        while not over.is_set():
            begin = time.monotonic()
            gateway.get("/api/v1/fleet")
            slowest[0] = max(slowest[0], time.monotonic() - begin)

    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        asking = pool.submit(ask)
        try:
            answer = send(gateway, file, dry_run=True, report="errors")
            busy = None

            def import_it():
                while True:  # one of the small ones below may be the first
                    status = gateway.call("POST", "/api/v1/devices/import?dry_run=true&report=errors", file, headers=CSV)[0]
                    if status != 409:
                        return status

            importing = pool.submit(import_it)
            while busy is None and not importing.done():
                status, _, body = gateway.call("POST", "/api/v1/devices/import?dry_run=true", b"address\n", headers=CSV)
                busy = body if status == 409 else None
            assert importing.result() == 200
        finally:
            over.set()
        asking.result()
    assert answer["rows"] == 20_000 and answer["counts"]["add"] + answer["counts"]["error"] == 20_000
    assert busy is not None and busy["code"] == "import.busy"
    print(f"slowest answer beside an import: {slowest[0] * 1000:.0f} ms; {harness.resident_kib(gateway.pid)} KiB")


@pytest.mark.parametrize("attempt", range(5))
def test_a_kill_in_the_middle_of_an_import_leaves_all_or_nothing(tmp_path, started, attempt):
    count = 5_000
    seed = random.randrange(1 << 30)
    print("seed", seed)
    gateway = harness.Gateway(tmp_path / "data")
    started.append(gateway)
    begin = time.monotonic()
    assert counts(send(gateway, rows_of(count, "one"), report="errors")) == {"add": count}
    took = time.monotonic() - begin
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        def import_it():
            try:
                return send(gateway, rows_of(count, "two"), report="errors")
            except (OSError, http.client.HTTPException):  # killed before, or in the middle of, its answer
                return None

        importing = pool.submit(import_it)
        delay = random.Random(seed).uniform(0, took * 1.2)
        time.sleep(delay)  # the moment of the kill, not a wait for anything
        gateway.stop(signal.SIGKILL)
        answered = importing.result()
    again = harness.Gateway(tmp_path / "data")
    started.append(again)
    names = [row["name"] for row in csv.DictReader(io.StringIO(export(again).decode()))]
    assert len(names) == count
    assert set(names) in ({"one"}, {"two"}), f"half an import after {delay:.3f} s of {took:.3f} s"
    if answered:
        assert set(names) == {"two"}, "what was answered is there"


def test_yaml_from_elsewhere(gateway):
    text = yaml.safe_dump({"devices": [{"id": "n", "name": "no", "address": "127.9.1.1", "tags": ["a", "b;c"], "enabled": False}]})
    assert counts(send(gateway, text, YAML)) == {"add": 1}
    shown = gateway.device("n")
    assert (shown["name"], shown["tags"], shown["enabled"]) == ("no", ["a", "b;c"], False)
    assert yaml.safe_load(export(gateway, format="yaml"))["devices"][0]["tags"] == ["a", "b;c"]
    assert counts(send(gateway, "- {id: n, tags: []}\n", YAML)) == {"change": 1}
    assert gateway.device("n")["tags"] == []
