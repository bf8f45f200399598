"""Who may: every operation of openapi.yaml and every method of RTSP, asked with every kind of token.

What is expected comes from `x-role` alone, so that a new route is in here by itself, and one whose handler is reached without
the right fails."""
import base64
import http.client
import itertools
import json
import socket

import pytest
import yaml

import harness

SPEC = yaml.safe_load((harness.ROOT / "src" / "api" / "openapi.yaml").read_text(encoding="utf-8"))
ROLES = ("viewer", "operator", "admin")
SOURCES = (f"127.{a}.{b}.{c}" for a, b, c in itertools.product(range(20, 30), range(1, 250), range(1, 250)))


def operations():
    for path, item in SPEC["paths"].items():
        for method, operation in item.items():
            if method != "parameters":
                yield method.upper(), path, operation.get("x-role", "admin")


def filled(path):
    names = {"device": "gate-7", "channel": "1", "profile": "main", "id": "0" * 24 if "/live-tokens/" in path else
             "0" * 8 if "/tokens/" in path else "gate-7"}
    while "{" in path:
        head, _, rest = path.partition("{")
        name, _, tail = rest.partition("}")
        path = head + names.get(name, "x") + tail
    return path


def ask(gateway, method, target, authorization=(), body=None, headers=()):
    """-> (status, code of the problem). Each time from another address: nobody here is to be slowed down as a guesser."""
    host, port = gateway.http.rsplit(":", 1)
    link = http.client.HTTPConnection(host, int(port), timeout=30, source_address=(next(SOURCES), 0))
    try:
        link.putrequest(method, target)
        for value in authorization:
            link.putheader("Authorization", value)
        for name, value in headers:
            link.putheader(name, value)
        if body is not None:
            link.putheader("Content-Type", "application/json")
            link.putheader("Content-Length", str(len(body)))
        link.endheaders(body)
        answer = link.getresponse()
        kind = answer.headers.get("Content-Type", "")
        return answer.status, json.loads(answer.read()).get("code", "") if "problem+json" in kind else ""
    finally:
        link.close()


def make_token(gateway, role, ttl_s=None):
    body = {"name": f"a {role}", "role": role, **({"ttl_s": ttl_s} if ttl_s else {})}
    status, _, made = gateway.call("POST", "/api/v1/tokens", body)
    assert status == 201, made
    return made


class Tokens:
    """One of each kind, the bad ones gone bad."""

    def __init__(self, gateway, stream, other):
        self.made = {role: make_token(gateway, role) for role in ROLES}
        self.expired = make_token(gateway, "admin", ttl_s=1)["token"]
        removed = make_token(gateway, "admin")
        self.removed = removed["token"]
        assert gateway.call("DELETE", f"/api/v1/tokens/{removed['id']}")[0] == 204
        self.live = gateway.live(stream)["token"]
        self.live_other = gateway.live(other)["token"]
        self.live_expired = gateway.live(stream, ttl_s=1)["token"]
        revoked = gateway.live(stream)
        self.live_revoked = revoked["token"]
        assert gateway.call("DELETE", f"/api/v1/live-tokens/{revoked['id']}")[0] == 204
        # Made by one who may no longer: worth nothing any more.
        gone = make_token(gateway, "viewer")
        self.live_of_removed = gateway.call("POST", "/api/v1/live-tokens", {"stream": stream}, token=gone["token"])[2]["token"]
        assert gateway.call("DELETE", f"/api/v1/tokens/{gone['id']}")[0] == 204
        harness.wait_for("a token expires", lambda: ask(gateway, "GET", "/api/v1/whoami", [f"Bearer {self.expired}"])[1] == "auth.expired")
        harness.wait_for("a live token expires", lambda: ask(
            gateway, "GET", f"/live/{stream}.jpg?token={self.live_expired}")[1] == "auth.expired")


