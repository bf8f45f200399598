"""The HTTP API as a stranger meets it: who may, what is refused and how."""
import http.client
import json
import re
import socket

import pytest
import yaml

import harness

SPEC = yaml.safe_load((harness.ROOT / "src" / "api" / "openapi.yaml").read_text(encoding="utf-8"))


def operations():
    for path, item in SPEC["paths"].items():
        for method, operation in item.items():
            if method != "parameters":
                yield method.upper(), path, operation.get("security", SPEC["security"])


def filled(path):
    for name, value in {"{id}": "gate-7", "{device}": "gate-7", "{channel}": "1", "{profile}": "main"}.items():
        path = path.replace(name, value)
    return path


def raw(gateway, data, patience=15):
    """Sends bytes, returns all that comes back until the server closes (or nothing more comes)."""
    host, port = gateway.http.rsplit(":", 1)
    with socket.create_connection((host, int(port)), timeout=patience) as link:
        link.sendall(data)
        link.shutdown(socket.SHUT_WR)
        answer = b""
        while chunk := link.recv(65536):
            answer += chunk
    return answer


def test_every_operation_refuses_who_has_no_right(gateway):
    refused = 0
    for method, path, security in operations():
        body = {} if method == "POST" else None
        for token, query in (("", ""), ("wrong" * 8, ""), ("", "?token=v1.x.y"), ("", f"?token={gateway.token}")):
            status, headers, answer = gateway.call(method, filled(path) + query, body, token=token)
            if security == []:
                assert status == 200, (method, path)
                continue
            assert status in (401, 403, 429), (method, path, token, status)
            assert answer["code"].startswith("auth."), answer
            assert headers["Content-Type"] == "application/problem+json"
            refused += 1
    assert refused > 30


def test_the_right_token_works_whatever_others_tried_before(gateway):
    for _ in range(60):
        gateway.call("GET", "/api/v1/fleet", token="wrong")
    assert gateway.call("GET", "/api/v1/fleet", token="wrong")[0] == 429
    assert gateway.call("GET", "/api/v1/fleet")[0] == 200


def test_a_hostile_host_is_refused_and_no_host_is_our_own_address(gateway, simulate):
    camera = simulate(1).specs[0]
    gateway.add(**camera)
    body = json.dumps({"stream": camera["id"] + "/1/main"})
    head = f"Authorization: Bearer {gateway.token}\r\nContent-Length: {len(body)}\r\n\r\n{body}"
    for host in ('evil"><x', "<script>", "a b", "user@evil", "evil/x", "[::1", "a'b"):
        answer = raw(gateway, f"POST /api/v1/live-tokens HTTP/1.1\r\nHost: {host}\r\n{head}".encode())
        assert answer.startswith(b"HTTP/1.1 400 "), (host, answer)
        problem = json.loads(answer.partition(b"\r\n\r\n")[2])
        assert (problem["status"], problem["code"]) == (400, "http.bad_message"), problem
    for version, host, expected in (("1.0", "", gateway.http), ("1.1", "Host:\r\n", gateway.http),
                                    ("1.1", "Host: [::1]:99\r\n", "[::1]:99"), ("1.1", "Host: cams\r\n", "cams")):
        answer = raw(gateway, f"POST /api/v1/live-tokens HTTP/{version}\r\n{host}{head}".encode())
        urls = json.loads(answer.partition(b"\r\n\r\n")[2])["urls"]
        assert urls["mp4"].startswith(f"http://{expected}/live/"), urls
        assert f"@{expected.rsplit(':', 1)[0] if ':' in expected else expected}:" in urls["rtsp"], urls


def behind(started, tmp_path, *settings):
    gateway = harness.Gateway(tmp_path / "data", settings)
    started.append(gateway)
    return gateway


def test_behind_a_proxy_the_addresses_are_those_that_the_operator_gave(started, tmp_path, simulate):
    camera = simulate(1).specs[0]
    gateway = behind(started, tmp_path, "--public-url", "https://cameras.example", "--public-rtsp", "rtsps://[2001:db8::7]:322")
    gateway.add(**camera)
    body = {"stream": camera["id"] + "/1/main"}
    asked = {"Host": "evil.example", "X-Forwarded-Host": "evil.example", "X-Forwarded-Proto": "http", "Forwarded": "host=evil.example"}
    made = gateway.call("POST", "/api/v1/live-tokens", body, headers=asked)[2]
    live = f"/live/{body['stream']}"
    assert made["urls"] == {"rtsp": f"rtsps://live:{made['token']}@[2001:db8::7]:322{live}",
                            "mp4": f"https://cameras.example{live}.mp4?token={made['token']}",
                            "flv": f"https://cameras.example{live}.flv?token={made['token']}",
                            "ts": f"https://cameras.example{live}.ts?token={made['token']}",
                            "jpg": f"https://cameras.example{live}.jpg?token={made['token']}",
                            "ws": f"wss://cameras.example{live}/ws?token={made['token']}",
                            "ws_flv": f"wss://cameras.example{live}/ws?form=flv&token={made['token']}"}


