"""Starts the programs under test on free ports, reads what they say, and stops them with their test."""
import contextlib
import json
import os
import pathlib
import signal
import subprocess
import threading
import time
import urllib.error
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parents[2]
BIN = pathlib.Path(os.environ.get("CAMFLEET_BIN", ROOT / "build" / "bin"))
# Of another build, where gateways, or hosts of the vendor's library, are watched (watched.py).
SIM_BIN = pathlib.Path(os.environ.get("CAMFLEET_SIM_BIN", BIN))
HOST_BIN = pathlib.Path(os.environ.get("CAMFLEET_HOST_BIN", BIN))
STANDIN = HOST_BIN.parent / "standin" / "hcnetsdk" / "libhcnetsdk.so"
ARTEFACTS = pathlib.Path(os.environ.get("CAMFLEET_ARTEFACTS", ROOT / "build" / "artefacts"))
# One limit stands for "it hangs"; nothing asserts on how fast things are.
PATIENCE = 60


def wait_for(what, condition, patience=PATIENCE):
    """Polls until condition() gives something true, and returns that."""
    end = time.monotonic() + patience
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise AssertionError(f"waited {patience} s for: {what}; last: {value!r}")
        time.sleep(0.05)


def end(child, patience=20):
    """Asks a child to end, and does not ask for ever."""
    child.terminate()
    try:
        child.wait(patience)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()


class Process:
    """A child whose lines are kept; one of JSON that `ready` accepts tells that it is up."""

    def __init__(self, argv, stream, ready, env=None):
        self.lines = []
        self.ready = None
        self._up = threading.Event()
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT} if stream == "both" else {stream: subprocess.PIPE}
        self.child = subprocess.Popen([str(a) for a in argv], text=True, errors="replace", start_new_session=True,
                                      env={**os.environ, **(env or {})}, **pipes)
        self._from = self.child.stderr if stream == "stderr" else self.child.stdout
        self._reader = threading.Thread(target=self._read, args=(ready,), daemon=True)
        self._reader.start()
        if not self._up.wait(PATIENCE) or self.ready is None:
            self.stop()
            raise AssertionError(f"{argv[0]} did not start:\n" + "".join(self.lines[-30:]))

    def _read(self, ready):
        for line in self._from:
            self.lines.append(line)
            if self.ready is None and line.startswith("{"):
                with contextlib.suppress(ValueError):
                    self.ready = ready(json.loads(line))
                if self.ready is not None:
                    self._up.set()
        self._up.set()

    def stop(self, how=signal.SIGTERM, patience=20):
        if self.child.poll() is None:
            self.child.send_signal(how)
            try:
                self.child.wait(patience)
            except subprocess.TimeoutExpired:
                os.killpg(self.child.pid, signal.SIGKILL)
                self.child.wait()
        self._reader.join(5)
        return self.child.returncode

    @property
    def pid(self):
        return self.child.pid

    @property
    def text(self):
        return "".join(self.lines)