def callers(gateway, tokens):
    """name -> (Authorization headers, ?token=, what it may: "nothing", "live", a role; or the status that it gets everywhere)"""
    def basic(token):
        return "Basic " + base64.b64encode(f"admin:{token}".encode()).decode()

    admin, api_admin = gateway.token, tokens.made["admin"]["token"]
    good = {role: ([f"Bearer {tokens.made[role]['token']}"], None, role) for role in ROLES}
    return {
        "nobody": ([], None, "nothing"),
        "garbage": (["Bearer " + "wrong" * 8], None, "nothing"),
        "an empty token": (["Bearer "], None, "nothing"),
        "an expired token": ([f"Bearer {tokens.expired}"], None, "nothing"),
        "a removed token": ([f"Bearer {tokens.removed}"], None, "nothing"),
        "a live token as Bearer": ([f"Bearer {tokens.live}"], None, "nothing"),
        "the administrator's in Basic": ([basic(admin)], None, "nothing"),
        "an API token in Basic": ([basic(api_admin)], None, "nothing"),
        "the administrator's without a scheme": ([admin], None, "nothing"),
        "the administrator's in the address": ([], admin, "nothing"),
        "an API token in the address": ([], api_admin, "nothing"),
        "garbage in the address": ([], "v1.x.y", "nothing"),
        "an expired live token": ([], tokens.live_expired, "nothing"),
        "a revoked live token": ([], tokens.live_revoked, "nothing"),
        "a live token of a removed token": ([], tokens.live_of_removed, "nothing"),
        "a live token of another stream": ([], tokens.live_other, "another stream"),
        "a live token": ([], tokens.live, "live"),
        "two tokens": ([f"Bearer {admin}", "Bearer wrong"], None, 400),
        "the same twice": ([f"Bearer {admin}", f"Bearer {admin}"], None, 400),
        **good,
        "the administrator": ([f"Bearer {admin}"], None, "admin"),
        "a scheme in lower case": ([f"bearer {api_admin}"], None, "admin"),
    }


def expected(role, may):
    """-> "in", or the status"""
    if isinstance(may, int):
        return may
    if role == "open":
        return "in"
    if role == "live":
        return {"nothing": 401, "another stream": 403}.get(may, "in")
    if may not in ROLES:
        return 401
    return "in" if ROLES.index(may) >= ROLES.index(role) else 403


def test_every_operation_does_what_its_role_says(gateway):
    gateway.add(id="gate-7", address="127.9.9.9", http_port=9)
    gateway.add(id="gate-8", address="127.9.9.8", http_port=9)
    tokens = Tokens(gateway, "gate-7/1/main", "gate-8/1/main")
    cells = [(method, path, role, name, caller, expected(role, caller[2]))
             for method, path, role in operations() for name, caller in callers(gateway, tokens).items()]
    assert len(cells) > 20 * 20

    def run(cell):
        method, path, role, name, (authorization, token, _), want = cell
        target = filled(path) + (f"?token={token}" if token else "")
        status, code = ask(gateway, method, target, authorization, b"{}" if method in ("POST", "PUT", "PATCH") else None)
        # A pace that has nothing to do with who asks was met inside.
        refused = code.startswith("auth.") or (status in (401, 429) and code != "discovery.too_soon")
        got = status if refused else "in"
        if want == 400:
            got = status
        return [] if got == want else [f"{method} {path} ({role}) with {name}: {status} {code}, wanted {want}"]

    def state():
        return ([d["id"] for d in gateway.get("/api/v1/devices")["items"]], gateway.get("/api/v1/tokens")["items"],
                gateway.get("/api/v1/live-tokens")["items"], [d["revision"] for d in gateway.get("/api/v1/devices")["items"]])

    gateway.get("/api/v1/tokens")
    before = state()
    wrong = [line for cell in cells if cell[5] != "in" for line in run(cell)]
    after = state()
    for items in (before[1], after[1]):
        for item in items:
            item["last_used_at"] = None
    assert not wrong, "\n".join(wrong)
    assert after == before, "who was refused has changed something"
    # The changes last: each of these does what it says. (The devices may be gone then, which is nobody's business here.)
    let_in = sorted((cell for cell in cells if cell[5] == "in"), key=lambda cell: cell[0] != "GET")
    wrong = [line for cell in let_in for line in run(cell)]
    assert not wrong, "\n".join(wrong)
    assert gateway.child.poll() is None


