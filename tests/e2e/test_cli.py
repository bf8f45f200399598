"""The command line against a gateway with simulated devices: every verb, its JSON, its exit codes, hostile names."""
import csv
import io
import json
import os
import pty
import re
import signal
import subprocess
import threading

import pytest

import harness

ROUTES = (harness.ROOT / "src" / "api" / "openapi.yaml").read_text(encoding="utf-8")


def needs(path):
    return pytest.mark.skipif(f"\n  {path}:\n" not in ROUTES, reason=f"there is no {path}")


class Cli:
    """`camfleet VERB` for one gateway, without anything of the environment of whoever runs the tests."""

    def __init__(self, gateway, data):
        self.environment = {"PATH": os.environ["PATH"], "HOME": "/nonexistent", "CAMFLEET_URL": gateway.url,
                            "CAMFLEET_DATA": str(data), "LC_ALL": "C"}

    def run(self, *argv, stdin=b"", env=None, code=0):
        done = subprocess.run([str(harness.BIN / "camfleet"), *map(str, argv)], input=stdin, capture_output=True, check=False,
                              timeout=harness.PATIENCE, env={**self.environment, **(env or {})})
        assert code is None or done.returncode == code, (argv, done.returncode, done.stdout[-2000:], done.stderr[-2000:])
        return done

    def text(self, *argv, **kwargs):
        return self.run(*argv, **kwargs).stdout.decode()

    def json(self, *argv, **kwargs):
        return json.loads(self.run(*argv, "--json", **kwargs).stdout)


@pytest.fixture
def cli(gateway, tmp_path):
    return Cli(gateway, tmp_path / "data")


@pytest.fixture
def fleet(cli, gateway, simulate):
    simulator = simulate(5)
    for spec in simulator.specs:
        gateway.add(**spec)
    gateway.wait_online(5)
    return simulator


def address(number):
    return f"127.9.{number // 200}.{number % 200 + 1}"


def ids_of(simulator):
    return sorted(spec["id"] for spec in simulator.specs)


def test_devices_are_added_listed_shown_and_removed(cli, gateway, simulate):
    spec = simulate(1).specs[0]
    secret = spec["password"]
    said = cli.run("device", "add", spec["id"], "--name", "North gate", "--address", spec["address"], "--http-port",
                   spec["http_port"], "--rtsp-port", spec["rtsp_port"], "--username", spec["username"], "--password-stdin",
                   "--tag", "north", "--tag", "new", stdin=secret.encode() + b"\n")
    assert spec["id"] in said.stderr.decode() and secret not in (said.stdout + said.stderr).decode()
    gateway.wait_online(1)

    assert "North gate" in cli.text("device", "list") and "online" in cli.text("device", "list", "--state", "online")
    assert cli.text("device", "list", "--quiet") == spec["id"] + "\n"
    listed = cli.json("device", "list")["items"]
    assert [device["id"] for device in listed] == [spec["id"]] and listed[0]["tags"] == ["north", "new"]
    assert cli.json("device", "show", spec["id"])["facts"] == gateway.device(spec["id"])["facts"]
    assert "kept, sealed" in cli.text("device", "show", spec["id"])
    moves = cli.json("device", "history", spec["id"])["items"]
    assert moves == gateway.device(spec["id"])["history"] and "online" in cli.text("device", "history", spec["id"])
    assert "asked" in cli.run("device", "reconnect", spec["id"]).stderr.decode()

    # Nobody is there to be asked.
    assert b"--yes" in cli.run("device", "remove", spec["id"], code=2).stderr
    cli.run("device", "remove", spec["id"], "--yes")
    assert cli.json("device", "list")["items"] == []
    gone = cli.run("device", "show", spec["id"], code=1)
    assert b"device.unknown: There is no such device." in gone.stderr and b"[trace " in gone.stderr
    problem = json.loads(cli.run("device", "show", spec["id"], "--json", code=1).stderr)
    assert problem["code"] == "device.unknown" and problem["trace_id"]
    assert "设备不存在" in cli.run("device", "show", spec["id"], code=1, env={"LC_ALL": "zh_CN.UTF-8"}).stderr.decode()


