"""The supervisor among devices that refuse, lock, hang and come back: what it costs them, and what it says."""
import concurrent.futures
import json
import socket
import struct
import threading
import urllib.error
import urllib.request

import harness


def add_all(gateway, specs):
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda spec: gateway.add(**spec), specs))


def explain(gateway, device, language="en"):
    status, _, body = gateway.call("GET", f"/api/v1/devices/{device}/explain", headers={"Accept-Language": language})
    assert status == 200, body
    return body


def wrong_by_device(simulator):
    return [one["wrong_passwords"] for one in simulator.stats("/stats?devices=1")["by_device"]]


def test_a_password_shared_by_many_costs_each_device_one_attempt_and_is_one_line(gateway, simulate):
    simulator = simulate(60, extra=("--password", "right-1234", "--lock-after", "5"))
    specs = simulator.specs
    wrong = [{**spec, "password": "wrong-1234"} for spec in specs[:20]]
    add_all(gateway, wrong + specs[20:])
    harness.wait_for("all judged", lambda: (s := gateway.fleet()["states"])["online"] == 40 and s["rejected"] == 20)
    assert wrong_by_device(simulator) == [1] * 20 + [0] * 40
    lines = gateway.fleet()["summary"]
    assert [(line["reason"], line["count"]) for line in lines] == [("device.bad_credentials", 20)], lines

    told = explain(gateway, specs[0]["id"])
    assert told["state"] == "rejected" and told["attempts_left"] == 0 and told["next"] is None
    assert told["what"].startswith("Given up for ") and "refuses the user name or password" in told["why"]
    assert [one["action"] for one in told["operator"]] == ["fix_password", "reconnect"]
    assert "拒绝" in explain(gateway, specs[0]["id"], "zh-CN,zh;q=0.9")["why"]

    # An operator who goes on asking is held back before the device locks the account.
    for _ in range(6):
        assert gateway.call("POST", f"/api/v1/devices/{specs[0]['id']}/reconnect")[0] == 202
        gateway.wait_state(specs[0]["id"], "rejected")
    harness.wait_for("the guard", lambda: "refusals in half an hour" in gateway.device(specs[0]["id"])["detail"])
    assert wrong_by_device(simulator)[0] == 3
    assert simulator.totals()["locks"] == 0

    # Corrected, all of them are back at once.
    for spec in specs[:20]:
        assert gateway.call("DELETE", f"/api/v1/devices/{spec['id']}")[0] == 204
    add_all(gateway, specs[:20])
    gateway.wait_online(60)
    assert sum(wrong_by_device(simulator)) == 22


def test_a_lock_is_waited_out_with_a_countdown_and_without_one_attempt(gateway, simulate):
    simulator = simulate(3, extra=("--lock-after", "1", "--lock-seconds", "4"))
    spec = simulator.specs[0]
    request = urllib.request.Request(f"http://{spec['address']}:{spec['http_port']}/ISAPI/System/deviceInfo")
    known = urllib.request.HTTPPasswordMgrWithDefaultRealm()
    known.add_password(None, request.full_url, "admin", "somebody else's guess")
    try:
        urllib.request.build_opener(urllib.request.HTTPDigestAuthHandler(known)).open(request, timeout=10).read()
    except (OSError, ValueError):
        pass
    gateway.add(**spec)
    gateway.wait_state(spec["id"], "locked")
    told = explain(gateway, spec["id"])
    assert told["next"]["action"] == "retry_after_unlock" and 0 < told["next"]["in_s"] <= 34, told
    assert "trying sooner would restart the lock" in told["what"]
    before = simulator.totals()
    for _ in range(5):
        gateway.call("POST", f"/api/v1/devices/{spec['id']}/reconnect")
    gateway.wait_state(spec["id"], "online", patience=60)
    after = simulator.totals()
    assert after["wrong_passwords"] == before["wrong_passwords"] and after["refused_locked"] == before["refused_locked"]


def test_a_password_that_is_corrected_during_a_lock_waits_for_its_end(gateway, simulate):
    simulator = simulate(1, extra=("--lock-after", "1", "--lock-seconds", "3"))
    spec = simulator.specs[0]
    gateway.add(**{**spec, "password": "wrong"})
    gateway.wait_state(spec["id"], "locked")
    status, _, body = gateway.call("PATCH", f"/api/v1/devices/{spec['id']}", {"password": spec["password"]})
    assert status == 200, body
    assert gateway.device(spec["id"])["state"] == "locked"
    gateway.wait_state(spec["id"], "online", patience=60)
    totals = simulator.totals()
    assert totals["wrong_passwords"] == 1 and totals["refused_locked"] == 0, totals


