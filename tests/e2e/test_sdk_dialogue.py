"""What the vendor's library says to a device in ISAPI mode, in its order and its words, said to the simulator by plain sockets: so that the
real library, where an operator has it, finds every answer there. Measured with 6.1.6.45 and 6.1.9.55; no library takes part here."""
import hashlib
import http.client
import re
import secrets
import socket
import xml.etree.ElementTree as ET

import pytest

import harness

AGENT = "NKPlayer-1.00.00.081112"


def sha256(text):
    return hashlib.sha256(text.encode()).hexdigest()


def hashed(cap, user, password):
    """What stands for the password: two forms, told apart by whether the device keeps a salted hash."""
    one = sha256(user + cap["salt"] + password) if cap.get("isIrreversible") == "true" else sha256(password)
    one = sha256(one + cap["challenge"])
    for _ in range(int(cap["iterations"]) - 2):
        one = sha256(one)
    return one


def test_the_hash_is_that_of_the_library():
    challenge = {"challenge": "9524eedd2912a46ef2c0fcfa27e412c1", "iterations": "100"}
    salt = "bef6d541aa0011223344556677889900aabbccddeeff00112233445566acb5ff"
    assert hashed(challenge, "admin", "abcd1234") == "83ca78c7b97cf9df0a4d3846cdc33ab3a94c3ca0065ac033899e6f3c9ed923fa"
    assert hashed({**challenge, "salt": salt, "isIrreversible": "true"}, "admin", "abcd1234") == \
        "9652b2d4b257d982ea271d469e2c949c23757881f9b4248a95b0e25c4ea92681"


def fields(body):
    """-> the texts of a document's root, without its namespace."""
    return {child.tag.rsplit("}", 1)[-1]: (child.text or "").strip() for child in ET.fromstring(body)}


class Library:
    """One login, as the library makes it: after the first two requests a cookie is all that it shows."""

    def __init__(self, spec):
        self.spec = spec
        self.link = http.client.HTTPConnection(spec["address"], spec["http_port"], timeout=20)
        self.cookie = {}

    def ask(self, method, path, body=None, wanted=200):
        self.link.request(method, path, body, {**self.cookie, **({"Content-Type": "application/xml"} if body else {})})
        answer = self.link.getresponse()
        text = answer.read()
        assert answer.status == wanted, (method, path, answer.status, text)
        return text

    def log_in(self):
        user = self.spec["username"]
        number = 10_000_000 + secrets.randbelow(90_000_000)
        cap = fields(self.ask("GET", f"/ISAPI/Security/sessionLogin/capabilities?username={user}&random={number}"))
        assert len(cap["sessionID"]) == 64 and "sessionIDVersion" not in cap, "the library checks the ids of later versions"
        body = (f"<SessionLogin><userName>{user}</userName><password>{hashed(cap, user, self.spec['password'])}</password>"
                f"<sessionID>{cap['sessionID']}</sessionID><isSessionIDValidLongTerm>true</isSessionIDValidLongTerm></SessionLogin>")
        said = fields(self.ask("POST", "/ISAPI/Security/sessionLogin", body))
        assert said["statusValue"] == "200" and said["sessionID"]
        self.cookie = {"Cookie": f"WebSession={said['sessionID']};"}

    def alarms(self):
        """The alert stream, on a connection of its own -> (answer, connection)."""
        link = http.client.HTTPConnection(self.spec["address"], self.spec["http_port"], timeout=20)
        link.request("GET", "/ISAPI/Event/notification/alertStream", headers=self.cookie)
        answer = link.getresponse()
        assert answer.status == 200 and answer.headers["Content-Type"].startswith("multipart/")
        return answer, link

    def close(self):
        self.link.close()