def test_a_public_address_alone_names_the_host_of_rtsp_too(started, tmp_path, simulate):
    camera = simulate(1).specs[0]
    gateway = behind(started, tmp_path, "--public-url", "http://cameras.example:8000")
    gateway.add(**camera)
    urls = gateway.live(camera["id"])["urls"]
    assert f"@cameras.example:{gateway.rtsp.rsplit(':', 1)[1]}/live/" in urls["rtsp"] and urls["rtsp"].startswith("rtsp://")
    assert urls["ws"].startswith("ws://cameras.example:8000/live/")


def test_head_of_a_live_address_has_no_body_and_starts_nothing(gateway, simulate):
    camera = simulate(1).specs[0]
    gateway.add(**camera)
    gateway.wait_online(1)
    for url, kind in ((gateway.live(camera["id"] + "/1/main")["urls"][k], k) for k in ("mp4", "jpg")):
        answer = raw(gateway, f"HEAD {url.split(gateway.http)[1]} HTTP/1.1\r\nHost: {gateway.http}\r\n\r\n".encode())
        assert answer.startswith(b"HTTP/1.1 200 ") and answer.endswith(b"\r\n\r\n"), (kind, answer[:400])
        assert answer.count(b"\r\n\r\n") == 1
    assert gateway.fleet()["streams"] == 0


def test_every_answer_has_the_headers_that_it_should(gateway):
    for path in ("/api/v1/fleet", "/api/v1/none", "/", "/healthz"):
        _, headers, _ = gateway.call("GET", path)
        assert headers["X-Content-Type-Options"] == "nosniff", path
        assert headers["Referrer-Policy"] == "no-referrer", path
        assert "Access-Control-Allow-Origin" not in headers
    page = gateway.call("GET", "/", token="")
    assert page[0] == 200 and b"<html" in page[2]
    assert "script-src 'self'" in page[1]["Content-Security-Policy"] and page[1]["ETag"]
    assert gateway.call("GET", "/", token="", headers={"If-None-Match": page[1]["ETag"]})[0] == 304


def test_errors_are_problems_in_the_readers_language_with_the_callers_trace(gateway):
    trace = "0af7651916cd43dd8448eb211c80319c"
    status, headers, problem = gateway.call("GET", "/api/v1/devices/none", headers={
        "traceparent": f"00-{trace}-b7ad6b7169203331-01", "Accept-Language": "zh-CN,zh;q=0.9"})
    assert (status, problem["code"], problem["status"]) == (404, "device.unknown", 404)
    assert problem["trace_id"] == headers["X-Trace-ID"] == trace
    assert problem["title"] == "设备不存在。"
    assert gateway.call("GET", "/api/v1/devices/none")[2]["title"] == "There is no such device."


def test_add_show_list_remove(gateway):
    made = gateway.add(id="gate-7", address="127.9.9.9", http_port=9, username="admin", password="p", name="<b>Gate</b>")
    assert gateway.device("gate-7")["history"]
    generated = gateway.add(address="127.9.9.10", http_port=9, name="South Gate")
    assert generated["id"]
    page = gateway.get("/api/v1/devices?limit=1")
    assert len(page["items"]) == 1 and page["next"]
    rest = gateway.get(f"/api/v1/devices?limit=1&cursor={page['next']}")
    assert {page["items"][0]["id"], rest["items"][0]["id"]} == {"gate-7", generated["id"]}
    assert rest["next"] is None or gateway.get(f"/api/v1/devices?cursor={rest['next']}")["items"] == []
    assert gateway.call("DELETE", "/api/v1/devices/gate-7")[0] == 204
    assert gateway.call("DELETE", "/api/v1/devices/gate-7")[0] == 404
    assert gateway.fleet()["total"] == 1


