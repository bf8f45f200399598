"""The event ledger: what a device said is kept, also where the gateway is killed, and where it is not, a blind interval says so."""
import datetime
import json
import re
import signal

import pytest

import harness


def moment(text):
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()


def entries(gateway, **query):
    """All entries, oldest first."""
    found, cursor = [], None
    while True:
        text = "&".join(f"{k}={v}" for k, v in {**query, "order": "asc", "limit": 1000, **({"cursor": cursor} if cursor else {})}.items())
        page = gateway.get(f"/api/v1/events?{text}")
        found += page["items"]
        cursor = page["next"]
        if not cursor:
            return found


def alarms_of(simulator):
    found, since = [], 0
    while True:
        page = simulator.stats(f"/alarms?since={since}&limit=1000")["items"]
        if not page:
            return found
        found += page
        since = page[-1]["serial"]


def unaccounted(simulator, gateway, alarms):
    """-> (alarms that are neither stored nor began in a blind interval, how many were only covered by one)."""
    stored = {(e["device"], int(m[1])) for e in entries(gateway) if (m := re.search(r"alarm (\d{6})", e["description"]))}
    blind = {}
    for one in gateway.get("/api/v1/blind?limit=100000")["items"]:
        blind.setdefault(one["device"], []).append((moment(one["from"]), moment(one["to"]) if one["to"] else float("inf")))
    missing, covered = [], 0
    for alarm in alarms:
        device = simulator.specs[alarm["device"]]["id"]
        if (device, alarm["number"]) in stored:
            continue
        began = moment(alarm["began"])
        if any(low <= began + 1 and began <= high for low, high in blind.get(device, [])):  # it is told in whole seconds
            covered += 1
        else:
            missing.append((device, alarm))
    return missing, covered


@pytest.fixture
def fleet(gateway, simulate):
    simulator = simulate(2, extra=("--alarms-per-minute", "0"))
    for spec in simulator.specs:
        gateway.add(**spec)
    gateway.wait_online(2)
    return simulator


def test_an_alarm_is_stored_before_it_is_shown_and_is_there_after_a_kill(started, gateway, fleet, tmp_path):
    fleet.post("/devices/0/alarm", {"type": "VMD", "channel": 1, "seconds": 2})
    device = fleet.specs[0]["id"]
    both = harness.wait_for("its end", lambda: (found := entries(gateway, type="vmd")) and len(found) == 2 and found)
    start, end = both
    assert (start["state"], end["state"], start["device"]) == ("start", "end", device)
    assert start["event"] == end["event"] and len(start["event"]) == 26 and start["id"] == start["event"] + "/start"
    assert start["type_text"] == "Motion" and end["count"] >= 2 and not end["inferred"]
    assert abs(moment(start["happened"]) - moment(start["received"])) < 5
    moves = [(e["device"], e["detail"]) for e in entries(gateway, type="camfleet.device")]
    assert (device, "online") in moves, moves
    gateway.stop(signal.SIGKILL)
    again = harness.Gateway(tmp_path / "data")
    started.append(again)
    assert [e["id"] for e in entries(again, type="vmd")] == [e["id"] for e in both]
    whole = again.get(f"/api/v1/events/{start['event']}")
    assert [e["state"] for e in whole["entries"]] == ["start", "end"] and "<EventNotificationAlert" in whole["payload"]
    # What a device could have told meanwhile is known to be unknown.
    again.wait_online(2)
    down = harness.wait_for("the interval", lambda: [b for b in again.get(f"/api/v1/blind?device={device}")["items"]
                                                     if b["reason"] == "blind.gateway_down" and b["to"]])
    assert moment(down[0]["from"]) < moment(down[0]["to"]) and down[0]["seconds"] > 0
    assert again.call("GET", "/api/v1/events/nothing")[2]["code"] == "events.unknown"
    for bad in ("state=open", "order=up", "from=yesterday", "cursor=x", "limit=0", "foo=1"):
        assert again.call("GET", f"/api/v1/events?{bad}")[2]["code"] == "api.bad_request", bad


def test_a_limited_token_sees_the_events_of_its_devices_alone(gateway, fleet):
    mine, other = fleet.specs[0]["id"], fleet.specs[1]["id"]
    for n in range(2):
        fleet.post(f"/devices/{n}/alarm", {"type": "linedetection", "channel": 1, "seconds": 1})
    harness.wait_for("both are stored", lambda: {e["device"] for e in entries(gateway, type="linedetection")} == {mine, other})
    made = gateway.call("POST", "/api/v1/tokens", {"name": "one", "role": "viewer", "scope": {"devices": [mine]}})
    assert made[0] == 201, made
    token = made[2]["token"]

    def see(path):
        status, _, body = gateway.call("GET", path, token=token)
        return body if status == 200 else body["code"]

    assert {e["device"] for e in see("/api/v1/events?limit=1000")["items"]} == {mine}
    assert {b["device"] for b in see("/api/v1/blind")["items"]} == {mine}
    account = see("/api/v1/events/account")
    assert [i["device"] for i in account["items"]] == [mine] and "ledger" not in account
    assert see(f"/api/v1/events?device={other}") == "device.unknown"
    events = {e["device"]: e["event"] for e in entries(gateway, type="linedetection")}
    assert see(f"/api/v1/events/{events[mine]}")["device"] == mine
    assert see(f"/api/v1/events/{events[other]}") == "events.unknown"


def test_the_command_line_shows_events_and_blind_intervals(gateway, fleet):
    device = fleet.specs[0]["id"]
    fleet.post("/devices/0/alarm", {"type": "fielddetection", "channel": 1, "seconds": 1})
    stored = harness.wait_for("it is stored", lambda: entries(gateway, type="fielddetection"))

    def say(*words, code=0):
        done = harness.run([harness.BIN / "camfleet", "--url", gateway.url, *words], check=False,
                           env={"CAMFLEET_TOKEN": gateway.token, "PATH": "/usr/bin", "LANG": "C.UTF-8"})
        assert done.returncode == code, (words, done.returncode, done.stdout, done.stderr)
        return done.stdout.decode()

    listed = say("events", "list", "--type", "fielddetection", "--since", "1h")
    assert device in listed and "Intrusion" in listed and stored[0]["event"] in listed
    assert json.loads(say("events", "list", "--all", "--json"))["items"]
    assert "start" in say("events", "show", stored[0]["id"])
    assert device in say("events", "account", "--since", "1h") and "ledger: ok" in say("events", "account")
    assert "blind.not_armed" in say("fleet", "blind", "--since", "24h") and "blind" not in say("fleet", "blind", "--open")
    say("events", "list", "--since", "yesterday", code=2)


def import_devices(gateway, path):
    status, _, body = gateway.call("POST", "/api/v1/devices/import", path.read_bytes(), headers={"Content-Type": "text/csv"})
    assert status == 200, body