def test_a_password_comes_from_a_file_a_variable_or_a_terminal_and_never_from_the_arguments(cli, gateway, tmp_path):
    (tmp_path / "password").write_text("from a file\nand no more", encoding="utf-8")
    cli.run("device", "add", "a", "--address", "127.0.0.11", "--password-file", tmp_path / "password", "--disabled")
    cli.run("device", "add", "b", "--address", "127.0.0.12", "--disabled", env={"CAMFLEET_DEVICE_PASSWORD": "x"})
    cli.run("device", "add", "c", "--address", "127.0.0.13", "--disabled")
    assert [gateway.device(device)["has_password"] for device in "abc"] == [True, True, False]
    cli.run("device", "add", "d", "--rtsp-url", "-", "--disabled", stdin=b"rtsp://u:se%3acret@127.0.0.1:9/s\n")
    shown = gateway.device("d")
    assert shown["has_password"] and shown["username"] == "u" and "cret" not in json.dumps(shown)
    for argument in ("--url", "--rtsp-url"):
        refused = cli.run("device", "add", "e", argument, "rtsp://u:secret@127.0.0.1/s", code=2)
        assert b"ps" in refused.stderr and b"secret" not in refused.stderr
    assert b"--password-file" in cli.run("device", "add", "e", "--password", "secret", code=2).stderr
    assert gateway.call("GET", "/api/v1/devices/e")[0] == 404


def test_a_password_is_asked_for_without_echo(cli, gateway):
    pid, terminal = pty.fork()
    if pid == 0:
        os.execve(harness.BIN / "camfleet", ["camfleet", "device", "add", "asked", "--address", "127.0.0.1", "--disabled",
                                              "--ask-password"], cli.environment)
    seen = b""

    def until(text):
        nonlocal seen
        while text not in seen:
            seen += os.read(terminal, 1024)

    until(b"Password of the device: ")
    os.write(terminal, b"pa$$w0rd\n")
    until(b"Once more: ")
    os.write(terminal, b"pa$$w0rd\n")
    until(b"asked: added")
    assert os.waitpid(pid, 0)[1] == 0
    os.close(terminal)
    assert b"pa$$w0rd" not in seen and gateway.device("asked")["has_password"]


def test_the_exit_codes_tell_what_went_wrong(cli, gateway, tmp_path):
    assert cli.run("fleet").returncode == 0
    assert b"device.invalid" in cli.run("device", "add", "X!", "--address", "127.0.0.1", code=1).stderr
    for nonsense in (["devcie"], ["device", "lsit"], ["device", "list", "--jsn"], ["device", "show"], []):
        cli.run(*nonsense, code=2)
    assert b"did you mean list?" in cli.run("device", "lsit", code=2).stderr
    gone = cli.run("fleet", "--url", "http://127.0.0.1:1", code=3)
    assert b"net.refused" in gone.stderr and b"camfleet serve" in gone.stderr
    assert json.loads(cli.run("fleet", "--url", "http://127.0.0.1:1", "--json", code=3).stderr)["code"] == "net.refused"
    assert b"auth.invalid" in cli.run("fleet", env={"CAMFLEET_TOKEN": "wrong"}, code=4).stderr
    assert b"--token-file" in cli.run("fleet", env={"CAMFLEET_DATA": ""}, code=4).stderr
    cli.run("fleet", "--token-file", tmp_path / "missing", code=4)
    (tmp_path / "token").write_text(gateway.token + "\n", encoding="utf-8")
    cli.run("fleet", "--token-file", tmp_path / "token", env={"CAMFLEET_DATA": ""})
    cli.run("fleet", "--token-file", "-", env={"CAMFLEET_DATA": ""}, stdin=gateway.token.encode())
    # Something answers there, but no gateway.
    import http.server
    import threading

    class Other(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b"<html>")

        def log_message(self, *_):
            pass

    other = http.server.HTTPServer(("127.0.0.1", 0), Other)
    threading.Thread(target=other.serve_forever, daemon=True).start()
    assert b"is this a camfleet gateway?" in cli.run("device", "list", "--url", f"http://127.0.0.1:{other.server_port}",
                                                     code=3).stderr
    other.shutdown()