def test_each_operation_says_its_role():
    allowed = {"open", "live", *ROLES}
    for method, path, role in operations():
        assert role in allowed, (method, path, role)
        if method != "GET":
            # POST /live-tokens makes nothing that its maker may not see.
            assert role in ("operator", "admin") or path == "/api/v1/live-tokens", (method, path, role)


class Rtsp:
    """A conversation from an address of its own."""

    def __init__(self, gateway):
        host, port = gateway.rtsp.rsplit(":", 1)
        self.link = socket.create_connection((host, int(port)), timeout=30, source_address=(next(SOURCES), 0))
        self.file = self.link.makefile("rb")
        self.base = f"rtsp://{gateway.rtsp}/live/"
        self.cseq = 0
        self.session = None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.file.close()
        self.link.close()

    def ask(self, method, target, *headers):
        self.cseq += 1
        lines = [f"{method} {self.base}{target} RTSP/1.0", f"CSeq: {self.cseq}", *headers]
        if self.session:
            lines.append(f"Session: {self.session}")
        self.link.sendall(("\r\n".join(lines) + "\r\n\r\n").encode())
        while True:  # frames of a picture may come between
            first = self.file.read(1)
            if first != b"$":
                break
            head = self.file.read(3)
            self.file.read(int.from_bytes(head[1:3], "big"))
        status = int((first + self.file.readline()).split()[1])
        length = 0
        while line := self.file.readline().strip():
            name, _, value = line.partition(b":")
            if name.lower() == b"content-length":
                length = int(value)
            elif name.lower() == b"session":
                self.session = value.strip().split(b";")[0].decode()
        self.file.read(length)
        return status

    def ended(self):
        try:
            while self.link.recv(65536):
                pass
        except OSError:
            pass
        return True


def test_every_method_of_rtsp_does_what_the_token_says(gateway, simulate):
    camera = simulate(1).specs[0]
    gateway.add(**camera)
    gateway.add(id="gate-8", address="127.9.9.8", http_port=9)
    gateway.wait_online(1)
    stream = camera["id"] + "/1/main"
    tokens = Tokens(gateway, stream, "gate-8/1/main")

    def basic(token, user="live"):
        return "Authorization: Basic " + base64.b64encode(f"{user}:{token}".encode()).decode()

    admin, viewer = gateway.token, tokens.made["viewer"]["token"]
    refused = {"nobody": ([], ""), "garbage": ([basic("wrong")], ""), "expired": ([basic(tokens.live_expired)], ""),
               "revoked": ([basic(tokens.live_revoked)], ""), "of a removed token": ([basic(tokens.live_of_removed)], ""),
               "the administrator's": ([basic(admin)], ""), "an API token": ([basic(viewer)], ""),
               "the administrator's as Bearer": ([f"Authorization: Bearer {admin}"], ""),
               "an API token as Bearer": ([f"Authorization: Bearer {viewer}"], ""),
               "a live token as Bearer": ([f"Authorization: Bearer {tokens.live}"], ""),
               "the administrator's in the address": ([], f"?token={admin}"),
               "as user name": ([basic("", tokens.live)], "")}
    wrong = []
    for name, (headers, query) in refused.items():
        for method in ("DESCRIBE", "SETUP"):
            with Rtsp(gateway) as rtsp:
                status = rtsp.ask(method, stream + query, *headers, "Transport: RTP/AVP/TCP;unicast;interleaved=0-1")
                if status != 401:
                    wrong.append((method, name, status))
                # ... nor by going on as if it had been let in
                if (status := rtsp.ask("PLAY", stream + query, *headers)) not in (454, 455):
                    wrong.append(("PLAY", name, status))
    for method in ("DESCRIBE", "SETUP"):
        with Rtsp(gateway) as rtsp:
            if (status := rtsp.ask(method, stream, basic(tokens.live_other))) != 403:
                wrong.append((method, "another stream", status))
            if (status := rtsp.ask(method, "none-such/1/main", basic(tokens.live_other))) != 403:
                wrong.append((method, "no stream at all", status))
    for method, answer in {"PLAY": 455, "PAUSE": 455, "TEARDOWN": 455, "ANNOUNCE": 405, "RECORD": 405}.items():
        for headers in ([], [basic(tokens.live)]):
            with Rtsp(gateway) as rtsp:
                if (status := rtsp.ask(method, stream, *headers)) != answer:
                    wrong.append((method, "before SETUP", status))
    # These say nothing of any stream, whether there is one or not.
    for method in ("OPTIONS", "GET_PARAMETER", "SET_PARAMETER"):
        for target in (stream, "none-such/1/main"):
            with Rtsp(gateway) as rtsp:
                if (status := rtsp.ask(method, target)) != 200:
                    wrong.append((method, target, status))
    assert not wrong, "\n".join(map(str, wrong))
    with Rtsp(gateway) as rtsp:
        assert rtsp.ask("DESCRIBE", stream, basic(tokens.live), basic(tokens.live)) == 400

    for headers, query in (([basic(tokens.live)], ""), ([], f"?token={tokens.live}")):
        with Rtsp(gateway) as rtsp:
            assert rtsp.ask("DESCRIBE", stream + query, *headers) == 200
            assert rtsp.ask("SETUP", stream + "/trackID=0" + query, *headers, "Transport: RTP/AVP/TCP;unicast;interleaved=0-1") == 200
            assert rtsp.ask("PLAY", stream + query, *headers) == 200
            assert rtsp.ask("GET_PARAMETER", stream + query) == 200
            assert rtsp.ask("PLAY", "gate-8/1/main", *headers) in (454, 455), "a session is for one stream"


