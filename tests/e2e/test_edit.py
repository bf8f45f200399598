"""Devices change while others play: PATCH, PUT, If-Match, bulk changes, and kill -9 in the middle of it."""
import concurrent.futures
import json
import signal
import threading
import time
import urllib.request

import pytest

import harness


def patch(gateway, device, body, **headers):
    return gateway.call("PATCH", f"/api/v1/devices/{device}", body,
                        headers={"Content-Type": "application/merge-patch+json", **headers})


class Viewer:
    """Reads a live MP4 until it ends; `taken` grows as long as it plays."""

    def __init__(self, gateway, stream):
        self.taken = 0
        self.ended = False
        self._answer = urllib.request.urlopen(gateway.live(stream)["urls"]["mp4"], timeout=60)
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()
        self.goes_on()

    def _read(self):
        try:
            while data := self._answer.read1(65536):
                self.taken += len(data)
        except OSError:
            pass
        self.ended = True

    def goes_on(self):
        before = self.taken
        harness.wait_for("more video", lambda: self.taken > before and not self.ended)

    def close(self):
        self._answer.close()


def test_a_device_is_edited_while_it_and_others_play(gateway, simulate):
    simulator = simulate(3)
    one, two, three = (spec["id"] for spec in simulator.specs)
    for spec in simulator.specs:
        gateway.add(**spec)
    gateway.wait_online(3)
    logins = simulator.totals()["logins"]
    on_one, on_two = Viewer(gateway, f"{one}/1/sub"), Viewer(gateway, f"{two}/1/sub")
    # a rename is not noticed by anybody, not even by the viewers of the device itself
    status, headers, shown = patch(gateway, one, {"name": "Tor <7> 北", "tags": ["a", "b"], "timezone": "Asia/Shanghai"})
    assert status == 200 and headers["ETag"] == '"2"', shown
    assert (shown["name"], shown["tags"], shown["revision"], shown["state"]) == ("Tor <7> 北", ["a", "b"], 2, "online")
    on_one.goes_on()
    assert not on_one.ended and simulator.totals()["logins"] - logins <= 2  # the streams' own
    # the same again moves nothing
    assert patch(gateway, one, {"name": "Tor <7> 北"})[1]["ETag"] == '"2"'
    # another way to reach it connects that device alone
    before = simulator.totals()["logins"]
    address = simulator.specs[0]["address"]
    status, _, shown = patch(gateway, one, {"https_port": 8443})
    assert status == 200 and shown["revision"] == 3
    # its viewer is held meanwhile, and goes on
    harness.wait_for("it has connected anew", lambda: simulator.totals()["logins"] > before)
    gateway.wait_state(one, "online")
    on_one.goes_on()
    moves = gateway.device(one)["history"]
    assert any(move["to"] == "waiting" and move["reason"] == "fleet.changed" for move in moves), moves
    on_two.goes_on()
    assert not on_two.ended
    assert simulator.totals()["logins"] > before and gateway.device(one)["address"] == address
    assert len(gateway.device(two)["history"]) == len(gateway.device(three)["history"]) == 3
    # off and on
    status, _, shown = gateway.call("POST", f"/api/v1/devices/{two}/disable", {})
    assert status == 200 and shown["enabled"] is False
    harness.wait_for("its viewer has ended", lambda: on_two.ended)
    off = gateway.wait_state(two, "disabled")
    assert off["reason"] == "fleet.operator"
    assert gateway.call("GET", f"/live/{two}/1/main.jpg")[2]["code"] == "device.disabled"
    assert gateway.call("POST", f"/api/v1/devices/{two}/enable", {})[0] == 200
    gateway.wait_state(two, "online")
    assert gateway.fleet()["states"]["disabled"] == 0


