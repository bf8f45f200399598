"""What a hostile caller of the HTTP API tries, against the running gateway; each table ends with the gateway well."""
import concurrent.futures
import contextlib
import http.client
import http.server
import json
import re
import socket
import threading

import pytest

import harness


def talk(gateway, data, source=None, patience=30, shut=True):
    """Sends bytes, returns all that comes back until the server closes."""
    host, port = gateway.http.rsplit(":", 1)
    answer = b""
    with socket.create_connection((host, int(port)), timeout=patience, source_address=(source, 0) if source else None) as link:
        with contextlib.suppress(OSError):  # a reset between the two makes shutdown say "not connected"
            link.sendall(data)
            if shut:
                link.shutdown(socket.SHUT_WR)
        with contextlib.suppress(ConnectionError):
            while chunk := link.recv(65536):
                answer += chunk
    return answer


def statuses(answer):
    return [int(s) for s in re.findall(rb"HTTP/1\.1 (\d{3}) ", answer)]


def token_of(gateway, role):
    return gateway.call("POST", "/api/v1/tokens", {"name": role, "role": role})[2]["token"]


def test_no_spelling_of_a_path_leads_past_the_role(gateway):
    viewer = token_of(gateway, "viewer")
    own = f"http://{gateway.http}"
    for path in ("/api/v1/tokens", "/api/v1/%74okens", "/%61pi/v1/tokens", "/api/v1/tokens?role=admin", own + "/api/v1/tokens",
                 "/API/v1/tokens", "/api/V1/tokens", "/api/v1/Tokens", "//api/v1/tokens", "/api//v1/tokens", "/api/v1/tokens/",
                 "/api/v1/tokens.", "/api/v1/tokens%20", "/api/v1/tokens%09", "/api/v1/tokens%00", "/api/v1/tokens%0a",
                 "/api/v1/tokens;jsessionid=1", "/api/v1/tokens%3bx", "/api/v1/tokens#x", "/api/v1/tokens%23x", "/api/v1/tokens%3fx",
                 "/healthz/../api/v1/tokens", "/healthz/..;/api/v1/tokens", "/healthz/..%2fapi/v1/tokens", "/healthz%2f..%2fapi/v1/tokens",
                 "/healthz/%2e%2e/api/v1/tokens", "/healthz/%252e%252e/api/v1/tokens", "/assets/..%5c..%5capi/v1/tokens",
                 "/assets/%c0%ae%c0%ae/api/v1/tokens", "/assets/\xc0\xae", "/./api/v1/tokens", "/api/v1/./tokens", "/api\\v1\\tokens",
                 "//admin", "/admin", "/console", "/.git/config", "/..", "/%2e%2e/%2e%2e/etc/passwd", "/assets/..%2f..%2fadmin.token",
                 "/assets/%2e%2e%2fadmin.token", "/assets/admin.token", "api/v1/tokens", "*", "", "http://evil.example/api/v1/tokens",
                 "https://evil.example/", "file:///etc/passwd", f"http://evil@{gateway.http}/api/v1/tokens", "/api/v1/tokens%u002f",
                 "/api/v1/%", "/api/v1/%zz", "/api/v1/tokens%"):
        for authorization in ("", f"Authorization: Bearer {viewer}\r\n"):
            request = f"GET {path} HTTP/1.1\r\nHost: {gateway.http}\r\nConnection: close\r\n{authorization}\r\n"
            answer = talk(gateway, request.encode("latin-1"))
            got = statuses(answer)
            assert len(got) == 1 and got[0] in ((400, 404, 405, 403) if authorization else (400, 404, 405, 401, 429)), (path, answer[:300])
    for header in ("X-Original-URL: /api/v1/tokens", "X-Rewrite-URL: /api/v1/tokens", "X-HTTP-Method-Override: DELETE",
                   "X-Forwarded-User: admin", "X-Real-IP: 127.0.0.1", "X-Forwarded-Prefix: /api/v1/tokens"):
        answer = talk(gateway, f"GET /healthz HTTP/1.1\r\nHost: x\r\n{header}\r\n\r\n".encode())
        assert statuses(answer) == [200] and b'"status":"ok"' in answer, header


SMUGGLED = b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"


