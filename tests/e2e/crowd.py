"""Some hundred viewers in one process, who count what comes and look for holes: RTSP over TCP, TLS and UDP, and every form over
HTTP. For tests and benches; what a viewer says is as short as it may be."""
import asyncio
import base64
import contextlib
import functools
import ssl

PER_ADDRESS = 100  # viewers of one loopback address: an address has a quota of connections


class Seen:
    """What one viewer got."""

    def __init__(self):
        self.bytes = self.packets = self.lost = 0
        self.over = None
        self._next = {}

    def rtp(self, packet, track):
        number = int.from_bytes(packet[2:4], "big")
        self.lost += (number - self._next.get(track, number)) & 0xFFFF
        self._next[track] = (number + 1) & 0xFFFF
        self.packets += 1
        self.bytes += len(packet)


class Interleaved(asyncio.Protocol):
    """Answers go to `answer`, packets are counted."""

    def __init__(self, seen):
        self.seen, self.buffer, self.answers = seen, bytearray(), asyncio.Queue()

    def data_received(self, data):
        self.buffer += data
        at = 0
        while len(self.buffer) - at >= 4:
            if self.buffer[at] == 0x24:
                size = 4 + int.from_bytes(self.buffer[at + 2:at + 4], "big")
                if len(self.buffer) - at < size:
                    break
                if self.buffer[at + 1] % 2 == 0:
                    self.seen.rtp(memoryview(self.buffer)[at + 4:at + size], self.buffer[at + 1])
                at += size
                continue
            end = self.buffer.find(b"\r\n\r\n", at)
            if end < 0:
                break
            head = self.buffer[at:end].decode()
            fields = dict(line.split(": ", 1) for line in head.split("\r\n")[1:])
            size = int(fields.get("Content-Length", 0))
            if len(self.buffer) < end + 4 + size:
                break
            self.answers.put_nowait((int(head.split()[1]), fields, bytes(self.buffer[end + 4:end + 4 + size])))
            at = end + 4 + size
        del self.buffer[:at]

    def connection_lost(self, exc):
        self.seen.over = exc or "closed"
        self.answers.put_nowait((0, {}, b""))


class Datagrams(asyncio.DatagramProtocol):
    def __init__(self, seen):
        self.seen = seen

    def datagram_received(self, data, addr):
        if not 192 <= data[1] <= 223:
            self.seen.rtp(data, 0)


class Counted(asyncio.Protocol):
    def __init__(self, seen):
        self.seen = seen

    def data_received(self, data):
        self.seen.packets += 1
        self.seen.bytes += len(data)

    def connection_lost(self, exc):
        self.seen.over = exc or "closed"


@functools.cache
def trusting():
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context


async def rtsp(at, stream, token, how, index, seen, stack):
    """`how`: tcp, tls or udp. Plays the stream's first track."""
    loop = asyncio.get_running_loop()
    host, port = at.rsplit(":", 1)
    source = f"127.0.2.{index // PER_ADDRESS + 1}"
    transport, protocol = await loop.create_connection(lambda: Interleaved(seen), host, int(port), local_addr=(source, 0),
                                                       ssl=trusting() if how == "tls" else None)
    stack.callback(transport.close)
    url = f"{'rtsps' if how == 'tls' else 'rtsp'}://{at}/live/{stream}"
    basic = base64.b64encode(f"live:{token}".encode()).decode()

    async def ask(method, target, *headers):
        lines = [f"{method} {target} RTSP/1.0", "CSeq: 1", f"Authorization: Basic {basic}", *headers]
        transport.write(("\r\n".join(lines) + "\r\n\r\n").encode())
        status, fields, body = await protocol.answers.get()
        if status != 200:
            raise AssertionError(f"{method} of viewer {index}: {status} {fields} {seen.over}")
        return fields, body

    await ask("DESCRIBE", url)
    offer = "RTP/AVP/TCP;unicast;interleaved=0-1"
    if how == "udp":
        for port in range(20_000 + 2 * index, 60_000, 2_000):
            with contextlib.suppress(OSError):
                one, _ = await loop.create_datagram_endpoint(lambda: Datagrams(seen), (source, port))
                two, _ = await loop.create_datagram_endpoint(asyncio.DatagramProtocol, (source, port + 1))
                stack.callback(one.close)
                stack.callback(two.close)
                break
        offer = f"RTP/AVP;unicast;client_port={port}-{port + 1}"
    fields, _ = await ask("SETUP", url + "/trackID=0", f"Transport: {offer}")
    await ask("PLAY", url, "Session: " + fields["Session"].split(";")[0])


async def http(at, path, index, seen, stack, secure=False):
    loop = asyncio.get_running_loop()
    host, port = at.rsplit(":", 1)
    transport, _ = await loop.create_connection(lambda: Counted(seen), host, int(port), local_addr=(f"127.0.2.{index // PER_ADDRESS + 1}", 0),
                                                ssl=trusting() if secure else None)
    stack.callback(transport.close)
    upgrade = ("Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
               "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n") if "/ws" in path else ""
    transport.write(f"GET {path} HTTP/1.1\r\nHost: {at}\r\n{upgrade}\r\n".encode())


async def watch(count, begin, meanwhile):
    """begin(index, seen, stack) makes each viewer; meanwhile(seen of all) is awaited while they watch. -> [Seen]"""
    everybody = [Seen() for _ in range(count)]
    with contextlib.ExitStack() as stack:
        for at in range(0, count, 50):
            await asyncio.gather(*(begin(index, everybody[index], stack) for index in range(at, min(at + 50, count))))
        await meanwhile(everybody)
    return everybody


async def until(what, condition, patience=60):
    end = asyncio.get_running_loop().time() + patience
    while not condition():
        if asyncio.get_running_loop().time() > end:
            raise AssertionError(f"waited {patience} s for: {what}")
        await asyncio.sleep(0.1)
