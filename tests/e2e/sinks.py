"""The other side of sinks: a receiver of webhooks that misbehaves as told, a Dapr sidecar by its published API, brokers."""
import collections
import http.server
import json
import pathlib
import select
import socket
import ssl
import subprocess
import threading

import harness


class Receiver:
    """Takes CloudEvents over HTTP. `plan` is asked for each request and gives a status, (status, headers), or the name of a
    misbehaviour: "close", "half", "slow"."""

    def __init__(self, plan=None, tls=None, port=0, take=None):
        """`take(path, events)`: is given what was answered with 2xx, and nothing is kept here."""
        self.plan = plan or (lambda number, path, events: 200)
        self.take, self.count = take, 0
        self.taken = []     # events of requests that were answered with 2xx, in order
        self.taken_at = collections.defaultdict(list)  # the same by path
        self.requests = []  # (path, headers, body) of all
        self.lock = threading.Lock()
        self.release = threading.Event()
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *args):
                pass

            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                parsed = json.loads(body)
                events = parsed if isinstance(parsed, list) else [parsed]
                with outer.lock:
                    number = outer.count
                    outer.count += 1
                    if not outer.take:
                        outer.requests.append((self.path, dict(self.headers), body))
                what = outer.plan(number, self.path, events)
                if what == "slow":
                    outer.release.wait(30)
                    what = 200
                if what == "close":
                    self.close_connection = True
                    self.connection.shutdown(socket.SHUT_RDWR)
                    return
                if what == "half":
                    self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf")
                    self.wfile.flush()
                    self.close_connection = True
                    self.connection.shutdown(socket.SHUT_RDWR)
                    return
                status, headers = what if isinstance(what, tuple) else (what, {})
                if 200 <= status < 300:
                    with outer.lock:
                        if outer.take:
                            outer.take(self.path, events)
                        else:
                            outer.taken += events
                            outer.taken_at[self.path] += events
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                if status != 204:
                    self.send_header("Content-Length", "0")
                self.end_headers()

        class Server(http.server.ThreadingHTTPServer):
            daemon_threads = True
            allow_reuse_address = True

            def handle_error(self, request, client_address):
                pass

        self.server = Server(("127.0.0.1", port), Handler)
        self.port = self.server.server_address[1]
        if tls:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(*tls)
            self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
        self.url = f"{'https' if tls else 'http'}://127.0.0.1:{self.port}/events"
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()

    @property
    def lines(self):
        return [f"{path} {body[:200]!r}\n" for path, _, body in self.requests[-20:]]

    def stop(self):
        self.release.set()
        self.server.shutdown()
        self.server.server_close()

    def events(self):
        with self.lock:
            return list(self.taken)


class Mosquitto:
    """A broker, and what a subscriber that outlives it took."""

    def __init__(self, directory, port=0, settings=(), tls=None):
        self.directory = pathlib.Path(directory)
        self.directory.mkdir(parents=True, exist_ok=True)
        if port == 0:
            with socket.create_server(("127.0.0.1", 0)) as probe:
                port = probe.getsockname()[1]
        self.port = port
        lines = [f"listener {port} 127.0.0.1", "persistence false", "log_dest stderr", *settings]
        if not any(line.startswith("allow_anonymous") for line in settings):
            lines.append("allow_anonymous true")
        if tls:
            lines += [f"certfile {tls[0]}", f"keyfile {tls[1]}"]
        self.config = self.directory / "mosquitto.conf"
        self.config.write_text("\n".join(lines) + "\nuser root\n")
        self.child = None
        self.start()

    lines = ()

    def start(self):
        self.log = open(self.directory / "mosquitto.log", "ab")
        self.child = subprocess.Popen(["mosquitto", "-c", str(self.config)], stderr=self.log)

        def up():
            try:
                socket.create_connection(("127.0.0.1", self.port), 1).close()
                return True
            except OSError:
                return False

        harness.wait_for("mosquitto listens", up)

    def kill(self):
        self.child.kill()
        self.child.wait()

    def stop(self):
        harness.end(self.child)
        self.log.close()


class Subscriber:
    """mosquitto_sub: topics and events, in order. It ends with its broker; `also` goes on with the list of an earlier one."""

    def __init__(self, broker, extra=(), also=None):
        self.messages = also.messages if also else []
        self.ready = threading.Event()
        self.child = subprocess.Popen(
            ["stdbuf", "-oL", "mosquitto_sub", "-h", "127.0.0.1", "-p", str(broker.port), "-t", "#", "-q", "1", "-F", "%t %p", "-d", *extra],
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        threading.Thread(target=self._read, daemon=True).start()
        assert self.ready.wait(harness.PATIENCE), "mosquitto_sub does not subscribe"

    lines = ()

    def _read(self):
        for line in self.child.stdout:
            if line.startswith("Subscribed"):
                self.ready.set()
            topic, _, body = line.partition(" ")
            if body.startswith("{"):
                self.messages.append((topic, json.loads(body)))

    def events(self):
        return [event for _, event in list(self.messages)]

    def stop(self):
        # Not by SIGTERM: where that meets it just as it connects again, it goes on for ever.
        self.child.kill()
        self.child.wait()


class Kafka:
    """The mock cluster of librdkafka in another process; kcat, which we did not write, reads it."""

    def __init__(self):
        self.child = subprocess.Popen([str(harness.BIN / "camfleet-test-kafka")], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.brokers = json.loads(self.child.stdout.readline())["brokers"]

    lines = ()

    def tell(self, line):
        self.child.stdin.write(line + "\n")
        self.child.stdin.flush()
        assert select.select([self.child.stdout], [], [], harness.PATIENCE)[0], f"the cluster does not answer to: {line}"
        self.child.stdout.readline()

    def records(self):
        """-> [(key, headers, event)], in order of each partition"""
        done = harness.run(["kcat", "-C", "-b", self.brokers, "-t", "camfleet.events", "-o", "beginning", "-e", "-q",
                            "-f", "%k\\t%h\\t%s\\n"], check=False)
        out = []
        for line in done.stdout.decode().splitlines():
            key, headers, body = line.split("\t", 2)
            out.append((key, dict(h.split("=", 1) for h in headers.split(",")), json.loads(body)))
        return out

    def events(self):
        return [event for _, _, event in self.records()]

    def stop(self):
        self.child.stdin.close()
        harness.end(self.child)


def check(events, wanted):
    """Every entry at least once, nothing else, and of each device in order, as one who drops repeated ids sees it."""
    first = {}
    for event in events:
        first.setdefault(event["id"], event)
    assert set(wanted) <= set(first), sorted(set(wanted) - set(first))[:10]
    last = collections.defaultdict(int)
    for event in first.values():
        assert event["data"]["seq"] > last[event["source"]], event
        last[event["source"]] = event["data"]["seq"]