@pytest.mark.parametrize("spec, code", [
    ({"address": "10.0.0.7", "id": "UPPER"}, "device.invalid"),
    ({"address": "10.0.0.7", "adress": "x"}, "device.invalid"),
    ({"address": "10.0.0.7", "http_port": 65536}, "device.invalid"),
    ({"address": "10.0.0.7", "driver": "exec"}, "device.no_driver"),
    ({"address": ""}, "device.invalid"),
    ({"address": "10.0.0.7 ; ls"}, "device.invalid"),
    ({"driver": "rtsp", "url": "exec:ls"}, "device.invalid"),
    ({"driver": "rtsp", "url": "file:///etc/passwd"}, "device.invalid"),
    ({"address": "169.254.169.254"}, "net.forbidden_address"),
    ({"address": "8.8.8.8"}, "net.forbidden_address"),
    ({"address": "0.0.0.0"}, "net.forbidden_address"),
    ({"address": "224.0.0.1"}, "net.forbidden_address"),
    ({"address": "::ffff:8.8.8.8"}, "net.forbidden_address"),
    ({"driver": "rtsp", "url": "rtsp://8.8.8.8/x"}, "net.forbidden_address"),
])
def test_a_bad_device_is_refused_with_its_reason(gateway, spec, code):
    status, _, problem = gateway.call("POST", "/api/v1/devices", spec)
    assert status in (400, 403) and problem["code"] == code, problem
    assert gateway.fleet()["total"] == 0


def test_twice_the_same_id_is_a_conflict(gateway):
    gateway.add(id="a", address="127.9.9.9", http_port=9)
    status, _, problem = gateway.call("POST", "/api/v1/devices", {"id": "a", "address": "127.9.9.10"})
    assert (status, problem["code"]) == (409, "device.exists")


def test_names_that_resolve_outside_the_allowed_networks_are_refused_when_connecting(tmp_path, started):
    # Private ranges only: localhost resolves to loopback, which nobody allowed here.
    gateway = harness.Gateway(tmp_path / "data", allow=None)
    started.append(gateway)
    gateway.add(id="a", address="localhost", http_port=1)
    device = gateway.wait_state("a", "backoff")
    assert device["reason"] == "net.forbidden_address", device


@pytest.mark.parametrize("body, status", [
    (b"", 400), (b"{", 400), (b"[]", 400), (b"null", 400), (b"[" * 50_000, 400), (b'{"a":' * 10_000, 400),
    (b'{"address":"' + b"a" * 100_000 + b'"}', 413), (b'\xff\xfe{\x00', 400),
])
def test_a_bad_body_is_refused(gateway, body, status):
    assert gateway.call("POST", "/api/v1/devices", body)[0] == status


def test_a_body_is_measured_before_it_is_read(gateway):
    answer = raw(gateway, b"POST /api/v1/devices HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer " + gateway.token.encode() +
                 b"\r\nContent-Type: application/json\r\nContent-Length: 10737418240\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 413"), answer[:200]


@pytest.mark.parametrize("path", ["/api/v1/../v1/devices", "/api/v1/%2e%2e/devices", "/api/v1/..%2fdevices", "//api/v1/devices",
                                  "/api/v1/devices%00", "/api/v1/devices;x=1", "/API/v1/devices", "/api/v1/devices/",
                                  "/api/v1/%5c", "/api/v1/%252e"])
def test_odd_paths_never_reach_a_route(gateway, path):
    answer = raw(gateway, f"GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: Bearer {gateway.token}\r\n\r\n".encode())
    assert answer.split()[1] in (b"400", b"404"), answer[:200]


@pytest.mark.parametrize("head", [
    b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabcd",
    b"GET / HTTP/1.1\r\nHost: x\r\nX: a\r\n b\r\n\r\n",
    b"GET / HTTP/1.1\nHost: x\n\n",
    b"GET / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: xchunked\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: x\r\nA\x00: b\r\n\r\n",
    b"GET / HTTP/3.0\r\nHost: x\r\n\r\n",
    b"GET http://evil/ HTTP/1.1\r\nHost: x\r\n\r\n",
    b"\x16\x03\x01\x02\x00",
])
def test_what_two_readers_could_read_differently_is_refused(gateway, head):
    answer = raw(gateway, head)
    assert answer[:12] in (b"HTTP/1.1 400", b"HTTP/1.1 501", b"HTTP/1.1 505", b"HTTP/1.1 405") or answer == b"", answer[:200]
    assert answer.count(b"HTTP/1.1 ") <= 1