def test_who_watches_is_cut_off_when_the_token_is_taken_back(gateway, simulate):
    camera = simulate(1).specs[0]
    gateway.add(**camera)
    gateway.wait_online(1)
    stream = camera["id"] + "/1/main"
    viewer = make_token(gateway, "viewer")
    live = gateway.call("POST", "/api/v1/live-tokens", {"stream": stream}, token=viewer["token"])[2]["token"]
    host, port = gateway.http.rsplit(":", 1)
    # One with the token itself, one with what was handed on, one that hears of events, one over RTSP.
    mp4 = http.client.HTTPConnection(host, int(port), timeout=30)
    mp4.request("GET", f"/live/{stream}.mp4", headers={"Authorization": f"Bearer {viewer['token']}"})
    handed = http.client.HTTPConnection(host, int(port), timeout=30)
    handed.request("GET", f"/live/{stream}.mp4?token={live}")
    links = [mp4, handed]
    if "/api/v1/stream" in SPEC["paths"]:
        links.append(http.client.HTTPConnection(host, int(port), timeout=30))
        links[-1].request("GET", "/api/v1/stream?from=oldest", headers={"Authorization": f"Bearer {viewer['token']}"})
    watching = [link.getresponse() for link in links]
    assert all(answer.status == 200 for answer in watching)
    for answer in watching:
        assert answer.read(10)
    with Rtsp(gateway) as rtsp:
        basic = "Authorization: Basic " + base64.b64encode(f"live:{live}".encode()).decode()
        assert rtsp.ask("DESCRIBE", stream, basic) == 200
        assert rtsp.ask("SETUP", stream + "/trackID=0", "Transport: RTP/AVP/TCP;unicast;interleaved=0-1") == 200
        assert rtsp.ask("PLAY", stream) == 200
        assert gateway.call("DELETE", f"/api/v1/tokens/{viewer['id']}")[0] == 204
        for answer in watching:
            with pytest.raises((http.client.IncompleteRead, ConnectionError)):
                while answer.read(65536):
                    pass
                raise ConnectionError  # until close is an end too
        assert rtsp.ended()
    assert gateway.metrics().get("camfleet_api_answers_total{class=\"2xx\"}", 0) > 0


