"""Starting, refusing to start, and stopping."""
import json
import os
import pathlib
import shutil
import socket
import sqlite3
import stat
import subprocess
import urllib.error
import urllib.request

import pytest

import harness


def refused(tmp_path, *extra, data=None, http="127.0.0.1:0", rtsp="127.0.0.1:0"):
    done = harness.run([harness.BIN / "camfleet", "serve", "--data", data or tmp_path / "data", "--http", http,
                        "--rtsp", rtsp, *extra], check=False)
    assert done.returncode in (1, 2), done
    return done.returncode, done.stderr.decode()


def test_a_fresh_start_makes_its_secrets_unreadable_for_others(gateway, tmp_path):
    data = tmp_path / "data"
    assert stat.S_IMODE(data.stat().st_mode) == 0o700
    for name in ("admin.token", "secret.key"):
        assert stat.S_IMODE((data / name).stat().st_mode) == 0o600
    assert gateway.call("GET", "/healthz", token="")[0] == 200
    assert gateway.call("GET", "/readyz", token="")[0] == 200
    assert gateway.token not in gateway.text


def test_until_all_is_there_it_says_that_it_is_starting(tmp_path):
    """The demo's cameras are waited for, and come when the test says so."""
    folder, go = tmp_path / "bin", tmp_path / "go"
    folder.mkdir()
    shutil.copy2(harness.BIN / "camfleet", folder / "camfleet")
    (folder / "camfleet-sim").write_text(f'#!/bin/sh\nwhile [ ! -e "{go}" ]; do sleep 0.05; done\nexec "{harness.BIN / "camfleet-sim"}" "$@"\n')
    (folder / "camfleet-sim").chmod(0o755)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        at = f"127.0.0.1:{free.getsockname()[1]}"
    child = subprocess.Popen([folder / "camfleet", "serve", "--data", tmp_path / "data", "--http", at, "--rtsp", "127.0.0.1:0", "--demo", "2"],
                             stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)

    def ready():
        try:
            with urllib.request.urlopen(f"http://{at}/readyz", timeout=20) as answer:
                return answer.status, json.load(answer)["status"]
        except urllib.error.HTTPError as refused:
            return refused.code, json.load(refused)["code"]
        except OSError:
            return None
    try:
        assert harness.wait_for("it listens", ready) == (503, "fleet.starting")
        go.touch()
        harness.wait_for("it is ready", lambda: ready() == (200, "ready"))
    finally:
        go.touch()
        harness.end(child)


def test_two_fresh_starts_share_no_secret(tmp_path, started):
    tokens = set()
    for name in ("a", "b"):
        started.append(harness.Gateway(tmp_path / name))
        tokens.add(started[-1].token)
    assert len(tokens) == 2


def test_a_second_process_on_the_same_data_is_refused(gateway, tmp_path):
    code, said = refused(tmp_path)
    assert code == 1 and "config.data_dir_busy" in said
    assert gateway.fleet()["total"] == 0


def test_a_port_in_use_is_named(tmp_path):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        for option in ({"http": f"127.0.0.1:{port}"}, {"rtsp": f"127.0.0.1:{port}"}):
            code, said = refused(tmp_path, **option)
            assert code == 1 and "config.port_in_use" in said and str(port) in said


def test_a_data_directory_that_cannot_be_written_is_refused(tmp_path):
    file = tmp_path / "file"
    file.write_text("in the way")
    for path in (file, file / "below", pathlib.Path("/proc/camfleet")):
        code, said = refused(tmp_path, data=path)
        assert code == 1 and "config.data_dir_unwritable" in said, said


def test_off_loopback_without_tls_wants_insecure(tmp_path):
    code, said = refused(tmp_path, http="0.0.0.0:0")
    assert code == 2 and "config.insecure" in said


@pytest.mark.parametrize("text, place", [("htpp: 127.0.0.1:0\n", ":1:1: htpp"), ("hub:\n  linger_s: x\n", ":2:13"),
                                         ("", "is empty"), ("http: [", ":1:")])
def test_a_bad_settings_file_is_refused_with_its_line(tmp_path, text, place):
    (tmp_path / "c.yaml").write_text(text)
    code, said = refused(tmp_path, "--config", tmp_path / "c.yaml")
    assert code == 2 and place in said, said


def test_a_bad_environment_is_refused_like_a_bad_file(tmp_path):
    done = harness.run([harness.BIN / "camfleet", "serve", "--data", tmp_path / "d"], check=False,
                       env={**os.environ, "CAMFLEET_HUB_LINGER_S": "soon\nand more"})
    assert done.returncode == 2 and b"CAMFLEET_HUB_LINGER_S" in done.stderr


def test_a_registry_of_a_newer_version_is_refused_with_both_versions(tmp_path, started):
    gateway = harness.Gateway(tmp_path / "data")
    assert gateway.stop() == 0
    with sqlite3.connect(tmp_path / "data" / "registry.db") as database:
        ours = database.execute("pragma user_version").fetchone()[0]
        database.execute("pragma user_version = 9999")
    code, said = refused(tmp_path)
    assert code == 1 and "storage.newer_schema" in said and "9999" in said and str(ours) in said


def test_help_and_version_and_unknown_options():
    assert b"serve" in harness.run([harness.BIN / "camfleet", "--help"]).stdout
    assert b"--allow-devices" in harness.run([harness.BIN / "camfleet", "serve", "--help"]).stdout
    assert harness.run([harness.BIN / "camfleet", "--version"]).stdout.startswith(b"camfleet 0.")
    for argv in (["serve", "--no-such-option"], ["fly"], []):
        assert harness.run([harness.BIN / "camfleet", *argv], check=False).returncode == 2


def test_devices_survive_kill_9_and_a_graceful_stop(tmp_path, started):
    import signal

    first = harness.Gateway(tmp_path / "data")
    started.append(first)
    first.add(id="gate-7", address="127.9.9.9", http_port=9, username="admin", password="canary-one", name="Gate")
    first.stop(signal.SIGKILL)
    second = harness.Gateway(tmp_path / "data")
    started.append(second)
    shown = second.device("gate-7")
    assert shown["name"] == "Gate" and shown["has_password"] and "password" not in shown
    assert second.token == first.token
    assert second.stop() == 0
    third = harness.Gateway(tmp_path / "data")
    started.append(third)
    assert third.fleet()["total"] == 1
    for path in (tmp_path / "data").rglob("*"):
        assert path.is_dir() or b"canary-one" not in path.read_bytes(), path


def test_log_lines_are_json_with_a_trace_id(gateway):
    import json

    gateway.call("GET", "/api/v1/devices/none", headers={"X-Trace-ID": "0af7651916cd43dd8448eb211c80319c"})
    for line in gateway.lines:
        assert {"ts", "level", "event"} <= json.loads(line).keys()
