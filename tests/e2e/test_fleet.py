"""A fleet of 200 simulated devices: all online, watched through each output, gone with the power, and back."""
import concurrent.futures
import json
import subprocess
import urllib.request

import harness


def add_all(gateway, specs):
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda spec: gateway.add(**spec), specs))


def frames_over_http(url, count):
    """Moving picture by HTTP: decoded frames of the endless MP4."""
    done = harness.run(["ffmpeg", "-v", "error", "-i", url, "-frames:v", count, "-f", "framemd5", "-"])
    return [line for line in done.stdout.decode().splitlines() if line and line[0] != "#"]


def test_two_hundred_devices_are_kept_watched_lost_and_found_again(gateway, simulate, started, tmp_path):
    simulator = simulate(200)
    add_all(gateway, simulator.specs)
    assert gateway.wait_online(200)["total"] == 200
    stats = simulator.totals()
    assert stats["wrong_passwords"] == 0, stats

    # Several at once through each output; one upstream for the viewers of one stream.
    ids = [spec["id"] for spec in simulator.specs]
    with concurrent.futures.ThreadPoolExecutor(6) as pool:
        rtsp = [pool.submit(harness.probe, gateway.live(f"{i}/1/sub")["urls"]["rtsp"], 2, ("-rtsp_transport", "tcp"))
                for i in [ids[0], ids[0], ids[1]]]
        mp4 = [pool.submit(frames_over_http, gateway.live(f"{i}/1/sub")["urls"]["mp4"], 30) for i in [ids[0], ids[2]]]
        for future in rtsp:
            video = future.result()["streams"][0]
            assert (video["codec_name"], video["width"], video["height"]) == ("h264", 352, 288)
        for future in mp4:
            assert len(set(future.result())) == 30
    assert simulator.totals()["rtsp_sessions"] <= 3, "one upstream connection for the viewers of one stream"

    # The power goes, with somebody watching; every device says so; the API goes on.
    watching = subprocess.Popen(["ffmpeg", "-v", "quiet", "-rtsp_transport", "tcp", "-i",
                                 gateway.live(f"{ids[5]}/1/sub")["urls"]["rtsp"], "-f", "null", "-"], start_new_session=True)
    simulator.stop()
    down = harness.wait_for("all devices noticed", lambda: (f := gateway.fleet())["states"]["online"] == 0 and f)
    assert down["total"] == 200
    watching.wait(harness.PATIENCE)
    lost = gateway.device(ids[0])
    assert lost["state"] in ("backoff", "connecting", "waiting", "degraded") and lost["reason"], lost

    # The same devices come back at the same addresses and ports.
    again = harness.Simulator(200, http_port=simulator.http_port, rtsp_port=simulator.rtsp_port,
                              export=tmp_path / "again.csv")
    started.append(again)
    back = gateway.wait_online(200, patience=180)
    assert back["states"]["online"] == 200
    assert again.totals()["wrong_passwords"] == 0
    shown = gateway.device(ids[0])
    assert [move["to"] for move in shown["history"]].count("online") >= 2
    frames = frames_over_http(gateway.live(f"{ids[5]}/1/sub")["urls"]["mp4"], 10)
    assert len(frames) == 10


def test_a_wrong_password_costs_one_attempt_and_the_others_do_not_notice(gateway, simulate):
    simulator = simulate(10)
    for number, spec in enumerate(simulator.specs):
        gateway.add(**{**spec, **({"password": "wrong-" + spec["password"]} if number % 2 else {})})
    harness.wait_for("five online, five rejected", lambda: (s := gateway.fleet()["states"])["online"] == 5
                     and s["rejected"] == 5)
    assert simulator.totals()["wrong_passwords"] == 5
    bad = gateway.device(simulator.specs[1]["id"])
    assert bad["reason"] == "device.bad_credentials" and bad["next_attempt"] is None
    # Watching a rejected device is not an attempt either.
    status, _, problem = gateway.call("GET", f"/live/{bad['id']}/1/main.mp4")
    assert status == 503 and problem["code"] == "device.offline", problem
    # An operator's wish is one attempt more.
    assert gateway.call("POST", f"/api/v1/devices/{bad['id']}/reconnect")[0] == 202
    harness.wait_for("a second refusal", lambda: simulator.totals()["wrong_passwords"] == 6)
    gateway.wait_state(bad["id"], "rejected")


def test_a_rejected_device_stays_rejected_over_a_restart(tmp_path, simulate, started):
    simulator = simulate(1)
    first = harness.Gateway(tmp_path / "data")
    started.append(first)
    spec = {**simulator.specs[0], "password": "wrong"}
    first.add(**spec)
    first.wait_state(spec["id"], "rejected")
    assert first.stop() == 0
    second = harness.Gateway(tmp_path / "data")
    started.append(second)
    second.wait_state(spec["id"], "rejected")
    assert simulator.totals()["wrong_passwords"] == 1