@pytest.mark.parametrize("name, head, body", [
    ("both", b"Content-Length: 4\r\nTransfer-Encoding: chunked\r\n", b"0\r\n\r\n"),
    ("both the other way", b"Transfer-Encoding: chunked\r\nContent-Length: 4\r\n", b"0\r\n\r\n"),
    ("two lengths", b"Content-Length: 0\r\nContent-Length: 35\r\n", b""),
    ("two lengths in one", b"Content-Length: 0, 35\r\n", b""),
    ("a signed length", b"Content-Length: +0\r\n", b""),
    ("a negative length", b"Content-Length: -1\r\n", b""),
    ("a length in hexadecimal", b"Content-Length: 0x0\r\n", b""),
    ("a length past 64 bits", b"Content-Length: 18446744073709551616\r\n", b""),
    ("an empty length", b"Content-Length:\r\n", b""),
    ("xchunked", b"Transfer-Encoding: xchunked\r\n", b"0\r\n\r\n"),
    ("chunked twice", b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", b"0\r\n\r\n"),
    ("chunked and identity", b"Transfer-Encoding: chunked, identity\r\n", b"0\r\n\r\n"),
    ("gzip, chunked", b"Transfer-Encoding: gzip, chunked\r\n", b"0\r\n\r\n"),
    ("a blank before the colon", b"Transfer-Encoding : chunked\r\n", b"0\r\n\r\n"),
    ("a folded coding", b"Transfer-Encoding:\r\n chunked\r\n", b"0\r\n\r\n"),
    ("a coding behind a vertical tab", b"Transfer-Encoding: \x0bchunked\r\n", b"0\r\n\r\n"),
    ("a bare LF", b"X: a\nTransfer-Encoding: chunked\r\n", b"0\r\n\r\n"),
    ("a bare CR", b"X: a\rTransfer-Encoding: chunked\r\n", b"0\r\n\r\n"),
    ("a NUL", b"X: a\x00b\r\n", b""),
    ("a chunk of no number", b"Transfer-Encoding: chunked\r\n", b"x\r\n\r\n"),
    ("a chunk past 64 bits", b"Transfer-Encoding: chunked\r\n", b"10000000000000000\r\n"),
    ("a chunk with a sign", b"Transfer-Encoding: chunked\r\n", b"-1\r\n"),
    ("a chunk with a bare LF", b"Transfer-Encoding: chunked\r\n", b"0\n\n"),
    ("a chunk longer than it says", b"Transfer-Encoding: chunked\r\n", b"1\r\nabc\r\n0\r\n\r\n"),
])
def test_what_hides_a_second_request_is_refused_with_the_first(gateway, name, head, body):
    answer = talk(gateway, b"POST /healthz HTTP/1.1\r\nHost: x\r\n" + head + b"\r\n" + body + SMUGGLED)
    got = statuses(answer)
    assert got and got[0] in (400, 413, 501) and len(got) == 1, (name, answer[:400])
    assert gateway.call("GET", "/healthz", token="")[0] == 200


def test_a_thousand_pipelined_requests_are_answered_in_order(gateway):
    one = b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"
    two = b"GET /none HTTP/1.1\r\nHost: x\r\n\r\n"
    assert statuses(talk(gateway, (one + two) * 500)) == [200, 404] * 500


def test_bodies_are_refused_before_they_cost_anything(gateway):
    bearer = f"Authorization: Bearer {gateway.token}\r\n".encode()
    post = b"POST /api/v1/devices HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
    before = harness.resident_kib(gateway.pid)
    for name, head, body, want in (
            ("10 GB", bearer + b"Content-Length: 10737418240\r\n", b"", 413),
            ("10 GB from nobody", b"Content-Length: 10737418240\r\n", b"", 413),
            ("10 GB with Expect", bearer + b"Content-Length: 10737418240\r\nExpect: 100-continue\r\n", b"", 413),
            ("endless chunks", bearer + b"Transfer-Encoding: chunked\r\n", b"8000\r\n" + b"a" * 32768 + b"\r\n", 413),
            ("a gzip bomb", bearer + b"Content-Encoding: gzip\r\nContent-Length: 20\r\n", b"\x1f\x8b" + b"\0" * 18, 415),
            ("deflate", bearer + b"Content-Encoding: deflate\r\nContent-Length: 2\r\n", b"{}", 415),
            ("JSON of a million levels", bearer + b"Content-Length: 1000000\r\n", b"[" * 1_000_000, 413),
            ("JSON of 60,000 levels", bearer + b"Content-Length: 60000\r\n", b"[" * 60_000, 400),
            ("a GET with a body", None, b"", 413)):
        request = post + head + b"\r\n" if head else b"GET /healthz HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999\r\n\r\n"
        if name == "endless chunks":
            body = body * 64
        answer = talk(gateway, request + body)
        assert statuses(answer)[:1] == [want], (name, answer[:300])
    for kind in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"):
        status, _, problem = gateway.call("POST", "/api/v1/devices", b'{"address":"127.9.9.9"}', headers={"Content-Type": kind})
        assert (status, problem["code"]) == (415, "api.unsupported_type"), kind
    assert gateway.fleet()["total"] == 0
    assert harness.resident_kib(gateway.pid) - before < 32 * 1024


def test_a_million_bytes_of_token_are_refused_at_the_door(gateway):
    long = "a" * 1_000_000
    assert statuses(talk(gateway, f"GET /api/v1/fleet HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {long}\r\n\r\n".encode())) == [431]
    assert statuses(talk(gateway, f"GET /live/a/1/main.mp4?token={long} HTTP/1.1\r\nHost: x\r\n\r\n".encode())) in ([414], [431])
    body = json.dumps({"name": long, "role": "admin"})
    assert gateway.call("POST", "/api/v1/tokens", body.encode())[0] == 413
    host, port = gateway.rtsp.rsplit(":", 1)
    with socket.create_connection((host, int(port)), timeout=30) as link:
        answer = b""
        with contextlib.suppress(ConnectionError):
            link.sendall(f"DESCRIBE rtsp://x/live/a/1/main RTSP/1.0\r\nCSeq: 1\r\nAuthorization: Basic {long}\r\n\r\n".encode())
        with contextlib.suppress(ConnectionError):
            while chunk := link.recv(65536):
                answer += chunk
    assert answer == b"" or answer.startswith(b"RTSP/1.0 400"), answer[:200]


def test_pages_of_other_sites_change_nothing_and_read_nothing(gateway, simulate):
    camera = simulate(1).specs[0]
    gateway.add(**camera)
    gateway.wait_online(1)
    body = {"id": "evil", "address": "127.9.9.9"}
    for headers in ({"Origin": "http://evil.example"}, {"Origin": "null"}, {"Sec-Fetch-Site": "cross-site"},
                    {"Sec-Fetch-Site": "same-site"}, {"Origin": f"http://{gateway.http}.evil.example"}):
        for method, path in (("POST", "/api/v1/devices"), ("DELETE", f"/api/v1/devices/{camera['id']}"), ("POST", "/api/v1/tokens")):
            status, answer, problem = gateway.call(method, path, body if method == "POST" else None, headers=headers)
            assert (status, problem["code"]) == (403, "auth.cross_site"), (headers, method, path, status)
            assert not [h for h in answer if h.lower().startswith("access-control")]
    preflight = talk(gateway, b"OPTIONS /api/v1/devices HTTP/1.1\r\nHost: x\r\nOrigin: http://evil.example\r\n"
                              b"Access-Control-Request-Method: POST\r\nAccess-Control-Request-Headers: authorization\r\n\r\n")
    assert statuses(preflight) == [405] and b"access-control" not in preflight.lower()
    for headers in ({"Origin": f"http://{gateway.http}"}, {"Sec-Fetch-Site": "same-origin", "Origin": "https://behind.a.proxy"}):
        assert gateway.call("POST", "/api/v1/live-tokens", {"stream": camera["id"]}, headers=headers)[0] == 201, headers
    token = gateway.live(camera["id"] + "/1/main")["token"]
    for origin, want in (("http://evil.example", 403), ("null", 403), (f"http://{gateway.http}", 101), ("", 101)):
        line = f"Origin: {origin}\r\n" if origin else ""
        answer = talk(gateway, (
            f"GET /live/{camera['id']}/1/main/ws?token={token} HTTP/1.1\r\nHost: {gateway.http}\r\n{line}Connection: Upgrade\r\n"
            "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n").encode())
        assert statuses(answer)[0] == want, (origin, answer[:200])
    # Who is nobody is told that, not which site is ours.
    status, _, problem = gateway.call("GET", "/api/v1/devices", token="", headers={"Origin": "http://evil.example"})
    assert (status, problem["code"]) == (401, "auth.missing")


TEXTS = ["<img src=x onerror=alert(1)>", '"><svg onload=alert(1)>', "javascript:alert(1)", "=cmd|' /C calc'!A0", "+1+1", "-1", "@SUM(A1)",
         "‮gpj.exe", "'; DROP TABLE devices; --", "${jndi:ldap://x}", "{{7*7}}", "%s%n", "\u2028", "😀" * 20]


def test_hostile_texts_pass_as_text(gateway):
    for i, text in enumerate(TEXTS):
        gateway.add(id=f"d{i}", address=f"127.9.8.{i + 1}", name=text, tags=[], enabled=False)
        status, headers, device = gateway.call("GET", f"/api/v1/devices/d{i}")
        assert status == 200 and device["name"] == text
        assert headers["Content-Type"] == "application/json" and headers["X-Content-Type-Options"] == "nosniff"
    page, headers, _ = gateway.call("GET", "/", token="")
    assert page == 200 and "unsafe-inline" not in headers["Content-Security-Policy"].split("script-src")[1].split(";")[0]
    # A path comes back in a problem, as JSON.
    status, headers, problem = gateway.call("GET", "/api/v1/devices/%3Cscript%3Ealert(1)%3C", token=None)
    assert status == 404 and headers["Content-Type"] == "application/problem+json"


def test_hostile_queries_are_refused_or_find_nothing(gateway):
    for i in range(5):
        gateway.add(id=f"d{i}", address=f"127.9.8.{i + 1}", enabled=False)
    bad = ["'", "' OR 1=1 --", "%", "%%%%%%", "_", "(a+)+$", "[", "\\", "*", "a" * 900, "\u0130", "-1", "1e9", "0x10", "999999999999999999999", "NaN",
           "id;drop table devices", "../../etc/passwd", "${x}", "null", "[]", "1 UNION SELECT sealed_password FROM devices"]
    for name in ("limit", "cursor", "state", "tag", "q", "text", "sort", "order", "driver", "reason", "id"):
        for text in bad:
            query = f"{name}={harness.urllib.request.quote(text)}"
            status, _, body = gateway.call("GET", f"/api/v1/devices?{query}")
            assert status in (200, 400), (query, status, body)
            if status == 200:
                assert len(body["items"]) <= 5
    for limit in ("0", "-1", "1001", "1e3", "", "1;2", "%00"):
        assert gateway.call("GET", f"/api/v1/devices?limit={limit}")[0] == 400, limit
    assert gateway.fleet()["total"] == 5


FORBIDDEN = ["127.0.0.1", "127.1.2.3", "::1", "[::1]", "0.0.0.0", "0", "::", "169.254.169.254", "fe80::1", "0x7f.1", "0x7f000001",
             "2130706433", "0177.0.0.1", "127.1", "127.0.1", "::ffff:127.0.0.1", "::ffff:7f00:1", "::127.0.0.1", "64:ff9b::7f00:1", "2002:7f00:1::",
             "fd00:ec2::254", "::ffff:169.254.169.254", "0xA9FEA9FE", "2852039166", "255.255.255.255", "224.0.0.1", "ff02::1", "8.8.8.8",
             "100.64.0.1", "192.0.0.192", "198.18.0.1", "2001:4860:4860::8888", "1.1.1.1", "127。0。0。1", "①②⑦.⓪.⓪.①"]


def test_no_spelling_of_an_address_leads_outside_the_allowed_networks(tmp_path, started):
    gateway = harness.Gateway(tmp_path / "data", allow=None)  # the private ranges
    started.append(gateway)
    with socket.socket() as canary:
        canary.bind(("127.0.0.1", 0))
        canary.listen()
        port = canary.getsockname()[1]
        later = []
        for i, address in enumerate([*FORBIDDEN, "localhost", "localhost.", "ip6-localhost"]):
            status, _, answer = gateway.call("POST", "/api/v1/devices", {"id": f"d{i}", "address": address, "http_port": port})
            if status == 201:
                later.append((address, f"d{i}"))
            else:
                assert answer["code"] in ("net.forbidden_address", "device.invalid"), (address, answer)
        for address, device in later:
            assert address.lower().startswith(("localhost", "ip6")), address
            seen = harness.wait_for(f"{address} judged", lambda d=device: (s := gateway.device(d))["state"] == "backoff" and s)
            assert seen["reason"] in ("net.forbidden_address", "net.resolve"), seen
        for url in ("gopher://10.0.0.1/x", "http://10.0.0.1/", "unix:/run/x.sock", "rtsp:///x", "rtsp://127.0.0.1/x", "rtsp://[::1]/x",
                    "rtsp://0x7f.1/x", "rtsp://10.0.0.1@127.0.0.1/x", "rtsp://169.254.169.254/latest/meta-data/", "rtsp://10.0.0.1\\@127.0.0.1/x",
                    "rtsp://10.0.0.1:99999/x", "rtsp://10.0.0.1\r\nX: y/", "exec:ls", "//10.0.0.1/x"):
            status, _, answer = gateway.call("POST", "/api/v1/devices", {"driver": "rtsp", "url": url})
            assert status in (400, 403) and answer["code"] in ("net.forbidden_address", "device.invalid", "url.invalid"), (url, answer)
        canary.setblocking(False)
        with pytest.raises(BlockingIOError):
            canary.accept()


def test_our_own_ports_are_no_devices(gateway):
    http_port, rtsp_port = (int(where.rsplit(":", 1)[1]) for where in (gateway.http, gateway.rtsp))
    for i, spec in enumerate(({"address": "127.0.0.1", "http_port": http_port},
                              {"driver": "rtsp", "url": f"rtsp://127.0.0.1:{rtsp_port}/live/a/1/main"},
                              {"driver": "rtsp", "url": f"rtsp://127.0.0.1:{http_port}/x"})):
        status, _, answer = gateway.call("POST", "/api/v1/devices", {"id": f"d{i}", **spec})
        if status == 201:
            seen = gateway.wait_state(f"d{i}", "backoff")
            assert seen["reason"] == "net.forbidden_address", seen
        else:
            assert answer["code"] == "net.forbidden_address", answer


def test_a_cameras_redirect_is_not_followed(gateway):
    visits = []

    class Canary(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            visits.append(self.path)
            self.send_error(404)

        def log_message(self, *_):
            pass

    canary = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Canary)

    class Camera(Canary):
        asked = threading.Event()

        def do_GET(self):
            Camera.asked.set()
            self.send_response(302)
            self.send_header("Location", f"http://127.0.0.1:{canary.server_port}/latest/meta-data/")
            self.send_header("Content-Length", "0")
            self.end_headers()

    camera = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Camera)
    for server in (canary, camera):
        threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        gateway.add(id="a", address="127.0.0.1", http_port=camera.server_port, username="admin", password="x")
        assert Camera.asked.wait(harness.PATIENCE)
        seen = gateway.wait_state("a", "backoff")
        assert seen["reason"].startswith(("device.", "http.")), seen
        assert visits == []
    finally:
        for server in (canary, camera):
            server.shutdown()
            server.server_close()


