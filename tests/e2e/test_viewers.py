"""RTSP clients that break the rules: each gets a clear answer, nobody else notices."""
import base64
import socket
import time

import pytest

import harness


class Client:
    def __init__(self, gateway, source="127.0.0.1"):
        host, port = gateway.rtsp.rsplit(":", 1)
        self.link = socket.create_connection((host, int(port)), timeout=20, source_address=(source, 0))
        self.file = self.link.makefile("rb")
        self.cseq = 0
        self.session = None

    def send(self, method, url, headers=(), body=b""):
        self.cseq += 1
        head = f"{method} {url} RTSP/1.0\r\nCSeq: {self.cseq}\r\n" + "".join(f"{k}: {v}\r\n" for k, v in headers)
        self.link.sendall(head.encode() + b"\r\n" + body)

    def answer(self):
        """-> (status, headers, body), past interleaved packets; None at the end."""
        while True:
            first = self.file.read(1)
            if first == b"":
                return None
            if first == b"$":
                self.file.read(int.from_bytes(self.file.read(3)[1:], "big"))
                continue
            break
        status = int((first + self.file.readline()).split()[1])
        headers = {}
        while line := self.file.readline().strip():
            name, value = line.decode().split(":", 1)
            headers[name.lower()] = value.strip()
        return status, headers, self.file.read(int(headers.get("content-length", 0)))

    def ask(self, *args, **kwargs):
        self.send(*args, **kwargs)
        return self.answer()

    def close(self):
        self.file.close()
        self.link.close()


@pytest.fixture
def watch(gateway, simulate):
    simulator = simulate(1)
    gateway.add(**simulator.specs[0])
    gateway.wait_online(1)
    stream = simulator.specs[0]["id"] + "/1/sub"
    token = gateway.live(stream)
    gateway.stream_url = f"rtsp://{gateway.rtsp}/live/{stream}"
    gateway.basic = ("Authorization", "Basic " + base64.b64encode(f"live:{token['token']}".encode()).decode())
    gateway.live_token = token
    return gateway


TCP = ("Transport", "RTP/AVP/TCP;unicast;interleaved=0-1")


def play(watch, client):
    status, headers, sdp = client.ask("DESCRIBE", watch.stream_url, [watch.basic])
    assert status == 200 and b"m=video" in sdp
    base = headers["content-base"]
    control = [line[10:] for line in sdp.decode().splitlines() if line.startswith("a=control:")][-1]
    url = control if control.startswith("rtsp://") else base.rstrip("/") + "/" + control
    status, headers, _ = client.ask("SETUP", url, [watch.basic, TCP])
    assert status == 200, headers
    client.session = headers["session"].split(";")[0]
    status, headers, _ = client.ask("PLAY", base, [watch.basic, ("Session", client.session)])
    assert status == 200
    return url


def test_a_well_behaved_client_plays(watch):
    client = Client(watch)
    play(watch, client)
    assert client.file.read(1) == b"$"
    client.close()


def test_requests_out_of_order_are_455_or_454_and_change_nothing(watch):
    client = Client(watch)
    assert client.ask("PLAY", watch.stream_url, [watch.basic])[0] in (454, 455)
    assert client.ask("PAUSE", watch.stream_url, [watch.basic])[0] in (454, 455)
    assert client.ask("TEARDOWN", watch.stream_url, [watch.basic])[0] in (200, 454, 455)
    client.close()
    client = Client(watch)
    for method in ("ANNOUNCE", "RECORD", "FLY"):
        assert client.ask(method, watch.stream_url, [watch.basic])[0] in (405, 501)
    play(watch, client)
    client.close()


def test_the_session_of_another_connection_is_454(watch):
    one, other = Client(watch), Client(watch)
    play(watch, one)
    for method in ("PLAY", "PAUSE", "TEARDOWN", "GET_PARAMETER"):
        assert other.ask(method, watch.stream_url, [watch.basic, ("Session", one.session)])[0] in (454, 455), method
    assert one.file.read(1) == b"$"
    one.close()
    other.close()