def test_a_locked_account_is_waited_for(gateway, simulate):
    simulator = simulate(1, extra=("--lock-after", "1", "--lock-seconds", "1800"))
    spec = simulator.specs[0]
    request = urllib.request.Request(f"http://{spec['address']}:{spec['http_port']}/ISAPI/System/deviceInfo")
    opener = urllib.request.build_opener(urllib.request.HTTPDigestAuthHandler(_passwords(request, "admin", "wrong")))
    try:
        opener.open(request, timeout=10).read()
    except OSError:
        pass
    before = simulator.totals()["wrong_passwords"]
    gateway.add(**spec)
    locked = gateway.wait_state(spec["id"], "locked")
    assert locked["reason"] == "device.locked" and locked["next_attempt"]
    assert simulator.totals()["wrong_passwords"] == before


def _passwords(request, user, password):
    manager = urllib.request.HTTPPasswordMgrWithDefaultRealm()
    manager.add_password(None, request.full_url, user, password)
    return manager


def test_what_a_device_tells_of_itself_is_shown(gateway, simulate):
    simulator = simulate(40)
    add_all(gateway, simulator.specs)
    gateway.wait_online(40)
    kinds = {}
    for spec in simulator.specs:
        shown = gateway.device(spec["id"])
        kinds.setdefault(shown["facts"]["kind"], []).append(shown)
        assert shown["facts"]["serial"] and shown["facts"]["firmware"].startswith("V")
        assert abs(shown["facts"]["clock_offset_ms"]) < 5000
    assert {len(d["channels"]) for d in kinds["ipc"]} == {1}
    assert {len(d["channels"]) for d in kinds["nvr"]} == {16}
    main, sub = kinds["ipc"][0]["channels"][0]["profiles"][:2]
    assert (main["profile"], main["codec"], main["width"]) == ("main", "h264", 1280)
    assert (sub["profile"], sub["codec"], sub["width"]) == ("sub", "h264", 352)
    # a picture, asked of the device; a channel that is not there
    nvr = kinds["nvr"][0]["id"]
    status, headers, jpeg = gateway.call("GET", f"/live/{nvr}/16/main.jpg")
    assert status == 200 and jpeg[:2] == b"\xff\xd8" and headers["Content-Type"] == "image/jpeg"
    assert gateway.call("GET", f"/live/{nvr}/17/main.jpg")[2]["code"] == "device.no_channel"
    # alarms come through
    device = simulator.specs.index(next(s for s in simulator.specs if s["id"] == kinds["ipc"][0]["id"]))
    before = gateway.device(kinds["ipc"][0]["id"])["events"]
    simulator.post(f"/devices/{device}/alarm", {"type": "linedetection", "channel": 1})
    harness.wait_for("the alarm", lambda: gateway.device(kinds["ipc"][0]["id"])["events"] > before)


def test_another_device_at_the_same_address_is_noticed(tmp_path, started):
    first = harness.Simulator(2, export=tmp_path / "fleet.csv")
    started.append(first)
    specs = harness.read_export(tmp_path / "fleet.csv")
    gateway = harness.Gateway(tmp_path / "data")
    started.append(gateway)
    for spec in specs:
        gateway.add(**spec)
    gateway.wait_online(2)
    serial = gateway.device(specs[0]["id"])["facts"]["serial"]
    first.stop()
    harness.wait_for("noticed", lambda: gateway.fleet()["states"]["online"] == 0)
    # Another seed makes other devices; they get the passwords that the gateway knows.
    other = harness.Simulator(2, http_port=first.http_port, rtsp_port=first.rtsp_port, seed=8)
    started.append(other)
    for number, spec in enumerate(specs):
        other.post(f"/devices/{number}/password", {"password": spec["password"]})
    shown = gateway.wait_state(specs[0]["id"], "rejected", patience=120)
    if shown["reason"] == "device.bad_credentials":  # it came before the password was changed
        gateway.call("POST", f"/api/v1/devices/{specs[0]['id']}/reconnect")
        shown = harness.wait_for("another verdict", lambda: (d := gateway.device(specs[0]["id"]))["reason"] ==
                                 "device.identity_mismatch" and d)
    assert shown["reason"] == "device.identity_mismatch", shown
    assert gateway.call("GET", f"/live/{specs[0]['id']}/1/sub.mp4")[0] == 503
    gateway.call("POST", f"/api/v1/devices/{specs[0]['id']}/reconnect?accept_identity=true")
    accepted = gateway.wait_state(specs[0]["id"], "online")
    assert accepted["facts"]["serial"] != serial


def test_secrets_are_in_no_output(tmp_path, simulate, started):
    simulator = simulate(20)
    gateway = harness.Gateway(tmp_path / "data", extra=("--log-level", "trace"))
    started.append(gateway)
    add_all(gateway, simulator.specs)
    gateway.wait_online(20)
    stream = gateway.live(simulator.specs[0]["id"] + "/1/sub")
    harness.probe(stream["urls"]["rtsp"], 1, ("-rtsp_transport", "tcp"))
    said = gateway.text + json.dumps(gateway.get("/api/v1/devices?limit=1000")) + gateway.get("/metrics").decode()
    said += gateway.get("/metrics/devices").decode()
    kept = b"".join(path.read_bytes() for path in (tmp_path / "data").rglob("*") if path.is_file() and path.name != "admin.token")
    for secret in [spec["password"] for spec in simulator.specs] + [gateway.token, stream["token"]]:
        assert secret not in said
        assert secret.encode() not in kept