def test_a_forged_forwarded_for_neither_helps_nor_hurts(gateway):
    seen = [gateway.call("GET", "/api/v1/fleet", token="wrong", headers={
        "X-Forwarded-For": f"10.1.1.{i}", "Forwarded": f"for=10.1.1.{i}", "X-Real-IP": f"10.1.1.{i}"})[0] for i in range(60)]
    assert seen[-1] == 429, "each guess from another forged address is still a guess from here"
    for _ in range(60):
        gateway.call("GET", "/api/v1/fleet", token="wrong", headers={"X-Forwarded-For": "127.0.0.9"})
    answer = talk(gateway, b"GET /api/v1/fleet HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", source="127.0.0.9")
    assert statuses(answer) == [401], "the address that was named is not punished"


def test_behind_a_trusted_proxy_the_caller_counts_and_not_what_he_says(started, tmp_path):
    gateway = harness.Gateway(tmp_path / "data", extra=["--trusted-proxies", "127.0.0.2/32", "--trusted-proxies", "127.0.3.0/24"])
    started.append(gateway)

    def guess(source, *lines, token="wrong"):
        forwarded = "".join(f"X-Forwarded-For: {line}\r\n" for line in lines)
        return statuses(talk(gateway, f"GET /api/v1/fleet HTTP/1.1\r\nHost: x\r\nConnection: close\r\n{forwarded}"
                             f"Authorization: Bearer {token}\r\n\r\n".encode(), source=source))[0]

    # One who forges what stands before him, through one proxy and through two: he is told apart all the same.
    seen = [guess("127.0.0.2", f"192.0.2.{n}, 198.51.100.1") if n % 2 else
            guess("127.0.0.2", f"192.0.2.{n}", "198.51.100.1, 127.0.3.9") for n in range(40)]
    assert seen[0] == 401 and seen[-1] == 429
    assert guess("127.0.0.2", "198.51.100.2") == 401, "another caller through the same proxy"
    assert guess("127.0.0.4", "198.51.100.1") == 401, "an address that is no proxy speaks for itself alone"
    assert guess("127.0.0.2", "198.51.100.1", token=gateway.token) == 200, "a right token always passes"
    status, _, _ = gateway.call("DELETE", "/api/v1/devices/none", headers={"X-Forwarded-For": "203.0.113.5"})
    assert status == 404
    audit = harness.wait_for("an audit line", lambda: [json.loads(line) for line in gateway.lines if '"audit"' in line])
    assert audit[-1]["remote"] == "127.0.0.1", "we are no proxy"
    talk(gateway, f"DELETE /api/v1/devices/none HTTP/1.1\r\nHost: x\r\nConnection: close\r\nX-Forwarded-For: 203.0.113.5\r\n"
         f"Authorization: Bearer {gateway.token}\r\n\r\n".encode(), source="127.0.3.7")
    harness.wait_for("the caller in the audit line", lambda: any(
        json.loads(line)["remote"] == "203.0.113.5" for line in gateway.lines if '"audit"' in line))