def test_tokens_are_made_listed_removed_and_survive_a_restart(tmp_path, started):
    gateway = harness.Gateway(tmp_path / "data")
    started.append(gateway)
    for body in ({}, {"name": "a"}, {"role": "viewer"}, {"name": "", "role": "viewer"}, {"name": "a", "role": "root"},
                 {"name": "a" * 65, "role": "viewer"}, {"name": "a", "role": "viewer", "ttl_s": 0}, {"name": 1, "role": "viewer"},
                 {"name": "a", "role": "viewer", "ttl_s": 2**62}, {"name": "a", "role": "viewer", "ttl_s": -(2**62)},
                 {"name": "a", "role": "viewer", "more": 1}, {"name": "a\n", "role": "viewer"}):
        assert gateway.call("POST", "/api/v1/tokens", body)[0] == 400, body
    name = "<img onerror=x> =cmd() 门卫"
    status, headers, made = gateway.call("POST", "/api/v1/tokens", {"name": name, "role": "operator", "ttl_s": 3600})
    assert status == 201 and headers["Cache-Control"] == "no-store"
    assert made["name"] == name and made["expires_at"] and made["last_used_at"] is None
    assert gateway.call("GET", "/api/v1/whoami", token=made["token"])[2] == {
        "role": "operator", "id": made["id"], "name": name, "expires_at": made["expires_at"], "scope": None}
    assert gateway.get("/api/v1/whoami") == {"role": "admin", "id": "", "name": "administrator", "expires_at": None, "scope": None}
    listed = gateway.get("/api/v1/tokens")["items"]
    assert [t["id"] for t in listed] == [made["id"]] and listed[0]["last_used_at"] and "token" not in listed[0]
    # On disk before it was answered, and never in words.
    gateway.stop(how=harness.signal.SIGKILL)
    assert made["token"][4:68] not in (tmp_path / "data" / "api-tokens").read_text(encoding="utf-8")
    assert made["token"] not in gateway.text
    gateway = harness.Gateway(tmp_path / "data")
    started.append(gateway)
    assert gateway.call("GET", "/api/v1/whoami", token=made["token"])[0] == 200
    assert gateway.call("DELETE", f"/api/v1/tokens/{made['id']}")[0] == 204
    assert gateway.call("DELETE", f"/api/v1/tokens/{made['id']}")[0] == 404
    assert gateway.call("GET", "/api/v1/whoami", token=made["token"])[0] == 401
    lines = harness.wait_for("a line for each", lambda: (found := [l for l in gateway.lines if '"audit"' in l])[1:] and found)
    audit = [json.loads(line) for line in lines]
    assert [(a["operation"], a["subject"], a["result"]) for a in audit] == [
        ("removeToken", made["id"], "ok"), ("removeToken", made["id"], "api.not_found")]


def test_a_change_leaves_an_audit_line_and_no_secret(gateway):
    operator = make_token(gateway, "operator")
    trace = "0af7651916cd43dd8448eb211c80319c"
    status, _, _ = gateway.call("POST", "/api/v1/devices", {"id": "gate-7", "address": "127.9.9.9", "password": "hunter22x"},
                                token=operator["token"], headers={"X-Trace-ID": trace})
    assert status == 201
    assert gateway.call("DELETE", "/api/v1/devices/gate-7", token=make_token(gateway, "viewer")["token"])[0] == 403
    gateway.call("DELETE", "/api/v1/devices/gate-7", token=operator["token"])
    gateway.call("GET", "/api/v1/devices", token=operator["token"])
    lines = harness.wait_for("audit lines", lambda: (
        found := [json.loads(line) for line in gateway.lines if '"audit"' in line]) and len(found) >= 4 and found)
    told = [(a["who"], a["name"], a["role"], a["operation"], a["subject"], a["result"]) for a in lines]
    assert (operator["id"], "a operator", "operator", "addDevice", "gate-7", "ok") in told
    assert (operator["id"], "a operator", "operator", "removeDevice", "gate-7", "ok") in told
    refused = [json.loads(line) for line in gateway.lines if '"auth.refused"' in line]
    assert [(r["method"], r["path"], r["code"]) for r in refused] == [("DELETE", "/api/v1/devices/gate-7", "auth.forbidden")]
    assert next(a for a in lines if a["operation"] == "addDevice")["trace_id"] == trace
    assert not any(a["operation"] == "listDevices" for a in lines)
    assert "hunter22x" not in gateway.text and operator["token"] not in gateway.text
