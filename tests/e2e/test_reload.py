"""SIGHUP: the configuration is read again, whole or not at all; and what systemd is told."""
import json
import os
import resource
import signal
import socket

import pytest

import harness


def write(path, text):
    """As an editor does that is careful: a new file, renamed over the old one."""
    fresh = path.with_suffix(".new")
    fresh.write_text(text)
    os.replace(fresh, path)


BASE = "log:\n  level: info\nallow_devices: [127.0.0.0/8]\n"


@pytest.fixture
def configured(started, tmp_path):
    config = tmp_path / "camfleet.yaml"
    write(config, BASE)
    running = harness.Gateway(tmp_path / "data", ("--config", config), allow=None)
    running.config = config
    started.append(running)
    return running


def reload(gateway, event):
    """Sends SIGHUP and returns the line by which the gateway answers."""
    seen = len(gateway.lines)
    gateway.child.send_signal(signal.SIGHUP)

    def answer():
        for line in gateway.lines[seen:]:
            said = json.loads(line)
            if said["event"].startswith("config.reload"):
                return said

    said = harness.wait_for("an answer to SIGHUP", answer)
    assert said["event"] == event, said
    return said


def test_the_log_level_changes_and_comes_back(configured):
    write(configured.config, BASE.replace("info", "debug"))
    assert reload(configured, "config.reloaded")["applied"] == "log.level"
    write(configured.config, BASE)
    assert reload(configured, "config.reloaded")["applied"] == "log.level"
    assert reload(configured, "config.reloaded")["applied"] == "", "nothing has changed"
    assert configured.metrics()['camfleet_config_reloads_total{result="applied"}'] == 3


def test_what_needs_a_restart_is_said_each_time(configured):
    write(configured.config, BASE + "http: 127.0.0.1:1\nhub:\n  linger_s: 1\nloops: 7\n")
    said = reload(configured, "config.reloaded")
    assert (said["applied"], said["needs_restart"]) == ("hub.linger_s", "loops"), said
    said = reload(configured, "config.reloaded")
    assert (said["applied"], said["needs_restart"]) == ("", "loops"), said
    assert configured.call("GET", "/healthz")[0] == 200


@pytest.mark.parametrize("text, place", [
    ("log:\n  level: debug\nhtpp: x\n", ":3:1: htpp"),
    ("log:\n  level: loud\n", ":2:10: log.level"),
    ("allow_devices: [127.0.0.0/8, 300.0.0.0/8]\n", ":1:30"),
    ("log:\n  level: \"deb", ":2:"),
    ("", "is empty"),
    ("http: *a\n", ":1:7"),
    ("- a\n", ":1:1"),
    ("\0\0\0\0", ":1:"),
    ("tls:\n  cert: /nowhere\n", "tls.key"),
])
def test_any_error_keeps_the_old_settings_whole(configured, text, place):
    write(configured.config, text)
    assert place in reload(configured, "config.reload_refused")["detail"]
    assert configured.metrics()['camfleet_config_reloads_total{result="refused"}'] == 1
    write(configured.config, BASE)
    assert reload(configured, "config.reloaded")["applied"] == "", "nothing of the bad one was taken"


def test_a_file_that_is_missing_or_anybodys_keeps_the_old_settings(configured):
    os.chmod(configured.config, 0o666)
    assert "anybody may write" in reload(configured, "config.reload_refused")["detail"]
    configured.config.unlink()
    assert "No such file" in reload(configured, "config.reload_refused")["detail"]
    configured.config.symlink_to(configured.config)
    assert "symbolic links" in reload(configured, "config.reload_refused")["detail"]
    configured.config.unlink()
    configured.config.mkdir()
    assert "no regular file" in reload(configured, "config.reload_refused")["detail"]
    configured.config.rmdir()
    write(configured.config, BASE)
    reload(configured, "config.reloaded")


def test_without_a_free_descriptor_the_old_settings_stay(configured):
    """CVE-2017-7652: a reload that could not open its files left nothing allowed, or everything."""
    write(configured.config, BASE.replace("info", "debug"))
    soft, hard = resource.prlimit(configured.pid, resource.RLIMIT_NOFILE)
    resource.prlimit(configured.pid, resource.RLIMIT_NOFILE, (3, hard))
    assert "Too many open files" in reload(configured, "config.reload_refused")["detail"]
    resource.prlimit(configured.pid, resource.RLIMIT_NOFILE, (soft, hard))
    assert reload(configured, "config.reloaded")["applied"] == "log.level"
    assert configured.call("GET", "/healthz")[0] == 200


def test_devices_outside_the_new_networks_lose_their_sessions(configured, simulate):
    simulator = simulate(4, address="127.1.0.1")
    for spec in simulator.specs:
        configured.add(**spec)
    configured.wait_online(4)
    ours = simulator.specs[0]["id"]
    write(configured.config, BASE.replace("127.0.0.0/8", "127.1.0.1/32"))
    assert reload(configured, "config.reloaded")["applied"] == "allow_devices"
    harness.wait_for("three sessions ended", lambda: configured.fleet()["states"]["online"] == 1)
    assert configured.device(ours)["state"] == "online"
    harness.wait_for("the reason", lambda: configured.device(simulator.specs[1]["id"])["reason"] == "net.forbidden_address")
    assert configured.call("POST", "/api/v1/devices", {"id": "x", "address": "127.1.0.9", "username": "a", "password": "b"})[0] == 403
    write(configured.config, BASE)
    reload(configured, "config.reloaded")
    for spec in simulator.specs[1:]:
        configured.call("POST", f"/api/v1/devices/{spec['id']}/reconnect")
    configured.wait_online(4)


def test_many_reloads_at_once_are_survived(configured):
    for i in range(50):
        write(configured.config, BASE if i % 2 else "broken: [")
        configured.child.send_signal(signal.SIGHUP)
    write(configured.config, BASE)
    harness.wait_for("a last good reload", lambda: reload_quietly(configured))
    assert configured.call("GET", "/healthz")[0] == 200


def reload_quietly(gateway):
    gateway.child.send_signal(signal.SIGHUP)
    return "config.reloaded" in gateway.text


def test_systemd_hears_of_start_reload_life_and_stop(started, tmp_path):
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as ear:
        ear.bind(str(tmp_path / "notify"))
        ear.settimeout(harness.PATIENCE)
        gateway = harness.Gateway(tmp_path / "data", env={"NOTIFY_SOCKET": str(tmp_path / "notify"), "WATCHDOG_USEC": "600000"})
        started.append(gateway)
        assert ear.recv(200) == b"READY=1"
        assert ear.recv(200) == b"WATCHDOG=1"
        gateway.child.send_signal(signal.SIGHUP)
        heard = [ear.recv(200) for _ in range(6)]
        reloading = next(i for i, said in enumerate(heard) if said.startswith(b"RELOADING=1\nMONOTONIC_USEC="))
        assert heard[reloading + 1] == b"READY=1"
        assert gateway.stop() == 0
        ear.settimeout(1)
        last = b""
        try:
            while True:
                last = ear.recv(200)
        except TimeoutError:
            pass
        assert last == b"STOPPING=1"
