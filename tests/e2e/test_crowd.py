"""Two hundred viewers of one stream over RTSPS, over UDP, and over HTTP in every form: nobody has a hole, one camera is asked."""
import asyncio

import pytest

import certificates
import crowd
import harness

VIEWERS = 200


def on_stage(tmp_path, started, simulate, secure):
    extra = ()
    if secure:
        pair = certificates.Authority(tmp_path / "authority").make("gateway")
        extra = ("--tls-cert", pair[0], "--tls-key", pair[1])
    simulator = simulate(1)
    gateway = (TrustingGateway if secure else harness.Gateway)(tmp_path / "data", extra)
    started.append(gateway)
    gateway.add(**simulator.specs[0])
    gateway.wait_online(1)
    return simulator, gateway, simulator.specs[0]["id"] + "/1/sub"


class TrustingGateway(harness.Gateway):
    """Asks by https, and takes any certificate."""

    def call(self, method, path, body=None, token=None, headers=None):
        import http.client
        import json
        host, port = self.http.rsplit(":", 1)
        connection = http.client.HTTPSConnection(host, int(port), timeout=30, context=crowd.trusting())
        try:
            connection.request(method, path, None if body is None else json.dumps(body),
                               {"Content-Type": "application/json", "Authorization": f"Bearer {self.token if token is None else token}"})
            answer = connection.getresponse()
            raw = answer.read()
            return answer.status, answer.headers, json.loads(raw) if "json" in answer.headers.get("Content-Type", "") and raw else raw
        finally:
            connection.close()


@pytest.mark.parametrize("how", ["tls", "udp"])
def test_two_hundred_rtsp_viewers_of_one_stream(tmp_path, started, simulate, how):
    simulator, gateway, stream = on_stage(tmp_path, started, simulate, how == "tls")
    token = gateway.live(stream)["token"]

    async def meanwhile(everybody):
        await crowd.until("all watch", lambda: all(seen.packets > 0 for seen in everybody))
        before = [seen.packets for seen in everybody]
        await crowd.until("a hundred packets for each", lambda: all(seen.packets - was > 100 for seen, was in zip(everybody, before)))
        loop = asyncio.get_running_loop()
        fleet = await loop.run_in_executor(None, gateway.fleet)
        assert (fleet["viewers"], fleet["streams"]) == (VIEWERS, 1), fleet

    everybody = asyncio.run(crowd.watch(VIEWERS, lambda index, seen, stack: crowd.rtsp(gateway.rtsp, stream, token, how, index, seen, stack),
                                        meanwhile))
    lost = sum(seen.lost for seen in everybody)
    # A datagram that this crowd's one process took too late is nobody's fault; over TLS nothing gets lost.
    assert lost == 0 if how == "tls" else lost < sum(seen.packets for seen in everybody) * 0.02, lost
    assert simulator.totals()["plays"] == 1
    metrics = gateway.metrics()
    assert not any(value for name, value in metrics.items() if name.startswith("camfleet_viewer_slow_total")), metrics
    harness.wait_for("all left", lambda: gateway.fleet()["viewers"] == 0)


def test_two_hundred_viewers_over_http_in_every_form(tmp_path, started, simulate):
    simulator, gateway, stream = on_stage(tmp_path, started, simulate, False)
    token = gateway.live(stream)["token"]
    forms = [".mp4", ".flv", ".ts", "/ws", "/ws?form=flv"]

    def begin(index, seen, stack):
        form = forms[index % len(forms)]
        return crowd.http(gateway.http, f"/live/{stream}{form}{'&' if '?' in form else '?'}token={token}", index, seen, stack)

    async def meanwhile(everybody):
        await crowd.until("all watch", lambda: all(seen.bytes > 1_000 for seen in everybody))
        before = [seen.bytes for seen in everybody]
        await crowd.until("more for each", lambda: all(seen.bytes - was > 50_000 for seen, was in zip(everybody, before)))
        assert not [seen.over for seen in everybody if seen.over]

    asyncio.run(crowd.watch(VIEWERS, begin, meanwhile))
    assert simulator.totals()["plays"] == 1
    metrics = gateway.metrics()
    for output in ("mp4", "flv", "ts", "ws", "ws-flv"):
        assert metrics[f'camfleet_media_sent_bytes_total{{output="{output}"}}'] > 40 * 50_000, output
        assert not metrics.get(f'camfleet_viewer_dropped_total{{output="{output}"}}'), output
    harness.wait_for("all left", lambda: gateway.fleet()["viewers"] == 0)
