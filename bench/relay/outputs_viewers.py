"""Every output at density: what a viewer costs in CPU and resident bytes, as RTSP over TCP, TLS and UDP, and in each form over
HTTP. One stream of the simulator (sub: 352x288, 25 pictures a second), one gateway for each output, all viewers in one process of
Python, whose CPU is not counted. Less the CPU of the stream without viewers, which the same run measures.

  bench/relay/outputs_viewers.py [--viewers 300] [--seconds 8] [--only tcp,tls,udp,mp4,flv,ts,ws,ws_flv]
"""
import asyncio
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "fleet"))
import lab  # noqa: E402
from lab import harness  # noqa: E402
import certificates  # noqa: E402
import crowd  # noqa: E402

RTSP = ("tcp", "tls", "udp")
WARM = 3


class SecureGateway(harness.Gateway):
    """Its API is asked by https, and any certificate is taken."""

    def call(self, method, path, body=None, token=None, headers=None):
        import http.client
        import json
        connection = http.client.HTTPSConnection(*self.http.rsplit(":", 1), timeout=30, context=crowd.trusting())
        connection.request(method, path, body if isinstance(body, bytes) else None if body is None else json.dumps(body),
                           {"Content-Type": "application/json", "Authorization": f"Bearer {self.token}", **(headers or {})})
        answer = connection.getresponse()
        raw = answer.read()
        connection.close()
        return answer.status, answer.headers, json.loads(raw) if "json" in answer.headers.get("Content-Type", "") and raw else raw


def one(report, output, options):
    with lab.Lab() as on:
        extra = ()
        if output == "tls":
            pair = certificates.Authority(on.folder / "authority").make("gateway")
            extra = ("--tls-cert", pair[0], "--tls-key", pair[1])
        simulator = on.simulator(1)
        gateway = (SecureGateway if output == "tls" else harness.Gateway)(on.folder / "data", extra=extra)
        on.callback(gateway.stop)
        spec = harness.read_export(simulator.csv)[0]
        gateway.add(**spec)
        gateway.wait_online(1)
        stream = spec["id"] + "/1/sub"
        live = gateway.live(stream, 3600)
        token, urls = live["token"], live["urls"]
        counted = {}

        def begin(index, seen, stack):
            if output in RTSP:
                return crowd.rtsp(gateway.rtsp, stream, token, output, index, seen, stack)
            return crowd.http(gateway.http, urls[output].split(gateway.http, 1)[1], index, seen, stack)

        async def take(everybody, name):
            await crowd.until("all watch", lambda: all(seen.bytes > 0 for seen in everybody))
            await asyncio.sleep(WARM)
            before = lab.cpu_s(gateway.pid), sum(seen.bytes for seen in everybody)
            await asyncio.sleep(options.seconds)
            counted[name] = {"cpu": lab.cpu_s(gateway.pid) - before[0], "bytes": sum(seen.bytes for seen in everybody) - before[1],
                             "resident": lab.resident(gateway.pid), "lost": sum(seen.lost for seen in everybody),
                             "packets": sum(seen.packets for seen in everybody)}

        async def both():
            # One viewer keeps the stream, and its form, made; then all the others come.
            async def with_one(alone):
                await take(alone, "alone")
                await crowd.watch(options.viewers, lambda index, seen, stack: begin(index + 1, seen, stack),
                                  lambda everybody: take(everybody, "all"))
            await crowd.watch(1, begin, with_one)

        asyncio.run(both())
    alone, full = counted["alone"], counted["all"]
    cpu = full["cpu"] - alone["cpu"]
    report.add(f"{output}: CPU of a viewer", cpu / options.viewers / options.seconds * 1e6, "us a second")
    report.add(f"{output}: CPU a Gbit", cpu / (full["bytes"] / (1e9 / 8)), "s")
    report.add(f"{output}: memory of a viewer", (full["resident"] - alone["resident"]) / options.viewers / 1024, "KiB")
    report.add(f"{output}: a viewer gets", full["bytes"] * 8 / options.viewers / options.seconds / 1000, "kbit/s")
    if output in RTSP:
        report.add(f"{output}: packets missing", full["lost"], "", budget=full["packets"] // 100 if output == "udp" else 0,
                   note="of what one process of Python could take")


def main():
    options = lab.options(__doc__, devices=1, viewers=300, seconds=8, only="tcp,tls,udp,mp4,flv,ts,ws,ws_flv")
    report = lab.Report("outputs_viewers", viewers=options.viewers, seconds=options.seconds)
    for output in options.only.split(","):
        one(report, output, options)
    return 1 if report.done() else 0


if __name__ == "__main__":
    sys.exit(main())