class LiveView:
    """DESCRIBE without OPTIONS, SETUP behind the address of the request, PLAY with a range of nothing; Digest, as RTSP asks for it."""

    def __init__(self, spec, port, channel):
        self.spec, self.number, self.session = spec, 0, ""
        self.url = f"rtsp://{spec['address']}:{port}/ISAPI/Streaming/channels/{channel}01"
        self.link = socket.create_connection((spec["address"], port), timeout=20)
        self.file = self.link.makefile("rb")

    def _login(self, method, url, challenge):
        realm, nonce = (re.search(rf'{name}="([^"]*)"', challenge)[1] for name in ("realm", "nonce"))
        user = self.spec["username"]
        digest = hashlib.sha256 if "SHA-256" in challenge else hashlib.md5
        one, two = (digest(text.encode()).hexdigest() for text in (f"{user}:{realm}:{self.spec['password']}", f"{method}:{url}"))
        response = digest(f"{one}:{nonce}:{two}".encode()).hexdigest()
        algorithm = ', algorithm="SHA-256"' if "SHA-256" in challenge else ""
        return f'Authorization: Digest username="{user}", realm="{realm}", nonce="{nonce}", uri="{url}", response="{response}"{algorithm}\r\n'

    def ask(self, method, url, *headers, login=""):
        text = f"{method} {url} RTSP/1.0\r\nCSeq:{self.number}\r\nUser-Agent:{AGENT}\r\n"
        text += "".join(f"{header}\r\n" for header in headers) + (f"Session:{self.session}\r\n" if self.session else "")
        self.link.sendall((text + login + "\r\n").encode())
        line = self.file.readline().decode()
        said = {}
        challenges = []
        while (header := self.file.readline().decode().strip()):
            name, _, value = header.partition(":")
            said[name.lower()] = value.strip()
            challenges += [value.strip()] if name.lower() == "www-authenticate" else []
        assert said["cseq"] == str(self.number), "the number without a blank is read"
        self.number += 1
        body = self.file.read(int(said.get("content-length", 0))).decode()
        if line.split()[1] == "401" and not login:
            chosen = next(one for one in challenges if one.startswith("Digest"))
            return self.ask(method, url, *headers, login=self._login(method, url, chosen))
        assert line.split()[1] == "200", (method, url, line)
        return said, body

    def play(self):
        _, sdp = self.ask("DESCRIBE", self.url, "Accept:application/sdp")
        controls = re.findall(r"^a=control:(\S+)", sdp.split("m=", 1)[1], re.M)
        for n, control in enumerate(controls):
            # What the description says comes behind the address, an absolute one too.
            said, _ = self.ask("SETUP", f"{self.url}/{control}", f"Transport:RTP/AVP/TCP;unicast;interleaved={2 * n}-{2 * n + 1}")
            self.session = said["session"].split(";")[0].strip()
        self.ask("PLAY", self.url, "Range:npt=0.000000-0.000000")

    def packets(self, count):
        """-> the payloads of so many RTP packets of the first track."""
        found = []
        while len(found) < count:
            head = self.file.read(4)
            assert head[:1] == b"$", head
            packet = self.file.read(int.from_bytes(head[2:], "big"))
            if head[1] == 0:
                found.append(packet)
        return found

    def close(self):
        self.file.close()
        self.link.close()


@pytest.mark.parametrize("kind", ["camera", "recorder"])
def test_the_simulator_answers_all_that_the_library_asks_in_isapi_mode(simulate, kind):
    recorder = kind == "recorder"
    simulator = simulate(2, extra=("--alarms-per-minute", "0", "--audio", "pcmu", "--nvr-every", "1" if recorder else "0", "--heartbeat", "1"))
    spec = simulator.specs[1]
    library = Library(spec)
    library.log_in()

    library.ask("GET", f"/ISAPI/Security/capabilities?username={spec['username']}")
    library.ask("GET", "/SDK/language")
    info = fields(library.ask("GET", "/ISAPI/System/deviceInfo"))
    assert info["serialNumber"] and info["deviceType"] == "NVR" if recorder else info["deviceType"].startswith("IP")
    for path in ("System/IO/inputs", "System/IO/outputs"):
        assert ET.fromstring(library.ask("GET", f"/ISAPI/{path}"))
    # What a camera has and a recorder has not is refused, as real ones do, and the other way round.
    assert ET.fromstring(library.ask("GET", "/ISAPI/System/Video/inputs/channels", wanted=403 if recorder else 200)) is not None
    proxies = library.ask("GET", "/ISAPI/ContentMgmt/InputProxy/channels", wanted=200 if recorder else 403)
    assert len(ET.fromstring(proxies)) == 16 if recorder else ET.fromstring(proxies).tag.endswith("ResponseStatus")
    library.ask("GET", "/ISAPI/ContentMgmt/ZeroVideo/channels", wanted=200 if recorder else 403)
    assert len(ET.fromstring(library.ask("GET", "/ISAPI/System/TwoWayAudio/channels"))) == 1
    assert len(ET.fromstring(library.ask("GET", "/ISAPI/ContentMgmt/Storage/hdd"))) == (1 if recorder else 0)
    ports = {fields(ET.tostring(one))["protocol"]: int(fields(ET.tostring(one))["portNo"])
             for one in ET.fromstring(library.ask("GET", "/ISAPI/Security/adminAccesses"))}
    assert ports["RTSP"] == simulator.rtsp_port and ports["HTTP"] == simulator.http_port
    library.ask("PUT", "/ISAPI/Security/sessionHeartbeat")

    alarms, link = library.alarms()
    simulator.post("/devices/1/alarm", {"type": "VMD", "channel": 1, "seconds": 1})
    heard = b""
    while b"<eventType>VMD</eventType>" not in heard:
        heard += alarms.read1(65536)

    view = LiveView(spec, ports["RTSP"], 16 if recorder else 1)
    view.play()
    packets = view.packets(60)
    assert all(packet[0] >> 6 == 2 for packet in packets) and len({packet[8:12] for packet in packets}) == 1
    assert any(packet[1] & 0x80 for packet in packets), "no whole picture"
    # The heart-beat and live view are strangers to each other.
    library.ask("PUT", "/ISAPI/Security/sessionHeartbeat")
    view.packets(60)
    view.close()

    library.ask("PUT", "/ISAPI/Security/sessionLogout")
    library.ask("GET", "/ISAPI/System/deviceInfo", wanted=401)
    link.close()
    library.close()
    stats = simulator.stats("/stats/1")
    assert stats["logins"] >= 1 and stats["locks"] == 0
    harness.wait_for("the view to end", lambda: simulator.stats("/stats/1")["rtsp_sessions"] == 0)