def test_the_right_password_ends_rejected_and_costs_one_login(gateway, simulate):
    simulator = simulate(2)
    good, other = simulator.specs
    gateway.add(**{**good, "password": "wrong"})
    gateway.add(**other)
    gateway.wait_state(good["id"], "rejected")
    assert simulator.totals()["wrong_passwords"] == 1
    # the password that was refused, and an empty one, are no change
    for same in ("wrong", ""):
        status, headers, _ = patch(gateway, good["id"], {"password": same})
        assert status == 200 and headers["ETag"] == '"1"'
    status, _, shown = patch(gateway, good["id"], {"password": good["password"]})
    assert status == 200 and "password" not in shown and shown["has_password"]
    gateway.wait_state(good["id"], "online")
    assert simulator.totals()["wrong_passwords"] == 1
    assert len(gateway.device(other["id"])["history"]) == 3
    # null takes it away
    assert patch(gateway, good["id"], {"password": None})[2]["has_password"] is False


def test_put_is_the_whole_and_an_empty_password_stays(gateway):
    gateway.add(id="gate-7", address="127.9.9.9", http_port=9, username="admin", password="p", name="Gate", tags=["x"])
    status, headers, shown = gateway.call("PUT", "/api/v1/devices/gate-7", {"address": "127.9.9.9", "username": "admin"})
    assert status == 200 and headers["ETag"] == '"2"', shown
    assert (shown["name"], shown["tags"], shown["http_port"], shown["has_password"]) == ("", [], 80, True)
    assert gateway.call("PUT", "/api/v1/devices/gate-7", {"id": "gate-8", "address": "127.9.9.9"})[2]["code"] == "device.invalid"
    assert gateway.call("PUT", "/api/v1/devices/none", {"address": "127.9.9.8"})[0] == 404


@pytest.mark.parametrize("body, status, code", [
    ({"adress": "x"}, 400, "device.invalid"), ({"http_port": 0}, 400, "device.invalid"),
    ({"http_port": "80"}, 400, "device.invalid"), ({"tags": "north"}, 400, "device.invalid"),
    ({"tags": [1]}, 400, "device.invalid"), ({"enabled": "no"}, 400, "device.invalid"),
    ({"id": "other"}, 400, "device.invalid"), ({"address": None}, 400, "device.invalid"),
    ({"address": "8.8.8.8"}, 403, "net.forbidden_address"), ({"driver": "exec"}, 400, "device.no_driver"),
    ({"drivers": []}, 400, "device.invalid"), ({"password": "x" * 129}, 400, "device.invalid"),
    ({"address": "127.9.9.10"}, 409, "device.exists"), ([1], 400, "api.bad_request"), (b"{", 400, "api.bad_request"),
    (b'{"name":' + b"[" * 10_000, 400, "api.bad_request"),
])
def test_a_bad_change_is_refused_and_changes_nothing(gateway, body, status, code):
    gateway.add(id="gate-7", address="127.9.9.9", http_port=9)
    gateway.add(id="gate-8", address="127.9.9.10", http_port=9)
    before = gateway.device("gate-7")
    answer = patch(gateway, "gate-7", body)
    assert (answer[0], answer[2]["code"]) == (status, code), answer
    after = gateway.device("gate-7")
    assert after["revision"] == 1 and after["address"] == before["address"]
    text = gateway.call("PATCH", "/api/v1/devices/gate-7", b"x", headers={"Content-Type": "text/plain"})
    assert text[0] == 415


def test_two_administrators_edit_the_same_camera(gateway):
    made = gateway.add(id="gate-7", address="127.9.9.9", http_port=9)
    assert made["revision"] == 1
    for tag in ('"1"', "*", '"9", "1"', 'W/"1", "1"'):
        assert patch(gateway, "gate-7", {}, **{"If-Match": tag})[0] == 200, tag
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda n: patch(gateway, "gate-7", {"name": f"n{n}"}, **{"If-Match": '"1"'}), range(16)))
    assert sorted(a[0] for a in answers) == [200] + [412] * 15
    lost = next(a for a in answers if a[0] == 412)
    assert lost[2]["code"] == "api.precondition_failed" and lost[1]["ETag"] == '"2"'
    for tag in ('"1"', 'W/"2"', '"2x"'):
        for method, path in (("PATCH", ""), ("PUT", ""), ("DELETE", ""), ("POST", "/reconnect"), ("POST", "/disable")):
            body = {"address": "127.9.9.9"} if method in ("PUT", "PATCH") else {} if method == "POST" else None
            status, headers, problem = gateway.call(method, "/api/v1/devices/gate-7" + path, body, headers={"If-Match": tag})
            assert (status, problem["code"], headers["ETag"]) == (412, "api.precondition_failed", '"2"'), (method, path)
    for broken in ("1", '"2', '"2",', "abc"):
        assert patch(gateway, "gate-7", {"name": "x"}, **{"If-Match": broken})[0] == 400
    # without If-Match nobody is refused and nothing is lost
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda n: patch(gateway, "gate-7", {"add_tags": [f"t{n}"]}), range(16)))
    assert all(a[0] == 200 for a in answers)
    assert len(gateway.device("gate-7")["tags"]) == 16
    assert gateway.call("DELETE", "/api/v1/devices/gate-7", headers={"If-Match": f'"{gateway.device("gate-7")["revision"]}"'})[0] == 204