def test_a_recorder_that_is_watched_in_all_channels_is_not_locked_by_its_own_streams(gateway, simulate):
    # Sixteen keep-alives and sixteen goodbyes with a password that was rotated meanwhile are sixteen wrong ones.
    simulator = simulate(1, extra=("--lock-after", "5", "--nvr-every", "1", "--nvr-channels", "16", "--session-timeout", "4"))
    spec = simulator.specs[0]
    gateway.add(**spec)
    gateway.wait_online(1)
    over = threading.Event()

    def watch(channel):
        address = gateway.live(f"{spec['id']}/{channel}/sub")["urls"]["mp4"]
        try:
            with urllib.request.urlopen(address, timeout=30) as stream:
                while not over.is_set() and stream.read(4096):
                    pass
        except OSError:
            pass

    viewers = [threading.Thread(target=watch, args=(channel,), daemon=True) for channel in range(1, 17)]
    for viewer in viewers:
        viewer.start()
    harness.wait_for("all play", lambda: simulator.totals()["playing"] == 16)
    asked = simulator.totals()["rtsp_requests"]
    simulator.post("/devices/0/password", {"password": "rotated"})
    harness.wait_for("keep-alives", lambda: simulator.totals()["rtsp_requests"] > asked)
    assert gateway.call("POST", f"/api/v1/devices/{spec['id']}/reconnect")[0] == 202
    gateway.wait_state(spec["id"], "rejected")
    totals = simulator.totals()
    assert totals["locks"] == 0 and totals["wrong_passwords"] <= 2, totals
    over.set()
    assert gateway.call("PATCH", f"/api/v1/devices/{spec['id']}", {"password": "rotated"})[0] == 200
    gateway.wait_online(1)


def serve(kind):
    """A port that behaves in one way; returns it and what keeps it alive."""
    listener = socket.socket()
    listener.bind(("127.9.0.1", 0))
    listener.listen(0 if kind == "swallow" else 16)
    kept = [listener]
    if kind == "swallow":  # the queue is full: what else is sent to it is dropped
        for _ in range(4):
            filler = socket.socket()
            filler.setblocking(False)
            filler.connect_ex(listener.getsockname())
            kept.append(filler)
    elif kind == "reset":
        def tear():
            while True:
                try:
                    link, _ = listener.accept()
                except OSError:
                    return
                link.recv(1)
                link.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                link.close()
        threading.Thread(target=tear, daemon=True).start()
    elif kind == "refuse":
        port = listener.getsockname()[1]
        listener.close()
        return port, []
    return listener.getsockname()[1], kept


def test_each_way_of_not_connecting_has_a_reason_of_its_own(gateway):
    kept = []
    wanted = {"refuse": "net.refused", "reset": "net.reset", "silent": "net.timeout", "swallow": "net.timeout"}
    for kind in wanted:
        port, held = serve(kind)
        kept += held
        gateway.add(id=kind, address="127.9.0.1", http_port=port, username="admin", password="x")
    gateway.add(id="name", address="no-such-camera.invalid", username="admin", password="x")
    details = {}
    for kind, reason in wanted.items():
        shown = harness.wait_for(kind, lambda kind=kind: (d := gateway.device(kind))["state"] == "backoff" and d)
        assert shown["reason"] == reason, shown
        details[kind] = shown["detail"]
    assert details["silent"].startswith("no answer to /ISAPI/"), details
    assert details["swallow"].startswith("connect to "), details
    shown = harness.wait_for("name", lambda: (d := gateway.device("name"))["state"] == "backoff" and d)
    assert shown["reason"] in ("net.resolve", "net.dns_failed"), shown
    told = explain(gateway, "refuse")
    assert "failed attempt" in told["what"] or told["state"] in ("waiting", "connecting")


def test_a_recorder_is_not_asked_for_more_streams_than_it_was_seen_to_send(gateway, simulate):
    simulator = simulate(1, extra=("--nvr-every", "1", "--nvr-channels", "8", "--max-sessions", "4"))
    spec = simulator.specs[0]
    gateway.add(**spec)
    gateway.wait_online(1)
    assert gateway.device(spec["id"])["stream_limit"] is None

    def live(channel):
        return gateway.live(f"{spec['id']}/{channel}/sub")["urls"]["mp4"]

    def refused(channel):
        try:
            urllib.request.urlopen(live(channel), timeout=30).close()
        except urllib.error.HTTPError as error:
            return error.code, json.loads(error.read())["code"]
        return None

    watching = [urllib.request.urlopen(live(channel), timeout=30) for channel in range(1, 5)]
    for stream in watching:
        assert stream.read(1024)
    assert simulator.totals()["playing"] == 4
    assert refused(5) == (503, "device.sessions_full")
    assert gateway.device(spec["id"])["stream_limit"] == 4
    asked = simulator.totals()["rtsp_requests"], simulator.totals()["sessions_refused"]
    assert refused(6) == (503, "device.sessions_full")
    assert simulator.totals()["sessions_refused"] == asked[1]
    assert simulator.totals()["alarm_streams"] == 1 and gateway.device(spec["id"])["state"] == "online"
    for stream in watching:
        stream.close()