def test_a_storm_of_guesses_locks_out_nobody_and_fills_nothing(gateway):
    before = harness.resident_kib(gateway.pid)
    answers = []

    def storm(n):
        link = http.client.HTTPConnection(*gateway.http.rsplit(":", 1), timeout=30, source_address=(f"127.40.0.{n + 1}", 0))
        for i in range(150):
            link.request("GET", "/api/v1/fleet", headers={"Authorization": f"Bearer cft_{i:072x}"})
            answer = link.getresponse()
            answer.read()
            answers.append((answer.status, answer.headers.get("Retry-After")))
        link.close()

    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        running = [pool.submit(storm, n) for n in range(8)]
        while not all(one.done() for one in running):
            assert gateway.call("GET", "/api/v1/fleet")[0] == 200, "who knows is let in meanwhile"
        for one in running:
            one.result()
    slowed = [after for status, after in answers if status == 429]
    assert len(slowed) > 8 * 100 and all(int(after) >= 1 for after in slowed)
    assert sum(status == 401 for status, _ in answers) < 8 * 50
    assert harness.resident_kib(gateway.pid) - before < 32 * 1024
    assert len([line for line in gateway.lines if "auth.refused" in line]) < 8 * 50, "the log is not theirs to fill"


def test_two_thousand_idle_and_slow_connections_leave_devices_and_api_alone(gateway, simulate):
    simulator = simulate(8)
    for camera in simulator.specs:
        gateway.add(**camera)
    gateway.wait_online(8)
    host, port = gateway.http.rsplit(":", 1)
    held = []
    try:
        for i in range(2000):
            link = socket.create_connection((host, int(port)), timeout=10, source_address=(f"127.50.0.{i % 200 + 1}", 0))
            kind = i % 4
            link.sendall([b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n",                           # answered, then idle
                          b"GET /healthz HTTP/1.1\r\nHost: x\r\nX-Slow",                         # half a head
                          b"POST /api/v1/devices HTTP/1.1\r\nHost: x\r\nContent-Length: 9000\r\n\r\n{",  # a slow body
                          b"GET / HTTP/1.1\r\nHost: x\r\n\r\n" * 20][kind])                      # answers that nobody reads
            held.append(link)
        for _ in range(20):
            assert gateway.call("GET", "/api/v1/devices")[0] == 200
        assert gateway.fleet()["states"]["online"] == 8
        # The slow ones are told or dropped in time, without our doing anything.
        for link in held[1:40:4]:
            link.settimeout(harness.PATIENCE)
            assert statuses(link.recv(65536))[0] == 408
        for link in held[2:40:4]:
            link.settimeout(harness.PATIENCE)
            assert statuses(link.recv(65536))[0] in (401, 408)
        assert gateway.fleet()["states"]["online"] == 8
    finally:
        for link in held:
            link.close()
    assert not [line for line in gateway.lines if '"device.offline"' in line or '"device.lost"' in line]


def test_a_flood_of_reconnects_is_borne(gateway, simulate):
    simulator = simulate(1)
    camera = simulator.specs[0]
    gateway.add(**camera)
    gateway.wait_online(1)
    path = f"/api/v1/devices/{camera['id']}/reconnect"
    for _ in range(200):
        assert gateway.call("POST", path)[0] in (202, 409, 429, 503)
    assert gateway.wait_online(1)
    assert gateway.device(camera["id"])["state"] == "online"