class Simulator(Process):
    """camfleet-sim; every run of tests may use its own part of 127/8."""

    def __init__(self, devices, address="127.1.0.1", http_port=0, rtsp_port=0, export=None, extra=(), seed=7):
        self.devices = devices
        argv = [SIM_BIN / "camfleet-sim", "--devices", devices, "--address", address, "--http-port", http_port,
                "--rtsp-port", rtsp_port, "--control", "127.0.0.1:0", "--seed", seed, *extra]
        if export:
            argv += ["--export", export]
        super().__init__(argv, "stdout", lambda line: line if "control_port" in line else None)
        self.http_port = self.ready["http_port"]
        self.rtsp_port = self.ready["rtsp_port"]
        self.control = f"http://127.0.0.1:{self.ready['control_port']}"

    def stats(self, path="/stats"):
        with urllib.request.urlopen(self.control + path, timeout=10) as answer:
            return json.load(answer)

    def totals(self):
        return self.stats()["totals"]

    def post(self, path, body):
        request = urllib.request.Request(self.control + path, json.dumps(body).encode(), {"Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=10) as answer:
            return answer.status


class Gateway(Process):
    """`camfleet serve` on free ports, devices allowed on all of loopback."""

    def __init__(self, data, extra=(), allow="127.0.0.0/8", env=None, prefix=()):
        argv = [*prefix, BIN / "camfleet", "serve", "--data", data, "--http", "127.0.0.1:0", "--rtsp", "127.0.0.1:0", *extra]
        if allow:
            argv += ["--allow-devices", allow]
        super().__init__(argv, "stderr", lambda line: line if line.get("event") == "gateway.ready" else None, env)
        self.http = self.ready["http"]
        self.rtsp = self.ready["rtsp"]
        self.url = f"http://{self.http}"
        self.token = (pathlib.Path(data) / "admin.token").read_text(encoding="utf-8").strip()

    def call(self, method, path, body=None, token=None, headers=None):
        """-> (status, headers, parsed JSON or bytes); an HTTP error is an answer too."""
        data = body if isinstance(body, bytes) else json.dumps(body).encode() if body is not None else None
        request = urllib.request.Request(self.url + path, data, method=method)
        if data is not None:
            request.add_header("Content-Type", "application/json")
        token = self.token if token is None else token
        if token:
            request.add_header("Authorization", f"Bearer {token}")
        for name, value in (headers or {}).items():
            request.add_header(name, value)
        try:
            answer = urllib.request.urlopen(request, timeout=30)
        except urllib.error.HTTPError as error:
            answer = error
        with answer:
            raw = answer.read()
            kind = answer.headers.get("Content-Type", "")
            return answer.status, answer.headers, json.loads(raw) if "json" in kind and raw else raw

    def get(self, path):
        status, _, body = self.call("GET", path)
        assert status == 200, (path, status, body)
        return body

    def add(self, **spec):
        status, _, body = self.call("POST", "/api/v1/devices", spec)
        assert status == 201, (status, body)
        return body

    def device(self, device):
        return self.get(f"/api/v1/devices/{device}")

    def fleet(self):
        return self.get("/api/v1/fleet")

    def wait_online(self, count, patience=PATIENCE):
        return wait_for(f"{count} devices online", lambda: (f := self.fleet())["states"]["online"] >= count and f, patience)

    def wait_state(self, device, state, patience=PATIENCE):
        return wait_for(f"{device} {state}", lambda: (d := self.device(device))["state"] == state and d, patience)

    def live(self, stream, ttl_s=300):
        status, _, body = self.call("POST", "/api/v1/live-tokens", {"stream": stream, "ttl_s": ttl_s})
        assert status == 201, (status, body)
        return body

    def metrics(self):
        """-> {"name{labels}": value}"""
        text = self.get("/metrics").decode()
        return {line.rsplit(" ", 1)[0]: float(line.rsplit(" ", 1)[1]) for line in text.splitlines() if line and line[0] != "#"}


def resident_kib(pid):
    for line in pathlib.Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1])
    return 0


def read_export(path):
    """The devices of `camfleet-sim --export`, as bodies for POST /api/v1/devices."""
    import csv

    ports = {"http_port", "https_port", "rtsp_port", "sdk_port"}
    out = []
    with open(path, newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            spec = {}
            for name, value in row.items():
                if value == "":
                    continue
                if name in ports:
                    spec[name] = int(value)
                elif name in {"tags", "drivers"}:
                    spec[name] = value.split(";")
                elif name in {"enabled", "always_on"}:
                    spec[name] = value == "true"
                else:
                    spec[name] = value
            out.append(spec)
    return out


def run(argv, patience=PATIENCE, check=True, **kwargs):
    done = subprocess.run([str(a) for a in argv], capture_output=True, timeout=patience, check=False, **kwargs)
    if check and done.returncode != 0:
        raise AssertionError(f"{argv} ended with {done.returncode}:\n{done.stdout[-2000:]!r}\n{done.stderr[-4000:]!r}")
    return done


def gst_launch(*pipeline):
    """-> what gst-launch-1.0 prints of a pipeline that comes to its end. An rtspsrc that is taken down before its last request was
    answered says that the connection ended, which it did not (nothing of the kind in its system calls), and gst-launch calls that a
    failure: 1 of 240 on a busy machine. No other error passes."""
    done = run(["gst-launch-1.0", "-v", *pipeline], check=False)
    said, wrong = done.stdout.decode(errors="replace"), done.stderr.decode(errors="replace")
    errors = [line for line in wrong.splitlines() if line.startswith(("ERROR", "Could not"))]
    parting = all("GstRTSPSrc" in line or line == "Could not send message. (Received end-of-file)" for line in errors)
    assert "Got EOS from element" in said and (done.returncode == 0 or parting), f"{pipeline}: {done.returncode}\n{said[-2000:]}\n{wrong}"
    return said


def probe(url, seconds=2, extra=()):
    """ffprobe's view of a live address: its streams, and the packets of some seconds."""
    done = run(["ffprobe", "-v", "error", *extra, "-show_streams", "-show_entries", "packet=pts_time,dts_time,flags,size",
                "-read_intervals", f"%+{seconds}", "-of", "json", url])
    return json.loads(done.stdout)