def test_a_post_that_is_sent_again_has_its_first_answer(gateway):
    key = {"Idempotency-Key": "b1946ac9-2d"}
    spec = {"address": "127.9.9.9", "http_port": 9, "name": "Gate"}
    first = gateway.call("POST", "/api/v1/devices", spec, headers=key)
    again = gateway.call("POST", "/api/v1/devices", spec, headers=key)
    assert first[0] == again[0] == 201 and first[2]["id"] == again[2]["id"] == "gate"
    assert first[1]["Location"] == again[1]["Location"] and again[1]["Idempotency-Replayed"] == "true"
    assert gateway.fleet()["total"] == 1
    other = gateway.call("POST", "/api/v1/devices", {**spec, "name": "Other"}, headers=key)
    assert (other[0], other[2]["code"]) == (422, "api.idempotency_mismatch")
    # what was refused did nothing, and may be tried again under its key
    bad = {"Idempotency-Key": "two"}
    assert gateway.call("POST", "/api/v1/devices", spec, headers=bad)[0] == 409
    assert gateway.call("POST", "/api/v1/devices", {**spec, "address": "127.9.9.10"}, headers=bad)[0] == 201
    for broken in ("x" * 129,):
        assert gateway.call("POST", "/api/v1/devices", spec, headers={"Idempotency-Key": broken})[0] == 400
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        body = {"address": "127.9.9.11", "http_port": 9}
        answers = list(pool.map(lambda _: gateway.call("POST", "/api/v1/devices", body, headers={"Idempotency-Key": "3"}), range(8)))
    assert {a[0] for a in answers} <= {201, 409} and gateway.fleet()["total"] == 3


def test_another_password_for_a_part_of_the_fleet(gateway, simulate):
    simulator = simulate(6)
    for number, spec in enumerate(simulator.specs):
        simulator.post(f"/devices/{number}/password", {"password": "Rotated.1"})
        gateway.add(**{**spec, "tags": ["north"] if number < 4 else ["south"]})
    harness.wait_for("all rejected", lambda: gateway.fleet()["states"]["rejected"] == 6)
    wrong = simulator.totals()["wrong_passwords"]
    url = "/api/v1/devices/credentials"
    wish = {"where": {"tag": "north"}, "password": "Rotated.1"}
    status, _, preview = gateway.call("POST", url, {**wish, "dry_run": True})
    assert status == 200 and (preview["total"], preview["changed"], preview["failed"]) == (4, 4, 0), preview
    assert gateway.fleet()["states"]["rejected"] == 6
    status, _, done = gateway.call("POST", url, wish)
    assert status == 200 and done["changed"] == 4 and {i["effect"] for i in done["items"]} == {"reconnected"}
    assert "Rotated.1" not in json.dumps(done)
    gateway.wait_online(4)
    assert gateway.call("POST", url, wish)[2]["changed"] == 0
    assert simulator.totals()["wrong_passwords"] == wrong
    # by state, and one id that is not there
    ids = [spec["id"] for spec in simulator.specs[4:]]
    status, _, done = gateway.call("POST", url, {"where": {"ids": [*ids, "nobody"]}, "password": "Rotated.1", "atomicity": "all"})
    assert (status, done["code"]) == (409, "fleet.batch_refused")
    assert {i["id"]: i["code"] for i in done["items"]} == {**{i: "fleet.batch_refused" for i in ids}, "nobody": "device.unknown"}
    status, _, done = gateway.call("POST", url, {"where": {"ids": [*ids, "nobody"], "state": "rejected"}, "password": "Rotated.1"})
    assert status == 200 and (done["changed"], done["failed"]) == (2, 1), done
    assert next(i for i in done["items"] if i["id"] == "nobody")["status"] == 404
    gateway.wait_online(6)
    assert simulator.totals()["wrong_passwords"] == wrong
    # the rest of what an operator does to many
    bulk = "/api/v1/devices/bulk"
    status, _, done = gateway.call("POST", bulk, {"where": {"tag": "south"}, "patch": {"enabled": False, "add_tags": ["night"]}})
    assert status == 200 and done["changed"] == 2
    harness.wait_for("two off", lambda: gateway.fleet()["states"]["disabled"] == 2)
    status, _, done = gateway.call("POST", bulk, {"all": True, "patch": {"enabled": True, "remove_tags": ["night"]}})
    assert status == 200 and (done["total"], done["changed"]) == (6, 2)
    gateway.wait_online(6)