def test_limits_of_a_head(gateway):
    big = b"GET / HTTP/1.1\r\nHost: x\r\n" + b"X: " + b"a" * 20_000 + b"\r\n\r\n"
    assert raw(gateway, big).split()[1] in (b"400", b"431")
    many = b"GET / HTTP/1.1\r\nHost: x\r\n" + b"".join(b"X%d: a\r\n" % i for i in range(500)) + b"\r\n"
    assert raw(gateway, many).split()[1] in (b"400", b"431")
    long = b"GET /" + b"a" * 5000 + b" HTTP/1.1\r\nHost: x\r\n\r\n"
    assert raw(gateway, long).split()[1] in (b"400", b"414")


def test_pipelined_requests_are_answered_in_order(gateway):
    one = b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"
    two = b"GET /api/v1/fleet HTTP/1.1\r\nHost: x\r\n\r\n"
    answer = raw(gateway, (one + two) * 8)
    assert re.findall(rb"HTTP/1\.1 (\d+)", answer) == [b"200", b"401"] * 8


def test_live_tokens(gateway):
    gateway.add(id="gate-7", address="127.9.9.9", http_port=9)
    for body in ({}, {"stream": "x y"}, {"stream": "gate-7", "ttl_s": 0}, {"stream": "gate-7", "ttl_s": 1e9},
                 {"stream": "gate-7", "more": 1}, {"stream": "none"}):
        assert gateway.call("POST", "/api/v1/live-tokens", body)[0] in (400, 404), body
    token = gateway.live("gate-7/1/sub")
    assert set(token["urls"]) == {"rtsp", "mp4", "flv", "ts", "ws", "ws_flv", "jpg"}
    assert gateway.rtsp.rsplit(":", 1)[1] in token["urls"]["rtsp"]
    # it opens its stream and nothing else (the device is not there, which is then the reason)
    assert gateway.call("GET", f"/live/gate-7/1/sub.mp4?token={token['token']}", token="")[0] in (502, 503, 504)
    for path in ("/live/gate-7/1/main.mp4", "/live/gate-7/2/sub.mp4", "/live/other/1/sub.mp4"):
        status, _, problem = gateway.call("GET", f"{path}?token={token['token']}", token="")
        assert (status, problem["code"]) == (403, "auth.wrong_stream"), path
    for changed in (token["token"][:-1] + ("A" if token["token"][-1] != "A" else "B"), token["token"] + "A", "v1..", "A" * 20_000):
        status = gateway.call("GET", f"/live/gate-7/1/sub.mp4?token={changed}"[:2000], token="")[0]
        assert status in (401, 429)
    assert gateway.call("GET", "/api/v1/fleet", token=token["token"])[0] in (401, 429)
    assert [t["id"] for t in gateway.get("/api/v1/live-tokens")["items"]] == [token["id"]]
    assert gateway.call("DELETE", f"/api/v1/live-tokens/{token['id']}")[0] == 204
    status, _, problem = gateway.call("GET", f"/live/gate-7/1/sub.mp4?token={token['token']}", token="")
    assert status in (401, 429) and problem["code"] in ("auth.revoked", "auth.too_many_failures")


def test_methods_that_a_path_does_not_take(gateway):
    status, headers, problem = gateway.call("DELETE", "/api/v1/devices")
    assert (status, problem["code"]) == (405, "api.method_not_allowed")
    assert headers["Allow"] == "GET, POST"


def test_a_thousand_idle_connections_do_not_keep_the_api_from_answering(gateway):
    host, port = gateway.http.rsplit(":", 1)
    idle = []
    try:
        for _ in range(1000):
            link = socket.create_connection((host, int(port)), timeout=5)
            link.sendall(b"GET / HT")
            idle.append(link)
    except OSError:
        pass  # a quota for one address is as good
    link = http.client.HTTPConnection(host, int(port), timeout=20, source_address=("127.0.0.77", 0))
    link.request("GET", "/api/v1/fleet", headers={"Authorization": f"Bearer {gateway.token}"})
    answer = link.getresponse()
    assert answer.status == 200 and json.load(answer)["total"] == 0
    for one in idle:
        one.close()


def test_metrics_are_for_the_administrator_and_name_no_device(gateway):
    gateway.add(id="gate-7", address="127.9.9.9", http_port=9)
    text = gateway.get("/metrics").decode()
    assert "camfleet_" in text and "gate-7" not in text
    assert 'device="gate-7"' in gateway.get("/metrics/devices").decode()