def test_names_of_devices_move_no_cursor(cli, gateway):
    evil = "gate\x1b[2J\x1b]0;owned\x07 \u009b31m \u202egpj"
    status, _, body = gateway.call("POST", "/api/v1/devices", {"id": "evil", "name": evil, "address": "127.0.0.1",
                                                               "enabled": False})
    if status != 201:  # refused is as good
        status, _, body = gateway.call("POST", "/api/v1/devices", {"id": "evil", "name": "gate \u202egpj", "address": "127.0.0.1",
                                                                   "enabled": False})
    assert status == 201, body
    for verb in (["device", "list"], ["device", "show", "evil"], ["device", "list", "--json"], ["device", "show", "evil", "--json"]):
        shown = cli.run(*verb).stdout.decode()
        assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", shown), shown
    assert cli.json("device", "show", "evil")["name"] == gateway.device("evil")["name"]


def test_an_output_that_goes_away_or_is_full(cli, gateway):
    for number in range(300):
        gateway.add(id=f"many-{number:03}", address=address(number), enabled=False, name="x" * 200)
    environment = " ".join(f"{name}={value}" for name, value in cli.environment.items())
    piped = subprocess.run(["bash", "-c", f"set -o pipefail; env {environment} {harness.BIN}/camfleet device list --quiet | head -1"],
                           capture_output=True, check=False, timeout=harness.PATIENCE)
    assert (piped.returncode, piped.stdout, piped.stderr) == (0, b"many-000\n", b"")
    with open("/dev/full", "wb") as full:
        done = subprocess.run([harness.BIN / "camfleet", "device", "list"], stdout=full, stderr=subprocess.PIPE, check=False,
                              env=cli.environment, timeout=harness.PATIENCE)
    assert done.returncode == 1 and b"No space left" in done.stderr
    assert len(cli.json("device", "list")["items"]) == 300


def test_lists_are_complete_over_all_pages(cli, gateway):
    if "\n  /api/v1/devices/import:\n" in ROUTES:
        rows = "".join(f"d-{number:04},{address(number)},false\n" for number in range(1203))
        cli.run("device", "import", "-", stdin=("id,address,enabled\n" + rows).encode())
    else:
        for number in range(1203):
            gateway.add(id=f"d-{number:04}", address=address(number), enabled=False)
    assert len(cli.text("device", "list", "--quiet").split()) == 1203
    assert len(cli.json("device", "list")["items"]) == 1203


def test_the_fleet_and_live_addresses(cli, fleet, gateway):
    assert cli.json("fleet")["states"]["online"] == 5
    assert re.search(r"online +5\n", cli.text("fleet"))
    device = ids_of(fleet)[0]
    url = cli.text("live", "url", f"{device}/1/sub").strip()
    assert url.startswith("rtsp://") and harness.probe(url, 1, ("-rtsp_transport", "tcp"))["streams"][0]["width"] == 352
    for form, ending in (("--http", ".mp4?token="), ("--ws", "/ws?token="), ("--jpg", ".jpg?token=")):
        assert ending in cli.text("live", "url", device, form, "--ttl", "1h")
    for form, ending in (("flv", ".flv?token="), ("ts", ".ts?token="), ("ws_flv", "/ws?form=flv&token=")):
        assert ending in cli.text("live", "url", device, "--form", form)
    cli.run("live", "url", device, "--form", "avi", code=2)
    cli.run("live", "url", device, "--form", "flv", "--http", code=2)
    assert "urls" in cli.json("live", "url", device)
    listed = cli.text("live", "list", "--quiet").split()
    assert len(listed) == 8 and cli.json("live", "list")["items"]
    cli.run("live", "revoke", *listed)
    assert cli.text("live", "list", "--quiet") == ""
    cli.run("live", "revoke", "nonsense", code=1)
    assert b"device.unknown" in cli.run("live", "url", "nobody", code=1).stderr
    cli.run("live", "url", device, "--ttl", "1w", code=2)
    version = cli.json("version")
    assert version["client"] == version["gateway"]