@pytest.mark.parametrize("route, body", [
    ("bulk", {"patch": {"enabled": False}}), ("bulk", {"where": {}, "patch": {"enabled": False}}),
    ("bulk", {"where": {"tag": "x"}, "all": True, "patch": {"enabled": False}}),
    ("bulk", {"where": {"tag": "x"}}), ("bulk", {"where": {"tag": "x"}, "patch": {"address": "10.0.0.1"}}),
    ("bulk", {"where": {"tag": "x"}, "patch": {"password": "x"}}), ("bulk", {"where": {"shape": "x"}, "patch": {"enabled": False}}),
    ("bulk", {"where": {"ids": ["../x"]}, "patch": {"enabled": False}}), ("bulk", {"where": {"state": "o' OR 1=1 --"}, "patch": {"enabled": False}}),
    ("bulk", {"where": {"text": ""}, "patch": {"enabled": False}}), ("bulk", {"where": {"text": ["x", " "]}, "patch": {"enabled": False}}),
    ("bulk", {"where": {"tag": {"x": 1}}, "patch": {"enabled": False}}), ("bulk", {"where": {"tag": []}, "patch": {"enabled": False}}),
    ("credentials", {"where": {"tag": "x"}}), ("credentials", {"all": "yes", "password": "x"}),
    ("credentials", {"all": True, "password": "x", "drop": 1}), ("credentials", {"all": True, "password": 7}),
])
def test_a_bulk_change_that_is_not_clear_is_refused(gateway, route, body):
    gateway.add(id="gate-7", address="127.9.9.9", http_port=9)
    status, _, problem = gateway.call("POST", f"/api/v1/devices/{route}", body)
    assert status == 400, problem
    assert gateway.device("gate-7")["revision"] == 1


def test_meta_characters_in_a_filter_are_characters(gateway):
    gateway.add(id="gate-7", address="127.9.9.9", http_port=9, name="100% _done' OR 1=1 --", tags=["(a+)+$"])
    gateway.add(id="gate-8", address="127.9.9.10", http_port=9, name="Robert'); DROP TABLE device;--")
    patch_of = {"patch": {"add_tags": ["hit"]}, "dry_run": True}
    for where, total in (({"text": "%"}, 1), ({"text": "_"}, 1), ({"text": "' OR 1=1"}, 1), ({"text": "DROP TABLE"}, 1),
                         ({"text": ".*"}, 0), ({"text": "%%%%"}, 0), ({"tag": "(a+)+$"}, 1), ({"tag": "%"}, 0)):
        status, _, done = gateway.call("POST", "/api/v1/devices/bulk", {"where": where, **patch_of})
        assert (status, done["total"]) == (200, total), (where, done)


