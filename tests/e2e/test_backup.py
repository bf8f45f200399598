"""The data directory saved and put back, as docs/operations.md says, and what happens where its key is lost."""
import concurrent.futures
import os
import pathlib
import re
import shutil
import signal
import subprocess
import threading

import harness


def restore(backup, key, place):
    """The commands of the page, without those that want root."""
    page = (harness.ROOT / "docs/operations.md").read_text(encoding="utf-8")
    block = re.search(r"### Restore\n\n```sh\n(.*?)```", page, re.S).group(1)
    script = "\n".join(line for line in block.splitlines() if not line.startswith(("systemctl", "chown")))
    script = script.replace("/var/lib/camfleet", str(place)).replace("BACKUP", str(backup)).replace("KEY", str(key))
    script = script.replace(" -o camfleet -g camfleet", "")
    harness.run(["bash", "-euc", script])


def refused(data, extra=()):
    """-> the line by which it says why it does not start"""
    done = subprocess.run([harness.BIN / "camfleet", "serve", "--data", data, "--http", "127.0.0.1:0", "--rtsp", "127.0.0.1:0", *extra],
                          capture_output=True, timeout=harness.PATIENCE, check=False)
    assert done.returncode == 1, done
    return done.stderr.decode()


def test_a_backup_made_under_load_brings_the_fleet_back(simulate, started, tmp_path):
    simulator = simulate(40)
    data = tmp_path / "data"
    gateway = harness.Gateway(data)
    started.append(gateway)
    for spec in simulator.specs[:20]:
        gateway.add(**spec)
    gateway.wait_online(20)

    # Devices come while the copy is made.
    more = threading.Thread(target=lambda: [gateway.add(**spec) for spec in simulator.specs[20:]])
    more.start()
    status, _, made = gateway.call("POST", "/api/v1/backup", b"")
    assert status == 201, made
    more.join()
    backup = pathlib.Path(made["path"])
    assert backup.parent == data / "backups" and backup.stat().st_mode & 0o077 == 0
    assert {"registry.db", "key.check"} <= set(made["files"])
    assert not {"secret.key", "admin.token"} & {path.name for path in backup.iterdir()}
    harness.run(["sha256sum", "-c", "SHA256SUMS"], cwd=backup)

    # Disaster: the registry is damaged. The copy of the backup and of the key is elsewhere.
    shutil.copytree(backup, tmp_path / "elsewhere")
    shutil.copy(data / "secret.key", tmp_path / "kept.key")
    gateway.stop(signal.SIGKILL)
    for file in data.glob("registry.db*"):
        file.write_bytes(os.urandom(4096))
    assert "storage.failed" in refused(data)

    restore(tmp_path / "elsewhere", tmp_path / "kept.key", data)
    again = harness.Gateway(data)
    started.append(again)
    before = simulator.totals()["wrong_passwords"]
    back = again.fleet()["total"]
    assert 20 <= back <= 40
    again.wait_online(back)
    assert simulator.totals()["wrong_passwords"] == before == 0


def test_the_newest_seven_backups_are_kept_and_one_is_made_at_a_time(gateway):
    made = []
    for _ in range(9):
        status, _, answer = gateway.call("POST", "/api/v1/backup", b"")
        assert status == 201, answer
        made.append(pathlib.Path(answer["path"]))
    assert sorted(made[0].parent.iterdir()) == made[-7:]

    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: gateway.call("POST", "/api/v1/backup", b"")[0], range(8)))
    assert set(answers) <= {201, 409} and 201 in answers
    assert len([path for path in made[0].parent.iterdir() if not path.name.startswith(".")]) == 7
    assert gateway.call("POST", "/api/v1/backup", b"", token="no")[0] == 401


def test_without_its_key_the_directory_is_refused_until_the_loss_is_known(simulate, started, tmp_path):
    simulator = simulate(3)
    data = tmp_path / "data"
    gateway = harness.Gateway(data)
    started.append(gateway)
    for spec in simulator.specs:
        gateway.add(**spec)
    gateway.wait_online(3)
    gateway.stop()
    attempts = simulator.totals()

    key = (data / "secret.key").read_bytes()
    (data / "secret.key").unlink()
    said = refused(data)
    assert "auth.key_missing" in said and "--new-key" in said
    assert not (data / "secret.key").exists(), "a refused start makes none"

    (data / "secret.key").write_bytes(bytes(32))
    (data / "secret.key").chmod(0o600)
    assert "auth.key_wrong" in refused(data)

    # Found again: nothing is lost.
    (data / "secret.key").write_bytes(key)
    found = harness.Gateway(data)
    started.append(found)
    found.wait_online(3)
    found.stop()

    # Lost for good: the devices are there, none is tried with a password that nobody can read.
    (data / "secret.key").unlink()
    before = simulator.totals()
    lost = harness.Gateway(data, extra=["--new-key"])
    started.append(lost)
    for spec in simulator.specs:
        shown = harness.wait_for("it says why", lambda i=spec["id"]: (d := lost.device(i))["reason"] == "auth.secret_unreadable" and d)
        assert shown["state"] in ("backoff", "rejected"), shown
    assert simulator.totals()["wrong_passwords"] == before["wrong_passwords"] == attempts["wrong_passwords"]
    for spec in simulator.specs:
        status, _, answer = lost.call("PATCH", f"/api/v1/devices/{spec['id']}", {"password": spec["password"]})
        assert status == 200, answer
    lost.wait_online(3)
    lost.stop()
    after = harness.Gateway(data)
    started.append(after)
    after.wait_online(3)