def test_bulk_reconnect_asks_and_tells_what_could_not_be_done(cli, fleet):
    some = ids_of(fleet)[:2]
    assert b"--yes" in cli.run("device", "reconnect", "--state", "online", code=2).stderr
    assert b"5 of 5 devices" in cli.run("device", "reconnect", "--state", "online", "--state", "connecting", "--state", "waiting",
                                       "--yes").stderr
    assert b"2 of 3 devices" in cli.run("device", "reconnect", *some, "nobody", "--yes", code=5).stderr
    cli.run("device", "reconnect", "nobody", code=1)


@needs("/api/v1/devices/{id}/explain")
def test_a_device_is_explained(cli, gateway, simulate):
    spec = simulate(1).specs[0]
    gateway.add(**{**spec, "password": "wrong"})
    gateway.wait_state(spec["id"], "rejected")
    told = cli.text("device", "explain", spec["id"])
    assert "rejected" in told and "device.bad_credentials" in told and "you can" in told
    assert cli.json("device", "explain", spec["id"])["code"] == "device.bad_credentials"
    assert "密码" in cli.text("device", "explain", spec["id"], "--lang", "zh")
    assert "device.bad_credentials" in cli.text("fleet")


@needs("/api/v1/devices/bulk")
def test_devices_are_edited_switched_and_given_other_credentials(cli, fleet, gateway):
    first, second, *_ = ids_of(fleet)
    cli.run("device", "edit", first, "--name", "Renamed", "--add-tag", "x", "--remove-tag", "site-1")
    shown = gateway.device(first)
    assert shown["name"] == "Renamed" and "x" in shown["tags"] and "site-1" not in shown["tags"]
    cli.run("device", "edit", first, "--name", "Again", "--if-match", shown["revision"])
    assert cli.run("device", "edit", first, "--name", "Late", "--if-match", shown["revision"], code=1).stderr
    cli.run("device", "edit", first, code=2)
    cli.run("device", "disable", first)
    gateway.wait_state(first, "disabled")
    cli.run("device", "enable", first, first)
    assert b"5 devices" in cli.run("device", "disable", "--all", "--dry-run").stdout
    assert b"--yes" in cli.run("device", "disable", "--tag", "site-1", code=2).stderr
    cli.run("device", "disable", code=2)
    preview = cli.json("device", "credentials", "--all", "--username", "other", "--dry-run")
    assert preview["dry_run"] and preview["total"] == 5 and gateway.device(second)["username"] != "other"
    cli.run("device", "credentials", "--all", "--password-stdin", code=2, stdin=b"new")
    cli.run("device", "credentials", second, "nobody", "--username", "other", "--yes", code=5)
    assert gateway.device(second)["username"] == "other"


@needs("/api/v1/devices/import")
def test_a_file_is_imported_seen_first_and_exported(cli, simulate, gateway, tmp_path):
    simulator = simulate(3)
    file = tmp_path / "fleet.csv"
    dry = cli.text("device", "import", file, "--dry-run")
    assert dry.count("\n+ ") + dry.startswith("+ ") == 3 and "dry run" in dry
    assert cli.json("device", "list")["items"] == []
    assert "3 added" in cli.text("device", "import", file)
    gateway.wait_online(3)
    assert "3 unchanged" in cli.text("device", "import", "-", stdin=file.read_bytes())
    for spec in simulator.specs:
        assert spec["password"] not in dry
    rows = list(csv.DictReader(io.StringIO(file.read_text(encoding="utf-8"))))
    rows[0]["name"] = "Another\x1b[31m name"
    rows[1]["http_port"] = "99999"
    changed = io.StringIO()
    writer = csv.DictWriter(changed, rows[0].keys())
    writer.writeheader()
    writer.writerows(rows[:2])
    done = cli.run("device", "import", "-", stdin=changed.getvalue().encode(), code=None)
    assert done.returncode in (1, 5) and b"http_port" in done.stdout and b"\x1b" not in done.stdout
    assert cli.run("device", "import", "-", "--all-or-nothing", stdin=changed.getvalue().encode(), code=1)
    keep = file.read_text(encoding="utf-8").splitlines()[:2]
    refused = cli.run("device", "import", "-", "--prune", stdin="\n".join(keep).encode(), code=2)
    assert b"2 removed" in refused.stderr and b"--yes" in refused.stderr
    assert len(cli.json("device", "list")["items"]) == 3
    assert "2 removed" in cli.text("device", "import", "-", "--prune", "--yes", stdin="\n".join(keep).encode())
    assert len(cli.json("device", "list")["items"]) == 1
    cli.run("device", "export", tmp_path / "out.csv")
    exported = (tmp_path / "out.csv").read_text(encoding="utf-8")
    assert simulator.specs[0]["id"] in exported and simulator.specs[0]["password"] not in exported
    assert cli.run("device", "export").stdout == (tmp_path / "out.csv").read_bytes()
    assert "1 unchanged" in cli.text("device", "import", tmp_path / "out.csv")
    assert simulator.specs[0]["id"] in cli.text("device", "export", "--format", "yaml")
    cli.run("device", "import", tmp_path / "missing.csv", code=2)
    (tmp_path / "large.csv").write_bytes(b"x" * (17 * 1024 * 1024))
    cli.run("device", "import", tmp_path / "large.csv", code=2)