def test_always_on_begins_and_ends_with_its_field(gateway, simulate):
    simulator = simulate(1)
    device = gateway.add(**simulator.specs[0])["id"]
    gateway.wait_online(1)
    assert gateway.fleet()["streams"] == 0
    assert patch(gateway, device, {"always_on": True})[2]["state"] == "online"
    harness.wait_for("pulled without viewers", lambda: gateway.fleet()["streams"] == 1)
    assert patch(gateway, device, {"always_on": False})[0] == 200
    harness.wait_for("left alone", lambda: gateway.fleet()["streams"] == 0)
    assert len(gateway.device(device)["history"]) == 3


def test_a_full_disk_refuses_a_change_and_the_fleet_stays_as_it_is(gateway, simulate):
    simulator = simulate(1)
    device = gateway.add(**simulator.specs[0])["id"]
    gateway.wait_online(1)

    def limit(size):
        harness.run(["prlimit", "--pid", str(gateway.pid), f"--fsize={size}:"])

    limit(4096)
    for body in ({"name": "x" * 200}, {"http_port": 1}, {"enabled": False}):
        status, _, problem = patch(gateway, device, body)
        assert (status, problem["code"]) == (500, "storage.failed"), problem
    assert gateway.call("DELETE", f"/api/v1/devices/{device}")[2]["code"] == "storage.failed"
    assert gateway.call("POST", "/api/v1/devices", {"address": "127.9.9.9"})[2]["code"] == "storage.failed"
    shown = gateway.device(device)
    assert (shown["state"], shown["revision"], len(shown["history"])) == ("online", 1, 3)
    assert gateway.fleet()["total"] == 1
    limit("unlimited")
    assert patch(gateway, device, {"name": "later"})[2]["revision"] == 2
    assert gateway.add(address="127.9.9.9")["id"]


def test_what_was_answered_is_there_after_kill_9(tmp_path, started):
    gateway = harness.Gateway(tmp_path / "data")
    started.append(gateway)
    for n in range(8):
        gateway.add(id=f"cam-{n}", address=f"127.9.9.{n + 1}", http_port=9, password="p")
    for _ in range(4):
        told = {}
        stop = threading.Event()

        def edit(n, at=gateway, told=told, stop=stop):
            number = 0
            while not stop.is_set():
                number += 1
                try:
                    status, _, shown = patch(at, f"cam-{n}", {"name": f"{at.pid}-{number}", "password": f"p{number}"})
                except OSError:
                    return
                if status == 200:
                    told[n] = (shown["revision"], shown["name"])

        threads = [threading.Thread(target=edit, args=(n,)) for n in range(8)]
        for thread in threads:
            thread.start()
        harness.wait_for("edits", lambda: len(told) == 8)
        gateway.stop(signal.SIGKILL)
        stop.set()
        for thread in threads:
            thread.join(30)
        gateway = harness.Gateway(tmp_path / "data")
        started.append(gateway)
        assert gateway.fleet()["total"] == 8
        for n, (revision, name) in told.items():
            shown = gateway.device(f"cam-{n}")
            assert shown["revision"] >= revision and (shown["revision"] > revision or shown["name"] == name)
            assert shown["has_password"]
    assert gateway.stop() == 0


def test_kill_9_in_a_bulk_change_leaves_all_or_nothing(tmp_path, started):
    gateway = harness.Gateway(tmp_path / "data")
    started.append(gateway)
    for n in range(200):
        gateway.add(id=f"cam-{n:03}", address=f"127.8.{n // 100}.{n % 100 + 1}", http_port=9, enabled=False)
    for round_ in range(4):
        tag = f"round-{round_}"

        def change(at=gateway, tag=tag):
            try:
                at.call("POST", "/api/v1/devices/bulk", {"all": True, "patch": {"tags": [tag]}, "atomicity": "all"})
            except OSError:
                pass

        thread = threading.Thread(target=change)
        thread.start()
        time.sleep(0.01 * round_)  # each round kills at another moment; any is right
        gateway.stop(signal.SIGKILL)
        thread.join(30)
        gateway = harness.Gateway(tmp_path / "data")
        started.append(gateway)
        tags = {tuple(d["tags"]) for d in gateway.get("/api/v1/devices?limit=1000")["items"]}
        assert len(tags) == 1, tags
    assert gateway.stop() == 0
