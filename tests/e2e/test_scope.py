"""Tokens that are limited to some devices: for their holders the others do not exist, whichever way they ask."""
import base64
import csv
import http.client
import io
import json
import re

import pytest

import harness
from test_matrix import SPEC, Rtsp, ask, make_token
from test_stream import Follower

DEVICE = {"tags": ["north"]}


def limited(gateway, role="operator", **scope):
    status, _, made = gateway.call("POST", "/api/v1/tokens", {"name": f"a limited {role}", "role": role, "scope": scope or DEVICE})
    assert status == 201, made
    return made


@pytest.fixture
def town(gateway):
    """gate-7 is in the north, gate-8 in the south; nobody answers at either. There is no gate-9."""
    gateway.add(id="gate-7", name="ours", address="127.9.9.7", http_port=9, tags=["north"], enabled=False)
    gateway.add(id="gate-8", name="theirs", address="127.9.9.8", http_port=9, tags=["south"], enabled=False)
    return gateway


def operations():
    for path, item in SPEC["paths"].items():
        for method, operation in item.items():
            if method != "parameters" and operation["x-role"] != "open":
                yield method.upper(), path, operation


# Of each operation that changes something: a body that would do it, and some that are wrong in one way or another.
BODIES = {
    "PATCH": [{"name": "x"}, {}, {"tags": []}, {"tags": ["north"]}, {"http_port": 0}, {"nothing": 1}, [], "x"],
    "PUT": [{"address": "127.9.9.99"}, {"address": "127.9.9.99", "tags": ["north"]}, {"id": "x", "address": "127.9.9.99"}, {}],
    "POST": [{}, None, {"nothing": 1}],
    "DELETE": [None], "GET": [None]}
CONDITIONS = [{}, {"If-Match": '"1"'}, {"If-Match": '"99"'}, {"If-Match": "*"}, {"If-Match": "x"}]


def answer(gateway, method, path, body, token, headers=None):
    """What can be seen of an answer, without what differs from one to the next."""
    status, seen, said = gateway.call(method, path, body, token=token, headers=headers)
    if isinstance(said, dict):
        said.pop("trace_id", None)
    text = json.dumps(said, sort_keys=True) if isinstance(said, dict) else said
    names = sorted(name.lower() for name in seen.keys())
    return status, str(text), names


def test_what_is_outside_is_answered_as_what_does_not_exist(town):
    tokens = {role: limited(town, role)["token"] for role in ("viewer", "operator", "admin")}
    wrong, compared = [], 0
    for method, path, operation in operations():
        reach = operation.get("x-reach", "gateway")
        for role, token in tokens.items():
            if reach == "gateway":
                filled = re.sub(r"{\w+}", "00000000", path)
                status, code = ask(town, method, filled, [f"Bearer {token}"], b"{}" if method in ("POST", "PUT", "PATCH") else None)
                if (status, code) != (403, "auth.forbidden"):
                    wrong.append((method, path, role, status, code))
                continue
            named = "{device}" in path or ("{id}" in path and "/devices/" in path)
            if not named:
                continue
            whole = role == "operator"
            for body in BODIES[method] if whole else BODIES[method][:1]:
                for headers in CONDITIONS if whole and "/devices/" in path else [{}]:
                    told = []
                    for device in ("gate-8", "gate-9"):
                        filled = path.replace("{id}", device).replace("{device}", device)
                        filled = filled.replace("{channel}", "1").replace("{profile}", "main")
                        filled = re.sub(r"{\w+}", "1", filled)
                        told.append(tuple(str(part).replace(device, "ID") for part in answer(town, method, filled, body, token, headers)))
                    compared += 1
                    if told[0] != told[1]:
                        wrong.append((method, path, role, body, headers, told))
    assert not wrong, "\n".join(map(str, wrong))
    assert compared > 80
    device = town.device("gate-8")
    assert (device["revision"], device["tags"], device["name"]) == (1, ["south"], "theirs")