@needs("/api/v1/devices/import")
def test_an_export_never_replaces_what_is_no_file(cli, gateway, tmp_path):
    gateway.add(id="gate-7", address="127.3.0.7", enabled=False)
    pipe, link, real = tmp_path / "pipe", tmp_path / "link.csv", tmp_path / "real.csv"
    os.mkfifo(pipe)
    heard = []
    reader = threading.Thread(target=lambda: heard.append(pipe.read_bytes()), daemon=True)
    reader.start()
    cli.run("device", "export", pipe)
    reader.join(20)
    assert heard and b"gate-7" in heard[0] and pipe.is_fifo()
    real.write_text("old")
    link.symlink_to(real)
    cli.run("device", "export", link)
    assert link.is_symlink() and "gate-7" in real.read_text(encoding="utf-8")
    assert sorted(path.name for path in tmp_path.iterdir() if "part" in path.name) == []


def test_a_hundred_thousand_rows_are_seen_before_they_are_imported(cli):
    head = "id,name,address,username,password,enabled\n"
    body = head + "".join(f"cam-{n:06},Camera {n},127.{n // 62_500 + 9}.{n // 250 % 250}.{n % 250 + 1},admin,pw-{n},false\n" for n in range(100_000))
    done = cli.run("device", "import", "-", "--dry-run", "--report", "errors", stdin=body.encode(), code=None)
    added, refused = (int(re.search(rb"(\d+) " + word, done.stdout)[1]) for word in (b"added", b"refused"))
    assert added + refused == 100_000 and added > 0, done.stdout[-500:]  # as many as the descriptors are good for
    assert refused == 0 or b"fleet.full" in done.stdout
    assert b"pw-1" not in done.stdout + done.stderr


@needs("/api/v1/stream")
def test_moves_are_shown_as_they_happen_and_resumed(cli, fleet, gateway):
    device = ids_of(fleet)[0]
    watching = subprocess.Popen([harness.BIN / "camfleet", "stream", "--json", "--count", "2", "--device", device],
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=cli.environment)
    watching.stderr.readline()  # connected
    cli.run("device", "reconnect", device)
    first, _ = watching.communicate(timeout=harness.PATIENCE)
    events = [json.loads(line) for line in first.decode().splitlines()]
    assert watching.returncode == 0 and len(events) == 2 and {event["device"] for event in events} == {device}
    behind = cli.run("stream", "--json", "--count", "1", "--after", events[0]["id"], "--device", device).stdout
    assert json.loads(behind)["id"] == events[1]["id"]
    assert device in cli.text("fleet", "watch", "--oldest", "--count", "3", "--device", device)
    cli.run("stream", "--type", "nonsense", code=1)
    following = subprocess.Popen([harness.BIN / "camfleet", "fleet", "watch"], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                 env=cli.environment)
    following.stderr.readline()
    following.send_signal(signal.SIGINT)
    assert following.wait(harness.PATIENCE) == -signal.SIGINT


