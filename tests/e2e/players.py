"""Real players on every output, all at the same time on one gateway: what each was shown, and whether time went on in it
without holes. test_players.py runs this for some seconds, tests/proof/players.py for a minute."""
import collections
import concurrent.futures
import contextlib
import json
import os
import pathlib
import pwd
import re
import signal
import socket
import subprocess
import tempfile
import time

import cameras
import harness

BROWSER = pathlib.Path(__file__).parent / "browser"
PICTURE = "videotestsrc is-live=true ! video/x-raw,width=320,height=180,framerate=25/1 !"
H264 = f"{PICTURE} x264enc tune=zerolatency key-int-max=25 bitrate=300 ! rtph264pay name=pay0 pt=96"
H265 = f"{PICTURE} x265enc tune=zerolatency key-int-max=25 speed-preset=ultrafast ! rtph265pay name=pay0 pt=96"
TONE = "audiotestsrc is-live=true freq=440 ! audioconvert ! audio/x-raw,channels=1,"
AAC = f"{TONE}rate=16000 ! audioconvert ! avenc_aac ! rtpmp4gpay name=pay1 pt=97"
PCMA = f"{TONE}rate=8000 ! alawenc ! rtppcmapay name=pay1 pt=8"

# The simulator's first cameras, and GStreamer's RTSP server.
Source = collections.namedtuple("Source", "stream video sound")
GSTREAMER = {"lobby": (f"( {H264} {AAC} )", Source("lobby/1/main", "h264", True)),
             "yard": (f"( {H265} {PCMA} )", Source("yard/1/main", "hevc", True))}
# What Debian's players do not know; docs/players.md has the rest.
UNKNOWN = {("ffprobe", "flv", "hevc"), ("gstreamer", "flv", "hevc"), ("vlc", "flv", "hevc"), ("vlc", "rtsp", "h264"),
           ("vlc", "rtsp", "hevc"), ("vlc", "rtsp-udp", "h264"), ("vlc", "rtsp-udp", "hevc"), ("ffprobe-new", "rtsps", "hevc")}


class Failed(AssertionError):
    pass


def want(holds, *what):
    if not holds:
        raise Failed(" ".join(str(each) for each in what)[:1500])


def install():
    """What npm has for these tests; once."""
    if not (BROWSER / "node_modules" / "mpegts.js").exists():
        subprocess.run(["npm", "ci", "--no-audit", "--no-fund", "--loglevel=error"], cwd=BROWSER, check=True)


def newer_ffprobe():
    """The one of npm, which knows H.265 in FLV; None where it is not for this machine."""
    found = BROWSER / "node_modules" / "@ffprobe-installer" / "linux-x64" / "ffprobe"
    return found if found.exists() else None


def goes_on(times, seconds, step, what, slack=0.5, back=0.0):
    """Times grow (but for one step back of up to `back`), without a hole, and in all for as long as was watched."""
    want(len(times) > 2, what, "came", len(times), "times")
    steps = [b - a for a, b in zip(times, times[1:])]
    want(min(steps) > -back and sum(step <= 0 for step in steps) <= (1 if back else 0), what, "stands still or goes back", [(a, b) for a, b in zip(times, times[1:]) if b <= a][:8], times[:12])
    want(max(steps) < slack, what, "has a hole of", max(steps))
    want(times[-1] - times[0] > seconds * 0.7, what, "ends after", times[-1] - times[0])
    mean = (times[-1] - times[0]) / len(steps)
    want(abs(mean - step) < step * 0.15, what, "has a mean step of", mean, "and not", step)