def test_nothing_that_is_read_names_another_device(town):
    """Every GET without a name in it, with the parameters that might widen it."""
    token = limited(town)["token"]
    town.live("gate-8/1/main")
    asked = 0
    for method, path, operation in operations():
        if method != "GET" or "{" in path or operation.get("x-reach") != "devices" or path == "/api/v1/stream":
            continue
        for query in ("", "?tag=south", "?id=gate-8", "?q=theirs", "?limit=1", "?state=disabled", "?sort=-name", "?format=yaml"):
            status, _, said = town.call("GET", path + query, token=token)
            text = said.decode() if isinstance(said, bytes) else json.dumps(said)
            # A text that was looked for comes back in a refusal alone.
            assert status != 200 or not ("gate-8" in text or "theirs" in text or "127.9.9.8" in text or "south" in text), (path, query, text)
            asked += status == 200
    assert asked > 10
    fleet = town.call("GET", "/api/v1/fleet", token=token)[2]
    assert (fleet["total"], fleet["states"]["disabled"], [line["count"] for line in fleet["summary"]]) == (1, 1, [1])
    page = town.call("GET", "/api/v1/devices", token=token)[2]
    assert [d["id"] for d in page["items"]] == ["gate-7"] and page["total"] == 1
    exported = town.call("GET", "/api/v1/devices/export", token=token)[2]
    assert [row["id"] for row in csv.DictReader(io.StringIO(exported.decode()))] == ["gate-7"]
    assert town.call("GET", "/api/v1/whoami", token=token)[2]["scope"] == {"tags": ["north"], "devices": []}


def test_bulk_changes_and_new_devices_stay_inside(town):
    token = limited(town)["token"]
    ids = {"where": {"ids": ["gate-7", "gate-8", "gate-9"]}}
    for path, change in (("bulk", {"patch": {"timezone": "UTC"}}), ("credentials", {"username": "admin", "password": "hunter22x"})):
        for dry in (True, False):
            status, _, report = town.call("POST", f"/api/v1/devices/{path}", {**ids, **change, "dry_run": dry}, token=token)
            assert status == 200
            items = {item["id"]: (item.get("code"), item.get("detail", "").replace(item["id"], "ID")) for item in report["items"]}
            assert items["gate-7"][0] is None and items["gate-8"] == items["gate-9"] and items["gate-8"][0] == "device.unknown", items
    for where in ({"all": True}, {"where": {"tag": "south"}}, {"where": {"state": "disabled"}}, {"where": {"text": "gate"}}):
        report = town.call("POST", "/api/v1/devices/bulk", {**where, "patch": {"timezone": "UTC"}}, token=token)[2]
        assert {item["id"] for item in report["items"]} <= {"gate-7"}, where
    assert town.device("gate-8")["revision"] == 1

    def said(method, path, body):
        status, _, problem = town.call(method, path, body, token=token)
        return status, problem.get("code") if isinstance(problem, dict) else None

    leave = {"where": {"ids": ["gate-7"]}, "patch": {"tags": ["south"]}}
    assert town.call("POST", "/api/v1/devices/bulk", leave, token=token)[2]["items"][0]["code"] == "auth.forbidden"
    assert said("PATCH", "/api/v1/devices/gate-7", {"remove_tags": ["north"]}) == (403, "auth.forbidden")
    assert said("PUT", "/api/v1/devices/gate-7", {"address": "127.9.9.7", "http_port": 9}) == (403, "auth.forbidden")
    assert said("POST", "/api/v1/devices", {"address": "127.9.9.20"}) == (403, "auth.forbidden")
    assert said("POST", "/api/v1/devices", {"address": "127.9.9.20", "tags": ["south"]}) == (403, "auth.forbidden")
    status, _, problem = town.call("POST", "/api/v1/devices", {"address": "127.9.9.8", "http_port": 9, "tags": ["north"]}, token=token)
    assert status == 409 and "gate-8" not in json.dumps(problem)
    assert said("POST", "/api/v1/devices", {"id": "gate-1", "address": "127.9.9.20", "tags": ["north"], "enabled": False})[0] == 201
    rows = "id,address,http_port,tags\ngate-8,127.9.9.30,9,north\ngate-2,127.9.9.31,9,south\ngate-3,127.9.9.32,9,north\n".encode()
    for dry in ("true", "false"):
        status, _, plan = town.call("POST", f"/api/v1/devices/import?report=all&dry_run={dry}", rows, token=token, headers={"Content-Type": "text/csv"})
        assert status == 200 and [i["action"] for i in plan["items"]] == ["error", "error", "add"], plan
    # What he has not in his file goes; what is not his stays.
    status, _, plan = town.call("POST", "/api/v1/devices/import?prune=true", b"id,address,http_port,tags\ngate-7,127.9.9.7,9,north\n",
                                token=token, headers={"Content-Type": "text/csv"})
    assert status == 200 and {i["id"] for i in plan["items"] if i["action"] == "remove"} == {"gate-1", "gate-3"}, plan
    assert [d["id"] for d in town.get("/api/v1/devices")["items"]] == ["gate-7", "gate-8"]
    # An answer that another token was given is not repeated to this one, nor the other way round.
    key, body = {"Idempotency-Key": "k-1"}, {"id": "gate-5", "address": "127.9.9.40", "tags": ["south"], "enabled": False}
    assert town.call("POST", "/api/v1/devices", body, headers=key)[0] == 201
    status, headers, problem = town.call("POST", "/api/v1/devices", body, token=token, headers=key)
    assert (status, problem["code"]) == (403, "auth.forbidden") and "Idempotency-Replayed" not in headers


