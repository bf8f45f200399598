"""TLS on both ports, asked by clients that we did not write, and certificates that change while it runs."""
import http.client
import json
import os
import signal
import socket
import ssl
import threading
import time

import pytest

import certificates
import harness


@pytest.fixture(scope="session")
def authority(tmp_path_factory):
    return certificates.Authority(tmp_path_factory.mktemp("authority"))


class SecureGateway(harness.Gateway):
    """Asks by https, and trusts one authority."""

    def __init__(self, data, authority, pair, extra=()):
        super().__init__(data, ("--tls-cert", pair[0], "--tls-key", pair[1], *extra))
        self.trust = ssl.create_default_context(cafile=authority.file)
        self.trust.set_alpn_protocols(["h2", "http/1.1"])
        self.port = int(self.http.rsplit(":", 1)[1])
        self.rtsp_port = int(self.rtsp.rsplit(":", 1)[1])
        self.url = f"https://localhost:{self.port}"

    def connect(self):
        return http.client.HTTPSConnection("localhost", self.port, timeout=30, context=self.trust)

    def call(self, method, path, body=None, token=None, headers=None):
        connection = self.connect()
        try:
            token = self.token if token is None else token
            fields = {"Content-Type": "application/json", **({"Authorization": f"Bearer {token}"} if token else {}), **(headers or {})}
            connection.request(method, path, body if body is None or isinstance(body, bytes) else json.dumps(body), fields)
            answer = connection.getresponse()
            raw = answer.read()
            kind = answer.headers.get("Content-Type", "")
            return answer.status, answer.headers, json.loads(raw) if "json" in kind and raw else raw
        finally:
            connection.close()

    def serial(self):
        with socket.create_connection(("localhost", self.port), 10) as plain, self.trust.wrap_socket(plain, server_hostname="localhost") as tls:
            return tls.getpeercert()["serialNumber"]


@pytest.fixture
def pair(authority, tmp_path):
    made = authority.make("first")
    here = tmp_path / "tls.crt", tmp_path / "tls.key"
    certificates.install(made, here)
    return here


@pytest.fixture
def secure(started, tmp_path, authority, pair):
    running = SecureGateway(tmp_path / "data", authority, pair)
    started.append(running)
    return running


def curl(*args, check=True):
    return harness.run(["curl", "-sS", "--max-time", "20", *args], check=check)


def test_curl_trusts_it_and_gets_http_1_1(secure, authority):
    done = curl("--cacert", authority.file, "-o", "/dev/null", "-w", "%{http_code} %{http_version} %{ssl_verify_result}",
                f"{secure.url}/healthz")
    assert done.stdout == b"200 1.1 0"
    refused = curl(f"{secure.url}/healthz", check=False)
    assert refused.returncode == 60, "an authority that curl does not know"
    assert curl("--cacert", authority.file, f"https://127.0.0.1:{secure.port}/healthz").returncode == 0, "by address too"
    assert '"tls":true' in secure.text


def test_the_command_line_verifies_the_gateway(secure, authority, tmp_path):
    def ask(*args):
        return harness.run([harness.BIN / "camfleet", "fleet", "--url", secure.url, *args], check=False,
                           env={**os.environ, "CAMFLEET_TOKEN": secure.token})

    assert ask("--ca", authority.file).returncode == 0
    refused = ask()
    assert refused.returncode != 0 and b"certificate" in refused.stderr, refused


def test_a_large_answer_and_a_large_body_pass(secure):
    for i in range(60):
        secure.add(id=f"cam-{i}", address=f"127.9.9.{i + 1}", http_port=9, username="admin", password="x", name="n" * 60)
    assert len(secure.get("/api/v1/devices?limit=1000")["items"]) == 60
    rows = "id,address,name\n" + "".join(f"row-{i},127.8.{i // 250}.{i % 250 + 1},{'n' * 100}\n" for i in range(8_000))
    status, _, body = secure.call("POST", "/api/v1/devices/import?dry_run=true&report=errors", rows.encode(),
                                  headers={"Content-Type": "text/csv"})
    assert status == 200 and body["counts"]["add"] == 8_000, body
    # Refused before it is read, but not cut off while the client still sends so little more.
    status, _, body = secure.call("POST", "/api/v1/devices", {"id": "x", "name": "n" * 200_000})
    assert status == 413, body