def ffprobe(url, form, source, seconds, program="ffprobe"):
    transport = {"rtsp": ("-rtsp_transport", "tcp"), "rtsp-udp": ("-rtsp_transport", "udp"), "rtsps": ("-rtsp_transport", "tcp")}
    done = subprocess.run([program, "-v", "error", *transport.get(form, ()), "-show_streams", "-show_packets", "-show_frames",
                           "-show_entries", "stream=codec_type,codec_name,width:packet=codec_type,pts_time,dts_time,flags:frame=media_type,pts_time",
                           "-read_intervals", f"%+{seconds}", "-of", "json", url],
                          capture_output=True, timeout=seconds + 60, check=False)
    want(done.returncode == 0, "ended with", done.returncode, done.stderr[-800:])
    said = done.stderr.decode(errors="replace")
    want(not [line for line in said.splitlines() if not harmless(line)], said)
    shown = json.loads(done.stdout)
    streams = {stream["codec_type"]: stream for stream in shown["streams"]}
    want(streams.get("video", {}).get("codec_name") == source.video, streams)
    want(("audio" in streams) == source.sound, streams)
    both = shown["packets_and_frames"]
    pictures = [p for p in both if p["type"] == "packet" and p["codec_type"] == "video"]
    want("K" in pictures[0]["flags"], "begins with no key picture")
    decoded = [float(p["dts_time"]) for p in pictures if "dts_time" in p]
    # ffmpeg takes the first sender report of RTSP as the truth, and moves what comes then.
    goes_on(decoded, seconds, 0.04, "video", back=0.2 if form.startswith("rtsp") else 0.0)
    want(all(float(p["pts_time"]) >= float(p["dts_time"]) for p in pictures if "pts_time" in p and "dts_time" in p), "shown before decoded")
    frames = [f for f in both if f["type"] == "frame" and f["media_type"] == "video"]
    want(len(frames) > len(pictures) * 0.9 - 4, len(pictures), "packets,", len(frames), "decoded")
    if source.sound:
        heard = [float(p["pts_time"]) for p in both if p["type"] == "packet" and p["codec_type"] == "audio"]
        want(len(heard) > 2 and (form.startswith("rtsp") or min(b - a for a, b in zip(heard, heard[1:])) > 0), "sound stands still", heard)
        want(max(b - a for a, b in zip(heard, heard[1:])) < 0.5, "sound has a hole", heard)
        want(heard[-1] - heard[0] > seconds * 0.6, "sound ends early", heard[0], heard[-1])
        shown_at = [float(p["pts_time"]) for p in pictures if "pts_time" in p]
        want(abs(heard[-1] - shown_at[-1]) < 1, "sound and picture part", heard[-1], shown_at[-1])
    return f"{len(frames)} pictures"


def harmless(line):
    """What ffprobe says of every live stream of this kind, or of the moment in which it stops reading."""
    return not line.strip() or re.search(r"Immediate exit requested|max delay reached|last message repeated", line) is not None


DEMUX = {"mp4": "qtdemux name=d", "flv": "flvdemux name=d", "ts": "tsdemux name=d"}
PADS = {"mp4": ("d.video_0", "d.audio_0"), "flv": ("d.video", "d.audio"), "ts": ("d.", "d.")}
DECODE = {"h264": "h264parse ! avdec_h264", "hevc": "h265parse ! avdec_h265"}


def gstreamer(url, form, source, seconds):
    seen = "identity name={} silent=false ! fakesink sync=false"
    codec = source.video.replace("hevc", "h265")
    if form.startswith("rtsp"):
        protocols = "udp" if form == "rtsp-udp" else "tcp"
        extra = " tls-validation-flags=0" if form == "rtsps" else ""
        # Without a buffer that smooths arrival: the pictures from memory come at once, and only the camera's times count.
        line = (f"rtspsrc name=d location={url} protocols={protocols}{extra} buffer-mode=none d. ! queue ! application/x-rtp,media=video ! rtp{codec}depay ! "
                f"{DECODE[source.video]} ! {seen.format('picture')}")
    else:
        video, audio = PADS[form]
        caps = f"video/x-{codec} ! " if form == "ts" else ""
        line = f"souphttpsrc location={url} is-live=true ! {DEMUX[form]} {video} ! queue ! {caps}{DECODE[source.video]} ! {seen.format('picture')}"
        if source.sound:
            caps = "audio/mpeg ! " if form == "ts" else ""
            line += f" {audio} ! queue ! {caps}aacparse ! avdec_aac ! {seen.format('sound')}"
    child = subprocess.Popen(["gst-launch-1.0", "-v", *line.split()], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                             errors="replace", stdin=subprocess.DEVNULL, start_new_session=True)
    times, said, last = {"picture": [], "sound": []}, [], None
    end = time.monotonic() + seconds + 40
    try:
        for text in child.stdout:
            said.append(text[:300])
            if text == last:  # gst-launch tells some notices twice
                continue
            last = text
            if found := re.search(r"GstIdentity:(\w+): last-message = chain.* pts: (\d+):(\d+):([\d.]+)", text):
                kind, h, m, s = found.groups()
                times[kind].append(int(h) * 3600 + int(m) * 60 + float(s))
            if times["picture"] and times["picture"][-1] - times["picture"][0] > seconds or time.monotonic() > end:
                break
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(child.pid, signal.SIGKILL)
        child.wait()
        child.stdout.close()
    trouble = [text for text in said if "ERROR" in text]
    want(not trouble and times["picture"], trouble or said[-8:])
    goes_on(sorted(times["picture"]), seconds, 0.04, "video")
    if source.sound and not form.startswith("rtsp"):
        want(len(times["sound"]) > seconds * 4, "sound came", len(times["sound"]), "times")
        back = [(i, a, b) for i, (a, b) in enumerate(zip(times["sound"], times["sound"][1:])) if b <= a]
        want(not back, "sound goes back", back, times["sound"][:12])
    return f"{len(times['picture'])} pictures"


