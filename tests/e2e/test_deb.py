"""The Debian package: built from the release build and installed, with its maintainer scripts, into an overlay of this
machine that is gone with the test."""
import os
import pathlib
import shutil
import subprocess

import pytest

import harness

# Runs in a mount namespace of its own: / is seen through an overlay, and what the package writes stays in a tmpfs.
INSTALL = r"""
set -eu
mount -t tmpfs tmpfs "$PLACE"
mkdir "$PLACE/up" "$PLACE/work" "$PLACE/root"
mount -t overlay overlay -o "lowerdir=/,upperdir=$PLACE/up,workdir=$PLACE/work" "$PLACE/root"
mount -t proc proc "$PLACE/root/proc"
mount --bind /dev "$PLACE/root/dev"
mount -t tmpfs tmpfs "$PLACE/root/run"
mount -t tmpfs tmpfs "$PLACE/root/tmp"
cp "$DEB" "$PLACE/root/tmp/camfleet.deb"
cp "$STEPS" "$PLACE/root/tmp/steps.sh"
exec chroot "$PLACE/root" /bin/bash /tmp/steps.sh
"""

STEPS = r"""
set -eux
export LANG=C.UTF-8 DEBIAN_FRONTEND=noninteractive
dpkg -i /tmp/camfleet.deb
[ "$(stat -c '%U %a' /var/lib/camfleet)" = "camfleet 700" ]
[ "$(stat -c '%G %a' /etc/camfleet/camfleet.yaml)" = "camfleet 640" ]
camfleet --version | grep -q "^camfleet $VERSION$"
# What is loaded late is depended on all the same.
for library in libavcodec libswscale; do dpkg-query -W -f '${Depends}' camfleet | grep -q $library; done
systemd-analyze verify --man=no /lib/systemd/system/camfleet.service
bash -c 'set -eu; . /usr/share/bash-completion/completions/camfleet; complete -p camfleet'

start() {
  rm -f /tmp/log
  runuser -u camfleet -- /usr/bin/camfleet serve --config /etc/camfleet/camfleet.yaml --data /var/lib/camfleet \
    --http 127.0.0.1:0 --rtsp 127.0.0.1:0 2>/tmp/log &
  gateway=$!
  for _ in $(seq 600); do grep -q gateway.ready /tmp/log && break; kill -0 $gateway; sleep 0.05; done
  url=http://$(sed -n 's/.*"event":"gateway.ready".*"http":"\([^"]*\)".*/\1/p' /tmp/log)
}
stop() { kill -TERM "$(pgrep -P $gateway camfleet || echo $gateway)"; wait $gateway; }

start
curl -fsS "$url/healthz"
token=$(cat /var/lib/camfleet/admin.token)
curl -fsS -H "Authorization: Bearer $token" -H 'Content-Type: application/json' "$url/api/v1/devices" \
  -d '{"id":"gate-7","address":"10.255.255.1","username":"admin","password":"p","enabled":false}' >/dev/null
stop
[ "$(stat -c '%U %a' /var/lib/camfleet/secret.key)" = "camfleet 600" ]

# An upgrade keeps what the operator wrote, and the fleet.
echo 'log: {level: warn}' >/etc/camfleet/camfleet.yaml
echo 'http: 127.0.0.1:8099' >>/etc/camfleet/camfleet.yaml
dpkg -i --force-confold /tmp/camfleet.deb
grep -q 8099 /etc/camfleet/camfleet.yaml
sed -i /level/d /etc/camfleet/camfleet.yaml
start
curl -fsS -H "Authorization: Bearer $token" "$url/api/v1/devices/gate-7" | grep -q '"state":"disabled"'
stop

# Removed, then purged: the program and its configuration go, the keys of the fleet stay.
dpkg -r camfleet
[ ! -e /usr/bin/camfleet ] && [ -e /etc/camfleet/camfleet.yaml ]
dpkg -P camfleet
[ ! -e /etc/camfleet ] && [ -e /var/lib/camfleet/secret.key ]
echo ALL-STEPS-DONE
"""