@needs("/api/v1/tokens")
def test_tokens_are_made_used_and_removed(cli, tmp_path):
    token = cli.text("token", "add", "dashboard", "--ttl", "1h").strip()
    assert json.loads(cli.text("whoami", "--json", env={"CAMFLEET_TOKEN": token}))["role"] == "viewer"
    assert "auth.forbidden" in cli.run("token", "list", env={"CAMFLEET_TOKEN": token}, code=4).stderr.decode()
    cli.run("token", "add", "night", "--role", "operator", "--file", tmp_path / "night")
    assert (tmp_path / "night").stat().st_mode & 0o777 == 0o600
    assert "operator" in cli.text("whoami", "--token-file", tmp_path / "night")
    cli.run("token", "add", "night", "--file", tmp_path / "night", code=2)
    cli.run("token", "add", "night", "--role", "king", code=1)
    north = cli.text("token", "add", "north", "--role", "operator", "--tag", "north", "--tag", "门 2", "--device", "gate-7").strip()
    assert json.loads(cli.text("whoami", "--json", env={"CAMFLEET_TOKEN": north}))["scope"] == {"tags": ["north", "门 2"], "devices": ["gate-7"]}
    listed = cli.text("token", "list")
    assert "tag north, tag 门 2, gate-7" in listed and "all devices" in listed
    assert token not in cli.text("token", "list") + cli.text("token", "list", "--json")
    for name in cli.text("token", "list", "--quiet").split():
        cli.run("token", "remove", name, "--yes")
    cli.run("whoami", env={"CAMFLEET_TOKEN": token}, code=4)


@needs("/api/v1/channels")
def test_channels_are_listed(cli, fleet):
    listed = cli.json("channel", "list")["items"]
    assert {channel["device"] for channel in listed} == set(ids_of(fleet))
    assert len(cli.text("channel", "list", "--quiet").split()) == len(listed)
    assert ids_of(fleet)[0] + "/1" in cli.text("channel", "list")


@needs("/api/v1/discovered")
def test_what_was_discovered_is_listed(cli):
    assert "items" in cli.json("discovered", "list")
    assert cli.text("discovered", "list").startswith("KEY")
    cli.run("discovered", "add", "nobody", code=1)


def test_doctor_looks_at_the_machine_and_the_gateway(cli, gateway, tmp_path):
    report = cli.json("doctor", "--http", gateway.http, "--rtsp", gateway.rtsp)
    checks = {check["name"]: check for check in report["items"]}
    assert checks["gateway"]["grade"] == "ok" and checks["data directory"]["grade"] == "ok"
    assert "camfleet (process" in checks["http port"]["found"] and checks["admin.token"]["grade"] == "ok"
    assert report["fail"] == 0 and "OpenSSL 3" in checks["libraries"]["found"]
    assert not [name for name in os.listdir(tmp_path / "data") if name.startswith(".doctor")]
    assert "descriptors" in cli.text("doctor", "--http", "127.0.0.1:0", "--rtsp", "127.0.0.1:0")
    (tmp_path / "data" / "admin.token").chmod(0o644)
    assert "chmod 600" in cli.text("doctor", "--http", "127.0.0.1:0", "--rtsp", "127.0.0.1:0", code=6)
    (tmp_path / "data" / "admin.token").chmod(0o600)
    assert "LimitNOFILE" in cli.text("doctor", "--devices", "100000000", code=6)
    cli.run("doctor", "--url", "http://127.0.0.1:1", "--http", "127.0.0.1:0", "--rtsp", "127.0.0.1:0", code=6)


def test_every_verb_tells_of_itself_and_stands_in_the_manual(cli):
    manual = (harness.ROOT / "docs" / "cli.md").read_text(encoding="utf-8")

    def walk(path):
        told = cli.text(*path, "--help")
        section = told.partition("\nSubcommands:\n")[2].partition("\n\n")[0]
        for line in section.splitlines():
            match = re.match(r"  ([a-z]+) ", line)
            if match:
                walk([*path, match[1]])
        assert "camfleet " + " ".join(path) in manual, path
        if path and path != ["help"]:
            assert cli.text("help", *path)

    walk([])
    scripts = [cli.text("completion", shell) for shell in ("bash", "zsh", "fish")]
    assert all("reconnect" in script for script in scripts)
    subprocess.run(["bash", "-n"], input=scripts[0].encode(), check=True)


def test_serve_takes_no_options_of_the_client(cli):
    assert b"--json" in cli.run("--json", "serve", code=2).stderr