def vlc(url, form, source, seconds):
    """Counts what VLC decoded and showed, by its remote control."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    nobody = pwd.getpwnam("nobody")
    drop = {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []} if os.geteuid() == 0 else {}
    home = tempfile.mkdtemp(prefix="vlc-")
    os.chmod(home, 0o777)
    child = subprocess.Popen(["vlc", "-I", "dummy", "--extraintf", "oldrc", "--rc-fake-tty", "--rc-host", f"127.0.0.1:{port}",
                              "--vout", "vdummy", "--aout", "adummy", "--no-video-title-show", url],
                             stdout=subprocess.PIPE, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, text=True, errors="replace",
                             env={"HOME": home, "PATH": os.environ["PATH"], "XDG_RUNTIME_DIR": home}, start_new_session=True, **drop)
    try:
        link = harness.wait_for("VLC's remote control", lambda: _connect(port), 40)
        with link:
            # From the first picture on, so that a slow start costs no picture.
            harness.wait_for("a picture in VLC", lambda: _stats(link)["displayed"] > 0, 40)
            before = _stats(link)
            # The player's own pace is under test: there is nothing to poll for.
            end = time.monotonic() + seconds
            while time.monotonic() < end:
                time.sleep(0.2)
            after = _stats(link)
    except AssertionError as error:
        raise Failed(f"{error}") from error
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(child.pid, signal.SIGKILL)
        said = child.communicate()[0]
    shown = after["displayed"] - before["displayed"]
    want(shown > seconds * 25 * 0.5, "showed", shown, "pictures", after, said[-600:])
    want(after["lost"] - before["lost"] < shown * 0.2, "lost", after["lost"])
    want(after["corrupted"] == 0 and after["discontinuities"] == 0, after)
    if source.sound:
        want(after["audio"] > before["audio"], "no sound", after)
    return f"{shown} pictures"


def _connect(port):
    with contextlib.suppress(OSError):
        link = socket.create_connection(("127.0.0.1", port), 5)
        link.settimeout(10)
        return link
    return None


def _stats(link):
    link.sendall(b"stats\n")
    text = b""
    while b"stats: returned" not in text:
        more = link.recv(4096)
        if not more:
            raise AssertionError("VLC went away: " + text.decode(errors="replace"))
        text += more
    numbers = {key.strip(): int(value) for key, value in re.findall(rb"\| ([a-z ]+?) *: +(\d+)\s*[\r\n]", text)}
    read = {"displayed": b"frames displayed", "lost": b"frames lost", "audio": b"audio decoded", "corrupted": b"demux corrupted",
            "discontinuities": b"discontinuities"}
    return {name: numbers.get(key, 0) for name, key in read.items()}


CLIENTS = {"ffprobe": ffprobe, "ffprobe-new": lambda *args: ffprobe(*args, program=newer_ffprobe()), "gstreamer": gstreamer, "vlc": vlc}


def sources_of(gateway, simulator, started):
    """Adds the cameras; -> {name: Source}"""
    out = {}
    for spec, source in zip(simulator.specs, (("h264", False), ("hevc", False))):
        gateway.add(**spec)
        out["simulator, " + source[0]] = Source(spec["id"] + "/1/sub", *source)
    for name, (launch, source) in GSTREAMER.items():
        camera = cameras.GStreamerCamera(launch)
        started.append(camera)
        gateway.add(id=name, driver="rtsp", url=camera.url)
        out[f"GStreamer, {source.video} and {'AAC' if 'mp4g' in launch else 'G.711'}"] = source
    gateway.wait_online(len(out))
    # GStreamer's server keeps the pipeline that a DESCRIBE (our login) made, with its first picture: who plays it later is
    # shown that picture, and then a hole of the time between, also without us. A play that ends takes the pipeline with it.
    for camera in started[-len(GSTREAMER):]:
        harness.run(["ffprobe", "-v", "quiet", "-rtsp_transport", "tcp", "-show_packets", "-read_intervals", "%+1", camera.url], check=False)
    return out


def plays(sources):
    """All that is to be played: (source's name, client, form)."""
    for name, source in sources.items():
        for client in ("ffprobe", "gstreamer", "vlc"):
            for form in ("rtsp", "rtsp-udp", "mp4", "flv", "ts"):
                if (client, form, source.video) not in UNKNOWN:
                    yield name, client, form
        if source.video == "hevc" and newer_ffprobe():
            yield name, "ffprobe-new", "flv"


def play_all(gateway, sources, seconds, together=8):
    """-> {(source, client, form): what was seen, or the failure}"""
    urls = {name: gateway.live(source.stream, 600)["urls"] for name, source in sources.items()}

    def one(name, client, form):
        url = urls[name]["rtsp" if form.startswith("rtsp") else form]
        try:
            return CLIENTS[client](url, form, sources[name], seconds)
        except (AssertionError, OSError, subprocess.SubprocessError, ValueError, KeyError) as error:
            return Failed(f"{type(error).__name__}: {error}")

    todo = list(plays(sources))
    with concurrent.futures.ThreadPoolExecutor(together) as pool:
        return dict(zip(todo, pool.map(lambda play: one(*play), todo)))