@pytest.fixture(scope="module")
def deb(tmp_path_factory):
    out = tmp_path_factory.mktemp("deb")
    done = harness.run([harness.ROOT / "scripts" / "deb.sh"], patience=300,
                       env={**os.environ, "BUILD_DIR": str(harness.BIN.parent), "OUT_DIR": str(out)})
    path = pathlib.Path(done.stdout.decode().split()[-1])
    assert path.parent == out and path.stat().st_size > 0
    return path


def test_the_package_names_its_libraries_and_holds_nothing_that_others_may_write(deb):
    depends = harness.run(["dpkg-deb", "-f", deb, "Depends"]).stdout.decode()
    for library in ("libc6", "libssl3", "libsqlite3-0", "libsodium23", "adduser"):
        assert library in depends, depends
    for line in harness.run(["dpkg-deb", "-c", deb]).stdout.decode().splitlines():
        mode, owner = line.split()[:2]
        assert owner == "root/root" and mode[5] == "-" and mode[8] == "-" and "s" not in mode, line


def test_it_installs_runs_upgrades_and_goes(deb, tmp_path):
    root = [] if os.geteuid() == 0 else ["sudo", "-n", "--preserve-env=PLACE,DEB,STEPS,VERSION"]
    if root and subprocess.run([*root, "true"], capture_output=True, check=False).returncode != 0:
        pytest.skip("installing a package wants root")
    place = tmp_path / "place"
    place.mkdir()
    steps = tmp_path / "steps.sh"
    steps.write_text(STEPS, encoding="utf-8")
    version = (harness.ROOT / "VERSION").read_text(encoding="utf-8").strip()
    done = harness.run([*root, "unshare", "--mount", "--pid", "--fork", "--kill-child", "bash", "-c", INSTALL], patience=180,
                       check=False,
                       env={**os.environ, "PLACE": str(place), "DEB": str(deb), "STEPS": str(steps), "VERSION": version})
    assert b"ALL-STEPS-DONE" in done.stdout, (done.stdout[-3000:], done.stderr[-6000:].decode())


def unit():
    """-> {key: [values]} of the service's own section and all others"""
    out = {}
    for line in (harness.ROOT / "deploy/systemd/camfleet.service").read_text(encoding="utf-8").splitlines():
        if "=" in line and not line.startswith("#"):
            key, value = line.split("=", 1)
            out.setdefault(key, []).append(value)
    return out


def calls_of(group):
    shown = harness.run(["systemd-analyze", "syscall-filter", group]).stdout.decode()
    out = set()
    for line in shown.splitlines():
        word = line.strip()
        if word.startswith("@") and word != group:
            out |= calls_of(word)
        elif word and not word.startswith(("@", "#")):
            out.add(word)
    return out


@pytest.mark.skipif(shutil.which("strace") is None, reason="strace is not here")
def test_the_sandbox_of_the_unit_lets_through_every_system_call_that_the_gateway_makes(simulate, started, tmp_path):
    filters = unit()["SystemCallFilter"]
    allowed = calls_of(filters[0])
    for refused in filters[1:]:
        allowed -= calls_of(refused.removeprefix("~"))
    # What systemd's own set of the default lets through anyway.
    allowed |= calls_of("@default")

    trace = tmp_path / "calls"
    gateway = harness.Gateway(tmp_path / "data", prefix=["strace", "-f", "--seccomp-bpf", "-qq", "-o", trace, "-e", "trace=all"])
    started.append(gateway)
    simulator = simulate(3)
    for spec in simulator.specs:
        gateway.add(**spec)
    gateway.wait_online(3)
    assert harness.probe(gateway.live(f"{simulator.specs[0]['id']}/1/sub")["urls"]["rtsp"], 1, ("-rtsp_transport", "tcp"))
    child = int(trace.read_text(encoding="utf-8", errors="replace").split(None, 1)[0])
    os.kill(child, 15)
    gateway.child.wait(60)

    made = set()
    for line in trace.read_text(encoding="utf-8", errors="replace").splitlines():
        call = line.split(None, 1)[1].split("(", 1)[0]
        if call.isidentifier():
            made.add(call)
    # execve is strace's start of it, not the gateway's; fchown is SQLite's, and only where it runs as root.
    assert {"epoll_wait", "openat", "sendmsg"} <= made, made
    assert made - allowed <= {"execve", "fchown"}, sorted(made - allowed)
