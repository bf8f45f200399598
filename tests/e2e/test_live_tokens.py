"""The list of live tokens: over restarts and kills, in pages, revoked by id."""
import signal
import urllib.error
import urllib.request

import pytest

import harness


@pytest.fixture
def start(started, tmp_path):
    def run():
        gateway = harness.Gateway(tmp_path / "data")
        started.append(gateway)
        return gateway

    return run


def listed(gateway, token=None):
    items, cursor = [], ""
    while True:
        status, _, page = gateway.call("GET", f"/api/v1/live-tokens?limit=3{cursor}", token=token)
        assert status == 200, page
        assert len(page["items"]) <= 3
        items += page["items"]
        if page["next"] is None:
            return items
        cursor = f"&cursor={page['next']}"


def test_the_list_outlives_a_kill_and_its_tokens_can_be_revoked(start, simulate, tmp_path):
    camera = simulate(1).specs[0]
    gateway = start()
    gateway.add(**camera)
    gateway.wait_online(1)
    viewer = gateway.call("POST", "/api/v1/tokens", {"name": "wall", "role": "viewer"})[2]
    made = [gateway.live(camera["id"] + "/1/sub", 600 + i) for i in range(7)]
    by_viewer = gateway.call("POST", "/api/v1/live-tokens", {"stream": camera["id"]}, token=viewer["token"])[2]
    gateway.stop(signal.SIGKILL)

    gateway = start()
    items = listed(gateway)
    assert [item["id"] for item in items] == [by_viewer["id"], *(one["id"] for one in made)]
    assert items[0] == {"id": by_viewer["id"], "stream": camera["id"] + "/1/main", "issuer": viewer["id"], "expires_at": by_viewer["expires_at"]}
    assert {item["issuer"] for item in items[1:]} == {"administrator"}
    written = (tmp_path / "data" / "live-tokens").read_text(encoding="utf-8")
    assert (tmp_path / "data" / "live-tokens").stat().st_mode & 0o777 == 0o600
    for one in [*made, by_viewer]:
        assert one["token"] not in written and one["token"].rsplit(".", 1)[1] not in written

    gateway.wait_online(1)
    address = f"{gateway.url}/live/{camera['id']}/1/sub.jpg?token={made[0]['token']}"
    assert urllib.request.urlopen(address, timeout=30).status == 200
    assert gateway.call("DELETE", f"/api/v1/live-tokens/{made[0]['id']}")[0] == 204
    assert gateway.call("DELETE", f"/api/v1/tokens/{viewer['id']}")[0] == 204
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(address, timeout=30)
    assert refused.value.code == 401
    left = [one["id"] for one in made[1:]]
    assert [item["id"] for item in listed(gateway)] == left
    assert gateway.stop() == 0
    assert [item["id"] for item in listed(start())] == left


@pytest.mark.parametrize("query", ["limit=0", "limit=1001", "limit=x", "cursor=", "cursor=zzz", "cursor=-1-", "cursor=99999999999999999999-a", "sort=id"])
def test_a_page_that_cannot_be(gateway, query):
    status, _, problem = gateway.call("GET", f"/api/v1/live-tokens?{query}")
    assert (status, problem["code"]) == (400, "api.bad_request"), problem