def test_live_tokens_are_made_seen_and_revoked_inside(town):
    north, other = limited(town)["token"], limited(town)["token"]
    admins = town.live("gate-7/1/main")
    status, _, own = town.call("POST", "/api/v1/live-tokens", {"stream": "gate-7/1/main"}, token=north)
    assert status == 201
    for device in ("gate-8", "gate-9"):
        status, _, problem = town.call("POST", "/api/v1/live-tokens", {"stream": f"{device}/1/main"}, token=north)
        assert (status, problem["code"]) == (404, "device.unknown")
    assert [t["id"] for t in town.call("GET", "/api/v1/live-tokens?limit=1", token=north)[2]["items"]] == [own["id"]]
    assert town.call("GET", "/api/v1/live-tokens", token=other)[2]["items"] == []
    refused = [town.call("DELETE", f"/api/v1/live-tokens/{id_}", token=other) for id_ in (own["id"], admins["id"], "0" * 24, "f" * 24)]
    assert {(status, problem["code"]) for status, _, problem in refused} == {(404, "api.not_found")}
    assert len(town.get("/api/v1/live-tokens")["items"]) == 2
    assert town.call("DELETE", f"/api/v1/live-tokens/{own['id']}", token=north)[0] == 204


def test_events_end_at_the_edge_and_a_device_that_leaves_is_removed(town):
    token = limited(town)["token"]
    start = town.get("/api/v1/devices")["cursor"]

    class Mine(Follower):
        def __init__(self, **query):
            running = type("Ours", (), {"http": town.http, "token": token})
            super().__init__(running, **query)

    live = Mine(cursor=start)
    town.call("PATCH", "/api/v1/devices/gate-8", {"name": "still theirs"})
    town.add(id="gate-5", address="127.9.9.50", http_port=9, tags=["south"], enabled=False)
    town.call("PATCH", "/api/v1/devices/gate-7", {"name": "still ours"})
    town.call("PATCH", "/api/v1/devices/gate-8", {"tags": ["north"]})
    # It has to be told while the device is there: of one that is gone only that is told.
    told = [(e.name, e.data["device"]) for e in live.until(lambda e: (e.name, e.data["device"]) == ("added", "gate-8"))]
    town.call("PATCH", "/api/v1/devices/gate-7", {"tags": ["south"], "name": "no longer"})
    town.call("PATCH", "/api/v1/devices/gate-7", {"name": "secret"})
    town.call("DELETE", "/api/v1/devices/gate-8")
    told += [(e.name, e.data["device"]) for e in live.until(lambda e: (e.name, e.data["device"]) == ("removed", "gate-8"))]
    # What was told before the device left; whether of that in between is a matter of when it is read.
    assert [t for t in told if t != ("changed", "gate-7")] == [("added", "gate-8"), ("removed", "gate-7"), ("removed", "gate-8")], told
    # Who comes back later hears nothing of what is not his any more.
    again = Mine(cursor=start)
    told = [(e.name, e.data["device"]) for e in again.until(lambda e: (e.name, e.data["device"]) == ("removed", "gate-8"))]
    assert told == [("removed", "gate-7"), ("removed", "gate-8")]
    filtered = Mine(cursor=start, device="gate-5")
    town.call("PATCH", "/api/v1/devices/gate-5", {"tags": ["north"]})
    assert [(e.name, e.data["device"]) for e in filtered.take(1)] == [("added", "gate-5")]