def test_versions_and_ciphers(secure):
    def s_client(*args):
        done = harness.run(["openssl", "s_client", "-connect", f"localhost:{secure.port}", *args], check=False, input=b"")
        return done.stdout.decode(errors="replace")

    assert "TLSv1.3" in s_client("-tls1_3")
    shown = s_client("-tls1_2")
    assert "ECDHE" in shown and "Compression: NONE" in shown
    for old in ("-tls1", "-tls1_1"):
        assert "Cipher is (NONE)" in s_client(old, "-cipher", "ALL:@SECLEVEL=0")
    for weak in ("AES128-SHA", "ECDHE-ECDSA-AES128-SHA", "NULL", "ADH"):
        assert "Cipher is (NONE)" in s_client("-tls1_2", "-cipher", f"{weak}:@SECLEVEL=0")
    assert "ALPN protocol: http/1.1" in s_client("-alpn", "h2,http/1.1")


def test_sessions_are_resumed(secure, tmp_path):
    kept = tmp_path / "session"
    target = ["openssl", "s_client", "-connect", f"localhost:{secure.port}", "-tls1_2"]
    harness.run([*target, "-sess_out", kept], input=b"")
    assert b"Reused, " in harness.run([*target, "-sess_in", kept], input=b"").stdout


def test_plain_text_is_told_that_this_port_speaks_tls(secure):
    done = curl("-w", "\n%{http_code}", f"http://127.0.0.1:{secure.port}/healthz")
    body, code = done.stdout.rsplit(b"\n", 1)
    assert code == b"400" and json.loads(body)["type"].endswith("tls.plain_text"), body
    with socket.create_connection(("127.0.0.1", secure.rtsp_port), 10) as plain:
        plain.sendall(b"OPTIONS rtsp://h/live/a RTSP/1.0\r\nCSeq: 1\r\n\r\n")
        try:
            assert plain.recv(100) == b""
        except ConnectionResetError:
            pass


def test_insecure_speaks_both_on_one_port(started, tmp_path, authority, pair):
    both = SecureGateway(tmp_path / "data", authority, pair, ("--insecure",))
    started.append(both)
    assert both.call("GET", "/healthz")[0] == 200
    assert curl(f"http://127.0.0.1:{both.port}/healthz").stdout.startswith(b"{")
    with socket.create_connection(("127.0.0.1", both.rtsp_port), 10) as plain:
        plain.sendall(b"OPTIONS rtsp://h/live/a RTSP/1.0\r\nCSeq: 1\r\n\r\n")
        assert plain.recv(100).startswith(b"RTSP/1.0 200")


def test_players_take_rtsps_and_https(secure, simulate, authority):
    simulator = simulate(1)
    secure.add(**simulator.specs[0])
    secure.wait_online(1)
    urls = secure.live(f"{simulator.specs[0]['id']}/1/main")["urls"]
    assert urls["rtsp"].startswith("rtsps://live:") and urls["mp4"].startswith("https://") and urls["ws"].startswith("wss://")
    shown = harness.probe(urls["rtsp"], 2, ("-rtsp_transport", "tcp", "-tls_verify", "0"))
    assert shown["streams"][0]["codec_name"] == "h264" and len(shown["packets"]) >= 25
    shown = harness.probe(urls["rtsp"], 2, ("-rtsp_transport", "tcp", "-tls_verify", "1", "-ca_file", authority.file))
    assert len(shown["packets"]) >= 25
    shown = harness.probe(urls["mp4"], 2, ("-tls_verify", "1", "-ca_file", authority.file))
    assert shown["streams"][0]["width"] == 1280 and len(shown["packets"]) >= 25
    harness.gst_launch("rtspsrc", f"location={urls['rtsp']}", "protocols=tcp", "tls-validation-flags=0", "!", "rtph264depay", "!",
                       "h264parse", "!", "avdec_h264", "!", "identity", "name=seen", "silent=false", "eos-after=50", "!", "fakesink",
                       "sync=false")