@pytest.mark.parametrize("transport", [
    "RTP/AVP;unicast;client_port=0-1", "RTP/AVP/UDP;unicast;client_port=22-23;destination=127.0.0.9",
    "RTP/AVP;multicast", "RTP/AVP/TCP;unicast;interleaved=300-301", "", "garbage", ",".join(["RTP/AVP;unicast;client_port=1-2"] * 50),
])
def test_other_transports_are_refused_and_nothing_is_sent_elsewhere(watch, transport):
    client = Client(watch)
    assert client.ask("DESCRIBE", watch.stream_url, [watch.basic])[0] == 200
    assert client.ask("SETUP", watch.stream_url + "/trackID=0", [watch.basic, ("Transport", transport)])[0] in (400, 461)
    client.close()


@pytest.mark.parametrize("url", ["*", "/", "rtsp://", "rtsp://@x", "rtsp://x/live/a/../b", "rtsp://x/live/%00", "rtsp://x/live/a%2fb",
                                 "rtsp://x/live/nobody/1/main", "rtsp://x/other", "rtsp://x/" + "a" * 3000, "http://x/live/a"])
def test_odd_urls(watch, url):
    client = Client(watch)
    answer = client.ask("DESCRIBE", url, [watch.basic])
    assert answer is None or answer[0] in (400, 401, 403, 404, 414, 454), answer
    client.close()


@pytest.mark.parametrize("garbage", [b"\x00" * 100, b"GET / HTTP/1.1\r\n\r\n", b"A" * 100_000, b"$\x00", b"\r\n" * 10_000,
                                     b"OPTIONS * RTSP/1.0\r\n" + b"X: y\r\n" * 10_000,
                                     b"OPTIONS * RTSP/1.0\r\nContent-Length: -1\r\n\r\n",
                                     b"OPTIONS * RTSP/1.0\r\nContent-Length: 99999999999999\r\n\r\n"])
def test_garbage_ends_its_own_connection_only(watch, garbage):
    good = Client(watch)
    play(watch, good)
    bad = Client(watch, source="127.0.0.2")
    try:
        bad.link.sendall(garbage)
        bad.link.shutdown(socket.SHUT_WR)
        while bad.link.recv(65536):
            pass
    except OSError:
        pass
    bad.close()
    for _ in range(20):
        assert good.file.read(1) == b"$"
        good.file.read(int.from_bytes(good.file.read(3)[1:], "big"))
    good.close()


def test_a_client_that_sends_without_end_is_closed(watch):
    client = Client(watch)
    play(watch, client)
    junk = b"$\x01\xff\xff" + b"x" * 65535
    with pytest.raises(OSError):
        end = time.monotonic() + harness.PATIENCE
        while time.monotonic() < end:
            client.link.sendall(junk)
    client.close()


def test_wrong_tokens_are_slowed_down_and_the_right_one_still_plays(watch):
    wrong = ("Authorization", "Basic " + base64.b64encode(b"live:wrong").decode())
    for _ in range(3):
        client = Client(watch, source="127.0.0.3")
        assert client.ask("DESCRIBE", watch.stream_url, [wrong])[0] == 401
        client.close()
    client = Client(watch)
    play(watch, client)
    client.close()


def test_a_token_for_another_stream_does_not_play(watch):
    client = Client(watch)
    assert client.ask("DESCRIBE", watch.stream_url.replace("/sub", "/main"), [watch.basic])[0] in (401, 403)
    client.close()


def test_four_hundred_silent_connections_do_not_keep_a_viewer_out(watch):
    silent = [Client(watch, source=f"127.0.1.{i % 200 + 1}") for i in range(400)]
    client = Client(watch)
    play(watch, client)
    for one in silent:
        one.close()
    client.close()