def test_who_watches_is_cut_off_when_the_device_leaves_the_scope(gateway, simulate):
    camera = simulate(1).specs[0]
    gateway.add(**{**camera, "tags": ["north"]})
    gateway.wait_online(1)
    stream = camera["id"] + "/1/main"
    token = limited(gateway, "viewer")["token"]
    whole = make_token(gateway, "viewer")["token"]
    handed = gateway.call("POST", "/api/v1/live-tokens", {"stream": stream}, token=token)[2]["token"]
    host, port = gateway.http.rsplit(":", 1)
    links = [http.client.HTTPConnection(host, int(port), timeout=30) for _ in range(3)]
    links[0].request("GET", f"/live/{stream}.mp4", headers={"Authorization": f"Bearer {token}"})
    links[1].request("GET", f"/live/{stream}.mp4?token={handed}")
    links[2].request("GET", f"/live/{stream}.mp4", headers={"Authorization": f"Bearer {whole}"})
    watching = [link.getresponse() for link in links]
    assert [answer.status for answer in watching] == [200] * 3
    with Rtsp(gateway) as rtsp:
        basic = "Authorization: Basic " + base64.b64encode(f"live:{handed}".encode()).decode()
        assert rtsp.ask("DESCRIBE", stream, basic) == 200
        assert rtsp.ask("SETUP", stream + "/trackID=0", "Transport: RTP/AVP/TCP;unicast;interleaved=0-1") == 200
        assert rtsp.ask("PLAY", stream) == 200
        assert gateway.call("PATCH", f"/api/v1/devices/{camera['id']}", {"tags": ["south"]})[0] == 200
        for answer in watching[:2]:
            with pytest.raises((http.client.IncompleteRead, ConnectionError)):
                while answer.read(65536):
                    pass
                raise ConnectionError  # until close is an end too
        assert rtsp.ended()
    assert watching[2].read(65536), "another one's token goes on"
    for path in (f"/live/{stream}.mp4", f"/live/{stream}.jpg"):
        assert ask(gateway, "GET", path, [f"Bearer {token}"]) == (404, "device.unknown")
        assert ask(gateway, "GET", f"{path}?token={handed}")[1] == "auth.revoked"
    with Rtsp(gateway) as rtsp:
        assert rtsp.ask("DESCRIBE", stream, basic) in (401, 403)


def test_a_limit_is_kept_over_a_restart_and_seen_in_the_list(started, tmp_path):
    gateway = harness.Gateway(tmp_path / "data")
    started.append(gateway)
    for scope in ({}, {"tags": []}, {"tags": [""]}, {"tags": "north"}, {"tags": [1]}, {"devices": ["A B"]}, {"more": ["x"]}, [], "north",
                  {"tags": ["x" * 65]}, {"tags": ["x"] * 33}):
        status, _, problem = gateway.call("POST", "/api/v1/tokens", {"name": "a", "role": "viewer", "scope": scope})
        assert (status, problem["code"]) == (400, "api.bad_request"), scope
    made = limited(gateway, "viewer", tags=["north", "门 1"], devices=["gate-7"])
    assert made["scope"] == {"tags": ["north", "门 1"], "devices": ["gate-7"]}
    gateway.stop(how=harness.signal.SIGKILL)
    gateway = harness.Gateway(tmp_path / "data")
    started.append(gateway)
    assert [t["scope"] for t in gateway.get("/api/v1/tokens")["items"]] == [made["scope"]]
    assert gateway.call("GET", "/api/v1/whoami", token=made["token"])[2]["scope"] == made["scope"]