def test_wss_carries_a_stream(secure, simulate):
    simulator = simulate(1)
    secure.add(**simulator.specs[0])
    secure.wait_online(1)
    url = secure.live(f"{simulator.specs[0]['id']}/1/sub")["urls"]["ws"]
    path = "/" + url.split("/", 3)[3]
    with socket.create_connection(("localhost", secure.port), 10) as plain, secure.trust.wrap_socket(plain, server_hostname="localhost") as tls:
        tls.settimeout(20)
        tls.sendall(f"GET {path} HTTP/1.1\r\nHost: localhost:{secure.port}\r\nOrigin: https://localhost:{secure.port}\r\n"
                    "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
                    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n".encode())
        got = b""
        while len(got) < 100_000:
            piece = tls.recv(65536)
            assert piece, got[:300]
            got += piece
        assert got.startswith(b"HTTP/1.1 101") and b"moof" in got


def test_a_slow_handshake_blocks_nobody(secure):
    stalled = []
    try:
        for i in range(300):
            one = socket.create_connection(("127.0.0.1", secure.port if i % 2 else secure.rtsp_port), 10)
            if i % 3:
                one.sendall(b"\x16\x03\x01\x02\x00\x01")
            stalled.append(one)
        for _ in range(5):
            assert secure.call("GET", "/healthz")[0] == 200
    finally:
        for one in stalled:
            one.close()


def test_garbage_for_a_handshake_is_survived(secure):
    for hello in (b"\x16\x03\x01" + b"\xff" * 2000, b"\x16" * 70_000, b"\x16", b"\x80\x2e\x01\x03\x01", b"\x16\x03\x01\x00\x00" * 3000):
        with socket.create_connection(("127.0.0.1", secure.port), 10) as one:
            try:
                one.sendall(hello)
                one.shutdown(socket.SHUT_WR)
                while one.recv(4096):
                    pass
            except OSError:
                pass
    assert secure.call("GET", "/healthz")[0] == 200
    assert secure.metrics()['camfleet_tls_handshakes_total{result="failed"}'] >= 2


def test_renewed_certificates_fail_no_request(secure, authority, pair):
    """Renewals under load: every request is answered, kept connections live on, new ones get the new certificate."""
    failures, done, stop = [], [0], threading.Event()

    def ask(kept):
        connection = secure.connect()
        while not stop.is_set():
            try:
                connection.request("GET", "/healthz")
                assert connection.getresponse().read()
                done[0] += 1
                if not kept:
                    connection.close()
            except Exception as error:  # noqa: BLE001 - each is a finding
                failures.append(repr(error))
                connection = secure.connect()
            time.sleep(0.005)
        connection.close()

    threads = [threading.Thread(target=ask, args=(kept,)) for kept in (True, True, False, False)]
    for thread in threads:
        thread.start()
    try:
        seen = {secure.serial()}
        for i in range(4):
            before = secure.serial()
            certificates.install(authority.make(f"renewed-{i}"), pair)
            seen.add(harness.wait_for("the new certificate", lambda before=before: (s := secure.serial()) != before and s))
    finally:
        stop.set()
        for thread in threads:
            thread.join()
    assert len(seen) == 5 and not failures and done[0] > 50, (failures[:5], done)
    assert secure.metrics()["camfleet_tls_reloads_total"] == 4


def test_a_bad_pair_keeps_the_old_certificate_and_is_told(secure, authority, pair):
    before = secure.serial()
    expiry = secure.metrics()["camfleet_tls_certificate_expiry_seconds"]
    assert abs(expiry - time.time() - 86400) < 600
    pair[1].write_text("half of a ke")
    harness.wait_for("the complaint", lambda: secure.metrics()["camfleet_tls_reload_failures_total"] == 1)
    assert secure.serial() == before and "tls.reload_failed" in secure.text
    secure.child.send_signal(signal.SIGHUP)
    harness.wait_for("the reload is refused", lambda: "config.reload_refused" in secure.text)
    certificates.install(authority.make("good"), pair)
    harness.wait_for("the good pair", lambda: secure.serial() != before)


@pytest.mark.parametrize("make, code", [
    (lambda p: p[1].unlink(), "tls.unreadable"),
    (lambda p: p[0].write_text("no pem"), "tls.bad_certificate"),
    (lambda p: p[1].write_text("no pem"), "tls.bad_key"),
    (lambda p: os.chmod(p[1], 0o644), "tls.key_exposed"),
    (lambda p: harness.run(["openssl", "ec", "-in", p[1], "-aes128", "-passout", "pass:secret", "-out", p[1]]), "tls.key_encrypted"),
    (lambda p: harness.run(["openssl", "ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", p[1]]), "tls.key_mismatch"),
])
def test_a_pair_that_cannot_be_used_is_refused_at_the_start(tmp_path, pair, make, code):
    make(pair)
    if pair[1].exists() and code != "tls.key_exposed":
        os.chmod(pair[1], 0o600)
    done = harness.run([harness.BIN / "camfleet", "serve", "--data", tmp_path / "d", "--http", "127.0.0.1:0", "--rtsp", "127.0.0.1:0",
                        "--tls-cert", pair[0], "--tls-key", pair[1]], check=False)
    assert done.returncode == 1 and code in done.stderr.decode(), done.stderr


def test_half_a_pair_is_refused(tmp_path, pair):
    done = harness.run([harness.BIN / "camfleet", "serve", "--data", tmp_path / "d", "--tls-cert", pair[0]], check=False)
    assert done.returncode == 2 and b"tls.cert is given without tls.key" in done.stderr
